--- Requests under way and timers, and who waits for them. Knows nothing of how they wait: a
-- waiter's own way wakes it.
--
-- A waiter: `way` (an object with a method wake), `at` (a moment, or false), `done` (it was
-- woken), `life` (see turns.lua, or false), and of a request `call` and `id`: those of one that is
-- under way. Once its result was taken, the call may be another waiter's: C uses it for the next create.
--
-- An error may come between any two instructions (see queues.lua), and to a waiter whose request is
-- under way: one that it submitted, and that did not wake it. Such a waiter drops the request before
-- it submits another, waits for something else or ends.

local sets = require "twilio.webhooks.waiting.sets"
local timers = require "twilio.webhooks.waiting.timers"

local requests = {}

local Requests = {}
Requests.__index = Requests

--- One who waits.
-- @tparam table way how
-- @tparam number|nil at the moment that ends the wait
function requests.new_waiter(way, at)
  return { way = way, at = at or false, done = false, index = false, task = false, gate = false,
    call = false, id = false, life = false }
end

function requests.new(handle, now, most)
  return setmetatable({
    handle = handle, now = now,
    waiters = sets.roomy(most), -- number of a request to its waiter
    timers = timers.new(), -- waiters whose moment comes
    ended = false,        -- whatever is submitted is canceled
  }, Requests)
end

--- Submits a request, as the handle has drafted it. True, or nil, message, err. A waiter may wait
-- for one after the other.
function Requests:submit(waiter, request, seconds)
  self:drop(waiter)
  waiter.call = false
  local call, id, err = self.handle:submit(request, seconds)
  if not call then return nil, id, err end
  waiter.done = false -- it is under way; a call that an error has nobody know of ends with its collection
  waiter.call = call
  waiter.id = id
  self.waiters[id] = waiter
  if self.ended then self:cancel(waiter) end -- a finalizer or a hook came between
  return true
end

--- Does anybody wait for a request or a moment?
function Requests:has_any()
  return self.handle:awaited() > 0 or timers.first(self.timers) ~= nil
end

--- How many requests are in flight.
function Requests:count()
  return self.handle:awaited()
end

function Requests:add_timer(waiter)
  timers.add(self.timers, waiter)
end

function Requests:remove_timer(waiter)
  timers.remove(self.timers, waiter)
end

-- Wakes those whose request is done, until the moment `stop`. Each is announced until the next one is
-- asked for, and then a queued one begins, which is work.
local function wake_done(self, stop)
  local any = false
  local waiters = self.waiters
  for id in self.handle.announce, self.handle do
    local waiter = waiters[id]
    if waiter and waiter.id == id then waiter.way:wake(waiter) end -- else it waits for another
    waiters[id] = nil
    any = true
    if self.now() >= stop then break end
  end
  return any
end

--- Wakes those whose moment has come. True if there was one.
function Requests:wake_timers()
  local any = false
  local waiter = timers.first(self.timers)
  local now = waiter and self.now()
  while waiter and waiter.at <= now do
    waiter.way:wake(waiter)
    timers.remove(self.timers, waiter)
    any = true
    waiter = timers.first(self.timers)
  end
  return any
end

--- Moves all requests on for about `budget` seconds, and wakes those who have nothing more to wait
-- for. True if it did something.
function Requests:step(budget)
  local stop = self.now() + budget
  local worked = self.handle:step(0, budget)
  worked = wake_done(self, stop) or worked
  return self:wake_timers() or worked
end

--- Seconds until step has something to do even if nothing comes; nil for never.
function Requests:nearest()
  local seconds = self.handle:timeout()
  local timer = timers.first(self.timers)
  if not timer then return seconds end
  local left = math.max(timer.at - self.now(), 0)
  return math.min(seconds or left, left)
end

local function end_request(self, waiter)
  if not waiter.call then return end
  waiter.call:cancel()
  self.waiters[waiter.id] = nil
end

--- Ends a waiter's request that is under way, if there is one.
function Requests:drop(waiter)
  if waiter.done or not waiter.call then return end
  end_request(self, waiter)
  waiter.done = true
end

--- Ends a waiter's request, if it waits for one, and wakes the waiter: first, for nobody announces what
-- was canceled. After an error in between, the waiter ends the request.
function Requests:cancel(waiter)
  waiter.way:wake(waiter)
  end_request(self, waiter)
end

--- Ends the request of a waiter that was woken, where whoever canceled it did not get there.
Requests.end_canceled = end_request

--- The same for all waiters, and for those to come.
function Requests:cancel_all()
  self.ended = true
  for _, waiter in pairs(self.waiters) do
    if waiter then self:cancel(waiter) end
  end
end

return requests
