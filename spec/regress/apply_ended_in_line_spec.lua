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

  -- Begins so many in tasks, of which the first holds the turn. Gives the tasks, and a list for what each
  -- gives. A step may do less than all of it.
  local function begin(client, count)
    local tasks, results, begun = {}, {}, 0
    for i = 1, count do
      tasks[i] = client:go(function()
        begun = begun + 1
        results[i] = { client:apply_webhooks { webhooks = {} } }
      end)
    end
    repeat client:step() until begun == count
    return tasks, results
  end

  it("ends as canceled with its task", function()
    local client = open {}
    local tasks, results = begin(client, 2)
    tasks[2]:cancel()
    repeat client:step(0.01) until results[2]
    local result, message, err = unpack(results[2], 1, 3)
    assert.is_nil(result)
    assert.equal("apply_webhooks: it was canceled", message)
    assert.same({ "canceled", message, "no", false }, { err.kind, err.message, err.sent, err.retryable })
    assert.same({}, err.result.actions)
    client:close()
  end)

  it("ends as canceled with its client, in a task", function()
    local client = open {}
    local _, results = begin(client, 3)
    client:close()
    client:run()
    for i = 1, 3 do assert.equal("canceled", results[i][3].kind) end
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
