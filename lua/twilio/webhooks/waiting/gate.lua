--- A gate for a loop that has none of its own: what one coroutine waits at until another
-- signals. It is a descriptor (see csrc/lua/drive.h), so that a loop needs to know nothing else.

local gate = {}

--- Seconds between two looks where the system has no descriptor to wait for.
gate.LOOK = 0.02

local Gate = {}
Gate.__index = Gate

--- A new one.
-- @tparam function alarm the core's
-- @tparam function wait the hook's
function gate.new(alarm, wait)
  local self = { alarm = alarm(), hook_wait = wait, signaled = false, waiting = false, idle = 0,
    next = false }
  return setmetatable(self, Gate)
end

--- Waits for the signal, which may have come already, or for so many seconds.
function Gate:wait(seconds)
  if not self.signaled then
    self.waiting = true
    local fd = self.alarm(seconds)
    self.hook_wait(fd, "r", fd and seconds or math.min(seconds, gate.LOOK), self.idle)
    self.waiting = false
  end
  self.idle = self.signaled and 0 or self.idle + 1
  self.signaled = false
end

function Gate:signal()
  self.signaled = true
  if self.waiting then self.alarm(0) end
end

return gate
