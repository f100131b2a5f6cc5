--- Checks a table of options. `rows`: for each name a function that says whether a value is right,
-- and a text of what would be. No message shows a value, which may be a key.

local core = require "twilio.webhooks.loading".core()
local plain = require "twilio.webhooks.plain"

local function printable(name)
  if type(name) == "number" then return tostring(name) end
  return type(name) == "string" and name:sub(1, 40):gsub("[^%w%p ]", "?") or "a " .. type(name)
end

local function unknown(name, rows, owner)
  local nearest = type(name) == "string" and core.nearest(name, plain.names(rows))
  return ("%s: is not an option%s%s"):format(printable(name), owner and " of " .. owner or "",
    nearest and ("; did you mean %s?"):format(nearest) or "")
end

--- What is wrong with an option, for people; nil if nothing is.
-- @tparam[opt] string owner whose options they are
return function(rows, given, owner)
  for name, value in next, given do
    local row = rows[name]
    if not row then return unknown(name, rows, owner) end
    if not row[1](value) then return ("%s: must be %s"):format(name, row[2]) end
  end
end
