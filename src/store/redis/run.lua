-- Reads a run as script.rs writes it: a digit for its source, a digit for whether it has
-- a visitor (1), an id (2), both or neither, those in 16 bytes each, and its hits.
-- It stands before the scripts of tallies: one argument costs less than four.
local SOURCES = {'browser', 'proxy', 'bot', 'prefetch', 'self'}
local function read_run(text)
  local source, has = string.byte(text, 1, 2)
  local at, visitor, id = 3, nil, nil
  if has == 49 or has == 51 then
    visitor, at = string.sub(text, at, at + 15), at + 16
  end
  if has >= 50 then
    id, at = string.sub(text, at, at + 15), at + 16
  end
  return tonumber(string.sub(text, at)), SOURCES[source - 48], visitor, id
end

local function has_id(text) return string.byte(text, 2) >= 50 end

