-- Creates the webhook of the API page's own example, prints request and answer, and deletes
-- the webhook. In a sandbox on this machine; with --api in your account, see account.lua.
--
--   lua5.4 examples/create_webhook.lua

local webhooks = require "twilio.webhooks"
local account = dofile((arg[0]:match "^.*/" or "") .. "account.lua")

-- Prints a table's fields as Lua code, sorted by name.
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

params.type, params.configuration, params.sid = nil, nil, hook.sid
assert(webhooks.delete_webhook(params)) -- a channel holds five at most
print("deleted it again")
if sandbox then sandbox:stop() end
