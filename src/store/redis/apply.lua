-- Counts one tally: all of it, once.
--
-- KEYS[1]  the last write of a lane and what it did: seen:write:PROCESS:LANE, or in a
--          Cluster, where a tally is of one namespace, seen:{namespace}:write:PROCESS
-- KEYS[2]… for each namespace seen:{namespace}:total, a sorted set of its keys; their order
--          is the ranking, once those of seen:{namespace}:moved are put in their places
-- Beside that, all with the same hash tag:
--   seen:{namespace}:namespace       a hash: `owner`, `public`
--   seen:{namespace}:moved           a set: keys whose totals have changed since they were
--                                    put in their places (ranking.lua)
--   seen:{namespace}:about:KEY       a hash: `total`, source -> hits, `created`, `moved` if it
--                                    is in that set, `day` and `today`, `hour` and `recent` (the
--                                    latest day with hits and how many, and the same of the
--                                    hour), and what the owner set: `token`, `dedupe`,
--                                    `reset`, `lower`, `upper`
--   seen:{namespace}:day:KEY         a hash: day since the epoch -> hits, those of `day` added
--   seen:{namespace}:hour:KEY        a hash: hour since the epoch -> hits, likewise
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
--          is remembered, then for each counter which of the KEYS it is in, its key,
--          its hits, its number of runs, and the runs as run.lua reads them
-- Answers  for each namespace the number of counters if some are new, else -1; then
--          for each counter -1 if all of its hits count, whether it is new and its total;
--          or its number of runs, whether it is new, and hits counted and number for
--          each run; or 0 and a word that says why it was refused
--
-- A counter is read in one call and written in another: a call costs Redis more than what
-- it does, and so does each piece of text that is made here (benches/README.md).
local call, format = redis.call, string.format

local process, number = ARGV[1], tonumber(ARGV[2])

local before = call('GET', KEYS[1])
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

-- Where things are in what HMGET reads of a counter.
local DAY = {at = 5, kind = 'day', hits = 'today', unit = day, oldest = oldest_day}
local HOUR = {at = 7, kind = 'hour', hits = 'recent', unit = hour, oldest = oldest_hour}
local PLACES = {browser = 9, proxy = 10, bot = 11, prefetch = 12, self = 13}

-- By the place of the namespace in KEYS.
local bases, live, answer = {}, {}, {}
for place = 2, #KEYS do
  bases[place], live[place] = string.sub(KEYS[place], 1, -6), {}
  answer[place - 1] = -1
end

local told = #answer
local function tell(word)
  told = told + 1
  answer[told] = word
end

local function whole(n) return format('%d', n) end

-- A new bucket was opened: the time to forget the old ones.
local function trim(buckets, oldest)
  for _, unit in ipairs(call('HKEYS', buckets)) do
    if tonumber(unit) < oldest then call('HDEL', buckets, unit) end
  end
end

local function add(buckets, unit, hits, oldest)
  if call('HINCRBY', buckets, unit, hits) == tonumber(hits) then trim(buckets, oldest) end
end

-- Adds hits to those of the latest day or hour. An earlier one's go to its bucket, and so
-- do the latest's once there is a later one.
local function add_latest(of, known, hits, set, base, key)
  local last, kept, n = known[of.at], known[of.at + 1], #set
  if of.unit == last then
    set[n + 1], set[n + 2] = of.hits, whole(kept + hits)
    return
  end
  local buckets = base .. of.kind .. ':' .. key
  if last and tonumber(of.unit) < tonumber(last) then
    add(buckets, of.unit, hits, of.oldest)
    return
  end
  if last then add(buckets, last, kept, of.oldest) end
  set[n + 1], set[n + 2], set[n + 3], set[n + 4] = of.kind, of.unit, of.hits, whole(hits)
end

local function why_not_new(place)
  if mode == 'create' then return 'missing' end
  if mode == 'private' and call('HEXISTS', bases[place] .. 'namespace', 'owner') == 0 then
    return 'missing'
  end
  if full then return 'instance' end
  if call('ZCARD', KEYS[place]) >= most then return 'full' end
end

-- The number of the hit that had this id before, if one had.
local function number_of(id)
  local known = call('GET', id)
  if not known then return end
  local counted, its_number = string.match(known, '^(%d+) (%-?%d+) ')
  if tonumber(now) < tonumber(counted) + tonumber(id_memory) then return tonumber(its_number) end
end

-- How many of a visitor's hits count, one in each window.
local function within(window, mark, hits)
  local counted = call('GET', mark)
  local until_when = counted and string.match(counted, ' (%d+)$')
  if until_when and tonumber(now) < tonumber(until_when) then return 0 end
  call('SET', mark, now .. ' ' .. whole(now + window), 'EX', window)
  return math.min(hits, 1)
