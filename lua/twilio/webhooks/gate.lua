--- A gate for a loop that has none of its own: what one coroutine waits at until another
-- signals. It is a descriptor (see csrc/alarm.h), so that a loop needs to know nothing else.

local gate = {}

local Gate = {}
Gate.__index = Gate

--- A new one.
-- @tparam function alarm the core's
-- @tparam function wait the hook's
function gate.new(alarm, wait)
  return setmetatable({ alarm = alarm(), hook_wait = wait, signaled = false, waiting = false, idle = 0 }, Gate)
end

--- Waits for the signal, which may have come already, or for so many seconds.
function Gate:wait(seconds)
  if not self.signaled then
    self.waiting = true
    self.hook_wait(self.alarm:set(seconds), "r", seconds, self.idle)
    self.waiting = false
  end
  self.idle = self.signaled and 0 or self.idle + 1
  self.signaled = false
end

function Gate:signal()
  self.signaled = true
  if self.waiting then self.alarm:set(0) end
end

return gate
