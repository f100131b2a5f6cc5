--- Waiting in somebody else's event loop, by a hook (see loops/init.lua). Of all the coroutines
-- that wait, one leads: it waits for the descriptor and moves all requests on. The others
-- follow: they wait at gates until they are woken, or have to lead.

local queues = require "twilio.webhooks.waiting.queues"
local requests = require "twilio.webhooks.waiting.requests"
local turns = require "twilio.webhooks.waiting.turns"

local in_loop = {}

local In_loop = {}
In_loop.__index = In_loop

-- Seconds: the most that anyone waits at a time, so that another takes over soon where the
-- leader's coroutine is never resumed again; and how late a leader may be before it counts as
-- gone.
local PULSE = 1
local GRACE = 0.25
-- Seconds for which calls go on once the hook says that the host is leaving.
local LEAVE = 1
-- Gates of our own that are kept for the next who waits.
local GATES_KEPT = 8

local NO_DESCRIPTOR = "no descriptor to wait for: not enough memory, or too many open files"

-- A waiter goes with its coroutine, which may be collected while it waits.
local WEAK = { __mode = "k" }

--- @tparam table options `handle`, `requests`, `hook`, `alarm`, `now`, `budget` (seconds),
--   `on_leave()`: the host is leaving, and waits no longer
function in_loop.new(options)
  return setmetatable({
    handle = options.handle, requests = options.requests, hook = options.hook,
    new_alarm = options.alarm, now = options.now, budget = options.budget, on_leave = options.on_leave,
    leader = false,                     -- the waiter that leads
    leader_until = 0,                   -- the moment after which it counts as gone
    followers = setmetatable({}, WEAK), -- waiters at their gates
    watching = setmetatable({}, WEAK),  -- waiters in the hook's wait, and until when
    descriptor = false,                 -- the loop may know it
    gates = queues.new(),               -- of our own, to be used again
    gate_count = 0,
    clock = false,                      -- for the hook's own gates
    idle = 0,                           -- waits in a row that brought nothing
    waited_at = 0,                      -- the moment at which somebody waited last
    stepped = 0,                        -- seconds for which calls that began have worked since then
    stepped_until = 0,                  -- the moment at which that is over, though nobody has waited
    leave_at = false,
    closed = false,
  }, In_loop)
end

function In_loop:new_waiter(at)
  return requests.new_waiter(self, at)
end

--- Raises an error where nobody can wait.
function In_loop:check_place()
  if self.hook.check then self.hook.check() end
  if self.closed or self.handle:pollfd() or self.closed then return end -- perhaps just now
  error(NO_DESCRIPTOR, 0)
end

-- --- gates -------------------------------------------------------------------------------
-- A gate of our own is an alarm's descriptor, so that a loop needs nothing else.

local Gate = {}
Gate.__index = Gate

function Gate:wait(seconds)
  if not self.signaled then
    local descriptor = self.alarm(seconds)
    if not descriptor then error(NO_DESCRIPTOR, 0) end
    self.waiting = true
    self.wait_in_loop(descriptor, "r", seconds, 0)
    self.waiting = false
  end
  self.signaled = false
end

function Gate:signal()
  self.signaled = true
  if self.waiting then self.alarm(0) end
end

local function open_gate(self)
  if not self.hook.gate then
    local kept = queues.pop(self.gates)
    if kept then self.gate_count = self.gate_count - 1 end
    return kept or setmetatable({ alarm = self.new_alarm(), wait_in_loop = self.hook.wait,
      signaled = false, waiting = false }, Gate)
  end
  self.clock = self.clock or { alarm = self.new_alarm() }
  return self.hook.gate(self.clock)
end

-- Takes the descriptor from the loop, which may still know it, before it closes that.
local function close_gate(self, gate)
  if self.hook.gate then return end
  if self.gate_count < GATES_KEPT then
    gate.signaled = false
    queues.push(self.gates, gate)
    self.gate_count = self.gate_count + 1
  else
    if self.hook.cancel then self.hook.cancel(gate.alarm(0)) end
    gate.alarm(nil)
  end
end

-- --- waking ------------------------------------------------------------------------------

--- Wakes a waiter, once.
function In_loop:wake(waiter)
  if waiter.done then return end
  waiter.done = true
  if self.watching[waiter] then
    self.watching[waiter] = self.now() -- see rearm
    self.handle:pollfd(0)
  elseif waiter.gate then
    waiter.gate:signal()
  end
end

