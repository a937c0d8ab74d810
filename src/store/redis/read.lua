-- Reads counters, each as it is at one moment.
--
-- KEYS[1]  seen:{namespace}:total; apply.lua says what is beside it
-- ARGV     how much (total, count, history, export), day, then keys
-- Answers  for each key nothing, or the total; or, for more than that, the total, the about
--          hash, the hashes of days, hours and uniques (for a count: of this day alone,
--          and no hours), and for an export days and their sketches
local base = string.sub(KEYS[1], 1, -6)
local much, day = ARGV[1], ARGV[2]

local function counter(key)
  local about = base .. 'about:' .. key
  local known = redis.call('HMGET', about, 'total', 'day', 'today', 'hour', 'recent')
  -- A counter of an older seen has its total in the ranking alone.
  local total = known[1] or redis.call('ZSCORE', KEYS[1], key)
  if not total or much == 'total' then return total end

  local function bucket(kind, latest, hits)
    local numbers = redis.call('HGETALL', base .. kind .. ':' .. key)
    -- It may be there twice, to be added.
    numbers[#numbers + 1] = latest or nil
    numbers[#numbers + 1] = latest and hits or nil
    return numbers
  end
  local found = {total, redis.call('HGETALL', about)}
  if much == 'count' then
    found[3] = {day, redis.call('HGET', base .. 'day:' .. key, day) or '0'}
    if known[2] == day then
      found[3][3], found[3][4] = day, known[3]
    end
    found[4] = {}
    found[5] = {day, redis.call('HGET', base .. 'unique:' .. key, day) or '0'}
  else
    found[3] = bucket('day', known[2], known[3])
    found[4] = bucket('hour', known[4], known[5])
    found[5] = bucket('unique')
  end
  found[6] = {}
  if much == 'export' then
    for j = 1, #found[5], 2 do
      local its_day = found[5][j]
      -- Older ones are of no use, and expire soon.
      if tonumber(its_day) >= tonumber(day) - 1 then
        local sketch = redis.call('GET', base .. 'sketch:' .. key .. ':' .. its_day)
        if sketch then
          table.insert(found[6], its_day)
          table.insert(found[6], sketch)
        end
      end
    end
  end
  return found
end

local answer = {}
for i = 3, #ARGV do answer[#answer + 1] = counter(ARGV[i]) end
return answer
