-- Does what was decided outside, if nothing that it was decided by has changed.
--
-- KEYS     all keys that are touched
-- ARGV[1]  a packed array: what must still be so, each a value and the command that reads
--          it; and the commands to do
-- Answers  1, or 0 if something has changed and nothing was done
local plan = cmsgpack.unpack(ARGV[1])
for _, check in ipairs(plan[1]) do
  local found = redis.call(unpack(check, 2))
  if found ~= check[1] then return 0 end
end
for _, command in ipairs(plan[2]) do
  -- Where an ACL forbids publishing, the change holds all the same.
  local run = command[1] == 'SPUBLISH' and redis.pcall or redis.call
  run(unpack(command))
end
return 1
