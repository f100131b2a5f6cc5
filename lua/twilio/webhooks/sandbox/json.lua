-- Writes JSON more strictly than cjson: an empty list differs from an empty object, keys have an
-- order, a slash stays as it is, and the result is valid whatever bytes go in. cjson reads JSON.

local cjson = require "cjson".new()
local plain = require "twilio.webhooks.plain"

local json = {}

-- Marks a table as a list, so that an empty one is not written as an object.
json.LIST = {}

json.NULL = cjson.null
json.decode = cjson.decode

function json.list(values)
  return setmetatable(values or {}, json.LIST)
end

-- Text that is not UTF-8 is read as ISO 8859-1. Most text needs no change at all.
local function encode_text(text)
  if not text:find('[%c"\\\127-\255]') then return '"' .. text .. '"' end
  if not utf8.len(text) then
    text = text:gsub("[\128-\255]", function(byte) return utf8.char(byte:byte()) end)
  end
  return (cjson.encode(text):gsub("\\/", "/"))
end

-- The keys of the outermost object are ordered as the list `keys` says, and left out
-- where it does not name them; otherwise the order is alphabetical.
function json.encode(value, keys)
  if type(value) == "string" then return encode_text(value) end
  if type(value) ~= "table" then return cjson.encode(value) end
  local parts = {}
  if #value > 0 or getmetatable(value) == json.LIST then
    for i, item in ipairs(value) do parts[i] = json.encode(item) end
    return "[" .. table.concat(parts, ",") .. "]"
  end
  for _, key in ipairs(keys or plain.names(value)) do
    if value[key] ~= nil then
      parts[#parts + 1] = encode_text(key) .. ":" .. json.encode(value[key])
    end
  end
  return "{" .. table.concat(parts, ",") .. "}"
end

return json
