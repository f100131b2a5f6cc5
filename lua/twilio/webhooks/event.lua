--- Reads an event's request into a table: `EventType=onMessageAdded&Index=2&Attributes=%7B%7D`
-- becomes `{ event_type = "onMessageAdded", index = 2, attributes = {} }`. events.lua has the
-- types of fields; any other is text. Verifies nothing: see incoming.lua.

local events = require "twilio.webhooks.events"
local loading = require "twilio.webhooks.loading"

local event = {}

local MAX_BYTES = 524288 -- as csrc/signature.c has it for forms
local MAX_FIELDS = 1000  -- the same
local MAX_DEPTH = 4      -- of dots in a name; the API's have one

local MESSAGES = {
  malformed_form = "the body is no form",
  missing_event_type = "there is no EventType: it is no event of a webhook",
  too_large = "the body is too large, or has too many fields",
}

local function refuse(reason)
  return nil, reason, MESSAGES[reason]
end

-- --- reading the form -------------------------------------------------------

-- No control characters (a locale may count more among them than there are, and %c is faster),
-- and two digits after each percent sign.
local function is_form(body)
  if body:find "%c" and body:find "[%z\1-\31\127]" then return false end
  return not body:find("%", 1, true) or not body:gsub("%%%x%x", ""):find("%", 1, true)
end

local function to_byte(digits)
  return string.char(tonumber(digits, 16))
end

local function decode(text)
  if text:find("+", 1, true) then text = text:gsub("%+", " ") end
  if text:find("%", 1, true) then text = text:gsub("%%(%x%x)", to_byte) end
  return text
end

local function decode_pair(pair)
  local equals = pair:find("=", 1, true) or #pair + 1
  return decode(pair:sub(1, equals - 1)), decode(pair:sub(equals + 1))
end

-- The values by name, each a list, and the names in their order. Or nil and a reason.
local function read_form(body)
  if not is_form(body) then return nil, "malformed_form" end
  local values, names, count, start = {}, {}, 0, 1
  while start <= #body do
    local stop = body:find("&", start, true) or #body + 1
    if stop > start then
      local name, value = decode_pair(body:sub(start, stop - 1))
      count = count + 1
      if count > MAX_FIELDS then return nil, "too_large" end
      if not values[name] then
        names[#names + 1] = name
        values[name] = {}
      end
      table.insert(values[name], value)
    end
    start = stop + 1
  end
  return values, names
end

-- --- values -----------------------------------------------------------------

local convert = {}

-- A text that is no number, or one that a double does not hold exactly, stays text.
function convert.integer(text)
  return text:find "^%-?%d+$" and #text <= 15 and tonumber(text) or text
end

function convert.boolean(text)
  local lower = text:lower()
  if lower == "true" then return true end
  if lower == "false" then return false end
  return text
end

function convert.json(text)
  local decoded = loading.core().decode(text)
  if decoded == nil then return text end
  return decoded
end

local function value_of(name, texts)
  local to_value = convert[events.types[name]]
  local list = {}
  for i, text in ipairs(texts) do
    if to_value then list[i] = to_value(text) else list[i] = text end
  end
  if #list > 1 then return list end
  return list[1]
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

-- The parts of the names that are known: an event has a dozen of them, and this is most of its time.
local known = {}
for _, list in ipairs { events.channel, events.conversation } do
  for _, names in pairs(list) do
    for _, name in ipairs(names) do known[name] = known[name] or split(name) end
  end
end

-- The table in which the last part of a dotted name belongs, and that part in small letters.
-- Nil where another field is in the way. `groups`: the tables made here, not by a decoder.
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
  if #body > MAX_BYTES then return refuse "too_large" end
  local values, names = read_form(body)
  if not values then return refuse(names) end
  if not values.EventType then return refuse "missing_event_type" end
  local result, groups = {}, {}
  for _, name in ipairs(names) do
    local place, key = place_of(result, name, groups)
    local value = value_of(name, values[name])
    if not place or place[key] ~= nil then place, key = result, name end -- two that look alike: as it came
    if place[key] ~= nil then value = { place[key], value } end -- "A" and then "a": both are kept
    place[key] = value
  end
  return result
end

return event
