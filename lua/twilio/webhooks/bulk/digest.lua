--- Digests that identify a row, a channel and a whole input, and texts to compare a webhook with
-- itself at another time.

local system = require "twilio.webhooks.loading".system()

local digest = {}

local checksum, of = system.checksum, system.digest

--- The digest of a channel or conversation: sorting by it puts its rows together.
function digest.key(url)
  return of(url)
end

--- The digest of a row, by what its create asks for; or of a webhook to delete, by its sid.
function digest.row(url, form)
  return of(url .. "\n" .. form)
end

--- The digest of a sequence, from the digest so far (nil at first) and the next text.
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

--- The digest of a listed webhook: it changes with every setting.
function digest.webhook(webhook)
  return checksum(digest.settings(webhook))
end

digest.checksum = checksum

return digest
