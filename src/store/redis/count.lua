-- Counts one tally: all of it, once.
--
-- KEYS[1]  the last write of this lane: its number and its answer
-- KEYS[2]  a set of the namespaces that somebody listens to
-- In a Cluster the other keys that may be touched follow, so that Redis runs this only
-- where all of them are. keys.rs names all keys, record.rs says what is in a record.
--
-- ARGV[1]  packed values (tally.rs): the settings below (`creation` is who may create: 0
--          nobody, 1 anybody, 2 anybody in owned namespaces, 3 nobody, since memory is short;
--          `alone` says that this is no Cluster), then an array of what follows for each
--          counter: the key of its record, the place of its namespace, whether it has visitors
--          (1) of whom some are not sent because this process knows that they are in the sketch
--          (2), and either how many sources there are, source and hits of each, how many
--          visitors are new, and those; or minus the number of runs and of each source, hits,
--          and visitor, mark and id or false
-- Answers  a packed array: the places of counters whose visitors must be told apart, and
--          nothing was done; or whether the sketches have forgotten somebody, how many
--          counters are new, the places of those whose pasts are too long, and for each
--          counter its total, or a word that says why it was refused, or hits counted and
--          number of each run
local call, pcall_redis = redis.call, redis.pcall
local pack, read, sub = cmsgpack.pack, cmsgpack.unpack, string.sub
local read_some = cmsgpack.unpack_limit

local _, number, now, hour, day, write_memory, id_memory, sketch_life, creation, most, room, largest,
  alone, longest, bases, t = read_some(ARGV[1], 15, 0)
alone = alone == 1

local VERSION = 1

local keys, starts, n, at = {}, {}, 0, 1
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

-- The records and, last, the previous write of this lane.
keys[n + 1] = KEYS[1]
local found, asked, missing = in_parts('MGET', keys, n + 1), nil, {}
local before = found[n + 1]
local is_whole, written, answer
if before then is_whole, written, answer = pcall(read, before) end
if is_whole and type(written) == 'number' then
  -- A write, so that WAIT after it waits for the first one too.
  if written == number then
    call('EXPIRE', KEYS[1], write_memory)
    return answer
  end
  if written > number then return redis.error_reply('STALE a later write of this lane came first') end
end

-- Whether a counter's visitors must be told apart. Only a record with its owner's values has 15.
local function dedupes(text)
  if string.byte(text) ~= 0x9f then return false end
  local done, record = pcall(read, text)
  return done and type(record) == 'table' and record[15] and record[15][1] > 0
end

