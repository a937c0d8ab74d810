-- A page of a namespace's counters, the largest first, equal ones by name.
--
-- KEYS[1]  seen:{namespace}:total
-- ARGV     offset, limit, how many may be put in their places at most
-- Answers  key, total, key, total …; or nil: call again
--
-- A hit does not move its counter, for that costs Redis a quarter of the hit; it says that
-- the counter is to be moved (apply.lua), and here it is.
--
-- Redis orders equal ones by name the other way round when the largest is first,
-- so each group of equal ones is read backwards.
local offset, limit, most = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local base = string.sub(KEYS[1], 1, -6)

local moved = redis.call('SPOP', base .. 'moved', most)
for _, key in ipairs(moved) do
  local about = base .. 'about:' .. key
  local total = redis.call('HGET', about, 'total')
  if total then
    redis.call('ZADD', KEYS[1], 'XX', total, key)
    redis.call('HDEL', about, 'moved')
  end
end
if #moved == most then return false end

local page = redis.call('ZREVRANGE', KEYS[1], offset, offset + limit - 1, 'WITHSCORES')
local answer, i = {}, 1
while i <= #page do
  local score, j = page[i + 1], i
  while j <= #page and page[j + 1] == score do j = j + 2 end
  -- The places of this group on the page, and of all of it.
  local first, last = offset + (i - 1) / 2, offset + (j - 1) / 2 - 1
  local top = redis.call('ZCOUNT', KEYS[1], '(' .. score, '+inf')
  local bottom = redis.call('ZCOUNT', KEYS[1], score, '+inf') - 1
  local group = redis.call('ZREVRANGE', KEYS[1], top + bottom - last, top + bottom - first)
  for member = #group, 1, -1 do
    answer[#answer + 1] = group[member]
    answer[#answer + 1] = score
  end
  i = j
end
return answer
