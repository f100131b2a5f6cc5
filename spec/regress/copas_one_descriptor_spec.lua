-- luasocket's select names one alone of several who wait for one descriptor. In copas a call
-- whose lead another had taken was woken by nobody, and waited until its deadline.

if _VERSION ~= "Lua 5.1" then return end -- Debian's copas is one for Lua 5.1 and LuaJIT alone

local copas = require "copas"
local core = require "twilio.webhooks.core"
local webhooks = require "twilio.webhooks"

describe("the hook for copas", function()
  it("wakes all who wait for one descriptor, though the first to run takes what there was to read", function()
    local alarm, woken = core.alarm(), 0
    local descriptor = alarm(0)
    for _ = 1, 3 do
      copas.addthread(function()
        webhooks.wait.copas.wait(descriptor, "r", 1)
        woken = woken + 1
        alarm(3600)
      end)
    end
    local stop = core.now() + 20
    repeat copas.step(0.05) until woken == 3 or core.now() > stop
    assert.equal(3, woken)
    alarm(nil)
  end)
end)
