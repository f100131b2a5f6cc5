--- All waiting of a client: for requests, for time and for turns.
--
-- Whoever waits has a waiter, which is woken once. How it waits depends on where it runs:
--
--   a task, started with go      its coroutine yields to whoever drives the tasks
--   a hook is set                its coroutine waits in the host's loop
--   neither                      the process waits, in C
--
-- Knows the core's client and call (csrc/lua), and nothing of webhooks.

local coroutines = require "twilio.webhooks.waiting.coroutines"
local loading = require "twilio.webhooks.loading"
local queues = require "twilio.webhooks.waiting.queues"
local requests = require "twilio.webhooks.waiting.requests"
local sets = require "twilio.webhooks.waiting.sets"
local tasks = require "twilio.webhooks.waiting.tasks"
local turns = require "twilio.webhooks.waiting.turns"

local waiting = {}

local Waiting = {}
Waiting.__index = Waiting

-- Seconds after which an answer that a transport owes is no longer waited for.
local TRANSPORT_GRACE = 1

-- Seconds between two looks at a turn of one who waits for it.
local PULSE = 5

local WEAK = { __mode = "k" }

local running = coroutines.running

local unpack = table.unpack or unpack -- luacheck: ignore 143 (5.2 and newer have the former)

-- --- the ways to wait --------------------------------------------------------------------

-- A waiter of the running coroutine, a task's or one in a loop, which may have to show its `life`.
-- Where there is neither, C waits, and nobody asks for one.
local function new_waiter(self, task, at, life)
  if task then return self.tasks:new_waiter(task, at) end
  local waiter = self.in_loop:new_waiter(at)
  if life then waiter.life = life end
  return waiter
end

local function wait(waiter)
  waiter.way:wait(waiter)
end

local function check_place(self, task)
  if not task and self.in_loop then self.in_loop:check_place() end
end

-- Reports once that a wait blocks a whole worker of nginx, where it need not.
local function check_blocking(self)
  if self.reported_blocking or not rawget(_G, "ngx") or not ngx.get_phase then return end
  local can_wait = pcall(loading.module "twilio.webhooks.loops.openresty".check)
  if not can_wait then return end
  self.reported_blocking = true
  self.on_blocking()
end

-- Checks a wait that is for no request: where there is neither a task nor a hook, the process waits.
local function check_wait(self, task)
  check_place(self, task)
  if not task and not self.in_loop then check_blocking(self) end
end

--- Raises an error where nobody can wait, before anything is sent.
function Waiting:check_place()
  check_place(self, self.tasks:current())
end

--- May the running coroutine still wait? Not after close, nor when its task was canceled.
function Waiting:may_wait()
  local task = self.tasks:current()
  return not self.ended and not (task and task.canceled)
end

--- The task that runs, or nil.
function Waiting:current()
  return self.tasks:current()
end

--- May a call of the running coroutine be made by the blocking method, since no other code runs while
-- it waits?
function Waiting:is_simple()
  return self.simple and not self.ended and not (self.tasks.used and self.tasks:current())
end

--- The task that runs, where its requests go by libcurl, and nothing has ended its waits; or nil.
function Waiting:open_task()
  local all = self.tasks
  local task = all.resumed
  if not task or task.canceled or self.ended or self.transport then return nil end
  return task.thread == running() and task or nil
end

--- Is it sure that no other code runs while a call of the running coroutine waits?
function Waiting:is_alone()
  return not self.in_loop and not self.transport and not self.tasks:current()
end

-- --- requests ---------------------------------------------------------------------------

--- The results of an operation that is sent no more, since may_wait is false.
function Waiting:canceled(operation)
  local message = operation .. ": " .. (self.ended or "it was canceled")
  return nil, message, { kind = "canceled", message = message, operation = operation, attempts = 0,
    sent = "no", retryable = false }
end

