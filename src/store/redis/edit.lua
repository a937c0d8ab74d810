-- Changes one counter, once, if the caller may.
--
-- KEYS[1]  seen:{namespace}:total; apply.lua says what is beside it
-- ARGV     change id, seconds it is remembered, now, day, mode, whether the
--          instance is full, counters at most, largest total, key,
--          what the caller proved (nobody, counter, namespace, instance), its digest,
--          what to do, a number for that, then, for create, configure and rotate,
--          fields of the about hash and their values
-- Answers  a word, the total before or '', the total after or '', and the number
--          of counters if that has changed, else -1
local base = string.sub(KEYS[1], 1, -6)
local once = base .. 'change:' .. ARGV[1]
local before = redis.call('GET', once)
if before then return cmsgpack.unpack(before) end

local now, day, mode, full = ARGV[3], tonumber(ARGV[4]), ARGV[5], ARGV[6] == '1'
local most, largest, key = tonumber(ARGV[7]), tonumber(ARGV[8]), ARGV[9]
local proved, digest, verb, amount = ARGV[10], ARGV[11], ARGV[12], tonumber(ARGV[13])
local about = base .. 'about:' .. key

local function whole(n) return string.format('%d', n) end

-- A counter of an older seen has its total in the ranking alone.
local total = redis.call('HGET', about, 'total') or redis.call('ZSCORE', KEYS[1], key)
local old = total and whole(tonumber(total)) or ''

-- Whether the caller may; or a word that says why not.
local function check()
  local owner = redis.call('HGET', base .. 'namespace', 'owner')
  if verb == 'create' then
    if total then return 'exists' end
    if proved == 'instance' then return end
    if proved == 'namespace' and owner == digest then return end
    if proved == 'nobody' and mode ~= 'private' and not owner then return end
    return 'forbidden'
  end
  if not total then return 'missing' end
  if proved == 'instance' then return end
  if proved == 'namespace' and owner == digest then return end
  if proved == 'counter' and redis.call('HGET', about, 'token') == digest then return end
  if proved == 'nobody' then
    local set = redis.call('HMGET', about, 'reset', 'lower', 'upper')
    if verb == 'set' and set[1] == '1' then return end
    if verb == 'add' then
      if amount >= tonumber(set[2] or 0) and amount <= tonumber(set[3] or 1) then return end
      return 'bounds'
    end
  end
  return 'forbidden'
end

local refusal = check()
if refusal then return {refusal, old, old, -1} end

local new, counters = tonumber(total), -1
if verb == 'create' then
  if math.abs(amount) > largest then return {'range', old, old, -1} end
  if full then return {'instance', old, old, -1} end
  if redis.call('ZCARD', KEYS[1]) >= most then return {'full', old, old, -1} end
  new = amount
elseif verb == 'set' then new = amount
elseif verb == 'add' then new = new + amount
elseif verb == 'reset' then new = 0
end
if math.abs(new) > largest then return {'range', old, old, -1} end

if verb == 'reset' or verb == 'delete' then
  redis.call('UNLINK', base .. 'day:' .. key, base .. 'hour:' .. key, base .. 'unique:' .. key)
  for other = day - 3, day + 1 do
    redis.call('UNLINK', base .. 'sketch:' .. key .. ':' .. whole(other))
  end
end
if verb == 'reset' then
  redis.call('HDEL', about, 'browser', 'proxy', 'bot', 'prefetch', 'self',
    'day', 'today', 'hour', 'recent')
end
if verb == 'delete' then
  redis.call('UNLINK', about)
  redis.call('ZREM', KEYS[1], key)
  redis.call('SREM', base .. 'moved', key)
  counters = redis.call('ZCARD', KEYS[1])
  new = nil
else
  if verb == 'create' then redis.call('HSET', about, 'created', now) end
  if #ARGV > 13 then redis.call('HSET', about, unpack(ARGV, 14)) end
  redis.call('HSET', about, 'total', whole(new))
  redis.call('ZADD', KEYS[1], whole(new), key)
  if verb == 'create' then counters = redis.call('ZCARD', KEYS[1]) end
end

new = new and whole(new) or ''
local answer = {'ok', old, new, counters}
redis.call('SET', once, cmsgpack.pack(answer), 'EX', ARGV[2])
if new ~= old then
  redis.pcall('SPUBLISH', base .. 'live', key .. ' ' .. (new == '' and '-' or new))
end
return answer
