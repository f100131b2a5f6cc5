-- Decodes the parts of a request: percent signs, forms and queries, targets, HTTP Basic. Text
-- goes in, tables come out; their meaning is not known here.

local decode = {}

-- Nil if two hexadecimal digits do not follow a percent sign.
local function percent_decode(text)
  if not text:find("%", 1, true) then return text end
  if text:gsub("%%%x%x", ""):find("%", 1, true) then return nil end
  return (text:gsub("%%(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end))
end

-- The fields of a form, or of a query, by name: each a list of its values in the order
-- given. Nil for a bad escape.
function decode.form(text)
  local form = {}
  for pair in text:gmatch("[^&]+") do
    local name, value = pair:gsub("%+", " "):match("^([^=]*)=?(.*)$")
    name, value = percent_decode(name), percent_decode(value)
    if not name or not value then return nil end
    form[name] = form[name] or {}
    table.insert(form[name], value)
  end
  return form
end

-- Splits before it decodes, so that an encoded slash stays within its segment.
local function split(path)
  local segments = {}
  for segment in path:gmatch("/([^/]*)") do
    local decoded = percent_decode(segment)
    if not decoded then return nil end
    segments[#segments + 1] = decoded
  end
  return segments
end

-- The parts of a request's target: `origin`, in the absolute form only; `path` as it
-- was sent; its `segments`; `query`, which may be empty. Nil when there is no path, or
-- a bad escape in it.
function decode.target(text)
  local origin = text:match("^[hH][tT][tT][pP][sS]?://[^/?]*")
  local path, query = text:sub(#(origin or "") + 1):match("^([^?]*)%??(.*)$")
  if path == "" then path = "/" end
  local segments = path:sub(1, 1) == "/" and split(path)
  if not segments then return nil end
  return { origin = origin, path = path, segments = segments, query = query }
end

local DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
local VALUE = {}
for i = 1, #DIGITS do VALUE[DIGITS:sub(i, i)] = i - 1 end

local function base64_decode(text)
  local bytes, bits, width = {}, 0, 0
  for digit in text:gmatch("[^=]") do
    if not VALUE[digit] then return nil end
    bits, width = bits * 64 + VALUE[digit], width + 6
    if width >= 8 then
      width = width - 8
      bytes[#bytes + 1] = string.char(math.floor(bits / 2 ^ width))
      bits = bits % 2 ^ width
    end
  end
  return table.concat(bytes)
end

-- User and password of an Authorization header; nothing if it is not HTTP Basic.
function decode.credentials(authorization)
  local scheme, encoded = (authorization or ""):match("^(%a+) +(%S+)$")
  if not scheme or scheme:lower() ~= "basic" then return nil end
  return (base64_decode(encoded) or ""):match("^([^:]*):(.*)$")
end

return decode
