-- A client that a finalizer closed just when the list for a look had come raised an error of
-- Lua's own: what was asked could not be named any more. It is kept with the request now.

local client = require "twilio.webhooks.client"
local cores = require "spec.support.cores"
local example = require "spec.support.example"
local sandbox = require "twilio.webhooks.sandbox"

describe("create_webhook of a client", function()
  local server

  setup(function()
    server = assert(sandbox.start { faults = { { "drop_after", operation = "create" } } })
  end)

  teardown(function() server:stop() end)

  it("knows what its create has made when a finalizer closes the client amid a look", function()
    local closing
    local closed = 0
    closing = assert(client.new({
      base_url = server.base_url, account_sid = server.account_sid, auth_token = server.auth_token,
      service_sid = server.service_sid,
    }, cores.after("perform", function()
      closed = closed + 1
      closing:close()
    end)))
    local hook, info = closing:create_webhook {
      channel_sid = "closed amid a look", type = "webhook", configuration = example.answer.configuration,
    }
    assert(hook, info)
    assert.is_true(info.adopted)
    assert.equal(1, closed)
  end)
end)
