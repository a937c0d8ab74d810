-- Changes a namespace, or a part of it, if the caller may. Safe to repeat.
--
-- KEYS[1]  seen:{namespace}:total; apply.lua says what is beside it
-- ARGV     mode, what the caller proved, its digest, what to do, the digest or
--          the flag for that, day, counters to delete at most
-- Answers  a word (`more`: call again), the number of counters that are left, and
--          whether the namespace has an owner
local base = string.sub(KEYS[1], 1, -6)
local mode, proved, digest, verb, value = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local facts = base .. 'namespace'

local owner = redis.call('HGET', facts, 'owner')
local counters = redis.call('ZCARD', KEYS[1])
local owns = proved == 'instance' or (proved == 'namespace' and owner == digest)

local function done(word)
  return {word, redis.call('ZCARD', KEYS[1]), redis.call('HEXISTS', facts, 'owner')}
end

-- Done already, if this is repeated.
if (verb == 'claim' or verb == 'rotate') and owner == value then return done('ok') end
if verb == 'release' and not owner then return done('ok') end
if verb == 'delete' and counters == 0 and redis.call('EXISTS', facts) == 0 then return done('ok') end

if verb == 'claim' then
  if owner then return done('exists') end
  if not (owns or (mode ~= 'private' and counters == 0)) then return done('forbidden') end
  redis.call('HSET', facts, 'owner', value)
  return done('ok')
end
if not owns then return done('forbidden') end

if verb == 'rotate' then redis.call('HSET', facts, 'owner', value)
elseif verb == 'release' then redis.call('HDEL', facts, 'owner')
elseif verb == 'configure' then
  if value == '1' then redis.call('HSET', facts, 'public', '1')
  else redis.call('HDEL', facts, 'public') end
elseif verb == 'delete' then
  local most, day, live = tonumber(ARGV[7]), tonumber(ARGV[6]), {}
  local keys = redis.call('ZRANGE', KEYS[1], 0, most - 1)
  for _, key in ipairs(keys) do
    redis.call('UNLINK', base .. 'about:' .. key, base .. 'day:' .. key, base .. 'hour:' .. key,
      base .. 'unique:' .. key)
    for other = day - 3, day + 1 do
      redis.call('UNLINK', base .. 'sketch:' .. key .. ':' .. string.format('%.0f', other))
    end
    redis.call('ZREM', KEYS[1], key)
    redis.call('SREM', base .. 'moved', key)
    live[#live + 1] = key .. ' -'
  end
  if #live > 0 then redis.pcall('SPUBLISH', base .. 'live', table.concat(live, ' ')) end
  if #keys == most then return done('more') end
  -- Last, so that a deletion that was cut short can be repeated by the owner.
  redis.call('DEL', facts)
end
return done('ok')
