--- Guards: of the requests that come to a server, they let pass those that Twilio has signed.
-- Each is a file, loaded when it is first used, and a function that takes a table of options and
-- gives what the server is to run before a handler.

local NAMES = { "openresty" }

local known = {}
for _, name in ipairs(NAMES) do known[name] = true end

local function refuse(name)
  local nearest = type(name) == "string" and require "twilio.webhooks.loading".core().nearest(name, NAMES)
  error(("webhooks.guard has no %s; %s"):format(tostring(name),
    nearest and ("did you mean %s?"):format(nearest) or "there are " .. table.concat(NAMES, ", ")), 3)
end

return setmetatable({}, { __index = function(guards, name)
  if not known[name] then refuse(name) end
  local guard = require("twilio.webhooks.guard." .. name)
  rawset(guards, name, guard)
  return guard
end })
