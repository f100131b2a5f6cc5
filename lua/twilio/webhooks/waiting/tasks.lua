--- Functions that `go` started, each in a coroutine of its own, and their drivers: whoever calls
-- step or run.
--
-- An error may come between any two instructions of a driver: of a debug hook (Ctrl-C), or
-- for lack of memory. So a task leaves a queue only once all is done that its turn asks for,
-- and a task that is resumed once too often goes on waiting. After an error what is counted is
-- counted anew.

local coroutines = require "twilio.webhooks.waiting.coroutines"
local queues = require "twilio.webhooks.waiting.queues"
local requests = require "twilio.webhooks.waiting.requests"
local roster = require "twilio.webhooks.waiting.roster"
local sets = require "twilio.webhooks.waiting.sets"

local tasks = {}

local Tasks = {}
Tasks.__index = Tasks

-- A task is itself the waiter of its requests (see requests.lua). Whatever else it waits for has a
-- waiter of its own. Fields until they are set:
local Task = { at = false, index = false, ended = false, errand = false, on_end = false, turns = false,
  stop = 0, holder = false, begun = false, creating = false }
Task.__index = Task
Task.__name = "twilio.webhooks.task"

-- Seconds after which a wait for nothing in particular is begun anew.
local PULSE = 1
-- Seconds between two looks at tasks that yield of their own accord.
local YIELD_PAUSE = 0.01
-- Seconds that a turn takes at most where nobody else has to get one.
local ALONE = 0.1
-- Coroutines that are kept for other tasks.
local KEPT = 64

local WEAK = { __mode = "k" }

local unpack = table.unpack or unpack -- luacheck: ignore 143 (5.2 and newer have the former)
local running, suspend = coroutines.running, coroutines.suspend
local push, first, remove_first = queues.push, queues.first, queues.remove_first
local add, count, remove = sets.add, sets.count, sets.remove
local live_count = roster.count

--- @tparam table options `alone`: no hook waits for the client's descriptor; `requests`, `now`,
--   `sleep`, `budget` (seconds), `max_in_flight`, `on_error(text)`, `on_end(task, failure)` of one that
--   holds something, and of each with `always_ends`; `wait(waiter)` and `new_waiter(at)` for whoever
--   drives them, `poke()` (makes the descriptor readable)
function tasks.new(options)
  return setmetatable({
    requests = options.requests, handle = options.requests.handle, budget = options.budget,
    now = options.now, sleep = options.sleep,
    alone = options.alone, max_in_flight = options.max_in_flight,
    on_error = options.on_error, on_end = options.on_end, always_ends = options.always_ends,
    wait_outside = options.wait, new_outside = options.new_waiter, poke = options.poke,
    of = {},                -- coroutine to task, from start to end
    roster = roster.new(),  -- tasks that have not ended, begun or not
    held = sets.new(),      -- tasks that count as in flight without a request
    ready = queues.new(),   -- tasks that can go on
    mended = 0,             -- overlaps of `ready` after which what was missing was added anew
    yielded = queues.new(), -- tasks that yielded of their own accord: on in the next turn
    kept = {},              -- coroutines for other tasks
    runners = setmetatable({}, WEAK), -- waiters of those who drive them
    called = false,         -- they have been woken
    polled = false,         -- somebody waits for the descriptor
    driving = false,        -- a turn is under way
    driver = false,         -- the coroutine that made it
    resumed = false,        -- the task that runs in it; outside of a turn, one that is unsettled
    stop = 0,               -- the moment at which the turn ends
    late = false,           -- the last one ended before requests had theirs: the next begins with these
    was_driven = false,
    used = false,           -- a task was started
    failure = false,        -- the first error since the last run
    dropping = false,       -- none begins any more
  }, Tasks)
end

-- --- room ------------------------------------------------------------------------------

--- Counts a task as in flight that has no request: it is in a transport, or waits for a turn.
function Tasks:hold(task)
  add(self.held, task)
end

function Tasks:let_go(task)
  if self.held.members[task] then remove(self.held, task) end
end

