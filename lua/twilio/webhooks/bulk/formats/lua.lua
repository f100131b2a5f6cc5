--- A Lua table: text that returns a list of rows. It runs in a separate Lua state without any library,
-- with limits on instructions and memory: see csrc/system/evaluate.h. The whole list is in memory. A
-- row's line is its place in the list.

local system = require "twilio.webhooks.loading".system()

-- Bytes of the text, and so more than it can have rows.
local MOST = 67108864
local BOM = "\239\187\191"

local function read_all(read)
  local pieces, bytes = {}, 0
  while true do
    local more, message = read()
    if not more then return nil, message end
    if more == "" then return table.concat(pieces) end
    pieces[#pieces + 1] = more
    bytes = bytes + #more
    if bytes > MOST then return nil, ("is longer than %d bytes"):format(MOST) end
  end
end

-- The highest place in a list that may have holes; nil if a key is no place.
local function length_of(list)
  local most = 0
  for place in pairs(list) do
    if type(place) ~= "number" or place < 1 or place > MOST or place % 1 ~= 0 then return nil end
    if place > most then most = place end
  end
  return most
end

local function load_rows(read)
  local text, message = read_all(read)
  if not text then return nil, message end
  if text:sub(1, 3) == BOM then text = text:sub(4) end
  text = text:gsub("^#[^\n]*", "")
  local rows, why = system.evaluate(text, "=rows")
  if not rows then return nil, why end
  local length = length_of(rows)
  if not length then return nil, "must return a list of rows: { { ... }, { ... } }" end
  return rows, length
end

--- As formats/jsonl.lua.
return function(read)
  local rows, length, place = nil, 0, 0
  return function()
    if not rows then
      local loaded, number = load_rows(read)
      rows, length = loaded or {}, loaded and number or 0
      if not loaded then return 1, nil, number end
    end
    place = place + 1
    if place > length then return nil end
    if type(rows[place]) ~= "table" then return place, nil, "must be a table" end
    return place, rows[place]
  end
end
