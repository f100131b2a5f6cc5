-- Makes every channel of a service call the same two URLs. It reads all channels, page by page, and
-- works on eight at a time: it creates what is missing, updates what differs, and deletes any other
-- webhook whose URL begins with our address. A second run finds nothing to do.
-- In a sandbox on this machine; with --api in your account, see account.lua.
--
--   lua5.4 examples/every_channel.lua

local webhooks = require "twilio.webhooks"
local account = dofile((arg[0]:match "^.*/" or "") .. "account.lua")

local OURS = "https://hooks.example.com/"

local params, sandbox = account.find({ "service_sid" }, { channels = 250 })
params.rate = not sandbox and 25 or nil -- requests a second
local client = assert(webhooks.new(params))

local function wanted()
  return {
    { type = "webhook", configuration = { url = OURS .. "messages", filters = { "onMessageSent" } } },
    { type = "webhook", configuration = { url = OURS .. "members", filters = { "onMemberAdded" } } },
  }
end

for run = 1, 2 do
  local channels = client:channels {}
  local made, changed, failed = 0, 0, 0
  assert(client:map(channels, 8, function(channel)
    local result, message = client:apply_webhooks {
      channel_sid = channel.sid, webhooks = wanted(), prune = OURS,
    }
    if not result then
      failed = failed + 1
      io.stderr:write(channel.sid, ": ", message, "\n")
      return
    end
    made = made + #result.created
    changed = changed + #result.updated + #result.deleted
  end))
  assert(channels.finished, channels.message)
  print(("run %d: %d made, %d changed or deleted, %d channels failed"):format(run, made, changed, failed))
end

client:close()
if sandbox then sandbox:stop() end