--- How many have not ended, and whether anyone ever went on with them.
function Tasks:count()
  return live_count(self.roster), self.was_driven
end

-- May another task be started? Not while those that have begun use all there is room for.
local function has_room(self)
  return self.handle:awaited() + count(self.held) < self.max_in_flight
end

local function may_start(self)
  return roster.next(self.roster) and has_room(self)
end

-- --- waiting -----------------------------------------------------------------------------

--- The task that runs, or nil.
function Tasks:current()
  local thread = running()
  return thread and self.of[thread]
end

--- A waiter of the task, for what is no request.
function Tasks:new_waiter(task, at)
  local waiter = requests.new_waiter(self, at)
  waiter.task = task
  return waiter
end

--- Wakes the drivers: there is work.
function Tasks:call_drivers()
  if self.called then return end
  for runner in pairs(self.runners) do runner.way:wake(runner) end
  if self.polled and not self.driving then self.poke() end
  self.called = true
end

--- Wakes a waiter, once.
function Tasks:wake(waiter)
  if waiter.done then return end
  local task = waiter.thread and waiter or waiter.task
  if task.waiter == waiter then push(self.ready, task) end
  waiter.done = true
  if not self.called then self:call_drivers() end
end

--- Waits until the waiter is woken, or its moment has come.
function Tasks:wait(waiter)
  local task = waiter.task
  self.requests:drop(task) -- after an error that it caught
  if waiter.at then self.requests:add_timer(waiter) end
  task.waiter = waiter
  if task.canceled then self.requests:cancel(waiter) end -- by a finalizer or a hook, just now
  while not waiter.done do suspend() end
  task.waiter = false
  if waiter.at then self.requests:remove_timer(waiter) end
end

--- Submits a request, and waits for it. True, or nil, message, err.
function Tasks:await(task, request, seconds)
  local sent, message, err = self.requests:submit(task, request, seconds)
  if not sent then return nil, message, err end
  task.waiter = task
  if task.canceled then self.requests:cancel(task) end -- by a finalizer or a hook, just now
  while not task.done do suspend() end
  task.waiter = false
  if task.canceled then self.requests:end_canceled(task) end
  return true
end

--- The same for a create, which takes the turn of its aim: `give_turn` of waiting/init.lua has to give
-- that back. Gives the call, and the moment at which it began; nil where it has to go the ordinary way:
-- see csrc/lua/launch.h.
function Tasks:launch(task, params, seconds, turns)
  local all = self.requests
  if not task.done then all:drop(task) end -- after an error that it caught
  task.call = false
  local call, id, begin = self.handle:launch(params, seconds, task, turns)
  if not call then return nil end
  task.done = false -- it is under way; see Requests:submit
  task.call = call
  task.id, task.waiter = id, task
  all.waiters[id] = task
  if task.canceled or all.ended then all:cancel(task) end -- by a finalizer or a hook, just now
  while not task.done do suspend() end
  task.waiter = false
  if task.canceled then all:end_canceled(task) end
  return call, begin
end

--- Runs fn in a coroutine of the host's, which whoever drives the tasks starts, since only
-- such a one can wait there; `wait` for the task follows.
function Tasks.run_outside(task, fn)
  task.errand = fn
end

-- --- life of a task ----------------------------------------------------------------------

--- Starts a function as a coroutine, when there is room, in the order of the calls.
function Tasks:go(fn, ...)
  local n = select("#", ...)
  local task = setmetatable({ way = self, fn = fn, count = n, argument = (...),
    thread = false, waiter = false, call = false, id = false, done = true, place = false,
    canceled = false, turn = false }, Task)
  if n > 1 then task.arguments = { ... } end -- in the constructor it would have the table made twice
  self.used = true
  if not self.called and has_room(self) then self:call_drivers() end
  roster.add(self.roster, task)
  if self.dropping then task:cancel() end -- a finalizer or a hook came between
  return task
end

local function nothing() end

-- Takes a task out that has not begun.
local function drop(self, task)
  if roster.remove(self.roster, task) then self:call_drivers() end -- it may have been the last
