-- An error in the midst of go (a debug hook's, such as Ctrl-C, or of memory) left a function
-- behind that counted and never began: step never gave 0 again, and run never ended.

local clients = require "spec.support.clients"

-- Calls fn in a coroutine with a hook at its n-th instruction. LuaJIT calls a hook in each coroutine.
local function call_hooked(n, fn, act)
  local thread = coroutine.create(fn)
  local function hook()
    if coroutine.running() ~= thread then return debug.sethook(thread, hook, "", 1) end
    debug.sethook(thread)
    act()
  end
  debug.sethook(thread, hook, "", n)
  local ok, message = coroutine.resume(thread)
  debug.sethook(thread)
  return ok, message
end

describe("a function that go was interrupted in starting", function()
  local client
  after_each(function() client:close() end)

  it("either begins or does not count, wherever the interrupt comes", function()
    client = clients.open()
    local interrupted = 0
    for n = 1, 200 do
      local ok = call_hooked(n, function() client:go(function() end) end, function() error("interrupted", 0) end)
      local left
      for _ = 1, 100 do
        left = client:step()
        if left == 0 then break end
      end
      assert.equal(0, left, "after the interrupt at instruction " .. n)
      if ok then break end
      interrupted = interrupted + 1
    end
    assert.is_true(interrupted > 5)
  end)

  it("does not keep a hook from closing the client meanwhile", function()
    for n = 1, 200 do
      client = clients.open()
      local reached = false
      assert(call_hooked(n, function() pcall(client.go, client, function() end) end, function()
        reached = true
        client:close()
      end))
      if not reached then break end
    end
  end)

  it("begins where a hook drives the others meanwhile", function()
    client = clients.open()
    for n = 1, 200 do
      local begun, reached = false, false
      assert(call_hooked(n, function() client:go(function() begun = true end) end, function()
        reached = true
        client:step()
      end))
      for _ = 1, 100 do
        if client:step() == 0 then break end
      end
      assert.is_true(begun, "after the hook at instruction " .. n)
      if not reached then break end
    end
  end)
end)
