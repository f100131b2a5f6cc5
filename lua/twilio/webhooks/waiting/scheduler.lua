--- Waiting, all of it: for requests and for time, for functions that were started with
-- `go`, for callers in somebody else's event loop, and for callers that just wait.
--
-- Whoever waits is a waiter, woken once. How it waits depends on where it runs:
--
--   a task, started with go      its coroutine yields to whoever drives the tasks
--   a hook is set                its coroutine waits in the host's loop. One of them, the
--                                leader, waits for the descriptor and moves all requests
--                                on; the others wait at their gates until it wakes them
--   neither                      the process waits, in C
--
-- Knows the engine (csrc/lua/drive.h), and nothing of webhooks.

local gate = require "twilio.webhooks.waiting.gate"
local hosted = require "twilio.webhooks.waiting.hosted"
local queues = require "twilio.webhooks.waiting.queues"
local turns = require "twilio.webhooks.waiting.turns"

local new_queue, push, pop = queues.new, queues.push, queues.pop

local scheduler = {}

local Scheduler, Task = {}, {}
Scheduler.__index, Task.__index = Scheduler, Task

-- Seconds. A wait for nothing in particular is begun anew after so long.
local PULSE = 1
-- Seconds between two looks at tasks that yield of their own accord.
local YIELD_PAUSE = 0.01

-- A waiter whose coroutine is gone for good is nobody's, and goes with it.
local WEAK = { __mode = "k" }

local unpack = table.unpack or unpack -- luacheck: ignore 143 (5.2 and newer have the former)

-- --- waking -------------------------------------------------------------------------

-- A call, even of a function of ours, may fail for lack of memory, where an assignment to a
-- field that is there cannot. So nothing leaves its place before it has been acted upon, and
-- what an error interrupts is done again.

local call_drivers

local function new_waiter(at)
  return { at = at or false, done = false, next = false, task = false, gate = false,
    call = false, id = false }
end

local function wake(self, waiter)
  if waiter.done then return end
  local task = waiter.task
  if task and task.waiter == waiter then push(self.ready, task) end
  waiter.done = true
  if task then
    call_drivers(self)
  elseif self.watching[waiter] then
    self.watching[waiter] = self.now() -- see hosted.tell
    self.core:pollfd(0)
  elseif waiter.gate then
    waiter.gate:signal()
  end
end

-- There is work for whoever drives the tasks.
function call_drivers(self)
  for runner in pairs(self.runners) do wake(self, runner) end
  if self.polled and not self.turning then self.core:pollfd(0) end
end

-- May another task be started? Not while those that have begun use all there is room for.
local function may_start(self)
  return self.in_flight + self.elsewhere + self.queued < self.max_in_flight and self.queue.first
end

-- A request is over.
local function forget(self, id)
  if not self.waiting[id] then return end
  self.waiting[id] = nil
  self.in_flight = self.in_flight - 1
end

-- Wakes those whose request is done, or whose time has come. A request is announced until
-- the next one is asked for.
local function dispatch(self)
  local any = false
  for id in self.core.announce, self.core do
    local waiter = self.waiting[id]
    if waiter then wake(self, waiter) end
    forget(self, id)
    any = true
  end
  local heap, now = self.timers, self.now()
  while heap[1] and (heap[1].done or heap[1].at <= now) do
    wake(self, heap[1])
    queues.remove_earliest(heap)
    any = true
  end
  if any and may_start(self) then call_drivers(self) end
  return any
end

-- --- tasks -----------------------------------------------------------------------------

local function current_task(self)
  local thread = coroutine.running()
  return thread and self.tasks[thread]
end

-- Lets the next task into a transport.
local function open_door(self)
  repeat
    local waiter = pop(self.doors)
    if waiter and not waiter.done then return wake(self, waiter) end
  until not waiter
end

-- A task that is in a transport counts as in flight; nobody else is bounded by that.
local function set_elsewhere(self, task, elsewhere)
  if not task or task.elsewhere == elsewhere then return end
  task.elsewhere = elsewhere
  self.elsewhere = self.elsewhere + (elsewhere and 1 or -1)
  if not elsewhere then open_door(self) end
end

local function report(self, task, message)
  local text = debug.traceback(task.thread, tostring(message))
  self.failure = self.failure or text
  self.on_error(text)
end

-- Gives the next task its coroutine, and makes it ready. None other is.
local function start(self)
  local queue, ready = self.queue, self.ready
  local task = queue.first
  task.thread = task.thread or coroutine.create(function()
    task.fn(unpack(task, 1, task.count))
    task.ended = true
  end)
  self.tasks[task.thread] = task
  queue.first, task.next = task.next, false
  if not queue.first then queue.last = false end
  ready.first, ready.last = task, task
end