-- Submits a request and waits for it. True, or nil, message, err.
local function perform_request(self, task, request, seconds, life)
  if task then return self.tasks:await(task, request, seconds) end
  local waiter = new_waiter(self, nil, nil, life)
  local sent, message, err = self.requests:submit(waiter, request, seconds)
  if not sent then return nil, message, err end
  if self.in_loop then self.in_loop:step() end
  wait(waiter)
  return true
end

-- Lets the next task into a transport.
local function call_next(self)
  local waiter = queues.pop(self.transport_queue)
  while waiter do
    if not waiter.done then return waiter.way:wake(waiter) end
    waiter = queues.pop(self.transport_queue)
  end
end

-- A task in a transport counts as in flight; callers that are no tasks do not. A task that has
-- caught an error of its transport has left it, too.
local function leave_transport(self, task, ...)
  if task and sets.remove(self.in_transport, task) then
    self.tasks:let_go(task)
    call_next(self)
  end
  return ...
end

-- Waits until a task may enter the transport. Gives the seconds that are left; nil where it may
-- not.
local function enter_transport(self, task, stop)
  if not task then return stop - self.now() end
  while sets.count(self.in_transport) >= self.max_in_flight do
    local waiter = new_waiter(self, task, stop)
    queues.push(self.transport_queue, waiter)
    if not self.ended then wait(waiter) end
    if not self:may_wait() or self.now() >= stop then
      if sets.count(self.in_transport) < self.max_in_flight then call_next(self) end -- it was its turn
      return nil
    end
  end
  sets.add(self.in_transport, task)
  self.tasks:hold(task)
  return stop - self.now()
end

local function pack(...) return { n = select("#", ...), ... } end

-- Calls the transport. Where a host has replaced coroutines, a task runs on Lua's own, in which
-- the host's functions cannot wait; so the driver of the tasks calls it in one of the host's.
local function call_transport(self, task, request)
  if not task or not coroutines.are_replaced then return self.transport(request) end
  local waiter, results = new_waiter(self, task, self.now() + request.timeout + TRANSPORT_GRACE), nil
  self.tasks.run_outside(task, function(failure)
    results = failure and { false, failure } or pack(pcall(self.transport, request))
    waiter.way:wake(waiter)
  end)
  wait(waiter)
  if not results then return nil, "timeout" end -- its runner is gone, or the task was canceled
  if not results[1] then error(results[2], 0) end
  return unpack(results, 2, results.n)
end

-- The same by a transport. An error in it goes through to the caller.
local function perform_by_transport(self, task, request, seconds, life, operation)
  local call, sent, err = self.handle:prepare(request, seconds)
  if not call then return nil, sent, err end
  local left = enter_transport(self, task, self.now() + sent.timeout)
  if left then
    sent.timeout = math.max(left, 0.001)
    self:expect(life, self.now() + sent.timeout)
    call:answer(leave_transport(self, task, call_transport(self, task, sent)))
  elseif not self:may_wait() then
    return self:canceled(operation)
  else
    call:answer(nil, "timeout", "no")
  end
  return true
end

--- One attempt of an operation: its results, as of the blocking function.
-- @tparam string operation
-- @tparam userdata request as the handle has drafted it
-- @tparam number seconds that it may take at most
-- @tparam[opt] table life what new_life gave this coroutine
function Waiting:perform(operation, request, seconds, life)
  local task = self.tasks:current()
  if self.ended or task and task.canceled then return self:canceled(operation) end
  if not task and not self.in_loop and not self.transport then
    check_blocking(self)
    return self.handle:perform(request, seconds)
  end
  check_place(self, task)
  leave_transport(self, task)
  local perform = self.transport and perform_by_transport or perform_request
  local stop = self.now() + seconds
  repeat
    local left = math.max(stop - self.now(), 0.001)
    local sent, message, err = perform(self, task, request, left, life, operation)
    if not sent then return nil, message, err end
    local result, info, result_err = request:result()
    if result ~= false then return result, info, result_err end -- false: another page
    if not self:may_wait() then return self:canceled(operation) end
  until false
end

