-- A create that may be running was looked for without a wait, and so without an end before
-- its deadline, once its task was canceled and the budget of retries was spent: nothing else
-- ran meanwhile.

local example = require "spec.support.example"
local sandbox = require "twilio.webhooks.sandbox"
local webhooks = require "twilio.webhooks"

describe("task:cancel", function()
  local server

  setup(function()
    server = assert(sandbox.start { faults = { { "fail_after", operation = "create", status = 504 } } })
  end)

  teardown(function() server:stop() end)

  it("ends a look for which there is no budget", function()
    local task
    local client = assert(webhooks.new {
      base_url = server.base_url, account_sid = server.account_sid, auth_token = server.auth_token,
      service_sid = server.service_sid, deadline = 3600,
      on_event = function(event) if event.type == "reconcile" then task:cancel() end end,
    })
    client.memory.budget = 0
    local kind
    task = client:go(function()
      local _, _, err = client:create_webhook {
        channel_sid = "no budget", type = "webhook", configuration = example.answer.configuration,
      }
      kind = err.kind
    end)
    assert(client:run())
    assert.equal("indeterminate", kind)
    client:close()
  end)
end)
