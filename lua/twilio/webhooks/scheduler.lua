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
-- Knows the engine (csrc/engine.h), and nothing of webhooks.

local timers = require "twilio.webhooks.timers"

local scheduler = {}

local Scheduler = {}
Scheduler.__index = Scheduler

local Task = {}
Task.__index = Task

-- Seconds. The most that anyone waits in a host's loop at a time, so that somebody else
-- takes over soon where the leader's coroutine is never resumed again; and how late a leader
-- may be before it counts as gone.
local PULSE = 1
local GRACE = 0.25
-- Seconds between two looks at tasks that yield of their own accord.
local YIELD_PAUSE = 0.01

-- A waiter whose coroutine is gone for good is nobody's, and goes with it.
local WEAK = { __mode = "k" }

local unpack = table.unpack or unpack -- luacheck: ignore 143 (5.2 and newer have the former)

-- --- first in, first out ------------------------------------------------------------
-- Lists of tasks by their field `next`, and a task is in one at a time. A call, even of a
-- function of ours, may fail for lack of memory where an assignment to a field that is there
-- cannot: a task leaves its list only once it has gone on.

local function new_queue()
  return { first = false, last = false }
end

local function push(queue, task)
  if queue.last then queue.last.next = task else queue.first = task end
  queue.last = task
end

-- Moves all of `from` to the end of `to`.
local function move_tasks(from, to)
  if not from.first then return end
  if to.last then to.last.next = from.first else to.first = from.first end
  to.last = from.last
  from.first, from.last = false, false
end

-- --- waking -------------------------------------------------------------------------

local wake_runners

local function new_waiter(at)
  return { at = at or false, done = false, task = false, gate = false, call = false, id = false }
end

local function wake(self, waiter)
  if waiter.done then return end
  local task = waiter.task
  if task and task.waiter == waiter then push(self.ready, task) end
  waiter.done = true
  if task then
    wake_runners(self)
  elseif waiter.gate then
    waiter.gate:signal()
  end
end

-- A request is over.
local function forget(self, id)
  if not self.waiting[id] then return end
  self.waiting[id] = nil
  self.in_flight = self.in_flight - 1
end

-- Whoever drives the tasks.
function wake_runners(self)
  for runner in pairs(self.runners) do wake(self, runner) end
end

-- Wakes those whose request is done, or whose time has come. A request is announced until
-- the next one is asked for, and a timer stays: what an error interrupts is done again.
local function dispatch(self)
  local any = false
  for id in self.core.announce do
    local waiter = self.waiting[id]
    if waiter then wake(self, waiter) end
    forget(self, id)
    any = true
  end
  local heap, now = self.timers, self.now()
  while heap[1] and (heap[1].done or heap[1].at <= now) do
    wake(self, heap[1])
    timers.remove_first(heap)
    any = true
  end
  return any
end

-- --- tasks -----------------------------------------------------------------------------

local function current_task(self)
  local thread = coroutine.running()
  return thread and self.tasks[thread]
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

-- Goes on with the first task that is ready until it waits, yields or ends. Between that and
-- the end of its bookkeeping there is no call.
local function resume(self)
  local ready, yielded = self.ready, self.yielded
  local task = ready.first
  local ok, message = coroutine.resume(task.thread)
  ready.first, task.next = task.next, false
  if not ready.first then ready.last = false end
  if task.ended or not ok then
    self.tasks[task.thread] = nil
    self.live = self.live - 1
    if task.elsewhere then self.elsewhere = self.elsewhere - 1 end -- its transport raised an error
    task.waiter = false
    if not ok then report(self, task, message) end
  elseif not task.waiter then
    if yielded.last then yielded.last.next = task else yielded.first = task end
    yielded.last = task
  end
end

-- May another one be started? Not while those that have begun use all there is room for.
local function may_start(self)
  return self.in_flight + self.elsewhere < self.max_in_flight and self.queue.first
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
  move_tasks(self.yielded, self.ready)
  repeat
    local worked = self.core.step(0, math.max(stop - self.now(), 1e-6))
    worked = dispatch(self) or worked
    worked = run_ready(self, stop) or worked
  until not worked or self.now() >= stop
end

-- Seconds until there is something to do even if no socket becomes ready; nil for never.
local function nearest(self)
  if self.ready.first or may_start(self) then return 0 end
  local seconds = self.core.timeout()
  local timer = self.timers[1]
  if timer then
    local left = math.max(timer.at - self.now(), 0)
    seconds = math.min(seconds or left, left)
  end
  if self.yielded.first then seconds = math.min(seconds or YIELD_PAUSE, YIELD_PAUSE) end
  return seconds
end

-- --- waiting in the host's loop ------------------------------------------------------------

-- Waits for the descriptor, for all who wait, and moves all requests on.
local function lead(self, waiter, seconds)
  seconds = math.max(math.min(seconds, PULSE, nearest(self) or PULSE), 0)
  self.leader = waiter
  self.leader_until = self.now() + math.min(seconds, self.hook.longest or seconds) + GRACE
  self.hook.wait(self.core.pollfd(seconds), "r", seconds, self.idle)
  local worked = self.core.step(0, self.budget)
  worked = dispatch(self) or worked
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

