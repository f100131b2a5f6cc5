-- A task whose client a finalizer closed amid its create, before the request was submitted, got an
-- error, as if it had called a client that was closed. Its create is canceled.

local client = require "twilio.webhooks.client"
local core = require "twilio.webhooks.core"
local cores = require "spec.support.cores"
local example = require "spec.support.example"
local sandbox = require "twilio.webhooks.sandbox"

describe("create_webhook of a task", function()
  local server

  setup(function() server = assert(sandbox.start {}) end)

  teardown(function() server:stop() end)

  it("is canceled where a finalizer closes the client amid it, and nothing is sent", function()
    local closing, results
    local closed = 0
    closing = assert(client.new({
      base_url = server.base_url, account_sid = server.account_sid, auth_token = server.auth_token,
      service_sid = server.service_sid,
    }, cores.before("launch", function()
      closed = closed + 1
      closing:close()
    end)))
    closing:go(function()
      results = { pcall(closing.create_webhook, closing, example.webhook {
        account_sid = false, auth_token = false, channel_sid = "closed amid a launch",
      }) }
    end)
    assert.is_true(closing:run())
    assert.equal(1, closed)
    assert.is_true(results[1], results[2])
    assert.is_nil(results[2])
    assert.equal("canceled", results[4].kind)
    assert.equal("no", results[4].sent)
    assert.equal(0, #server:requests())
  end)

  it("raises an error where the client was closed before", function()
    local closed = assert(client.new({ base_url = server.base_url, account_sid = server.account_sid,
      auth_token = server.auth_token }, core))
    local results
    closed:go(function()
      closed:close()
      results = { pcall(closed.create_webhook, closed, example.webhook()) }
    end)
    closed:run()
    assert.is_false(results[1])
    assert.truthy(results[2]:find("the client is closed", 1, true), results[2])
  end)
end)
