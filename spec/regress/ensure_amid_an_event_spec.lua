-- ensure_webhook whose own on_event called the client for the same webhook made a second one: its list
-- was older than what that call had made. It lists again now, where another has had its turn.

local cqueues = require "cqueues"
local sandbox = require "twilio.webhooks.sandbox"
local webhooks = require "twilio.webhooks"

describe("ensure_webhook whose event calls", function()
  local server
  local channels = 0

  setup(function() server = assert(sandbox.start()) end)
  teardown(function() server:stop() end)

  local WAYS = {
    blocking = { {}, function(_, fn) fn() end },
    ["in a task"] = { {}, function(client, fn)
      client:go(fn)
      assert(client:run())
    end },
    ["in a loop"] = { { wait = webhooks.wait.cqueues }, function(_, fn)
      local loop = cqueues.new()
      loop:wrap(fn)
      assert(loop:loop())
    end },
  }

  for way, row in pairs(WAYS) do
    for _, method in ipairs { "ensure_webhook", "create_webhook" } do
      it(method .. " for the same gives what that has made, " .. way, function()
        if way ~= "blocking" and _VERSION == "Lua 5.1" and not jit then return end -- nothing yields in an event
        channels = channels + 1
        local client, inner, outer, info
        local wanted = { channel_sid = "channel " .. channels, type = "webhook",
          configuration = { url = "https://example.com/hook", filters = { "onMessageSent" } } }
        client = assert(webhooks.new { base_url = server.base_url, account_sid = server.account_sid,
          auth_token = server.auth_token, service_sid = server.service_sid, wait = row[1].wait,
          on_event = function(event)
            if inner == nil and event.attempted == "list_webhooks" then
              inner = false
              inner = assert(client[method](client, wanted))
            end
          end })
        row[2](client, function() outer, info = assert(client:ensure_webhook(wanted)) end)
        assert.equal(inner.sid, outer.sid)
        assert.is_false(info.created)
        assert.equal(1, #assert(client:list_webhooks { channel_sid = wanted.channel_sid }))
        client:close()
      end)
    end
  end
end)
