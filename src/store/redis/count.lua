-- Counts one tally: all of it, once.
--
-- KEYS[1]  the last write of this lane: its number and its answer
-- KEYS[2]  a set of the namespaces that somebody listens to
-- In a Cluster the other keys that may be touched follow, so that Redis runs this only
-- where all of them are. keys.rs names all keys, record.rs says what is in a record.
--
-- ARGV[1]  a packed array (tally.rs): the settings below (`creation` is who may create: 0
--          nobody, 1 anybody, 2 anybody in owned namespaces, 3 nobody, for memory is short;
--          `alone` says that this is no Cluster), then for each counter the key of its
--          record, the place of its namespace, whether it has visitors (1) of whom some are
--          not sent because this process knows that they are in the sketch (2), and either
--          how many sources there are, source and hits of each, how many visitors are new,
--          and those; or minus the number of runs and of each source, hits, and visitor,
--          mark and id or false
-- Answers  a packed array: the places of counters whose visitors must be told apart, and
--          nothing was done; or whether the sketches have forgotten somebody, how many
--          counters are new, the places of those whose pasts are too long, and for each
--          counter its total, or a word that says why it was refused, or hits counted and
--          number of each run
local call, pcall_redis = redis.call, redis.pcall
local pack, read, sub = cmsgpack.pack, cmsgpack.unpack, string.sub

local t = read(ARGV[1])
local number, now, hour, day = t[1], t[2], t[3], t[4]
local write_memory, id_memory, sketch_life = t[5], t[6], t[7]
local creation, most, room, largest, bases = t[8], t[9], t[10], t[11], t[12]
local alone = t[13] == 1

local before = call('GET', KEYS[1])
if before then
  local written, answer = read(before)
  -- A write, so that WAIT after it waits for the first one too.
  if written == number then
    call('EXPIRE', KEYS[1], write_memory)
    return answer
  end
  if written > number then return redis.error_reply('STALE a later write of this lane came first') end
end

local longest = t[14]

local VERSION, SOURCE, RANKED, OWNED, FIRST = 1, 8, 14, 15, 15

local keys, starts, n, at = {}, {}, 0, FIRST
while at <= #t do
  n = n + 1
  keys[n], starts[n] = t[at], at
  local parts = t[at + 3]
  if parts < 0 then
    at = at + 4 - 5 * parts
  else
    at = at + 4 + 2 * parts
    at = at + 1 + t[at]
  end
end

-- Lua can hand over some 8,000 values at once.
local function in_parts(command, values, size)
  local all
  for from = 1, size, 4000 do
    local found = call(command, unpack(values, from, math.min(from + 3999, size)))
    if size <= 4000 then return found end
    all = all or {}
    for i = 1, #found do all[from + i - 1] = found[i] end
  end
  return all
end

