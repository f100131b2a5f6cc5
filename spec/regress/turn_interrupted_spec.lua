-- An error from outside (a debug hook's, as a watchdog raises, or of memory) ended a task's wait for its
-- turn. The task stayed in line, and got the turn, which nobody then gave back: equal creates waited
-- until its deadline. And while the task went on, having caught the error, it counted as in flight.

local core = require "twilio.webhooks.core"
local hooks = require "spec.support.hooks"
local sandboxes = require "spec.support.sandboxes"

describe("a wait for a turn that an error ends", function()
  local slow

  setup(function()
    slow = select(2, sandboxes.start())
    if jit then jit.off() end -- what is compiled calls no hook
  end)
  teardown(function()
    if jit then jit.on() end
    sandboxes.stop()
  end)
  after_each(sandboxes.close)

  local function create(client)
    return client:create_webhook { channel_sid = "one", type = "webhook",
      configuration = { url = "https://example.com/hook", filters = { "onMessageSent" } } }
  end

  -- In plain Lua 5.1 a task cannot catch an error of a wait: it ends.
  local catch = (jit or _VERSION ~= "Lua 5.1") and pcall or function(fn, ...) return fn(...) end

  it("leaves the line, and its room, wherever in the wait the error comes", function()
    local interrupted = 0
    for n = 1, 40, 4 do -- the wait has some more, once it is woken
      local client = sandboxes.client(slow, { max_in_flight = 3, on_event = function() end })
      local thread, hit, others, begun, stop = nil, false, 0, false, core.now() + 8
      client:go(function() create(client) end)
      client:go(function()
        thread = coroutine.running()
        catch(create, client)
        debug.sethook(thread)
        client:sleep(60)
      end)
      client:go(function()
        create(client)
        others = others + 1
      end)
      repeat client:step() until thread or core.now() > stop
      assert.is_truthy(thread)
      hooks.set(thread, n, function()
        hit = true
        hooks.interrupt()
      end)
      while others < 1 and core.now() < stop do client:step(0.01) end
      debug.sethook(thread)
      assert.equal(1, others, "after " .. n .. " instructions")
      client:go(function() client:sleep(0) end)
      client:go(function() client:sleep(60) end)
      client:go(function() begun = true end)
      for _ = 1, 5 do client:step(0.001) end
      assert.is_true(begun, "after " .. n .. " instructions")
      sandboxes.close()
      if not hit then break end
      interrupted = interrupted + 1
    end
    assert.is_true(interrupted > 5)
  end)
end)
