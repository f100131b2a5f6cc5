--- Waiting in somebody else's event loop, by a hook (see wait.lua), for the scheduler. Of all
-- the coroutines that wait, one leads: it waits for the descriptor and moves all requests on.
-- The others wait at their gates until they are woken, or have to lead.

local gate = require "twilio.webhooks.waiting.gate"
local queues = require "twilio.webhooks.waiting.queues"

local push, pop = queues.push, queues.pop

local hosted = {}

-- Seconds. The most that anyone waits in a host's loop at a time, so that somebody else
-- takes over soon where the leader's coroutine is never resumed again; and how late a leader
-- may be before it counts as gone.
local PULSE = 1
local GRACE = 0.25

--- Each step reads what the descriptor says, the time too. Those who wait for it now have to
-- be told again; but not for ever, since their coroutines may be gone.
function hosted.tell(self)
  if not next(self.watching) then return end
  local now = self.now()
  local nearest = math.huge
  for waiter, moment in pairs(self.watching) do
    if now < moment + PULSE then nearest = math.min(nearest, moment)
    else self.watching[waiter] = nil end
  end
  if nearest < math.huge then self.core:pollfd(math.max(nearest - now, 0)) end
end

-- Waits for the descriptor, for all who wait, and moves all requests on.
local function lead(self, waiter, seconds, dispatch, nearest_moment)
  seconds = math.max(math.min(seconds, PULSE, nearest_moment(self) or PULSE), 0)
  self.leader = waiter
  self.leader_until = self.now() + math.min(seconds, self.hook.longest or seconds) + GRACE
  self.fd = self.core:pollfd(seconds)
  self.blind = not self.fd
  if self.blind then seconds = math.min(seconds, gate.LOOK) end
  self.watching[waiter] = self.now() + seconds
  self.hook.wait(self.fd, "r", seconds, self.idle)
  self.watching[waiter] = nil
  if self.closed then
    if not next(self.watching) then self.core:close() end -- the descriptor, for which nobody waits now
    return
  end
  local worked = self.core:step(0, self.budget)
  worked = dispatch(self) or worked
  hosted.tell(self)
  self.idle = worked and 0 or self.idle + 1
end

local function follow(self, waiter, seconds)
  self.followers[waiter] = true
  waiter.gate:wait(math.max(math.min(seconds, PULSE), 0.001))
  self.followers[waiter] = nil
end

-- Wakes one who still waits. It may be woken for its own sake before it runs, and then it
-- is its turn to call the next.
local function call_leader(self)
  for follower in pairs(self.followers) do
    if not follower.done then return follower.gate:signal() end
  end
end

--- Waits until the waiter is woken, or its moment has come.
-- @tparam table self the scheduler
-- @tparam table waiter
-- @tparam function dispatch wakes whoever has nothing more to wait for
-- @tparam function nearest_moment seconds until somebody has waited for long enough
function hosted.wait(self, waiter, dispatch, nearest_moment)
  local own = not self.hook.gate
  waiter.gate = own and (pop(self.gates) or gate.new(self.alarm, self.hook.wait)) or self.hook.gate()
  while not waiter.done do
    local now = self.now()
    local seconds = waiter.at and waiter.at - now or math.huge
    if seconds <= 0 or self.closed then break end
    if self.leader and self.leader ~= waiter and now < self.leader_until then
      follow(self, waiter, seconds)
    else
      lead(self, waiter, seconds, dispatch, nearest_moment)
    end
  end
  if own then
    waiter.gate.signaled = false
    push(self.gates, waiter.gate)
  end
  if self.leader == waiter then self.leader = nil end
  if not self.leader then call_leader(self) end
end

return hosted