end

local function see(base, key, visitors)
  local sketch, changed = base .. 'sketch:' .. key .. ':' .. day, 0
  for from = 1, #visitors, 1000 do
    local to = math.min(from + 999, #visitors)
    changed = changed + call('PFADD', sketch, unpack(visitors, from, to))
  end
  if changed == 0 then return end
  call('EXPIRE', sketch, sketch_memory)
  local uniques = base .. 'unique:' .. key
  if call('HSET', uniques, day, call('PFCOUNT', sketch)) == 1 then trim(uniques, oldest_day) end
end

-- Counts the runs of one counter, which are from `first` to `last` in ARGV.
local function count(place, key, all, first, last)
  local base = bases[place]
  local about = base .. 'about:' .. key
  local known = call('HMGET', about, 'total', 'created', 'dedupe', 'moved', 'day', 'today',
    'hour', 'recent', 'browser', 'proxy', 'bot', 'prefetch', 'self')
  -- A counter of an older seen has its total in the ranking alone.
  local total = known[1] or call('ZSCORE', KEYS[place], key)
  local start = tonumber(total or 0)
  local refusal
  if not total then
    refusal = why_not_new(place)
  elseif start + all > largest then
    refusal = 'range'
  end
  if refusal then
    tell(0)
    tell(refusal)
    return
  end

  local created, window = known[2] or now, tonumber(known[3] or 0)
  local sum, from, visitors = start, {}, {}
  local each = window > 0
  for at = first, last do each = each or has_id(ARGV[at]) end
  tell(each and last - first + 1 or -1)
  tell(total and 0 or 1)
  for at = first, last do
    local hits, source, visitor, id = read_run(ARGV[at])
    id = id and table.concat({base, 'id:', key, ':', created, ':', id})
    local repeated = id and number_of(id)
    if repeated then
      tell(0)
      tell(repeated)
    else
      if visitor then
        if window > 0 then
          local mark = table.concat({base, 'mark:', key, ':', created, ':', visitor})
          hits = within(window, mark, hits)
        end
        if source == 'browser' then visitors[#visitors + 1] = visitor end
      end
      sum = sum + hits
      from[source] = (from[source] or 0) + hits
      if id then
        local value = table.concat({now, whole(sum), process, ARGV[2]}, ' ')
        call('SET', id, value, 'EX', id_memory)
      end
      if each then
        tell(hits)
        tell(sum)
      end
    end
  end
  if not each then tell(sum) end

  if not total or sum ~= start then
    local set = {'total', whole(sum)}
    add_latest(DAY, known, sum - start, set, base, key)
    add_latest(HOUR, known, sum - start, set, base, key)
    for source, hits in pairs(from) do
      set[#set + 1] = source
      set[#set + 1] = whole((known[PLACES[source]] or 0) + hits)
    end
    if not total then
      set[#set + 1] = 'created'
      set[#set + 1] = now
      call('ZADD', KEYS[place], set[2], key)
      answer[place - 1] = call('ZCARD', KEYS[place])
    elseif not known[4] then
      set[#set + 1] = 'moved'
      set[#set + 1] = '1'
      call('SADD', base .. 'moved', key)
    end
    call('HSET', about, unpack(set))
    local updates = live[place]
    updates[#updates + 1] = key
    updates[#updates + 1] = set[2]
  end
  if #visitors > 0 then see(base, key, visitors) end
end

local at = 15
while at <= #ARGV do
  local place, key, hits = tonumber(ARGV[at]), ARGV[at + 1], tonumber(ARGV[at + 2])
  local first, told_before = at + 4, told
  at = first + ARGV[at + 3]
  local done, problem = pcall(count, place, key, hits, first, at - 1)
  if not done then
    -- A key that is none of seen's must not stop the others; whatever else is
    -- wrong shows before anything was written.
    local words = type(problem) == 'table' and problem.err or tostring(problem)
    if not string.find(words, 'WRONGTYPE', 1, true) then error(problem) end
    for i = told, told_before + 1, -1 do answer[i] = nil end
    told = told_before
    tell(0)
    tell('damaged')
  end
end

call('SET', KEYS[1], cmsgpack.pack(number, answer), 'EX', ARGV[3])
-- Nobody may be there to hear it, or nobody may be allowed to: the hits count.
for place, updates in pairs(live) do
  if #updates > 0 then
    redis.pcall('SPUBLISH', bases[place] .. 'live', table.concat(updates, ' '))
  end
end
return answer