-- What is left to do for a task that has ended: by assignments alone, and then the rest.
local function bury(self, task, ok, message)
  local was_elsewhere = task.elsewhere -- its transport raised an error
  if was_elsewhere then self.elsewhere = self.elsewhere - 1 end
  self.tasks[task.thread] = nil
  self.live = self.live - 1
  task.waiter, task.elsewhere = false, false
  if was_elsewhere then open_door(self) end
  for place, key in pairs(task.turns) do self:release(key, place) end -- an error kept it from that
  if not ok then report(self, task, message) end
end

-- Goes on with the first task that is ready until it waits, yields or ends. Between that and
-- its place in the queues there is no call.
local function resume(self)
  local ready, yielded = self.ready, self.yielded
  local task = ready.first
  local ok, message = coroutine.resume(task.thread)
  ready.first, task.next = task.next, false
  if not ready.first then ready.last = false end
  if task.ended or not ok then
    bury(self, task, ok, message)
  elseif not task.waiter then
    if yielded.last then yielded.last.next = task else yielded.first = task end
    yielded.last = task
  end
end

-- Goes on with what can go on, until the moment `stop`. True if anything could.
local function run_ready(self, stop)
  local any = false
  repeat
    if self.ready.first then
      resume(self)
    elseif may_start(self) then
      start(self)
    else
      return any
    end
    any = true
  until stop and self.now() >= stop
  return any
end

-- One turn of everything that does not wait, for about the budget.
local function turn(self)
  local stop = self.now() + self.budget
  queues.move(self.yielded, self.ready)
  self.turning = true
  repeat
    local worked = self.core:step(0, math.max(stop - self.now(), 1e-6))
    worked = dispatch(self) or worked
    worked = run_ready(self, stop) or worked
  until not worked or self.now() >= stop
  self.turning = false
  hosted.tell(self)
end

-- Seconds until a request or a task has waited for long enough; nil for never.
local function nearest_moment(self)
  local seconds = self.core:timeout()
  local timer = self.timers[1]
  if not timer then return seconds end
  local left = math.max(timer.at - self.now(), 0)
  return math.min(seconds or left, left)
end

-- Seconds until a driver has something to do even if no socket becomes ready; nil for never.
local function nearest(self)
  if self.ready.first or may_start(self) then return 0 end
  local seconds = nearest_moment(self)
  if self.yielded.first then seconds = math.min(seconds or YIELD_PAUSE, YIELD_PAUSE) end
  return seconds
end

-- --- waiting, all three ways ----------------------------------------------------------------

-- Raises an error where the host's loop lets nobody wait.
local function check_place(self)
  if self.hook and self.hook.check then self.hook.check() end
end

-- Waits until the waiter is woken, or its moment has come.
local function await(self, waiter)
  local task = current_task(self)
  if task then
    waiter.task = task
    if waiter.at then queues.add_timed(self.timers, waiter) end
    task.waiter = waiter
    while not waiter.done do coroutine.yield() end
    task.waiter = false
  elseif self.hook then
    hosted.wait(self, waiter, dispatch, nearest_moment)
  else
    while not waiter.done do
      local seconds = waiter.at and waiter.at - self.now() or math.huge
      if seconds <= 0 then break end
      if self.in_flight > 0 then
        self.core:step(math.min(seconds, nearest(self) or seconds))
      else
        self.sleep(seconds)
      end
      dispatch(self)
    end
  end
end

-- --- requests ---------------------------------------------------------------------------

local function canceled(self, operation)
  local why = self.closed and "the client was closed meanwhile" or "it was canceled"
  local message = operation .. ": " .. why
  return nil, message, { kind = "canceled", message = message, operation = operation, attempts = 0,
    sent = "no", retryable = false }
end

-- Submits one request and waits for it. Gives the call, or nil, message, err.
local function perform_request(self, ...)
  local waiter = new_waiter()
  local call, id, err = self.core:submit(...)
  if not call then return nil, id, err end
  waiter.call, waiter.id = call, id
  self.waiting[id] = waiter
  self.in_flight = self.in_flight + 1
  if self.hook and not current_task(self) then -- no reason to wait for the loop's next turn
    self.core:step(0, self.budget)
    dispatch(self)
    hosted.tell(self)
  end
  await(self, waiter)
  return call
end

local function back_from_transport(self, task, ...)
  set_elsewhere(self, task, false)
  return ...
end

-- Waits for a task's turn to enter a transport. Gives the seconds that are left; nil where
-- it is not to enter.
local function enter_transport(self, task, stop)
  if not task then return stop - self.now() end
  while self.elsewhere >= self.max_in_flight do
    local waiter = new_waiter(stop)
    push(self.doors, waiter)
    await(self, waiter)
    if task.canceled or self.closed or self.now() >= stop then
      if self.elsewhere < self.max_in_flight then open_door(self) end -- it was its turn
      return nil
    end
  end
  set_elsewhere(self, task, true)
  return stop - self.now()
