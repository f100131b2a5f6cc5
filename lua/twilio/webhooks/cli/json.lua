--- Writes JSON with sorted keys, so that two runs can be compared. It writes an empty list as [], which
-- lua-cjson cannot tell from an empty object, and escapes what a terminal would obey.

local loading = require "twilio.webhooks.loading"
local utf8 = require "twilio.webhooks.cli.utf8"

local json = {}

-- The names of fields that are lists, even when they are empty.
local LISTS = {}
for _, resource in ipairs(loading.core().describe().resources) do
  if resource.list then LISTS[resource.list] = true end
  for _, field in ipairs(resource.fields) do
    if field.type == "list" then LISTS[field.name:match "[^.]+$"] = true end
  end
end

local NAMED = { ['"'] = '\\"', ["\\"] = "\\\\", ["\b"] = "\\b", ["\f"] = "\\f", ["\n"] = "\\n",
  ["\r"] = "\\r", ["\t"] = "\\t" }

local function string_of(text)
  if not text:find '[%z\1-\31"\\\127-\255]' then return '"' .. text .. '"' end
  local pieces = {}
  for bytes, code in utf8.characters(text) do
    local piece = NAMED[bytes] or bytes
    if not code then piece = "\\ufffd"
    elseif piece == bytes and utf8.is_control(code) then piece = ("\\u%04x"):format(code) end
    pieces[#pieces + 1] = piece
  end
  return '"' .. table.concat(pieces) .. '"'
end

local function number_of(number)
  if number ~= number or number == math.huge or number == -math.huge then return "null" end
  if number % 1 == 0 and math.abs(number) < 2 ^ 53 then return ("%d"):format(number) end
  local text = ("%.15g"):format(number)
  return tonumber(text) == number and text or ("%.17g"):format(number)
end

local function sorted_keys(object)
  local keys = {}
  for key in pairs(object) do keys[#keys + 1] = key end
  table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
  return keys
end

local value_of

-- Puts pieces between brackets; one a line if `indent` is given.
local function enclose(open, pieces, close, indent)
  if #pieces == 0 then return open .. close end
  if not indent then return open .. table.concat(pieces, ",") .. close end
  local inner = indent .. "  "
  return open .. "\n" .. inner .. table.concat(pieces, ",\n" .. inner) .. "\n" .. indent .. close
end

local function table_of(object, name, indent)
  local inner, pieces = indent and indent .. "  ", {}
  if object[1] ~= nil or next(object) == nil and (LISTS[name] or name == nil) then
    for i, value in ipairs(object) do pieces[i] = value_of(value, false, inner) end
    return enclose("[", pieces, "]", indent)
  end
  for i, key in ipairs(sorted_keys(object)) do
    pieces[i] = string_of(tostring(key)) .. (indent and ": " or ":") .. value_of(object[key], key, inner)
  end
  return enclose("{", pieces, "}", indent)
end

function value_of(value, name, indent)
  local kind = type(value)
  if kind == "table" then return table_of(value, name, indent) end
  if kind == "string" then return string_of(value) end
  if kind == "number" then return number_of(value) end
  return kind == "boolean" and tostring(value) or "null"
end

--- In one line. An empty table at the top is a list.
function json.encode(value)
  return value_of(value)
end

--- In lines, indented by `indent` (a text of spaces) from the second on.
function json.format(value, indent)
  return value_of(value, nil, indent or "")
end

return json
