--- Digests by which a row, a channel and a whole input are known again, and texts of webhooks for
-- comparing them with themselves at another time.

local loading = require "twilio.webhooks.loading"
local sha256 = loading.signature().sha256
local checksum = loading.system().checksum

local digest = {}

--- Of a channel or conversation: sorting by it puts its rows together.
function digest.key(url)
  return sha256(url):sub(1, 32)
end

--- Of a row, by what its create asks for; or of a webhook that is to go, by its sid.
function digest.row(url, form)
  return sha256(url .. "\n" .. form):sub(1, 32)
end

--- Of a sequence: of what came before (nil at first), and the next.
function digest.chain(before, text)
  return sha256((before or "") .. text)
end

-- A text that is the same for equal values, whatever the order of a table's fields.
local function write(value, into)
  if type(value) ~= "table" then
    into[#into + 1] = ("%s %s;"):format(type(value), tostring(value):gsub("^(%-?%d+)%.0$", "%1"))
    return
  end
  local names = {}
  for name in pairs(value) do names[#names + 1] = name end
  table.sort(names, function(a, b) return tostring(a) < tostring(b) end)
  into[#into + 1] = "{"
  for _, name in ipairs(names) do
    into[#into + 1] = tostring(name) .. "="
    write(value[name], into)
  end
  into[#into + 1] = "}"
end

function digest.text(value)
  local into = {}
  write(value, into)
  return table.concat(into)
end

--- Of a listed webhook: another one once a setting of it has changed.
function digest.webhook(webhook)
  return checksum(digest.text { webhook.type or "", webhook.target or "", webhook.configuration or {} })
end

return digest