end

--- Ends what the task waits for: that call, and any that follows, fails with the kind
-- "canceled". A task that has not begun never begins.
function Task:cancel()
  local waiter = self.waiter
  self.canceled = true
  self.fn = nothing
  if not self.thread then drop(self.way, self) end
  if waiter and not waiter.done then self.way.requests:cancel(waiter) end
end

function Task.__tostring() return "twilio.webhooks.task" end

local traceback = debug and debug.traceback or function(_, text) return text end

local function text_of(message)
  local ok, text = pcall(tostring, message)
  return ok and type(text) == "string" and text or "(error object is a " .. type(message) .. " value)"
end

local function report(self, task, message)
  local text = traceback(task.thread, text_of(message))
  self.failure = self.failure or text
  self.on_error(text)
  return text
end

-- Forgets a task that has ended. May be done twice.
local function end_task(self, task, message)
  local all = self.roster
  self.of[task.thread] = nil
  task.waiter = false
  if task.errand then task.errand = false end
  if not task.done then self.requests:drop(task) end -- the error came while it waited
  if all.tasks[task.place] ~= task then return end
  local failure = message ~= nil and report(self, task, message) or nil
  if self.held.members[task] then remove(self.held, task) end
  if task.turn or task.turns or task.on_end or self.always_ends then self.on_end(task, failure) end
  roster.remove(all, task)
end

-- --- coroutines ------------------------------------------------------------------------
-- A coroutine that has served a task serves the next: a new one costs a tenth of a request.
-- Somebody may still know it, and resume it: then it yields at once, since no driver resumed it.

-- Gives the next task this coroutine, where the driver has time. An error in between ends the coroutine.
-- It then ends the task, too; or the task stays in the line, which it leaves last, and starts with
-- another coroutine.
local function follow(self, thread)
  local task = roster.next(self.roster)
  if not task or task.thread or not has_room(self) or self.now() >= self.stop then return nil end
  task.thread = thread
  self.of[thread] = task
  self.resumed = task
  roster.begin(self.roster, task)
  return task
end

-- Calls the task's function with as many arguments as `go` had.
local function call_function(task)
  local n = task.count
  if n == 1 then task.fn(task.argument)
  elseif n == 0 then task.fn()
  else task.fn(unpack(task.arguments, 1, n)) end
end

-- Serves the task that has this coroutine, and those that follow.
local function serve(self, thread)
  local task = self.of[thread]
  if not task or task.begun then return end
  while task and self.resumed == task do
    task.begun = true
    call_function(task)
    task.waiter, task.ended = false, true -- an error that was caught may have left it waiting
    if self.resumed ~= task then return end -- somebody else than a driver has resumed it
    end_task(self, task)
    task = follow(self, thread)
  end
end

