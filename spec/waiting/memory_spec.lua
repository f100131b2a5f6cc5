-- What was canceled is gone at once, whatever it waited for.
-- #plain: memory is counted.

local clients = require "spec.support.clients"

local ROUNDS = 4000

describe("memory #plain", function()
  local client
  after_each(function() client:close() end)

  -- Begins and cancels as many tasks, of which each holds on to something.
  local function churn(count, fn)
    for i = 1, count do
      local data = ("x"):rep(200) .. i
      local task = client:go(function()
        fn(i)
        return data
      end)
      client:step()
      task:cancel()
      client:step()
    end
  end

  -- `each`: bytes that one canceled task may leave; a timer alone would be more
  local function assert_bounded(fn, each)
    churn(200, fn)
    local before = clients.memory()
    churn(ROUNDS, fn)
    local more = clients.memory() - before
    assert.is_true(more * 1024 / ROUNDS < (each or 20), ("%.0f kB more"):format(more))
  end

  it("of canceled sleeps is free at once", function()
    client = clients.open()
    client:go(function() while true do client:sleep(3600) end end)
    assert_bounded(function() client:sleep(86400) end)
  end)

  it("of canceled sleeps is free, whichever of many ends first", function()
    client = clients.open()
    for i = 1, 50 do client:go(function() client:sleep(1000 + i) end) end
    assert_bounded(function(i) client:sleep(i % 2 == 0 and 10 or 86400 - i) end)
  end)

  it("of canceled waits for another attempt is free at once", function()
    local answer = { status = 503, headers = { ["retry-after"] = "50" }, body = "" }
    client = clients.open { transport = function() return answer end, deadline = 86400 }
    client:go(function() client:sleep(3600) end)
    assert_bounded(function() client:list_webhooks {} end)
  end)

  it("of canceled tasks that never began is free at once", function()
    client = clients.open { max_in_flight = 1, transport = function()
      coroutine.yield() -- some time later
      return clients.EMPTY_LIST
    end }
    local busy = true
    client:go(function() while busy do client:list_webhooks {} end end)
    client:step()
    assert_bounded(function() error "began" end, 40) -- a place in the queue is left
    busy = false
  end)

  it("of tasks that wait to enter a transport is free once they are canceled", function()
    client = clients.open { max_in_flight = 2, transport = function()
      client.waiting:pause(3600) -- it stands for one that waits in the client's own way
      return clients.EMPTY_LIST
    end }
    assert_bounded(function() client:list_webhooks {} end)
  end)
end)
