-- Counts one tally: all of it, once.
--
-- KEYS[1]  the last write of a lane and what it did: seen:write:PROCESS:LANE, or in a
--          Cluster, where a tally is of one namespace, seen:{namespace}:write:PROCESS
-- KEYS[2]… for each namespace seen:{namespace}:total, a sorted set: key -> total (its
--          order is the ranking)
-- Beside that, all with the same hash tag:
--   seen:{namespace}:namespace       a hash: `owner`, `public`
--   seen:{namespace}:about:KEY       a hash: source -> hits, `created`, and what the owner set:
--                                    `token`, `dedupe`, `reset`, `lower`, `upper`
--   seen:{namespace}:day:KEY         a hash: day since the epoch -> hits
--   seen:{namespace}:hour:KEY        a hash: hour since the epoch -> hits
--   seen:{namespace}:unique:KEY      a hash: day since the epoch -> different visitors
--   seen:{namespace}:sketch:KEY:DAY  a HyperLogLog of the day's visitors
--   seen:{namespace}:mark:KEY:CREATED:VISITOR  when a visitor was counted, and until when
--                                              further hits do not (dedupe)
--   seen:{namespace}:id:KEY:CREATED:ID         when a hit with an id was counted, its number,
--                                              and the write that did it
-- The last three expire; CREATED keeps them from a new counter of the same name.
-- Published on seen:{namespace}:live: key, total, key, total …
--
-- ARGV     process, number, seconds a write is remembered, now, hour, day,
--          oldest hour, oldest day, mode, whether the instance is full, counters
--          at most, largest total, seconds an id is remembered, seconds a sketch
--          is remembered, then for each counter which of the KEYS it is in, its key
--          and its number of runs, and for each run: hits, source, visitor or '',
--          id or ''
-- Answers  for each namespace the number of counters if some are new, else -1; then
--          for each counter its number of runs, whether it is new, and hits counted
--          and number for each run; or 0 and a word that says why it was refused.
local process, number = ARGV[1], tonumber(ARGV[2])

local before = redis.call('GET', KEYS[1])
if before then
  local written, answer = cmsgpack.unpack(before)
  if written == number and answer then return answer end
  if written >= number then return redis.error_reply('RETRACTED this write was given up') end
end

local now, hour, day = ARGV[4], ARGV[5], ARGV[6]
local oldest_hour, oldest_day = tonumber(ARGV[7]), tonumber(ARGV[8])
local mode, full = ARGV[9], ARGV[10] == '1'
local most, largest = tonumber(ARGV[11]), tonumber(ARGV[12])
local id_memory, sketch_memory = ARGV[13], ARGV[14]

-- By the place of the namespace in KEYS.
local bases, live, answer = {}, {}, {}
for place = 2, #KEYS do
  bases[place], live[place] = string.sub(KEYS[place], 1, -6), {}
  answer[place - 1] = -1
end

