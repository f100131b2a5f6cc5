--- Reads an event's request into a table: `EventType=onMessageAdded&Index=2&Attributes=%7B%7D`
-- becomes `{ event_type = "onMessageAdded", index = 2, attributes = {} }`. events.lua has the
-- types of fields; any other is text. Verifies nothing: see init.lua.

local events = require "twilio.webhooks.events"
local core = require "twilio.webhooks.loading".core()
local refuse = require "twilio.webhooks.incoming.refusal"

local event = {}

local MAX_DEPTH = 4 -- of dots in a name; the API's have one

-- From a list of names and values in turn: each name's text, or a list of its texts; and the names in
-- their order.
local function group(list)
  local texts, names = {}, {}
  for i = 1, #list, 2 do
    local name, text = list[i], list[i + 1]
    local before = texts[name]
    if before == nil then
      names[#names + 1], texts[name] = name, text
    elseif type(before) == "table" then
      before[#before + 1] = text
    else
      texts[name] = { before, text }
    end
  end
  return texts, names
end

-- --- values -----------------------------------------------------------------

local convert = {}

-- A text stays text if it is no whole number, or if a double does not hold the number exactly.
function convert.integer(text)
  local number = #text <= 15 and tonumber(text)
  return number and number % 1 == 0 and ("%d"):format(number) == text and number or text
end

function convert.boolean(text)
  local lower = text:lower()
  if lower == "true" then return true end
  if lower == "false" then return false end
  return text
end

function convert.json(text)
  local decoded = core.decode(text)
  if decoded == nil then return text end
  return decoded
end

-- `texts`: one, or a list of them.
local function value_of(name, texts)
  local to_value = convert[events.types[name]]
  if not to_value then return texts end
  if type(texts) ~= "table" then return to_value(texts) end
  local list = {}
  for i, text in ipairs(texts) do list[i] = to_value(text) end
  return list
end

-- --- names ------------------------------------------------------------------

-- "ClientIdentity" to "client_identity".
local function snake(name)
  return (name:gsub("(%l)(%u)", "%1_%2"):gsub("(%u)(%u%l)", "%1_%2"):lower())
end

-- "MessagingBinding.Type" to "messaging_binding" and "type".
local function split(name)
  local parts = {}
  for part in name:gmatch "[^.]+" do parts[#parts + 1] = snake(part) end
  return parts
end

-- The parts of known names. An event has a dozen names, and splitting them takes most of its time.
local known = {}
for _, list in ipairs { events.channel, events.conversation } do
  for _, names in pairs(list) do
    for _, name in ipairs(names) do known[name] = known[name] or split(name) end
  end
end

-- The table for the last part of a dotted name, and that part in small letters. Nil if another field
-- is in the way. `groups`: the tables that were made here, not by a decoder.
local function place_of(result, name, groups)
  local parts = known[name] or split(name)
  if #parts == 0 or #parts > MAX_DEPTH then return nil end
  local place = result
  for i = 1, #parts - 1 do
    local inner = place[parts[i]]
    if inner == nil then
      inner = {}
      place[parts[i]], groups[inner] = inner, true
    end
    if not groups[inner] then return nil end
    place = inner
  end
  return place, parts[#parts]
end

-- --- the function -----------------------------------------------------------

--- The event of a request's body, which is a form, or of the query of a request by GET.
-- @return a table; or nil, a reason (one word) and a message (one line)
function event.read(body)
  if type(body) ~= "string" then return refuse "malformed_form" end
  local list, reason = core.read_form(body)
  if not list then return refuse(reason) end
  local texts, names = group(list)
  if not texts.EventType then return refuse "missing_event_type" end
  local result, groups = {}, {}
  for _, name in ipairs(names) do
    local place, key = place_of(result, name, groups)
    local value = value_of(name, texts[name])
    if not place or place[key] ~= nil then place, key = result, name end -- it looks like another
    if place[key] ~= nil then value = { place[key], value } end -- "A" and then "a": both are kept
    place[key] = value
  end
  return result
end

return event
