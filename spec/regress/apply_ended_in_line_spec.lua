-- apply_webhooks that waited for another call about the same webhooks ended as "timeout", which one may
-- make again, where its task was canceled or the client closed. It ends as "canceled", as any call does.

local cqueues = require "cqueues"
local sandbox = require "twilio.webhooks.sandbox"
local webhooks = require "twilio.webhooks"

local unpack = table.unpack or unpack -- luacheck: ignore 143 (5.2 and newer have the former)

describe("apply_webhooks that waits for its turn", function()
  local server

  setup(function() server = assert(sandbox.start { faults = { { "stall" } } }) end)
  teardown(function() server:stop() end)

  local function open(options)
    options.base_url, options.account_sid, options.auth_token = server.base_url, server.account_sid, server.auth_token
    options.service_sid, options.channel_sid = server.service_sid, "general"
    return assert(webhooks.new(options))
  end

  it("ends as canceled with its task", function()
    local client, results = open {}, nil
    client:go(function() client:apply_webhooks { webhooks = {} } end)
    local second = client:go(function() results = { client:apply_webhooks { webhooks = {} } } end)
    client:step()
    second:cancel()
    for _ = 1, 3 do client:step() end
    local result, message, err = unpack(results, 1, 3)
    assert.is_nil(result)
    assert.equal("apply_webhooks: it was canceled", message)
    assert.same({ "canceled", message, "no", false }, { err.kind, err.message, err.sent, err.retryable })
    assert.same({}, err.result.actions)
    client:close()
  end)

  it("ends as canceled with its client, in a task", function()
    local client, kinds = open {}, {}
    for i = 1, 3 do
      client:go(function()
        local _, _, err = client:apply_webhooks { webhooks = {} }
        kinds[i] = err.kind
      end)
    end
    client:step()
    client:close()
    client:run()
    assert.same({ "canceled", "canceled", "canceled" }, kinds)
  end)

  it("ends as canceled with its client, in a loop", function()
    local client, loop, kinds = open { wait = webhooks.wait.cqueues }, cqueues.new(), {}
    for i = 1, 3 do
      loop:wrap(function()
        local _, _, err = client:apply_webhooks { webhooks = {} }
        kinds[i] = err.kind
      end)
    end
    loop:wrap(function()
      cqueues.sleep(0.2)
      client:close()
    end)
    assert(loop:loop())
    assert.same({ "canceled", "canceled", "canceled" }, kinds)
  end)
end)