for i = 1, n do
  local text = found[i]
  if not text then
    missing[#missing + 1] = keys[i]
  elseif t[starts[i] + 2] > 0 and dedupes(text) then
    asked = asked or {}
    asked[#asked + 1] = i
  end
end
if asked then return pack({asked}) end
-- MGET has nothing for a key of another type.
local taken = #missing > 0 and (#missing > 4000 or call('EXISTS', unpack(missing)) > 0)

local long = {}
local answer, forgotten, created, told = {0, 0, long}, 0, 0, 3
local live = {}
-- Streams may miss what hits may not.
for _, namespace in ipairs(pcall_redis('SMEMBERS', KEYS[2])) do live['seen:{' .. namespace .. '}:'] = {} end

local function key_of(i, base) return sub(keys[i], #base + 9) end

local others

-- Why a counter may not be created, or nil and the size of its namespace.
local function refusal(i, base)
  if creation == 0 then return 'missing' end
  if creation == 3 then return 'store' end
  local facts = call('GET', base .. 'namespace')
  local _, owner, open
  if facts then _, owner, _, open = unpack(read(facts)) end
  if creation == 2 and not owner then return 'missing' end
  if owner and not open then return 'owned' end
  others = others or alone and tonumber(pcall_redis('GET', 'seen:counters') or 0) or 0
  if others + created >= room then return 'instance' end
  local size = call('ZCARD', base .. 'ranking')
  if size >= most then return 'full' end
  -- A key with another type of value, and not seen's.
  if taken and call('EXISTS', keys[i]) == 1 then return 'damaged' end
  return nil, size
end

local function over(past, kind, unit, hits)
  return hits > 0 and past .. pack(kind, unit, hits) or past
end

-- Adds visitors to the day's sketch, and returns how many there are if that changed.
local function see(i, base, elements, from, to, is_new)
  local sketch = base .. 'sketch:' .. key_of(i, base) .. ':' .. string.format('%d', day)
  local changed = 0
  for first = from, to, 4000 do
    changed = changed + call('PFADD', sketch, unpack(elements, first, math.min(first + 3999, to)))
  end
  if changed == 0 then return end
  call('EXPIRE', sketch, sketch_life)
  if is_new and from == to then return 1 end
  return call('PFCOUNT', sketch)
end

-- The number of the hit that had this id before, if one had. `set` has what is to be set.
local function number_of(id, set)
  local known = set[id] and set[id][1] or call('GET', id)
  if not known then return end
  local counted, its_number = read(known)
  if now < counted + id_memory then return its_number end
end

-- How many of a visitor's hits count, one in each window.
local function within(window, mark, hits, set)
  local until_when = set[mark] and set[mark][1] or call('GET', mark)
  if until_when and now < read(until_when) then return 0 end
  set[mark] = {pack(now + window), window}
  return math.min(hits, 1)
end

-- Counts runs one after the other; the outcome of each, the new visitors, the hits that
-- counted of each source and in all, and the ids and marks to set, each with its value and life.
local function count_runs(i, base, created_at, total, dedupe, at, runs)
  local place = key_of(i, base) .. ':' .. string.format('%d', created_at) .. ':'
  local became, elements, by_source, sum, set = {}, {}, {0, 0, 0, 0, 0}, 0, {}
  for run = 1, runs do
    local source, hits, element, mark, id = t[at], t[at + 1], t[at + 2], t[at + 3], t[at + 4]
    at = at + 5
    id = id and base .. 'id:' .. place .. id
    local repeated = id and number_of(id, set)
    if repeated then
      became[2 * run - 1], became[2 * run] = 0, repeated
    else
      if mark and dedupe > 0 then hits = within(dedupe, base .. 'mark:' .. place .. mark, hits, set) end
      if element then elements[#elements + 1] = element end
      sum = sum + hits
      by_source[source] = by_source[source] + hits
      if id then set[id] = {pack(now, total + sum), id_memory} end
      became[2 * run - 1], became[2 * run] = hits, total + sum
    end
  end
  return became, elements, by_source, sum, set
end

local set, s = {}, 0
local function count(i)
  local start, text = starts[i], found[i]
  local base, visited, parts, at = bases[t[start + 1]], t[start + 2], t[start + 3], start + 4
  local hits = 0
  if parts > 0 then
    for source = at, at + 2 * parts - 1, 2 do hits = hits + t[source + 1] end
  else
    for run = at, at - 5 * parts - 1, 5 do hits = hits + t[run + 1] end
  end

  -- The values of the record, read one after the other: the array's head is the first byte, and
  -- a table for each would cost more than the counting.
  local _, version, total, created_at, latest_day, today, latest_hour, recent, uniques,
    one, two, three, four, five, ranked, owned
  local others_here
  if text then
    local values = (string.byte(text) or 0) - 0x90
    if values ~= 14 and values ~= 15 then return 'damaged' end
    _, version, total, created_at, latest_day, today, latest_hour, recent, uniques,
      one, two, three, four, five, ranked, owned = read_some(text, values, 1)
    if version ~= VERSION or not ranked or values == 15 and not owned then return 'damaged' end
    if total + hits > largest then return 'range' end
  else
    local why
    why, others_here = refusal(i, base)
    if why then return why end
    total, created_at, latest_day, today, latest_hour, recent, uniques = 0, now, day, 0, hour, 0, 0
    one, two, three, four, five, ranked = 0, 0, 0, 0, 0, 0
  end
  -- Visitors are not in their sketch although this process has put them there.
  if visited == 2 and (latest_day < day or latest_day == day and uniques == 0) then forgotten = 1 end

  local became, elements, from, to, marks = nil, t, 0, 0, nil
  if parts > 0 then
    for source = at, at + 2 * parts - 1, 2 do
      local which, more = t[source], t[source + 1]
      if which == 1 then one = one + more
      elseif which == 2 then two = two + more
      elseif which == 3 then three = three + more
      elseif which == 4 then four = four + more
      else five = five + more end
    end
    from = at + 2 * parts + 1
    to = from + t[from - 1] - 1
  else
    local more
    became, elements, more, hits, marks = count_runs(i, base, created_at, total, owned and owned[1] or 0, at, -parts)
    one, two, three, four, five = one + more[1], two + more[2], three + more[3], four + more[4], five + more[5]
    from, to = 1, #elements
  end

  local past = ''
  -- A latest day or hour far in the future came from a wrong clock, and has ended too.
  if day > latest_day or latest_day > day + 1 then
    past = over(over(past, 1, latest_day, today), 2, latest_day, uniques)
    latest_day, today, uniques = day, 0, 0
  end
  local is_latest = latest_day == day
  if is_latest then today = today + hits else past = over(past, 1, day, hits) end
  if hour == latest_hour then
    recent = recent + hits
  elseif hour > latest_hour or latest_hour > hour + 48 then
    past = over(past, 0, latest_hour, recent)
    latest_hour, recent = hour, hits
  else
    past = over(past, 0, hour, hits)
  end
  if to >= from then
    local seen = see(i, base, elements, from, to, not text)
    if seen and is_latest then uniques = seen
    elseif seen then past = over(past, 2, day, seen) end
  end
  if past ~= '' and call('APPEND', base .. 'past:' .. key_of(i, base), past) > longest then
    long[#long + 1] = i
  end
  if hits > 0 then
    if total == ranked and text then pcall_redis('SADD', base .. 'moved', key_of(i, base)) end
    total = total + hits
    local updates = live[base]
    if updates then
      updates[#updates + 1] = key_of(i, base)
      updates[#updates + 1] = string.format('%d', total)
    end
  end
  if not text then
    ranked = total
    call('ZADD', base .. 'ranking', string.format('%d', -total), key_of(i, base))
    created = created + 1
    if alone and others_here == 0 then call('ZADD', 'seen:namespaces', 0, sub(base, 7, -3)) end
  end
  -- Last, since what is remembered as counted must be.
  for key, mark in pairs(marks or {}) do call('SET', key, mark[1], 'EX', mark[2]) end
  set[s + 1], set[s + 2] = keys[i], pack({VERSION, total, created_at, latest_day, today, latest_hour, recent,
    uniques, one, two, three, four, five, ranked, owned})
  s = s + 2
  return became or total
end

-- Damage to one counter's keys is found before its record is written, and stops no other
-- counter.
local i = 0
local function count_all()
  while i < n do
    i = i + 1
    answer[told + i] = count(i)
  end
end
while i < n do
  local done, why = pcall(count_all)
  if not done then
    local words = type(why) == 'table' and why.err or tostring(why)
    -- Redis' errors begin with a code. Lua's are of values that are none of seen's.
    local code = string.match(words, '^(%u+) ')
    if code and code ~= 'WRONGTYPE' and code ~= 'INVALIDOBJ' then error(why) end
    answer[told + i] = 'damaged'
  end
end
answer[1], answer[2] = forgotten, created

answer = pack(answer)
call('SET', KEYS[1], pack(number, answer), 'EX', write_memory)
if s > 0 then in_parts('MSET', set, s) end
-- It is only for the cap.
if created > 0 and alone then pcall_redis('INCRBY', 'seen:counters', created) end
for base, updates in pairs(live) do
  -- If an ACL forbids publishing, the hits count all the same. A namespace without listeners
  -- is removed from the set.
  if #updates > 0 and pcall_redis('SPUBLISH', base .. 'live', table.concat(updates, ' ')) == 0 then
    pcall_redis('SREM', KEYS[2], sub(base, 7, -3))
  end
end
return answer
