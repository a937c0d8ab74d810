-- A page of a namespace's counters, the largest first, equal ones by name.
--
-- KEYS[1]  seen:{namespace}:total
-- ARGV     offset, limit
-- Answers  key, total, key, total …
--
-- Redis orders equal ones by name the other way round when the largest is first,
-- so each group of equal ones is read backwards.
local offset, limit = tonumber(ARGV[1]), tonumber(ARGV[2])
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
