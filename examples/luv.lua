-- Calls that wait in luv's loop (libuv). The client's `go` starts the functions, and one coroutine
-- of the loop runs them. Creates and deletes three webhooks.
-- In a sandbox on this machine; with --api in your account, see account.lua.
--
--   lua5.4 examples/luv.lua          needs luv (Debian: lua-luv)

local uv = require "luv"
local webhooks = require "twilio.webhooks"
local account = dofile((arg[0]:match "^.*/" or "") .. "account.lua")

local params, sandbox = account.find { "service_sid", "channel_sid" }
params.wait = webhooks.wait.luv
params.max_in_flight = 2 -- functions at a time

local client = assert(webhooks.new(params))

for i = 1, 3 do
  client:go(function()
    local hook = assert(client:create_webhook {
      type = "webhook",
      configuration = { url = ("https://example.com/%d"):format(i), filters = { "onMessageSent" } },
    })
    print("created", hook.sid, hook.configuration.url)
    assert(client:delete_webhook { sid = hook.sid })
  end)
end

local ticks = 0
local timer = uv.new_timer()
timer:start(1, 1, function() ticks = ticks + 1 end)

coroutine.wrap(function()
  local ok, message = client:run() -- waits in luv's loop, as each call does
  print("all have ended", ok or message)
  client:close()
  timer:close()
end)()

uv.run()
print("the loop went round meanwhile: " .. tostring(ticks > 0))
if sandbox then sandbox:stop() end
