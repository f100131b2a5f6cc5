-- An error in the midst of go (a debug hook's, such as Ctrl-C, or of memory) left a function
-- behind that counted and never began: step never gave 0 again, and run never ended.

local clients = require "spec.support.clients"
local hooks = require "spec.support.hooks"

describe("a function that go was interrupted in starting", function()
  local client
  after_each(function() client:close() end)

  it("either begins or does not count, wherever the interrupt comes", function()
    client = clients.open()
    local interrupted = 0
    for n = 1, 200 do
      local _, ok = hooks.call(n, function() client:go(function() end) end, hooks.interrupt)
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
      local reached, whole = hooks.call(n, function() pcall(client.go, client, function() end) end, function()
        client:close()
      end)
      assert.is_true(whole)
      if not reached then break end
    end
  end)

  it("begins where a hook drives the others meanwhile", function()
    client = clients.open()
    for n = 1, 200 do
      local begun = false
      local reached, whole = hooks.call(n, function() client:go(function() begun = true end) end, function()
        client:step()
      end)
      assert.is_true(whole)
      for _ = 1, 100 do
        if client:step() == 0 then break end
      end
      assert.is_true(begun, "after the hook at instruction " .. n)
      if not reached then break end
    end
  end)
end)
