--- Digests by which a row, a channel and a whole input are known again, and texts by which a webhook
-- is compared with itself at another time.

local system = require "twilio.webhooks.loading".system()

local digest = {}

local checksum, of = system.checksum, system.digest

--- Of a channel or conversation: sorting by it puts its rows together.
function digest.key(url)
  return of(url)
end

--- Of a row, by what its create asks for; or of a webhook that is to go, by its sid.
function digest.row(url, form)
  return of(url .. "\n" .. form)
end

--- Of a sequence: of what came before (nil at first), and the next.
function digest.chain(before, text)
  return of((before or "") .. text)
end

local function names_of(value)
  local names, count = {}, 0
  for name in pairs(value) do names[count + 1], count = name, count + 1 end
  if value[1] == nil then table.sort(names, function(a, b) return tostring(a) < tostring(b) end) end
  return names
end

-- Appends a text that is the same for equal values, whatever the order of a table's fields.
local function write(value, into)
  local kind = type(value)
  if kind == "string" then
    into[#into + 1] = value
  elseif kind == "table" then
    into[#into + 1] = "{"
    for i, name in ipairs(names_of(value)) do
      into[#into + 1] = value[1] == nil and name or i
      write(value[name], into)
    end
    into[#into + 1] = "}"
  else
    into[#into + 1] = tostring(value):gsub("^(%-?%d+)%.0$", "%1")
  end
end

function digest.text(value)
  local into = {}
  write(value, into)
  return table.concat(into, "\0")
end

--- A text of the settings of a listed webhook.
function digest.settings(webhook)
  return system.settings(webhook)
    or digest.text { webhook.type or "", webhook.target or "", webhook.configuration or "" }
end

--- Of a listed webhook: it changes with every setting.
function digest.webhook(webhook)
  return checksum(digest.settings(webhook))
end

digest.checksum = checksum

return digest
