--- Turns: locks by key, which one caller at a time holds, first come first served. Plain
-- tables; nothing here waits: a caller that waits asks again once it was woken.
--
-- A holder that an error or its host has ended never releases, so the next one gets the turn
-- once the holder's coroutine is dead, or its time over.

local sets = require "twilio.webhooks.waiting.sets"

local turns = {}

-- Seconds by which a holder may be later than it said.
local GRACE = 1
-- Turns that are acquired between two sweeps.
local SWEEP = 1000

-- `of`: key to the turn, or to the holder itself as long as nobody else wants it. A caller that takes
-- a turn where there is none, and gives it back while nobody wants it, may do both here by himself.
function turns.new(most)
  return { of = most and sets.roomy(most) or {}, acquired = 0 }
end

--- One who wants a turn. `take` serves those who have `thread` and `stop` themselves.
-- @tparam thread|nil thread nil for a main program that cannot be told from others
-- @tparam number stop the moment by which it releases the turn
function turns.new_place(thread, stop)
  return { thread = thread or false, stop = stop, waiter = false,
    next = false, previous = false, queued = false,
    creating = false } -- by calls/in_turn.lua: the request of the create that it is for
end

local function is_gone(place, now)
  return now > place.stop + GRACE or place.thread and coroutine.status(place.thread) == "dead"
end

local function unlink(turn, place)
  if place.previous then place.previous.next = place.next else turn.first = place.next end
  if place.next then place.next.previous = place.previous else turn.last = place.previous end
  place.next, place.previous, place.queued = false, false, false
end

local function enqueue(turn, place)
  place.previous, place.queued = turn.last, true
  if turn.last then turn.last.next = place else turn.first = place end
  turn.last = place
end

local function sweep(self, now)
  self.acquired = 0
  for key, turn in pairs(self.of) do
    if turn and not turn.first and is_gone(turn.holder or turn, now) then self.of[key] = nil end
  end
end

local function hold(self, turn, place, now)
  if place.queued then unlink(turn, place) end
  turn.holder = place
  self.acquired = self.acquired + 1
  if self.acquired >= SWEEP then sweep(self, now) end
  return true
end

-- The turn of a key, of which somebody has become the second.
local function turn_of(self, key)
  local turn = self.of[key]
  if turn and not turn.holder then
    turn = { holder = turn, first = false, last = false }
    self.of[key] = turn
  end
  return turn
end

--- Acquires the turn, or joins its queue. True if the place holds it now.
function turns.acquire(self, key, place, now)
  local turn = turn_of(self, key)
  if not turn then
    turn = { holder = place, first = false, last = false }
    self.of[key] = turn
    return hold(self, turn, place, now)
  end
  local holder = turn.holder
  if holder == place then return true end
  -- the holder's own coroutine asks again, so an error has ended what it did
  local again = place.thread and holder.thread == place.thread
  if again or is_gone(holder, now) and (not turn.first or turn.first == place) then
    return hold(self, turn, place, now)
  end
  if not place.queued then enqueue(turn, place) end
  return false
end

--- Leaves the queue.
function turns.leave(self, key, place)
  local turn = self.of[key]
  if turn and place.queued then unlink(turn, place) end
end

--- Releases the turn. Gives the place that holds it now, if any.
function turns.release(self, key, place)
  local turn = self.of[key]
  if not turn or turn.holder ~= place then return nil end
  local following = turn.first
  if not following then
    self.of[key] = nil
    return nil
  end
  unlink(turn, following)
  turn.holder = following
  return following
end

--- Who holds the turn of a key; nil for nobody.
function turns.holder(self, key)
  local turn = self.of[key]
  return turn and (turn.holder or turn)
end

--- The moment at which the holder is gone at the latest.
function turns.holder_stop(self, key)
  local turn = self.of[key]
  return (turn.holder or turn).stop + GRACE
end

return turns
