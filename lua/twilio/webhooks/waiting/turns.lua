--- Turns: locks by key, which one caller at a time holds, first come first served. Plain
-- tables; nothing here waits: a caller that waits asks again once it was woken.
--
-- A holder that an error or its host has ended never releases its turn: an aborted request of nginx
-- takes its coroutine along, and tells nobody. So the next one gets the turn once the holder's coroutine
-- is dead, or its time is over, or it has shown no sign of life when one was due. A host may merely be
-- late, so the holder then has another while to show one. A caller in line shows them, too, and is
-- passed over if they do not come.

local coroutines = require "twilio.webhooks.waiting.coroutines"
local sets = require "twilio.webhooks.waiting.sets"

local turns = {}

-- Seconds by which a holder may be later than it said.
local GRACE = 1
-- Seconds between two looks of the first in line.
local AGAIN = 0.25
-- Turns that are acquired between two sweeps.
local SWEEP = 1000

-- `of`: key to the turn, or to the holder itself as long as nobody else wants it. A caller that takes
-- a turn where there is none, and gives it back while nobody wants it, may do both here by himself.
-- @tparam[opt] number most turns that are held at a time
-- @tparam[opt] function on_lost called with the key of a turn whose holder is gone amid a create
function turns.new(most, on_lost)
  return { of = most and sets.roomy(most) or {}, acquired = 0, on_lost = on_lost }
end

--- One who wants a turn. What has `thread` and `stop` itself may hold one, too.
-- @tparam thread|nil thread nil for a main program that cannot be told from others
-- @tparam number stop the moment by which it releases the turn
-- @tparam[opt] table life of its coroutine
function turns.new_place(thread, stop, life)
  return { thread = thread or false, stop = stop, life = life or false, waiter = false,
    next = false, previous = false, queued = false,
    creating = false } -- by calls/in_turn.lua: the request of the create that it is for
end

-- --- signs of life -------------------------------------------------------------------

--- Of a coroutine that its host may end unseen: the first sign comes by the moment `due`.
function turns.new_life(due)
  return { due = due, late = false } -- late: since when it is known to be
end

--- It is alive, and shows the next sign by the moment `due`.
function turns.show_life(life, due)
  life.due, life.late = due, false
end

-- Is its time over, or its coroutine dead?
local function has_ended(place, now)
  return now > place.stop + GRACE or place.thread and coroutines.status(place.thread) == "dead"
end

local function is_late(place, now)
  return place.life and now > place.life.due + GRACE
end

-- Has it ended, or is it late in two looks?
local function is_gone(place, now)
  if has_ended(place, now) then return true end
  if not is_late(place, now) then return false end
  local life = place.life
  life.late = life.late or now
  return now >= life.late + GRACE
end

-- The moment at which it may be.
local function gone_at(place)
  local life = place.life
  return (life and math.min(life.late or life.due, place.stop) or place.stop) + GRACE
end

-- --- who holds a turn, and who is in line ------------------------------------------------

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

-- Says that a holder is gone that had the turn for a create. (A task that has `turn` has it for one.)
local function lose(self, key, holder)
  if holder.creating or holder.turn then self.on_lost(key) end
end

local function sweep(self, now)
  self.acquired = 0
  for key, turn in pairs(self.of) do
    local holder = turn and (turn.holder or turn)
    if turn and not turn.first and has_ended(holder, now) then
      lose(self, key, holder)
      self.of[key] = nil
    end
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

-- Drops those before the place that have ended or are late. One that still lives joins again.
local function drop_late(turn, place, now)
  local before = turn.first
  while before and before ~= place and (has_ended(before, now) or is_late(before, now)) do
    unlink(turn, before)
    before = turn.first
  end
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
  if not again and is_gone(holder, now) then
    drop_late(turn, place, now)
    again = not turn.first or turn.first == place
  end
  if again then
    lose(self, key, holder)
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
function turns.release(self, key, place, now)
  local turn = self.of[key]
  if not turn or turn.holder ~= place then return nil end
  drop_late(turn, nil, now)
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

--- The moment at which one in line looks whether the holder is gone; who is not the first, later.
function turns.next_look(self, key, place, now)
  local turn = self.of[key]
  return math.max(gone_at(turn.holder or turn), now + (turn.first == place and AGAIN or GRACE))
end

return turns