-- Waits for no request. close ends it, too.
local function pause_until(self, waiter)
  self.pausing[waiter] = true
  if not self.ended then wait(waiter) end
  self.pausing[waiter] = nil
end

--- Waits.
-- @tparam number seconds
-- @tparam[opt] table life what new_life gave this coroutine
function Waiting:pause(seconds, life)
  local task = self.tasks:current()
  if self.ended or task and task.canceled then return end
  leave_transport(self, task)
  check_wait(self, task)
  if not task and not self.in_loop then return self.sleep(seconds) end
  pause_until(self, new_waiter(self, task, self.now() + seconds, life))
end

--- Waits in a queue of the caller's own until wake_first calls it.
function Waiting:wait_in(queue)
  local waiter = new_waiter(self, self.tasks:current())
  queues.push(queue, waiter)
  pause_until(self, waiter)
end

--- Wakes the first who still waits there.
function Waiting:wake_first(queue) -- luacheck: ignore 212
  local waiter = queues.pop(queue)
  while waiter and waiter.done do waiter = queues.pop(queue) end
  if waiter then waiter.way:wake(waiter) end
end

-- --- turns ---------------------------------------------------------------------------------

-- Gives the turn of a holder to the next one in the queue, and wakes it.
local function hand_over(self, key, holder)
  local following = turns.release(self.turns, key, holder, self.now())
  if following and following.waiter then following.waiter.way:wake(following.waiter) end
end

-- A task that an error ends gives back what it has noted: see end_task.
local function note_turn(key, place, task)
  task.turns = task.turns or {}
  task.turns[place] = key
end

-- A task that waits for a turn counts as in flight, so that not all tasks begin at once. The wait is
-- begun anew now and then: an error may have come between the release of the turn and the call.
local function await_turn(self, key, place, task, stop)
  if task then self.tasks:hold(task) end
  local now = self.now()
  local look = math.min(turns.next_look(self.turns, key, place, now), now + PULSE)
  place.waiter = new_waiter(self, task, math.min(stop, look), place.life)
  pause_until(self, place.waiter)
  if task then self.tasks:let_go(task) end
end

-- Leaves the line, and gives the turn back where it has come meanwhile.
local function leave_line(self, key, place, task)
  if task then task.turns[place] = nil end
  turns.leave(self.turns, key, place)
  hand_over(self, key, place)
end

-- The same wait, whose error a task may catch: it then goes on, and waits for nothing any more.
local function await_turn_or_leave(self, key, place, task, stop)
  local ok, message = pcall(await_turn, self, key, place, task, stop)
  if ok then return end
  if task then self.tasks:let_go(task) end
  leave_line(self, key, place, task)
  error(message, 0)
end

--- The signs of life of a coroutine that its host may end without a word. acquire, perform and pause
-- show them while it wants or holds turns. Nil for a task.
function Waiting:new_life()
  if not self.in_loop or self.tasks:current() then return nil end
  return turns.new_life(self.now())
end

--- Says that it waits in another way, until the moment `due` at most.
function Waiting:expect(life, due) -- luacheck: ignore 212
  if life then turns.show_life(life, due) end
end

--- Waits for the turn of that key, which one caller at a time holds, first come first served.
-- The caller has to release it by the moment `stop`. Gives what `release` takes beside the key;
-- nil where the time is over, where the wait was ended from outside, or where the process itself
-- would wait, so that nobody could release it.
-- @tparam[opt] table life what new_life gave this coroutine
function Waiting:acquire(key, stop, life)
  local task = self.tasks:current()
  local place = turns.new_place(task and task.thread or coroutines.running(), stop, life)
  leave_transport(self, task)
  if task then note_turn(key, place, task) end
  if turns.acquire(self.turns, key, place, self.now()) then return place end
  local await = coroutines.can_protect and await_turn_or_leave or await_turn
  while (task or self.in_loop) and self.now() < stop and self:may_wait() do
    await(self, key, place, task, stop)
    if turns.acquire(self.turns, key, place, self.now()) then return place end
  end
  leave_line(self, key, place, task)
  return nil
