--- Makes the gates of an event loop (see loops/init.lua) from three functions of that loop.

local gates = {}

--- @tparam function open gives a table for a coroutine to wait at
-- @tparam function wait (gate, seconds) suspends the running coroutine
-- @tparam function wake (gate) ends that wait, in the loop's next turn; may be called if nobody waits
-- @treturn function the hook's `gate`. A signal that comes before the wait is not lost.
function gates.new(open, wait, wake)
  local Gate = {}
  Gate.__index = Gate
  function Gate:wait(seconds)
    if not self.signaled then wait(self, seconds) end
    self.signaled = false
  end
  function Gate:signal()
    self.signaled = true
    wake(self)
  end
  return function(clock) return setmetatable(open(clock), Gate) end
end

return gates
