-- Takes in one counter of an export.
--
-- KEYS[1]  seen:{namespace}:total; apply.lua says what is beside it
-- ARGV     what to do with one that is there (skip, replace, add), whether the
--          instance is full, counters at most, largest total, seconds a sketch is
--          remembered, today, key, total, created, the id of the addition or '', seconds
--          that is remembered, then six lists, each after its
--          length: fields of the about hash and their values, sources and hits,
--          days and hits, hours and hits, days and uniques, days and sketches
-- Answers  a word, and the number of counters if that has changed, else -1
local base = string.sub(KEYS[1], 1, -6)
local conflict, full, most = ARGV[1], ARGV[2] == '1', tonumber(ARGV[3])
local largest, sketch_memory, today = tonumber(ARGV[4]), ARGV[5], tonumber(ARGV[6])
local key, total, created = ARGV[7], tonumber(ARGV[8]), ARGV[9]

local once = ARGV[10] ~= '' and base .. 'change:' .. ARGV[10]
local before = once and redis.call('GET', once)
if before then return cmsgpack.unpack(before) end

local at = 12
local function list()
  local from, length = at + 1, tonumber(ARGV[at])
  at = from + length
  local items = {}
  for i = from, at - 1 do items[#items + 1] = ARGV[i] end
  return items
end
local set, sources, days, hours, uniques, sketches = list(), list(), list(), list(), list(), list()

local function place(kind) return base .. kind .. ':' .. key end
local function sketch_of(day) return place('sketch') .. ':' .. day end

-- A counter of an older seen has its total in the ranking alone.
local found = redis.call('HGET', place('about'), 'total') or redis.call('ZSCORE', KEYS[1], key)
if found and conflict == 'skip' then return {'skipped', -1} end
local adds = found and conflict == 'add'
if adds then total = total + tonumber(found) end
if math.abs(total) > largest then return {'range', -1} end
if not found then
  if full then return {'instance', -1} end
  if redis.call('ZCARD', KEYS[1]) >= most then return {'full', -1} end
end

if not adds then
  redis.call('UNLINK', place('about'), place('day'), place('hour'), place('unique'))
  for day = today - 3, today + 1 do redis.call('UNLINK', sketch_of(string.format('%.0f', day))) end
  redis.call('HSET', place('about'), 'created', created, unpack(set))
else
  local before = redis.call('HGET', place('about'), 'created')
  if not before or tonumber(created) < tonumber(before) then
    redis.call('HSET', place('about'), 'created', created)
  end
end
total = string.format('%d', total)
redis.call('HSET', place('about'), 'total', total)
redis.call('ZADD', KEYS[1], total, key)

local function add(bucket, numbers)
  for i = 1, #numbers, 2 do redis.call('HINCRBY', bucket, numbers[i], numbers[i + 1]) end
end
add(place('about'), sources)
add(place('day'), days)
add(place('hour'), hours)
for i = 1, #uniques, 2 do
  local known = tonumber(redis.call('HGET', place('unique'), uniques[i]) or 0)
  if tonumber(uniques[i + 1]) > known then
    redis.call('HSET', place('unique'), uniques[i], uniques[i + 1])
  end
end
for i = 1, #sketches, 2 do
  local sketch, other = sketch_of(sketches[i]), base .. 'import'
  redis.call('SET', other, sketches[i + 1])
  redis.call('PFMERGE', sketch, other)
  redis.call('DEL', other)
  redis.call('EXPIRE', sketch, sketch_memory)
  redis.call('HSET', place('unique'), sketches[i], redis.call('PFCOUNT', sketch))
end
local answer =
  {not found and 'created' or adds and 'added' or 'replaced', redis.call('ZCARD', KEYS[1])}
if once then redis.call('SET', once, cmsgpack.pack(answer), 'EX', ARGV[11]) end
return answer
