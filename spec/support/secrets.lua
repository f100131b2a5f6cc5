-- Searches whatever a call produced for a secret, in plain and in base64.

local secrets = {}

local DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

--- base64 of the text, without the padding at its end.
function secrets.base64(text)
  local bits = text:gsub(".", function(c)
    local byte, out = c:byte(), {}
    for i = 8, 1, -1 do
      out[i] = byte % 2
      byte = (byte - byte % 2) / 2
    end
    return (table.concat(out):gsub("%.0", ""))
  end)
  return (bits:gsub("%d%d%d%d%d%d", function(six)
    local digit = tonumber(six, 2) + 1
    return DIGITS:sub(digit, digit)
  end):gsub("%d+$", ""))
end

-- The secret as it stands, and as it looks in base64 wherever in a triple it begins.
local function needles_of(secret)
  local needles = { secret }
  for offset = 0, 2 do
    needles[#needles + 1] = secrets.base64(("x"):rep(offset) .. secret):sub(offset + 2, -3)
  end
  return needles
end

local function search(value, where, needles, seen)
  if type(value) == "table" and not seen[value] then
    seen[value] = true
    for name, field in pairs(value) do
      search(name, where, needles, seen)
      search(field, where .. "." .. tostring(name), needles, seen)
    end
  else
    for _, needle in ipairs(needles) do
      assert(not tostring(value):find(needle, 1, true), where .. " shows the secret: " .. tostring(value))
    end
  end
end

--- Raises an error if any of the values, or of what they hold, has the secret in it.
function secrets.absent(secret, ...)
  local needles = needles_of(secret)
  for i = 1, select("#", ...) do
    search((select(i, ...)), "result " .. i, needles, {})
  end
end

return secrets
