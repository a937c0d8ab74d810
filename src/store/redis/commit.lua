-- Makes a change that seen has decided on, if the values that it depends on are unchanged.
--
-- KEYS     all keys that are touched
-- ARGV[1]  a packed array: the checks, each a value and the command that must still return
--          it; and the commands to run
-- Answers  1, or 0 if a check failed and nothing was done
local plan = cmsgpack.unpack(ARGV[1])
for _, check in ipairs(plan[1]) do
  local found = redis.call(unpack(check, 2))
  if found ~= check[1] then return 0 end
end
for _, command in ipairs(plan[2]) do
  -- If an ACL forbids publishing, the change is made all the same.
  local run = command[1] == 'SPUBLISH' and redis.pcall or redis.call
  run(unpack(command))
end
return 1
