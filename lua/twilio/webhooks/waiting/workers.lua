--- Workers: tasks that share an iterator. Each takes an item, calls a function with it, and takes
-- the next. One that an error has ended is replaced, as long as there are items.
--
-- The iterator may wait, for it may ask for a page of a list; so one worker at a time calls it,
-- and the others line up.

local queues = require "twilio.webhooks.waiting.queues"
local sets = require "twilio.webhooks.waiting.sets"

local workers = {}

local Workers = {}
Workers.__index = Workers

--- @tparam table waiting see waiting/init.lua
-- @tparam function iterate gives the next item, or nil
-- @tparam number most workers
-- @tparam function fn
function workers.new(waiting, iterate, most, fn)
  return setmetatable({
    waiting = waiting, iterate = iterate, most = most, fn = fn,
    alive = sets.new(),   -- tasks that have begun
    coming = false,       -- one is about to begin
    asker = false,        -- the task that is in the iterator
    line = queues.new(),  -- places of tasks that are to be the next
    over = false,         -- the iterator has ended
    failure = false,      -- the first error
    join = queues.new(),  -- the place of the task that waits for all of them
  }, Workers)
end

--- Have all of them ended?
function Workers:have_ended()
  return not self.coming and sets.count(self.alive) == 0
end

-- May the task go on? Not after close, nor when it was canceled.
local function may_go_on(self, task)
  return not self.over and not task.canceled and not self.waiting.ended
end

-- Becomes the task that asks the iterator. False where nobody has to ask.
local function enter(self, task)
  while self.asker and may_go_on(self, task) do self.waiting:wait_in(self.line) end
  if not may_go_on(self, task) then return false end
  self.asker = task
  return true
end

local function leave(self)
  self.asker = false
  if queues.first(self.line) then self.waiting:wake_first(self.line) end
end

local start

-- Calls the function with what the iterator gave.
local function act(self, ...)
  if (...) == nil then self.over = true end
  leave(self)
  if self.over then return end
  if not self.coming and sets.count(self.alive) < self.most then start(self) end
  self.fn(...)
end

-- What the end of a task, also by an error, leaves to the others.
local function end_one(self, task, failure)
  if not sets.remove(self.alive, task) then return end
  self.failure = self.failure or failure
  if self.asker == task then -- the iterator failed
    self.over = true
    leave(self)
  end
  if failure and not self.over and not self.coming then start(self) end
  if self:have_ended() then self.waiting:wake_first(self.join) end
end

local function work(self)
  local task = self.waiting:current()
  self.coming = false
  sets.add(self.alive, task)
  task.on_end = function(failure) end_one(self, task, failure) end
  while enter(self, task) do act(self, self.iterate()) end
  self.waiting:wake_first(self.line)
end

function start(self)
  self.coming = true
  self.waiting:go(work, self)
end

--- Starts them, as many as there are items for.
function Workers:start()
  start(self)
end

--- Ends them before their time: what they wait for is canceled.
function Workers:stop()
  self.over = true
  for task in pairs(self.alive.members) do task:cancel() end
end

return workers
