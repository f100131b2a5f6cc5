-- The same as ensure_webhook.lua, for a conversation: Conversations is Chat's successor.
-- conversation_sid replaces channel_sid, and target replaces type.
-- In a sandbox on this machine; with --api in your account, see account.lua.
--
--   lua5.4 examples/conversations.lua

local webhooks = require "twilio.webhooks"
local account = dofile((arg[0]:match "^.*/" or "") .. "account.lua")

local params, sandbox = account.find { "conversation_sid" }
local client = assert(webhooks.new(params))

local hook = assert(client:create_webhook {
  target = "webhook",
  configuration = {
    url = "https://example.com/hook",
    method = "POST",
    filters = { "onMessageAdded" },
    replay_after = 0,
  },
})
print("created", hook.sid, hook.configuration.url)

hook = assert(client:update_webhook { sid = hook.sid, configuration = { url = "https://example.com/other" } })
print("updated", hook.sid, hook.configuration.url)

print("listed", #assert(client:list_webhooks {}))
print("deleted", (assert(client:delete_webhook { sid = hook.sid })))

client:close()
if sandbox then sandbox:stop() end