local found, asked = in_parts('MGET', keys, n), nil
local records, forgotten = {}, 0
for i = 1, n do
  local text, visited = found[i], t[starts[i] + 2]
  if text then
    local done, record = pcall(read, text)
    if not done or type(record) ~= 'table' or record[1] ~= VERSION then record = false end
    records[i] = record
    if record and visited > 0 then
      local owned = record[OWNED]
      if owned and owned[1] > 0 then
        asked = asked or {}
        asked[#asked + 1] = i
      end
      if visited == 2 and (record[4] < day or record[4] == day and record[8] == 0) then forgotten = 1 end
    end
  elseif visited == 2 then
    forgotten = 1
  end
end
if asked then return pack({asked}) end

local long = {}
local answer, created, told = {forgotten, 0, long}, 0, 3
local live = {}
for _, namespace in ipairs(call('SMEMBERS', KEYS[2])) do live['seen:{' .. namespace .. '}:'] = {} end

local function key_of(i, base) return sub(keys[i], #base + 9) end

-- Why a counter may not be created.
local function refusal(i, base)
  if creation == 0 then return 'missing' end
  if creation == 3 then return 'store' end
  local facts = call('GET', base .. 'namespace')
  local _, owner, open
  if facts then _, owner, _, open = unpack(read(facts)) end
  if creation == 2 and not owner then return 'missing' end
  if owner and not open then return 'owned' end
  local others = alone and tonumber(call('GET', 'seen:counters') or 0) or 0
  if others + created >= room then return 'instance' end
  if call('ZCARD', base .. 'ranking') >= most then return 'full' end
  -- A key that is none of seen's.
  if call('EXISTS', keys[i]) == 1 then return 'damaged' end
end

local function over(past, kind, unit, hits)
  return hits > 0 and past .. pack(kind, unit, hits) or past
end

-- Adds visitors to the day's sketch: whether that changed, and how many there are.
local function see(i, base, elements, from, to)
  local sketch = base .. 'sketch:' .. key_of(i, base) .. ':' .. string.format('%d', day)
  local changed = 0
  for first = from, to, 4000 do
    changed = changed + call('PFADD', sketch, unpack(elements, first, math.min(first + 3999, to)))
  end
  if changed == 0 then return end
  call('EXPIRE', sketch, sketch_life)
  return call('PFCOUNT', sketch)
end

-- The number of the hit that had this id before, if one had.
local function number_of(id)
  local known = call('GET', id)
  if not known then return end
  local counted, its_number = read(known)
  if now < counted + id_memory then return its_number end
end

-- How many of a visitor's hits count, one in each window.
local function within(window, mark, hits)
  local until_when = call('GET', mark)
  if until_when and now < read(until_when) then return 0 end
  call('SET', mark, pack(now + window), 'EX', window)
  return math.min(hits, 1)
end

-- Counts runs one after the other; what became of each, the hits, and the new visitors.
local function count_runs(i, base, record, at, runs)
  local window = record[OWNED] and record[OWNED][1] or 0
  local place = key_of(i, base) .. ':' .. string.format('%d', record[3]) .. ':'
  local became, sum, elements = {}, 0, {}
  for run = 1, runs do
    local source, hits, element, mark, id = t[at], t[at + 1], t[at + 2], t[at + 3], t[at + 4]
    at = at + 5
    id = id and base .. 'id:' .. place .. id
    local repeated = id and number_of(id)
    if repeated then
      became[2 * run - 1], became[2 * run] = 0, repeated
    else
      if mark and window > 0 then hits = within(window, base .. 'mark:' .. place .. mark, hits) end
      if element then elements[#elements + 1] = element end
      sum = sum + hits
      record[SOURCE + source] = record[SOURCE + source] + hits
      if id then call('SET', id, pack(now, record[2] + sum), 'EX', id_memory) end
      became[2 * run - 1], became[2 * run] = hits, record[2] + sum
    end
  end
  return became, sum, elements
end

local set, s = {}, 0
local function count(i)
  local start = starts[i]
  local base, record = bases[t[start + 1]], records[i]
  if record == false then return 'damaged' end
  local at, parts = start + 4, t[start + 3]
  local hits = 0
  if parts > 0 then
    for source = at, at + 2 * parts - 1, 2 do hits = hits + t[source + 1] end
  else
    for run = at, at - 5 * parts - 1, 5 do hits = hits + t[run + 1] end
  end
  if record then
    if record[2] + hits > largest then return 'range' end
  else
    local why = refusal(i, base)
    if why then return why end
    record = {VERSION, 0, now, day, 0, hour, 0, 0, 0, 0, 0, 0, 0, 0}
    local entered = pcall_redis('ZADD', base .. 'ranking', 0, key_of(i, base))
    if type(entered) == 'table' then return 'damaged' end
    created = created + 1
    if alone and call('ZCARD', base .. 'ranking') == 1 then
      call('ZADD', 'seen:namespaces', 0, sub(base, 7, -3))
    end
  end

  local became, elements, from, to = nil, t, 0, 0
  if parts > 0 then
    for source = at, at + 2 * parts - 1, 2 do
      local place = SOURCE + t[source]
      record[place] = record[place] + t[source + 1]
    end
    from = at + 2 * parts + 1
    to = from + t[from - 1] - 1
  else
    became, hits, elements = count_runs(i, base, record, at, -parts)
    from, to = 1, #elements
  end

  local total, past = record[2], ''
  -- A latest day or hour far ahead is one of a clock that was wrong, and over too.
  if day > record[4] or record[4] > day + 1 then
    past = over(over(past, 1, record[4], record[5]), 2, record[4], record[8])
    record[4], record[5], record[8] = day, 0, 0
  end
  local latest = record[4] == day
  if latest then record[5] = record[5] + hits else past = over(past, 1, day, hits) end
  if hour == record[6] then
    record[7] = record[7] + hits
  elseif hour > record[6] or record[6] > hour + 48 then
    past = over(past, 0, record[6], record[7])
    record[6], record[7] = hour, hits
  else
    past = over(past, 0, hour, hits)
  end
  if to >= from then
    local uniques = see(i, base, elements, from, to)
    if uniques and latest then record[8] = uniques
    elseif uniques then past = over(past, 2, day, uniques) end
  end
  if past ~= '' and call('APPEND', base .. 'past:' .. key_of(i, base), past) > longest then
    long[#long + 1] = i
  end
  if hits > 0 then
    if total == record[RANKED] then call('SADD', base .. 'moved', key_of(i, base)) end
    total = total + hits
    record[2] = total
    local updates = live[base]
    if updates then
      updates[#updates + 1] = key_of(i, base)
      updates[#updates + 1] = string.format('%d', total)
    end
  end
  set[s + 1], set[s + 2] = keys[i], pack(record)
  s = s + 2
  return became or total
end

for i = 1, n do
  told = told + 1
  -- What is wrong with one counter's keys shows before its record is written.
  local done, result = pcall(count, i)
  if not done then
    local words = type(result) == 'table' and result.err or tostring(result)
    if not string.find(words, 'WRONGTYPE', 1, true) then error(result) end
    result = 'damaged'
  end
  answer[told] = result
end
answer[2] = created

if s > 0 then in_parts('MSET', set, s) end
if created > 0 and alone then call('INCRBY', 'seen:counters', created) end
answer = pack(answer)
call('SET', KEYS[1], pack(number, answer), 'EX', write_memory)
for base, updates in pairs(live) do
  -- Nobody may be allowed to hear it: the hits count. A namespace without listeners is
  -- forgotten.
  if #updates > 0 and pcall_redis('SPUBLISH', base .. 'live', table.concat(updates, ' ')) == 0 then
    pcall_redis('SREM', KEYS[2], sub(base, 7, -3))
  end
end
return answer
