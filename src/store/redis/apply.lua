-- Counts one tally: all of it, once, in one slot.
--
-- KEYS[1]  seen:{namespace}:total, a sorted set: key -> total (its order is the ranking)
-- Beside it, all with the same hash tag:
--   seen:{namespace}:write:PROCESS   the last write of a process and its answer
--   seen:{namespace}:from:KEY        a hash: source -> hits, and `created`
--   seen:{namespace}:day:KEY         a hash: day since the epoch -> hits
--   seen:{namespace}:hour:KEY        a hash: hour since the epoch -> hits
-- ARGV     process, number, seconds a write is remembered, now, hour, day,
--          oldest hour, oldest day, whether hits create, counters at most,
--          largest total, then for each counter its key and its number of runs,
--          and for each run: hits, source
-- Answers  for each counter its number of runs, then hits counted and total for
--          each; or 0 and a word that says why it was refused.
local base = string.sub(KEYS[1], 1, -6)
local number = tonumber(ARGV[2])
local once = base .. 'write:' .. ARGV[1]

local before = redis.call('GET', once)
if before then
  local written, answer = cmsgpack.unpack(before)
  if written == number and answer then return answer end
  if written >= number then return redis.error_reply('RETRACTED this write was given up') end
end

local now, hour, day = ARGV[4], ARGV[5], ARGV[6]
local creates, most, largest = ARGV[9] == '1', tonumber(ARGV[10]), tonumber(ARGV[11])

local function add(bucket, unit, hits, oldest)
  if redis.call('HINCRBY', bucket, unit, hits) == tonumber(hits) then
    -- A new bucket was opened: the time to forget the old ones.
    for _, other in ipairs(redis.call('HKEYS', bucket)) do
      if tonumber(other) < tonumber(oldest) then redis.call('HDEL', bucket, other) end
    end
  end
end

local answer = {}
local at = 12
while at <= #ARGV do
  local key, runs = ARGV[at], tonumber(ARGV[at + 1])
  local first = at + 2
  at = first + 2 * runs

  local hits = 0
  for run = 0, runs - 1 do hits = hits + tonumber(ARGV[first + 2 * run]) end

  local total = redis.call('ZSCORE', KEYS[1], key)
  local refusal
  if not total then
    if not creates then refusal = 'missing'
    elseif redis.call('ZCARD', KEYS[1]) >= most then refusal = 'full' end
  elseif tonumber(total) + hits > largest then refusal = 'range' end

  if refusal then
    answer[#answer + 1] = 0
    answer[#answer + 1] = refusal
  else
    local from = base .. 'from:' .. key
    if not total then redis.call('HSET', from, 'created', now) end
    total = tonumber(redis.call('ZINCRBY', KEYS[1], hits, key)) - hits
    add(base .. 'day:' .. key, day, hits, ARGV[8])
    add(base .. 'hour:' .. key, hour, hits, ARGV[7])
    answer[#answer + 1] = runs
    for run = first, at - 1, 2 do
      redis.call('HINCRBY', from, ARGV[run + 1], ARGV[run])
      total = total + tonumber(ARGV[run])
      answer[#answer + 1] = tonumber(ARGV[run])
      answer[#answer + 1] = total
    end
  end
end

redis.call('SET', once, cmsgpack.pack(number, answer), 'EX', ARGV[3])
return answer