end

-- --- turns of creates ------------------------------------------------------------------
-- A task of a client without a transport gets and gives back the turn of its create in fewer steps.

--- Notes the request of the create for which somebody has the turn of that key.
function Waiting:note_creating(key, request)
  local holder = turns.holder(self.turns, key)
  if holder then holder.creating = request end
end

--- Is it true of the request of any create that has the turn of another key, and may meet this one?
-- There may be thousands, of which few do.
function Waiting:any_meeting(key, request, is)
  local may_meet = request.may_meet
  for other, turn in pairs(self.turns.of) do
    local holder = turn and (turn.holder or turn)
    local asked = holder and other ~= key and (holder.creating or holder.call)
    if asked and may_meet(request, asked) and is(asked) then return true end
  end
  return false
end

--- Gives back the turn that Tasks:launch took.
function Waiting:give_turn(task)
  local key, holders = task.turn, self.turns.of
  if task.creating then task.creating = false end -- seldom: a field of its own has a cost
  if holders[key] == task then holders[key] = nil else hand_over(self, key, task) end
  task.turn = false -- last: after an error in between it is given back once more
end

--- The same after an error.
function Waiting:give_up_turn(task)
  self.on_turn_lost(task.turn)
  self:give_turn(task)
end

--- The same for a task that asks for another turn, and so no longer holds one.
function Waiting:give_up_lost_turn()
  local task = self.tasks:current()
  if task and task.turn then self:give_up_turn(task) end
end

--- Does the caller that acquired the turn hold it still?
function Waiting:holds(key, place)
  return turns.holder(self.turns, key) == place
end

--- Releases a turn.
function Waiting:release(key, place)
  hand_over(self, key, place)
  local task = self.tasks:current()
  if task and task.turns then task.turns[place] = nil end
end

-- Releases what an ended task still holds, for an error may have ended it. `failure`: its text.
local function end_task(self, task, failure)
  if self.transport then leave_transport(self, task) end
  if task.turn then self:give_up_turn(task) end
  if task.turns then
    for place, key in pairs(task.turns) do
      if place.creating then self.on_turn_lost(key) end
      leave_line(self, key, place, task)
    end
  end
  if task.on_end then task.on_end(failure) end
end

-- --- tasks and their drivers ---------------------------------------------------------------

--- Starts a function as a task: see tasks.lua.
function Waiting:go(fn, ...)
  return self.tasks:go(fn, ...)
end

--- Goes on with all that can go on; see tasks.lua.
function Waiting:step(seconds)
  if seconds and seconds > 0 then check_wait(self) end
  local live = self.tasks:step(seconds)
  if self.in_loop then self.in_loop:rearm() end
  return live
end

--- Goes on until every task has ended; see tasks.lua.
function Waiting:run()
  check_wait(self)
  return self.tasks:run(self.in_loop ~= nil)
end

--- Calls fn with each item, in as many tasks as `most` says, and waits for all of them.
-- @treturn[1] boolean true
-- @treturn[2] nil one of them failed, or the wait was ended from outside
-- @treturn[2] string the first error
function Waiting:map(iterate, most, fn)
  local task = self.tasks:current()
  check_wait(self, task)
  if not self:may_wait() then return nil, self.ended or "it was canceled" end
  local crew = loading.module "twilio.webhooks.waiting.workers".new(self, iterate, most, fn)
  crew:start()
  if task then
    while not crew:have_ended() and self:may_wait() do self:wait_in(crew.join) end
  else
    self.tasks:drive(self.in_loop ~= nil, function() return crew:have_ended() end)
  end
  local complete = crew:have_ended() and crew.over
  if not complete then crew:stop() end
  if complete and not crew.failure then return true end
  return nil, crew.failure or self.ended or "it was canceled"
end

--- Seconds after which step should be called even if the descriptor is not readable; nil for
-- whenever it is.
function Waiting:timeout()
  return self.tasks:nearest()
end