local function wait_in_loop(self, waiter)
  if self.hook.gate then waiter.gate = self.hook.gate() end
  while not waiter.done do
    local now = self.now()
    local seconds = waiter.at and waiter.at - now or math.huge
    if seconds <= 0 then break end
    if waiter.gate and self.leader and self.leader ~= waiter and now < self.leader_until then
      follow(self, waiter, seconds)
    else
      lead(self, waiter, seconds)
    end
  end
  if self.leader == waiter then self.leader = nil end
  if not self.leader then call_leader(self) end
end

-- Waits until the waiter is woken, or its moment has come.
local function await(self, waiter)
  local task = current_task(self)
  if task then
    waiter.task = task
    if waiter.at then timers.add(self.timers, waiter) end
    task.waiter = waiter
    while not waiter.done do coroutine.yield() end
    task.waiter = false
  elseif self.hook then
    wait_in_loop(self, waiter)
  else
    while not waiter.done do
      local seconds = waiter.at and waiter.at - self.now() or math.huge
      if seconds <= 0 then break end
      if self.in_flight > 0 then
        self.core.step(math.min(seconds, nearest(self) or seconds))
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
  local call, id, err = self.core.submit(...)
  if not call then return nil, id, err end
  waiter.call, waiter.id = call, id
  self.waiting[id] = waiter
  self.in_flight = self.in_flight + 1
  if self.hook and not current_task(self) then -- no reason to wait for the loop's next turn
    self.core.step(0, self.budget)
    dispatch(self)
  end
  await(self, waiter)
  return call
end

-- A task that is in a transport counts as in flight; nobody else is bounded by that.
local function set_elsewhere(self, task, elsewhere)
  if not task or task.elsewhere == elsewhere then return end
  task.elsewhere = elsewhere
  self.elsewhere = self.elsewhere + (elsewhere and 1 or -1)
end

local function back_from_transport(self, task, ...)
  set_elsewhere(self, task, false)
  return ...
end

-- The same by way of the user's own HTTP client. An error in it is its caller's to see.
local function perform_elsewhere(self, ...)
  local call, request, err = self.core.prepare(...)
  if not call then return nil, request, err end
  local task = current_task(self)
  set_elsewhere(self, task, true)
  self.core.answer(call, back_from_transport(self, task, self.transport(request)))
  return call
end

--- One attempt of an operation: its results, as of the blocking function.
-- @tparam string operation
-- @tparam table params
-- @tparam number seconds that it may take at most
-- @tparam boolean lenient see tw_Defaults
function Scheduler:perform(operation, params, seconds, lenient)
  local task = current_task(self)
  if self.closed or task and task.canceled then return canceled(self, operation) end
  if not task and not self.hook and not self.transport then
    return self.core[operation](params, seconds, lenient)
  end
  local perform = self.transport and perform_elsewhere or perform_request
  local call, message, err
  repeat
    call, message, err = perform(self, operation, params, seconds, lenient, call)
    if not call then return nil, message, err end
    local result, info, result_err = self.core.result(call)
    if result ~= false then return result, info, result_err end -- false: another page
  until false
end

--- Waits.
-- @tparam number seconds
function Scheduler:pause(seconds)
  local task = current_task(self)
  if self.closed or task and task.canceled then return end
  if not task and not self.hook then return self.sleep(seconds) end
  local waiter = new_waiter(self.now() + seconds)
  self.sleeping[waiter] = true
  await(self, waiter)
  self.sleeping[waiter] = nil
end

-- --- tasks, from outside -----------------------------------------------------------------

--- Starts a function as a coroutine, when there is room, in the order of the calls.
function Scheduler:go(fn, ...)
  local task = setmetatable({ scheduler = self, fn = fn, count = select("#", ...), next = false,
    thread = false, waiter = false, elsewhere = false, canceled = false, ended = false, ... }, Task)
  wake_runners(self)
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
  if waiter.id then self_.core.cancel(waiter.call) end
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
  return nearest(self)
end

--- Ends all waiting: calls under way fail with the kind "canceled", functions that have not
-- begun never do.
function Scheduler:close()
  self.closed = true
  local fd = self.hook and self.hook.cancel and self.core.pollfd()
  if fd then self.hook.cancel(fd) end
  self.core.close()
  for id, waiter in pairs(self.waiting) do
    wake(self, waiter)
    forget(self, id)
  end
  for waiter in pairs(self.sleeping) do wake(self, waiter) end
  local queue = self.queue
  while queue.first do
    queue.first = queue.first.next
    self.live = self.live - 1
  end
  queue.last = false
end

--- A new one.
-- @tparam table core of csrc/module.c: the engine's functions
-- @tparam table options `now`, `sleep` (blocking), `wait` (a hook, see wait.lua), `transport`,
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
    timers = {},         -- a heap of tasks' waiters
    tasks = {},          -- coroutine to task, from start to end
    live = 0,            -- tasks that have not ended, begun or not
    queue = new_queue(), -- tasks that have not begun
    ready = new_queue(), -- tasks that can go on
    yielded = new_queue(), -- tasks that yielded of their own accord: on in the next turn
    runners = setmetatable({}, WEAK),   -- waiters of those who drive the tasks
    followers = setmetatable({}, WEAK), -- waiters at their gates, while another leads
    idle = 0,            -- waits in a row that brought nothing
    closed = false,
  }, Scheduler)
end

return scheduler
