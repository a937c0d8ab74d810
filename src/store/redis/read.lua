-- Reads counters, each as it is at one moment.
--
-- KEYS[1]  seen:{namespace}:total; apply.lua says what is beside it
-- ARGV     how much (count, history, export), day, then keys
-- Answers  for each key nothing, or the total, the about hash, the hashes of days,
--          hours and uniques (for a count: of this day alone, and no hours), and
--          for an export days and their sketches
local base = string.sub(KEYS[1], 1, -6)
local much, day = ARGV[1], ARGV[2]

local answer = {}
for i = 3, #ARGV do
  local key = ARGV[i]
  local total = redis.call('ZSCORE', KEYS[1], key)
  if not total then
    answer[#answer + 1] = false
  else
    local found = {total, redis.call('HGETALL', base .. 'about:' .. key)}
    if much == 'count' then
      found[3] = {day, redis.call('HGET', base .. 'day:' .. key, day) or '0'}
      found[4] = {}
      found[5] = {day, redis.call('HGET', base .. 'unique:' .. key, day) or '0'}
    else
      found[3] = redis.call('HGETALL', base .. 'day:' .. key)
      found[4] = redis.call('HGETALL', base .. 'hour:' .. key)
      found[5] = redis.call('HGETALL', base .. 'unique:' .. key)
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
    answer[#answer + 1] = found
  end
end
return answer