end

-- The same by way of the user's own HTTP client. An error in it is its caller's to see.
local function perform_elsewhere(self, operation, params, seconds, ...)
  local call, request, err = self.core:prepare(operation, params, seconds, ...)
  if not call then return nil, request, err end
  local task = current_task(self)
  local left = enter_transport(self, task, self.now() + request.timeout)
  if left then
    request.timeout = math.max(left, 0.001)
    call:answer(back_from_transport(self, task, self.transport(request)))
  elseif self.closed or task.canceled then
    return canceled(self, operation)
  else
    call:answer(nil, "timeout", "no")
  end
  return call
end

--- Does nobody else's code run while a call of the running coroutine waits?
function Scheduler:is_alone()
  return not self.hook and not self.transport and not current_task(self)
end

--- One attempt of an operation: its results, as of the blocking function.
-- @tparam string operation
-- @tparam table params
-- @tparam number seconds that it may take at most
-- @tparam boolean skip_unknown see tw_Defaults
function Scheduler:perform(operation, params, seconds, skip_unknown)
  local task = current_task(self)
  if self.closed or task and task.canceled then return canceled(self, operation) end
  if not task and not self.hook and not self.transport then
    return self.core[operation](self.core, params, seconds, skip_unknown)
  end
  if not task then check_place(self) end
  local perform = self.transport and perform_elsewhere or perform_request
  local stop = self.now() + seconds
  local call, message, err
  repeat
    local left = math.max(stop - self.now(), 0.001)
    call, message, err = perform(self, operation, params, left, skip_unknown, call)
    if not call then return nil, message, err end
    local result, info, result_err = call:result()
    if result ~= false then return result, info, result_err end -- false: another page
  until false
end

--- Waits.
-- @tparam number seconds
function Scheduler:pause(seconds)
  local task = current_task(self)
  if self.closed or task and task.canceled then return end
  set_elsewhere(self, task, false) -- it has caught an error of its transport
  if not task and not self.hook then return self.sleep(seconds) end
  if not task then check_place(self) end
  local waiter = new_waiter(self.now() + seconds)
  self.sleeping[waiter] = true
  await(self, waiter)
  self.sleeping[waiter] = nil
end

--- Raises an error where nobody can wait, before anything is sent.
function Scheduler:check_place()
  if not current_task(self) then check_place(self) end
end

--- May the running coroutine still wait? Not after close, nor when its task was canceled.
function Scheduler:may_wait()
  local task = current_task(self)
  return not self.closed and not (task and task.canceled)
end

-- A task that waits for a turn counts as in flight, so that not all tasks begin at once.
local function await_turn(self, task, waiter)
  if task then self.queued = self.queued + 1 end
  self.sleeping[waiter] = true
  await(self, waiter)
  self.sleeping[waiter] = nil
  if task then self.queued = self.queued - 1 end
end

--- Waits for a turn that one at a time has, first come first served. It is to be given back
-- by the moment `stop`. Gives what `release` takes beside the key, or nil: the time is over, the
-- wait was ended from outside, or the process itself would wait, and nobody could give it back.
function Scheduler:acquire(key, stop)
  local task = current_task(self)
  local place = turns.new_place(task and task.thread or coroutine.running(), stop)
  if turns.take(self.turns, key, place, self.now()) then
    if task then task.turns[place] = key end
    return place
  end
  set_elsewhere(self, task, false)
  while (task or self.hook) and self.now() < stop and self:may_wait() do
    place.waiter = new_waiter(math.min(stop, turns.holder_stop(self.turns, key)))
    await_turn(self, task, place.waiter)
    if turns.take(self.turns, key, place, self.now()) then
      if task then task.turns[place] = key end
      return place
    end
  end
  turns.leave(self.turns, key, place)
  return nil
end

--- Gives a turn back.
function Scheduler:release(key, place)
  local following = turns.pass(self.turns, key, place)
  local task = current_task(self)
  if task then task.turns[place] = nil end
  if following and following.waiter then wake(self, following.waiter) end
end

-- --- tasks, from outside -----------------------------------------------------------------

--- Starts a function as a coroutine, when there is room, in the order of the calls.
function Scheduler:go(fn, ...)
  local task = setmetatable({ scheduler = self, fn = fn, count = select("#", ...), next = false,
    thread = false, waiter = false, elsewhere = false, canceled = false, ended = false,
    turns = {}, ... }, Task)
  if self.in_flight + self.elsewhere + self.queued < self.max_in_flight then call_drivers(self) end
  push(self.queue, task)
  self.live = self.live + 1
  return task
end

local function nothing() end

