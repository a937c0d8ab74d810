-- Puts counters that have moved in their places in the ranking, whose scores are totals
-- with the sign turned: so equal ones stand by name.
--
-- KEYS[1]  seen:{namespace}:moved, and ARGV[1] how many of it at most
-- Answers  how many there were
--
-- A hit does not move its counter, which would cost Redis a quarter of the hit; it says
-- that it has moved, and here it is when somebody asks for the ranking.
local base = string.sub(KEYS[1], 1, -6)
local moved = redis.call('SPOP', KEYS[1], ARGV[1])
for _, key in ipairs(moved) do
  local name = base .. 'counter:' .. key
  local found = redis.call('GET', name)
  local read, record = pcall(cmsgpack.unpack, found or '')
  if read and type(record) == 'table' then
    redis.call('ZADD', base .. 'ranking', 'XX', string.format('%d', -record[2]), key)
    record[14] = record[2]
    redis.call('SET', name, cmsgpack.pack(record))
  end
end
return #moved
