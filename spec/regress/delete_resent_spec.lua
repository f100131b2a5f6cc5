-- libcurl sent a delete again by itself when the kept connection closed without an answer, and
-- what it had deleted was then reported as a 404.

local example = require "spec.support.example"
local sandbox = require "twilio.webhooks.sandbox"
local webhooks = require "twilio.webhooks"

describe("a delete whose connection closes after it was processed", function()
  local server, client

  before_each(function()
    server = assert(sandbox.start { account_sid = example.account_sid, auth_token = example.auth_token,
      faults = { { "drop_after", operation = "delete", times = 1 } } })
    client = assert(webhooks.new(example.webhook { base_url = server.base_url }))
  end)

  after_each(function()
    client:close()
    server:stop()
  end)

  local function deletes()
    local statuses = {}
    for _, request in ipairs(server:requests()) do
      if request.operation == "delete" then statuses[#statuses + 1] = request.status or "none" end
    end
    return statuses
  end

  it("has succeeded when the client finds nothing", function()
    local hook = assert(client:create_webhook {})
    local deleted, info = client:delete_webhook { sid = hook.sid }
    assert.is_true(deleted, info)
    assert.equal(2, info.attempts)
    assert.same({ "none", 404 }, deletes())
  end)

  it("is not known to have, where there is one attempt", function()
    local hook = assert(client:create_webhook {})
    client.max_attempts = 1
    local _, _, err = client:delete_webhook { sid = hook.sid }
    assert.equal("network", err.kind)
    assert.equal("unknown", err.sent)
    assert.same({ "none" }, deletes())
  end)
end)
