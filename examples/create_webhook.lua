-- Creates the webhook of the API page's own example, and prints request and
-- answer.
--
--   lua5.4 examples/create_webhook.lua
--
-- With an account it goes to Twilio: set TWILIO_ACCOUNT_SID and
-- TWILIO_AUTH_TOKEN (or TWILIO_API_KEY and TWILIO_API_SECRET), and the channel:
-- TWILIO_SERVICE_SID and TWILIO_CHANNEL_SID. TWILIO_WEBHOOKS_BASE_URL points it
-- elsewhere. With none of these it starts a sandbox on this machine.

local webhooks = require "twilio.webhooks"

-- The channel and where it is: from the environment, or a sandbox's.
local function find_channel()
  local service_sid = os.getenv "TWILIO_SERVICE_SID"
  if service_sid then
    return {
      service_sid = service_sid,
      channel_sid = os.getenv "TWILIO_CHANNEL_SID",
      base_url = os.getenv "TWILIO_WEBHOOKS_BASE_URL",
    }
  end
  local sandbox = assert(require("twilio.webhooks.sandbox").start())
  print("No TWILIO_SERVICE_SID is set: this is a sandbox at " .. sandbox.base_url .. "\n")
  return {
    account_sid = sandbox.account_sid,
    auth_token = sandbox.auth_token,
    service_sid = sandbox.service_sid,
    channel_sid = sandbox.channel_sid,
    base_url = sandbox.base_url,
  }, sandbox
end

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

local params, sandbox = find_channel()
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