--- Makes the descriptor readable again for those who wait for it: each step has read it, the
-- timer too. Does so for a bounded time, since their coroutines may be gone.
function In_loop:rearm()
  if not next(self.watching) then return end
  local now = self.now()
  local nearest = math.huge
  for waiter, moment in pairs(self.watching) do
    if now < moment + PULSE then nearest = math.min(nearest, moment)
    else self.watching[waiter] = nil end
  end
  if nearest < math.huge then self.handle:pollfd(math.max(nearest - now, 0)) end
end

-- --- waiting -----------------------------------------------------------------------------

-- Ends all waits a moment after the hook said that the host is leaving.
local function check_leaving(self)
  local leaving = self.hook.leaving
  if not leaving or not leaving() then return end
  self.leave_at = self.leave_at or self.now() + LEAVE
  if self.now() >= self.leave_at then self.on_leave() end
end

-- Waits for the descriptor, for all who wait, and moves all requests on.
local function lead(self, waiter, seconds)
  seconds = math.max(math.min(seconds, PULSE, self.requests:nearest() or PULSE), 0)
  self.leader = waiter
  self.leader_until = self.now() + math.min(seconds, self.hook.longest or seconds) + GRACE
  local descriptor = self.handle:pollfd(seconds)
  if not descriptor and self.closed then return end
  if not descriptor then error(NO_DESCRIPTOR, 0) end
  self.descriptor = descriptor
  self.watching[waiter] = self.now() + seconds
  self.hook.wait(descriptor, "r", seconds, self.idle)
  self.watching[waiter] = nil
  if self.closed then
    if not next(self.watching) then self.handle:close() end -- the descriptor, for which nobody waits now
    return
  end
  local worked = self.requests:step(self.budget)
  self:rearm()
  self.idle = worked and 0 or self.idle + 1
end

local function follow(self, waiter, seconds)
  self.followers[waiter] = true
  waiter.gate:wait(math.max(math.min(seconds, PULSE), 0.001))
  self.followers[waiter] = nil
end

-- Wakes one who still waits, to lead. It may be done before it runs, and then it calls the next.
local function call_leader(self)
  for follower in pairs(self.followers) do
    if not follower.done then return follower.gate:signal() end
  end
end

--- Moves requests on at once: there is no reason to wait for the loop's next turn. Many calls may
-- begin in the same turn, so what all of them do here is bounded, and the leader does the rest.
function In_loop:step()
  local begun = self.now()
  if begun >= self.stepped_until then self.stepped, self.stepped_until = 0, begun + PULSE end
  if self.stepped >= self.budget then return self.handle:pollfd(0) end
  self.requests:step(self.budget)
  self:rearm()
  self.stepped = self.stepped + self.now() - begun
end

-- Gives the loop a turn where calls have ended at once, without a wait, for longer than a step
-- may work: a coroutine that calls again and again would else hold up all others.
local function give_turn(self, waiter)
  if self.now() - self.waited_at < self.budget then return end
  waiter.gate:wait(0.001)
  self.waited_at, self.stepped = self.now(), 0
end

--- Waits until the waiter is woken, or its moment has come. After close nobody leads; whoever
-- waits on still gives the loop its turns.
function In_loop:wait(waiter)
  waiter.gate = open_gate(self)
  if waiter.done then give_turn(self, waiter) end
  while not waiter.done do
    local now = self.now()
    local seconds = waiter.at and waiter.at - now or math.huge
    if seconds <= 0 then break end
    if waiter.life then turns.show_life(waiter.life, now + PULSE) end
    if self.closed or self.leader and self.leader ~= waiter and now < self.leader_until then
      follow(self, waiter, seconds)
    else
      lead(self, waiter, seconds)
    end
    self.waited_at, self.stepped = self.now(), 0
    check_leaving(self)
  end
  close_gate(self, waiter.gate)
  waiter.gate = false
  if self.leader == waiter then self.leader = false end
  if not self.leader then call_leader(self) end
end

-- --- the end -----------------------------------------------------------------------------

-- Takes the descriptor from the loop, which may know it still.
local function detach(self)
  local cancel, descriptor = self.hook.cancel, self.descriptor
  self.descriptor = false
  if cancel and descriptor then cancel(descriptor) end
end

--- The same for a client that is collected; not where somebody waits, since the loop is collected
-- with it.
function In_loop:forget_descriptor()
  if not next(self.watching) then detach(self) end
end

--- Ends leading. Gives whether the descriptor has to stay open: a loop without `cancel` goes on
-- waiting for it, and the last of the waiters closes it.
function In_loop:close()
  self.closed = true
  detach(self)
  return not self.hook.cancel and next(self.watching) ~= nil
end

return in_loop
