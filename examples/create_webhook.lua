-- Creates the webhook of the API page's own example, and prints request and
-- answer. With no account it starts a sandbox; see account.lua.
--
--   lua5.4 examples/create_webhook.lua

local webhooks = require "twilio.webhooks"
local account = dofile((arg[0]:match "^.*/" or "") .. "account.lua")

-- Prints a table's fields as Lua would have them, names in order.
local function print_fields(fields, indent)
  local names = {}
  for name in pairs(fields) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do
    local value = fields[name]
    local label = indent .. (type(name) == "number" and "" or name .. " = ")
    if type(value) == "table" then
      print(label .. "{")
      print_fields(value, indent .. "  ")
      print(indent .. "},")
    else
      print(label .. (type(value) == "string" and ("%q"):format(value) or tostring(value)) .. ",")
    end
  end
end

local params, sandbox = account.find { "service_sid", "channel_sid" }
params.type = "webhook"
params.configuration = {
  url = "dummy",
  method = "GET",
  filters = { "onMessageSent", "onChannelDestroyed" },
  retry_count = 2,
}

local hook, message, err = webhooks.create_webhook(params)

if sandbox then
  local request = sandbox:requests()[1]
  print(request.method .. " " .. request.target)
  print(request.body .. "\n")
  sandbox:stop()
end
if not hook then
  io.stderr:write(message, "\n")
  for _, problem in ipairs(err.problems or {}) do
    io.stderr:write("  ", problem.field, ": ", problem.message, "\n")
  end
  os.exit(1)
end

print("created " .. hook.sid)
print_fields(hook, "  ")