local function take_coroutine(self)
  local kept = self.kept
  local thread = kept[#kept]
  if thread then
    kept[#kept] = nil
    if coroutines.status(thread) == "suspended" then return thread end -- else somebody has closed it
  end
  return coroutines.create(function()
    local own = running()
    while true do
      serve(self, own)
      suspend()
    end
  end)
end

local function keep_coroutine(self, thread)
  if #self.kept < KEPT then self.kept[#self.kept + 1] = thread end
end

-- Gives the next task its coroutine, and makes it ready.
local function start(self)
  local task = roster.next(self.roster)
  if not task then return end -- it was dropped
  if task.thread and coroutines.status(task.thread) == "dead" then task.thread = false end -- see follow
  task.thread = task.thread or take_coroutine(self)
  self.of[task.thread] = task
  push(self.ready, task)
  roster.begin(self.roster, task)
end

local FOREIGN = "a function that go started waited by means of an event loop (such as cqueues.sleep): wait "
  .. "with client:sleep, or start the function as a coroutine of that loop's"
if coroutines.are_replaced then
  FOREIGN = "a function that go started waited by means of nginx (ngx.sleep, a socket, coroutine.yield): "
    .. "wait with client:sleep, or start the function by ngx.thread.spawn instead of go"
end

-- Did the task yield to an event loop instead of to its driver? nginx's own waits yield nothing.
local function is_foreign(task, value)
  return type(value) == "userdata" or coroutines.are_replaced and not task.waiter
end

local function run_errand(task)
  local errand = task.errand
  task.errand = false
  local ok, message = pcall(ngx.thread.spawn, errand)
  if not ok then errand(message) end
end

-- Acts upon how a task left off: it ended, failed, waits, or yielded of its own accord.
local function settle(self, task, ok, value)
  if task.ended then
    end_task(self, task)
    keep_coroutine(self, task.thread)
  elseif not ok then
    end_task(self, task, value == nil and "nil" or value)
  elseif task.errand then
    run_errand(task)
  elseif is_foreign(task, value) then
    end_task(self, task, FOREIGN)
  elseif not task.waiter then
    push(self.yielded, task)
  end
end

local resume_thread = coroutines.resume

-- Goes on with a task until it waits, yields or ends, and with those that follow it in its coroutine.
-- Most then wait for a request, and there is nothing to settle. One whose end an error has left
-- unsettled stays in `resumed`.
local function resume(self, task)
  self.resumed = task
  local ok, value = resume_thread(task.thread)
  task = self.resumed
  if value ~= nil or task.waiter ~= task or not ok then settle(self, task, ok, value) end
  self.resumed = false
end

-- Settles a task that an error in a turn has left unsettled: resumes it once more, and it waits on or
-- ends; or ends it, where its coroutine is dead.
local function settle_resumed(self)
  local task = self.resumed
  if roster.has(self.roster, task) then
    local is_lost = not task.ended and coroutines.status(task.thread) == "dead"
    if is_lost then end_task(self, task, "an error ended it, and another one its driver")
    else resume(self, task) end
  end
  self.resumed = false
end

-- --- drivers -----------------------------------------------------------------------------

-- Goes on with what can go on, until the moment `stop`. True if anything could.
local function run_ready(self, stop)
  local ready, now, any = self.ready, self.now, false
  repeat
    if ready.first > ready.last then
      if not may_start(self) then return any end
      start(self)
    end
    local task = first(ready) -- nil: what was to start was dropped
    if task then
      if roster.has(self.roster, task) then resume(self, task) end -- else it has ended
      remove_first(ready)
    end
    any = true
  until now() >= stop
  return any
end

-- Goes on with those whose request is done, until the moment `stop`. True if there was one. A request
-- is announced until the next one is asked for, so an error loses none.
local function run_done(self, stop)
  local handle, waiters, now = self.handle, self.requests.waiters, self.now
  local announce = handle.announce
  local id = announce(handle)
  if not id then return false end
  repeat
    local waiter = waiters[id]
    if waiter and waiter.id == id then -- else it waits for another
      if waiter.waiter == waiter then
        waiter.done = true
        resume(self, waiter)
      else
        waiter.way:wake(waiter)
      end
    end
    waiters[id] = nil
    id = announce(handle, id)
  until not id or now() >= stop
  return true
end

-- Makes all tasks ready that are waiting for nothing, after a hook has made some ready (by cancel or
-- close) amid another's push. One that is ready twice waits on.
local function mend_ready(self)
  local ready, overlaps = self.ready, self.ready.overlaps
  for _, task in pairs(self.roster.tasks) do
    local waiter = task.waiter
    if task.thread and (not waiter or waiter.done) then push(ready, task) end
  end
  self.mended = overlaps
end

-- One turn of everything that does not wait, for about the budget.
local function turn(self, budget)
  local stop = self.now() + budget
  self.stop = stop
  self.was_driven = true
  self.driver = running() or false
  self.driving, self.called = true, false
  if self.resumed then settle_resumed(self) end
  queues.move(self.yielded, self.ready)
  if self.ready.overlaps ~= self.mended then mend_ready(self) end
  repeat
    local worked = self.late or run_ready(self, stop)
    self.late = not self.late and worked and self.now() >= stop
    if self.late then break end
    worked = self.handle:step(0, math.max(stop - self.now(), 1e-6)) or worked
    worked = run_done(self, stop) or worked
    worked = self.requests:wake_timers() or worked
  until not worked or self.now() >= stop
  self.driving = false
end

local function is_active(thread)
  local status = thread and coroutines.status(thread)
  return status == "running" or status == "normal"
end

-- Is a turn under way? An error may have ended one that did not say so.
local function is_driven(self)
  if not self.driving then return false end
  local task, here = self.resumed, running() or false
  if task and is_active(task.thread) or coroutines.is_active(turn) then return true end
  if here ~= self.driver and (not self.driver or is_active(self.driver)) then return true end
  self.driving = false
  return false
end

-- Raises an error inside of a task, of whatever coroutine, and in a handler that a task's end
-- calls: a driver there would go on with that same task.
local function check_driver(self, name)
  if self:current() or is_driven(self) then
    error(name .. " inside of a function that go started", 4)
  end
end

--- Seconds until a driver has something to do even if no socket becomes ready; nil for never.
function Tasks:nearest()
  local ready = self.ready
  if first(ready) or ready.overlaps ~= self.mended or self.resumed or may_start(self) then return 0 end
  local seconds = self.requests:nearest()
  if first(self.yielded) then seconds = math.min(seconds or YIELD_PAUSE, YIELD_PAUSE) end
  return seconds
end

-- The same where the process itself waits, and nobody else can go on meanwhile.
local function wait_alone(self, seconds)
  local stop, left = self.now() + seconds, seconds
  self.called = false
  repeat
    if self.requests:count() > 0 then self.handle:step(left) else self.sleep(left) end
    local nearest = self:nearest() or left
    left = math.min(stop - self.now(), nearest)
  until left <= 0 or self.called
end

-- Waits until a task can go on, or the seconds have passed.
local function wait_for_work(self, seconds)
  if self.alone then return wait_alone(self, seconds) end
  local runner = self.new_outside(self.now() + seconds)
  self.runners[runner], self.called = true, false
  self.wait_outside(runner)
  self.runners[runner] = nil
end

--- Goes on with all that can go on, for about the budget; with `seconds`, waits for as long
-- at most until something can. Gives how many functions have not ended.
function Tasks:step(seconds)
  check_driver(self, "step")
  if self.alone and not self.polled and live_count(self.roster) == 0 and not self.requests:has_any() then
    self.was_driven = true
    return 0 -- without a system call; a descriptor that somebody waits for has to be read
  end
  turn(self, self.budget)
  local left = self:nearest()
  if seconds and seconds > 0 and live_count(self.roster) > 0 and left ~= 0 then
    wait_for_work(self, math.min(seconds, left or seconds))
    turn(self, self.budget)
  end
  return live_count(self.roster)
end

-- Goes on until `is_over` says so, or no function is left.
local function drive(self, yielding, is_over)
  local budget = self.alone and math.max(self.budget, ALONE) or self.budget
  while live_count(self.roster) > 0 and not is_over() do
    turn(self, budget)
    if live_count(self.roster) > 0 and not is_over() then
      local left = self:nearest()
      if left ~= 0 or yielding then wait_for_work(self, math.max(left or PULSE, 1e-4)) end
    end
  end
end

--- The same, for a caller that has started some functions and waits for these.
-- @tparam boolean yielding whether the loop outside has to get a turn each time
function Tasks:drive(yielding, is_over)
  check_driver(self, "map")
  drive(self, yielding, is_over)
end

local function never() return false end

--- Goes on until every function has ended. True, or nil and the first error of one.
-- @tparam boolean yielding whether the loop outside has to get a turn each time
function Tasks:run(yielding)
  check_driver(self, "run")
  self.failure = false
  drive(self, yielding, never)
  if self.failure then return nil, self.failure end
  return true
end

--- Drops those that have not begun, and those to come.
function Tasks:drop_queue()
  self.dropping = true
  local task = roster.next(self.roster)
  while task do
    roster.remove(self.roster, task)
    task = roster.next(self.roster)
  end
end

return tasks