--- The descriptor; nil once the client is closed.
function Waiting:pollfd()
  self.tasks.polled, self.tasks.called = true, false
  return self.handle:pollfd(self.tasks:nearest())
end

-- --- the end ---------------------------------------------------------------------------------

-- Ends all that waits. Calls under way fail with `why` as their message.
local function end_waits(self, why)
  self.ended = self.ended or why
  self.requests:cancel_all()
  for waiter in pairs(self.pausing) do waiter.way:wake(waiter) end
  local waiter = queues.pop(self.transport_queue)
  while waiter do
    waiter.way:wake(waiter)
    waiter = queues.pop(self.transport_queue)
  end
  self.tasks:drop_queue()
  self.tasks:call_drivers()
end

--- Ends all waiting: calls under way fail with the kind "canceled", and tasks that have not begun
-- never begin. Resumes nobody by itself.
function Waiting:close()
  self.ended = "the client was closed meanwhile"
  self.guard.closed = true
  self.handle:close(self.in_loop and self.in_loop:close() or false)
  end_waits(self, self.ended)
end

-- A value whose collection calls f. Tables have no finalizers in Lua 5.1 and LuaJIT.
local function on_collection(f)
  if not newproxy then return setmetatable({}, { __gc = f }) end
  local value = newproxy(true)
  getmetatable(value).__gc = f
  return value
end

-- Cleans up after a client that nobody closed: takes its descriptor from the loop before that is
-- closed, and reports functions that nobody went on with, since nothing else would.
local function clean_up(self)
  if self.guard.closed then return end
  if self.in_loop then pcall(self.in_loop.forget_descriptor, self.in_loop) end
  local count, was_driven = self.tasks:count()
  if count > 0 and not was_driven then pcall(self.on_forgotten, count) end
end

--- A new one.
-- @tparam table handle the core's client: see csrc/lua/client.h
-- @tparam table options `now`, `sleep` (blocking), `alarm`, `wait` (a hook, see loops/init.lua),
--   `transport`, `budget` (seconds), `max_in_flight`, `on_error(text)`, `on_forgotten(count)`,
--   `on_blocking()`: a call blocks nginx where it could wait, `on_turn_lost(key)`: an error has ended
--   who held that turn for a create
function waiting.new(handle, options)
  local hook = options.wait
  if type(hook) == "function" then hook = { wait = hook } end
  local self = setmetatable({
    handle = handle, now = options.now, sleep = options.sleep, transport = options.transport,
    max_in_flight = options.max_in_flight, on_forgotten = options.on_forgotten,
    on_blocking = options.on_blocking, reported_blocking = false,
    on_turn_lost = options.on_turn_lost,
    requests = requests.new(handle, options.now, options.max_in_flight),
    turns = turns.new(options.max_in_flight, options.on_turn_lost),
    in_transport = sets.new(),        -- tasks
    transport_queue = queues.new(),   -- waiters of tasks that are about to enter the transport
    pausing = setmetatable({}, WEAK), -- waiters of pause, and of turns
    simple = not hook and not options.transport and not rawget(_G, "ngx"),
    ended = false,                    -- why calls are canceled, once they are
  }, Waiting)
  self.in_loop = hook and loading.module "twilio.webhooks.waiting.in_loop".new {
    handle = handle, requests = self.requests, hook = hook, alarm = options.alarm, now = options.now,
    budget = options.budget, on_leave = function() end_waits(self, "the worker is told to exit") end,
  }
  self.tasks = tasks.new {
    alone = not hook,
    requests = self.requests, now = options.now, sleep = options.sleep, budget = options.budget,
    max_in_flight = options.max_in_flight, on_error = options.on_error,
    on_end = function(task, failure) end_task(self, task, failure) end,
    always_ends = options.transport ~= nil,
    new_waiter = function(at) return self.in_loop:new_waiter(at) end, wait = wait,
    poke = function() handle:pollfd(0) end,
  }
  self.guard = { closed = false, value = on_collection(function() clean_up(self) end) }
  return self
end

return waiting
