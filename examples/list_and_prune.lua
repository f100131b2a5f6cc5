-- Lists a channel's webhooks and deletes those whose URL has an old host.
-- In a sandbox on this machine; with --api in your account, see account.lua.
--
--   lua5.4 examples/list_and_prune.lua https://old.example.com/

local webhooks = require "twilio.webhooks"
local account = dofile((arg[0]:match "^.*/" or "") .. "account.lua")

local params, sandbox = account.find { "service_sid", "channel_sid" }
local old = arg[1] or "https://old.example.com/"
local client = assert(webhooks.new(params))

if sandbox then -- something to list
  for _, url in ipairs { old .. "a", "https://new.example.com/a", old .. "b" } do
    local configuration = { url = url, filters = { "onMessageSent" } }
    assert(client:create_webhook { type = "webhook", configuration = configuration })
  end
end

for _, hook in ipairs(assert(client:list_webhooks {})) do
  local url = hook.configuration.url or ""
  if url:sub(1, #old) == old then
    assert(client:delete_webhook { sid = hook.sid })
    print("deleted", hook.sid, url)
  else
    print("kept", hook.sid, url)
  end
end

client:close()
if sandbox then sandbox:stop() end
