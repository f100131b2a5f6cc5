-- Calls that wait in a cqueues loop, while the loop's other coroutines go on.
-- Creates and deletes three webhooks.
-- In a sandbox on this machine; with --api in your account, see account.lua.
--
--   lua5.4 examples/cqueues.lua

local cqueues = require "cqueues"
local webhooks = require "twilio.webhooks"
local account = dofile((arg[0]:match "^.*/" or "") .. "account.lua")

local params, sandbox = account.find { "service_sid", "channel_sid" }
params.wait = webhooks.wait.cqueues -- the only difference to a client that blocks

local client = assert(webhooks.new(params))
local loop = cqueues.new()
local left = 3

for i = 1, left do
  loop:wrap(function()
    local hook, message = client:create_webhook {
      type = "webhook",
      configuration = { url = ("https://example.com/%d"):format(i), filters = { "onMessageSent" } },
    }
    print(hook and ("created %s %s"):format(hook.sid, hook.configuration.url) or message)
    if hook then assert(client:delete_webhook { sid = hook.sid }) end
    left = left - 1
  end)
end

loop:wrap(function()
  local turns = 0
  while left > 0 do
    cqueues.sleep(0.001)
    turns = turns + 1
  end
  print("the loop went round meanwhile: " .. tostring(turns > 0))
end)

assert(loop:loop())
client:close()
if sandbox then sandbox:stop() end
