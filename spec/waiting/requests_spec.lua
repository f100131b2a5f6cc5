-- Requests under way, and who waits for them. The handle here is none of the core's: it says what it
-- is told, and its clock shows what each piece of work takes.

local requests = require "twilio.webhooks.waiting.requests"

describe("requests", function()
  -- So many that are done, each of whose announcements takes a second, for the next one begins then.
  local function open(count)
    local time, announced = 0, 0
    local handle = { awaited = function() return count end, step = function() return true end }
    function handle.announce(_, id)
      if id == announced + 1 then announced, time = id, time + 1 end
      return announced < count and announced + 1 or nil
    end
    local woken, all = {}, requests.new(handle, function() return time end, count)
    local way = { wake = function(_, waiter) woken[#woken + 1] = waiter.id end }
    for id = 1, count do
      local waiter = requests.new_waiter(way)
      waiter.id, all.waiters[id] = id, waiter
    end
    return all, woken
  end

  it("wake those that are done for as long as the budget says, each once", function()
    local all, woken = open(5)
    all:step(0)
    assert.same({ 1 }, woken)
    all:step(2)
    assert.same({ 1, 2, 3 }, woken)
    all:step(100)
    assert.same({ 1, 2, 3, 4, 5 }, woken)
    for id = 1, 5 do assert.is_nil(all.waiters[id]) end
  end)
end)
