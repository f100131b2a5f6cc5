-- Makes sure that a channel has a webhook. Run it as often as you like: at each deploy, or at
-- each start of a service.
-- In a sandbox on this machine; with --api in your account, see account.lua.
--
--   lua5.4 examples/ensure_webhook.lua

local webhooks = require "twilio.webhooks"
local account = dofile((arg[0]:match "^.*/" or "") .. "account.lua")

local params, sandbox = account.find { "service_sid", "channel_sid" }
params.deadline = 30 -- seconds for a call and all its attempts
params.on_event = function(event)
  if event.type ~= "attempt" then print("  " .. event.type, event.reason or event.sid or "") end
end

local client = assert(webhooks.new(params))

for run = 1, 2 do
  local hook, info, err = client:ensure_webhook {
    type = "webhook",
    configuration = { url = "https://example.com/hook", filters = { "onMessageSent", "onMemberAdded" } },
  }
  if not hook then
    io.stderr:write(info, "\n") -- err.kind == "indeterminate" means: look before you try again
    os.exit(err.kind == "indeterminate" and 2 or 1)
  end
  print(("run %d: %s %s"):format(run, info.created and "created" or "found", hook.sid))
end

client:close()
if sandbox then sandbox:stop() end