local function tell(n) answer[#answer + 1] = n end

local function whole(n) return string.format('%.0f', n) end

local function is_within(seconds, earlier)
  return tonumber(now) < tonumber(earlier) + tonumber(seconds)
end

-- A new bucket was opened: the time to forget the old ones.
local function trim(bucket, oldest)
  for _, unit in ipairs(redis.call('HKEYS', bucket)) do
    if tonumber(unit) < oldest then redis.call('HDEL', bucket, unit) end
  end
end

local function add(bucket, unit, hits, oldest)
  if redis.call('HINCRBY', bucket, unit, hits) == hits then trim(bucket, oldest) end
end

local function why_not_new(place)
  if mode == 'create' then return 'missing' end
  if mode == 'private' and redis.call('HEXISTS', bases[place] .. 'namespace', 'owner') == 0 then
    return 'missing'
  end
  if full then return 'instance' end
  if redis.call('ZCARD', KEYS[place]) >= most then return 'full' end
end

local function see(base, key, visitors)
  local sketch, changed = base .. 'sketch:' .. key .. ':' .. day, 0
  for from = 1, #visitors, 1000 do
    local to = math.min(from + 999, #visitors)
    changed = changed + redis.call('PFADD', sketch, unpack(visitors, from, to))
  end
  if changed == 0 then return end
  redis.call('EXPIRE', sketch, sketch_memory)
  local uniques = base .. 'unique:' .. key
  if redis.call('HSET', uniques, day, redis.call('PFCOUNT', sketch)) == 1 then
    trim(uniques, oldest_day)
  end
end

-- Counts the runs of one counter, which are from `first` to `last` in ARGV.
local function count(place, key, runs, first, last)
  local base, totals = bases[place], KEYS[place]
  local total = redis.call('ZSCORE', totals, key)
  local is_new = not total
  local refusal
  if is_new then
    refusal = why_not_new(place)
  else
    local hits = tonumber(total)
    for run = first, last, 4 do hits = hits + tonumber(ARGV[run]) end
    if hits > largest then refusal = 'range' end
  end
  if refusal then
    tell(0)
    tell(refusal)
    return
  end

  local about = base .. 'about:' .. key
  local created, window = now, 0
  if is_new then
    redis.call('HSET', about, 'created', now)
  else
    local set = redis.call('HMGET', about, 'created', 'dedupe')
    created, window = set[1] or now, tonumber(set[2] or 0)
  end
  local counter = key .. ':' .. created .. ':'
  local start = tonumber(total or 0)
  local sum, from, visitors = start, {}, {}
  tell(runs)
  tell(is_new and 1 or 0)

  for run = first, last, 4 do
    local hits, source = tonumber(ARGV[run]), ARGV[run + 1]
    local visitor, id = ARGV[run + 2], ARGV[run + 3]
    local repeated
    if id ~= '' then
      id = base .. 'id:' .. counter .. id
      local known = redis.call('GET', id)
      if known then
        local seen, its_number = string.match(known, '^(%d+) (%-?%d+) ')
        if is_within(id_memory, seen) then repeated = tonumber(its_number) end
      end
    end
    if repeated then
      tell(0)
      tell(repeated)
    else
      if visitor ~= '' then
        if window > 0 then
          local mark = base .. 'mark:' .. counter .. visitor
          local seen = redis.call('GET', mark)
          local until_when = seen and string.match(seen, ' (%d+)$')
          if until_when and tonumber(now) < tonumber(until_when) then
            hits = 0
          else
            hits = math.min(hits, 1)
            redis.call('SET', mark, now .. ' ' .. whole(tonumber(now) + window), 'EX', window)
          end
        end
        if source == 'browser' then visitors[#visitors + 1] = visitor end
      end
      sum = sum + hits
      from[source] = (from[source] or 0) + hits
      if id ~= '' then
        local value = table.concat({now, whole(sum), process, ARGV[2]}, ' ')
        redis.call('SET', id, value, 'EX', id_memory)
      end
      tell(hits)
      tell(sum)
    end
  end

  for source, hits in pairs(from) do
    if hits > 0 then redis.call('HINCRBY', about, source, hits) end
  end
  if is_new or sum ~= start then
    redis.call('ZINCRBY', totals, sum - start, key)
    add(base .. 'day:' .. key, day, sum - start, oldest_day)
    add(base .. 'hour:' .. key, hour, sum - start, oldest_hour)
    local updates = live[place]
    updates[#updates + 1] = key
    updates[#updates + 1] = whole(sum)
  end
  if is_new then answer[place - 1] = redis.call('ZCARD', totals) end
  if #visitors > 0 then see(base, key, visitors) end
end

local at = 15
while at <= #ARGV do
  local place, key, runs = tonumber(ARGV[at]), ARGV[at + 1], tonumber(ARGV[at + 2])
  local first, told = at + 3, #answer
  at = first + 4 * runs
  local done, problem = pcall(count, place, key, runs, first, at - 1)
  if not done then
    -- A key that is none of seen's must not stop the others; whatever else is
    -- wrong shows before anything was written.
    local words = type(problem) == 'table' and problem.err or tostring(problem)
    if not string.find(words, 'WRONGTYPE', 1, true) then error(problem) end
    for i = #answer, told + 1, -1 do answer[i] = nil end
    tell(0)
    tell('damaged')
  end
end

redis.call('SET', KEYS[1], cmsgpack.pack(number, answer), 'EX', ARGV[3])
-- Nobody may be there to hear it, or nobody may be allowed to: the hits count.
for place, updates in pairs(live) do
  if #updates > 0 then
    redis.pcall('SPUBLISH', bases[place] .. 'live', table.concat(updates, ' '))
  end
end
return answer
