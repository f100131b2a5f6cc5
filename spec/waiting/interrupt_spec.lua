-- An error that comes from outside, at any instruction of whoever drives the tasks: a debug hook
-- raises it, as lua's does for Ctrl-C. It passes through, and no task is lost.

local webhooks = require "twilio.webhooks"
local example = require "spec.support.example"

describe("tasks #plain", function()
  local INTERRUPT = "interrupted, as by Ctrl-C"

  -- Has the n-th instruction from now raise, in this coroutine alone: LuaJIT calls a hook in each.
  local function interrupt_after(count, fn)
    local here = coroutine.running()
    local function hook()
      if coroutine.running() ~= here then return debug.sethook(hook, "", 1) end
      debug.sethook()
      error(INTERRUPT, 0)
    end
    return pcall(function()
      debug.sethook(hook, "", count)
      fn()
      debug.sethook()
    end)
  end

  local function open()
    return assert(webhooks.new {
      account_sid = example.account_sid, auth_token = example.auth_token, on_event = function() end,
      service_sid = example.service_sid, channel_sid = "x",
      transport = function()
        coroutine.yield()
        return { status = 200, body = '{"webhooks":[],"meta":{}}', headers = { ["Content-Type"] = "application/json" } }
      end,
    })
  end

  it("are all gone on with, wherever an interrupt comes", function()
    local interrupted = 0
    for n = 1, 3000, 1 do
      local client, ended = open(), {}
      for i = 1, 3 do
        client:go(function()
          client:sleep(0)
          if i == 2 then client:list_webhooks {} end
          ended[i] = (ended[i] or 0) + 1
        end)
      end
      client:go(function() error "of its own" end)
      local ok, message = interrupt_after(n, function() client:run() end)
      if not ok then
        assert.equal(INTERRUPT, message)
        interrupted = interrupted + 1
      end
      for _ = 1, 1000 do
        if client:step(0.001) == 0 then break end
      end
      assert.same({ 1, 1, 1 }, ended, "after " .. n .. " instructions")
      assert.equal(0, client:step())
      client:close()
      if ok then break end
    end
    assert.is_true(interrupted > 100)
  end)
end)
