-- Puts counters that have moved in their places in the ranking, whose scores are negated
-- totals, so that equal ones are in the order of their names.
--
-- KEYS[1]  seen:{namespace}:moved, and ARGV[1] the most of it to rank
-- Answers  how many were ranked
--
-- A hit does not move its counter, which would cost Redis a quarter of the hit. It only marks
-- the counter; this script ranks the marked ones on request.
local base = string.sub(KEYS[1], 1, -6)
local moved = redis.call('SPOP', KEYS[1], ARGV[1])
for _, key in ipairs(moved) do
  local name = base .. 'counter:' .. key
  local found = redis.pcall('GET', name)
  local read, record = pcall(cmsgpack.unpack, found or '')
  if type(found) == 'table' then
    -- Not a counter's record, until somebody puts it right.
    redis.call('SADD', KEYS[1], key)
  elseif read and type(record) == 'table' then
    redis.call('ZADD', base .. 'ranking', 'XX', string.format('%d', -record[2]), key)
    record[14] = record[2]
    redis.call('SET', name, cmsgpack.pack(record))
  end
end
return #moved
