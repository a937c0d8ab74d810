-- Makes sure that a tally which was given up does not count: undoes it if it
-- was counted, and forbids it to arrive later if it was not.
--
-- KEYS and ARGV are those of apply.lua.
local base = string.sub(KEYS[1], 1, -6)
local number = tonumber(ARGV[2])
local once = base .. 'write:' .. ARGV[1]

local before = redis.call('GET', once)
local written, answer = 0, nil
if before then written, answer = cmsgpack.unpack(before) end
redis.call('SET', once, cmsgpack.pack(math.max(number, written), false), 'EX', ARGV[3])
if written ~= number or not answer then return 0 end

local function take(bucket, unit, hits)
  if redis.call('HINCRBY', bucket, unit, -hits) <= 0 then redis.call('HDEL', bucket, unit) end
end

local at, read = 12, 1
while at <= #ARGV do
  local key, runs = ARGV[at], tonumber(ARGV[at + 1])
  local first = at + 2
  at = first + 2 * runs
  if answer[read] == 0 then
    read = read + 2
  else
    read = read + 1
    local hits = 0
    for run = first, at - 1, 2 do
      hits = hits + answer[read]
      take(base .. 'from:' .. key, ARGV[run + 1], answer[read])
      read = read + 2
    end
    redis.call('ZINCRBY', KEYS[1], -hits, key)
    take(base .. 'day:' .. key, ARGV[6], hits)
    take(base .. 'hour:' .. key, ARGV[5], hits)
  end
end
return 1