--- Ends what the task waits for: that call, and any that follows, fails with the kind
-- "canceled". One that has not begun never does.
function Task:cancel()
  local self_, waiter = self.scheduler, self.waiter
  self.canceled = true
  self.fn = nothing
  if not waiter or waiter.done then return end
  if waiter.id then waiter.call:cancel() end
  wake(self_, waiter)
  forget(self_, waiter.id)
end

Task.__name = "twilio.webhooks.task"
function Task.__tostring() return "twilio.webhooks.task" end

local function check_driver(self, name)
  if current_task(self) then error(name .. " inside of a function that go started", 4) end
end

-- Waits until a task can go on, or the seconds have passed.
local function wait_for_work(self, seconds)
  local runner = new_waiter(self.now() + seconds)
  self.runners[runner] = true
  await(self, runner)
  self.runners[runner] = nil
end

--- Goes on with all that can go on, for about the budget; with `seconds`, waits for as long
-- at most until something can. Gives how many functions have not ended.
function Scheduler:step(seconds)
  check_driver(self, "step")
  turn(self)
  local left = nearest(self)
  if seconds and seconds > 0 and self.live > 0 and left ~= 0 then
    wait_for_work(self, math.min(seconds, left or seconds))
    turn(self)
  end
  return self.live
end

--- Goes on until every function has ended. True, or nil and the first error of one.
function Scheduler:run()
  check_driver(self, "run")
  check_place(self)
  self.failure = nil
  while self.live > 0 do
    turn(self)
    if self.live > 0 then
      local left = nearest(self)
      -- inside of a loop, never without giving it a turn
      if left ~= 0 or self.hook then wait_for_work(self, math.max(left or PULSE, 1e-4)) end
    end
  end
  if self.failure then return nil, self.failure end
  return true
end

--- Seconds after which step should be called even if the descriptor is not readable; nil for
-- whenever it is.
function Scheduler:timeout()
  local seconds = nearest(self)
  if self.blind and self.live > 0 then return math.min(seconds or gate.LOOK, gate.LOOK) end
  return seconds
end

--- The descriptor; nil where the system has none.
function Scheduler:pollfd()
  self.polled = true
  local fd = self.core:pollfd(nearest(self))
  self.blind = not fd
  return fd
end

--- Ends all waiting: calls under way fail with the kind "canceled", functions that have not
-- begun never do.
function Scheduler:close()
  local cancel, fd, queue = self.hook and self.hook.cancel, self.fd, self.queue
  self.closed, self.fd = true, nil
  if cancel and fd then cancel(fd) end
  -- A loop that cannot be told waits for the descriptor still: the last of the waiters closes it.
  self.core:close(not cancel and next(self.watching) ~= nil)
  for id, waiter in pairs(self.waiting) do
    wake(self, waiter)
    forget(self, id)
  end
  for waiter in pairs(self.sleeping) do wake(self, waiter) end
  while self.doors.first do open_door(self) end
  while queue.first do
    queue.first = queue.first.next
    self.live = self.live - 1
  end
  queue.last = false
  call_drivers(self)
end

--- A new one.
-- @tparam table core a client of csrc/lua/client.h
-- @tparam table options `now`, `sleep` (blocking), `alarm`, `wait` (a hook, see wait.lua), `transport`,
--   `budget` (seconds), `max_in_flight`, `on_error(text)`
function scheduler.new(core, options)
  local hook = options.wait
  if type(hook) == "function" then hook = { wait = hook } end
  return setmetatable({
    core = core, now = options.now, sleep = options.sleep, hook = hook, transport = options.transport,
    budget = options.budget, max_in_flight = options.max_in_flight, on_error = options.on_error,
    waiting = {},        -- number of a request to its waiter
    sleeping = setmetatable({}, WEAK), -- waiters of pause
    in_flight = 0,       -- requests submitted and not announced
    elsewhere = 0,       -- tasks that are in a transport
    queued = 0,          -- tasks that wait for a turn
    turns = turns.new(), -- see acquire
    doors = new_queue(), -- waiters of tasks that are about to be
    timers = {},         -- a heap of tasks' waiters
    tasks = {},          -- coroutine to task, from start to end
    live = 0,            -- tasks that have not ended, begun or not
    queue = new_queue(), -- tasks that have not begun
    ready = new_queue(), -- tasks that can go on
    yielded = new_queue(), -- tasks that yielded of their own accord: on in the next turn
    runners = setmetatable({}, WEAK),   -- waiters of those who drive the tasks
    followers = setmetatable({}, WEAK), -- waiters at their gates, while another leads
    alarm = options.alarm,
    gates = new_queue(), -- of our own, to be used again
    watching = setmetatable({}, WEAK),  -- waiters in the hook's wait, and until when
    blind = false,       -- there is no descriptor to wait for
    polled = false,      -- somebody else waits for the descriptor, too
    turning = false,     -- a driver is at work
    idle = 0,            -- waits in a row that brought nothing
    closed = false,
  }, Scheduler)
end

return scheduler
