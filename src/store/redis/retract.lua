-- Makes sure that a tally which was given up does not count: undoes it if it
-- was counted, and forbids it to arrive later if it was not.
--
-- KEYS and ARGV are those of apply.lua.
local process, number, now = ARGV[1], tonumber(ARGV[2]), ARGV[4]

local before = redis.call('GET', KEYS[1])
local written, answer = 0, nil
if before then written, answer = cmsgpack.unpack(before) end
redis.call('SET', KEYS[1], cmsgpack.pack(math.max(number, written), false), 'EX', ARGV[3])
if written ~= number or not answer then return 0 end

local function take(bucket, unit, hits)
  if hits > 0 and redis.call('HINCRBY', bucket, unit, -hits) <= 0 then
    redis.call('HDEL', bucket, unit)
  end
end

-- Takes from the hits of the latest unit, or from an earlier one's bucket.
local function take_of(about, last, kept, bucket, unit, hits)
  if redis.call('HGET', about, last) == unit then
    redis.call('HINCRBY', about, kept, -hits)
  else
    take(bucket, unit, hits)
  end
end

local live = {}
-- Before the counters the answer has a number for each namespace.
local at, read = 15, #KEYS
while at <= #ARGV do
  local place, key = tonumber(ARGV[at]), ARGV[at + 1]
  local base, updates = string.sub(KEYS[place], 1, -6), live[place] or {}
  local first = at + 4
  at = first + ARGV[at + 3]
  if answer[read] == 0 then
    read = read + 2
  else
    local all, is_new = answer[read] == -1, answer[read + 1] == 1
    read = read + 2
    local about = base .. 'about:' .. key
    local created = redis.call('HGET', about, 'created')
    local hits = 0
    for run = first, at - 1 do
      local counted, source, visitor, id = read_run(ARGV[run])
      if not all then
        counted, read = answer[read], read + 2
      end
      -- A counter that was deleted meanwhile has nothing to take back.
      if created then
        local counter = key .. ':' .. created .. ':'
        hits = hits + counted
        take(about, source, counted)
        if counted > 0 and visitor then
          local mark = base .. 'mark:' .. counter .. visitor
          local seen = redis.call('GET', mark)
          if seen and string.match(seen, '^%d+') == now then redis.call('DEL', mark) end
        end
        if id then
          id = base .. 'id:' .. counter .. id
          local mine = ' ' .. process .. ' ' .. ARGV[2]
          local known = redis.call('GET', id)
          if known and string.sub(known, -#mine) == mine then redis.call('DEL', id) end
        end
      end
    end
    if all then read = read + 1 end
    if created then
      local total = redis.call('HINCRBY', about, 'total', -hits)
      live[place] = updates
      take_of(about, 'day', 'today', base .. 'day:' .. key, ARGV[6], hits)
      take_of(about, 'hour', 'recent', base .. 'hour:' .. key, ARGV[5], hits)
      updates[#updates + 1] = key
      if is_new and total == 0 and redis.call('HEXISTS', about, 'token') == 0 then
        redis.call('ZREM', KEYS[place], key)
        redis.call('SREM', base .. 'moved', key)
        redis.call('UNLINK', about, base .. 'day:' .. key, base .. 'hour:' .. key,
          base .. 'unique:' .. key, base .. 'sketch:' .. key .. ':' .. ARGV[6])
        updates[#updates + 1] = '-'
      else
        redis.call('HSET', about, 'moved', '1')
        redis.call('SADD', base .. 'moved', key)
        updates[#updates + 1] = string.format('%d', total)
      end
    end
  end
end
for place, updates in pairs(live) do
  redis.pcall('SPUBLISH', string.sub(KEYS[place], 1, -6) .. 'live', table.concat(updates, ' '))
end
return 1
