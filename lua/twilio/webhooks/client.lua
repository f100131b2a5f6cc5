--- A client: its options, its methods and their arguments. calls.lua carries out a call, and waiting/
-- waits. Parts that only some programs use are loaded when they are first used.

local at_once = require "twilio.webhooks.calls.at_once"
local calls = require "twilio.webhooks.calls"
local ensure = require "twilio.webhooks.calls.ensure"
local memory = require "twilio.webhooks.calls.memory"
local loading = require "twilio.webhooks.loading"
local pace = require "twilio.webhooks.policy.pace"
local plain = require "twilio.webhooks.plain"
local waiting = require "twilio.webhooks.waiting"

local operations = loading.core().operations

local client = {}

local Client = {}
Client.__index = Client
Client.__name = "twilio.webhooks.client"

local function is_seconds(value)
  return type(value) == "number" and value > 0 and value <= 86400
end

local function is_count(value, most)
  return type(value) == "number" and value >= 1 and value <= most and value % 1 == 0
end

local function is_attempts(value) return is_count(value, 100) end
local function is_connections(value) return is_count(value, 1000) end
local function is_in_flight(value) return is_count(value, 10000) end
local function is_rate(value) return type(value) == "number" and value > 0 and value <= 1e6 end
local function is_flag(value) return type(value) == "boolean" end
local function is_function(value) return type(value) == "function" end

local function is_hook(value)
  return is_function(value) or type(value) == "table" and is_function(value.wait)
end

local function is_transport(value)
  return is_function(value) or type(value) == "table" and is_function(value.perform)
end

-- The client's own options: default, check, what is expected.
local OPTIONS = {
  deadline = { 60, is_seconds, "seconds: more than 0, and a day at most" },
  max_attempts = { 4, is_attempts, "an integer from 1 to 100" },
  max_connections = { 16, is_connections, "an integer from 1 to 1000" }, -- kept open while idle
  max_in_flight = { 128, is_in_flight, "an integer from 1 to 10000" },
  on_event = { nil, is_function, "a function" },
  rate = { nil, is_rate, "requests a second: more than 0, and 1000000 at most" },
  step_budget = { 0.002, is_seconds, "seconds: more than 0, and a day at most" },
  transport = { nil, is_transport, "a function, or a table with a function perform" },
  wait = { nil, is_hook, "a function, or a table with a function wait" },
}

local OPTION_NAMES = plain.names(OPTIONS)

-- The options of a single call: check, what is expected.
local CALL_OPTIONS = {
  deadline = { is_seconds, OPTIONS.deadline[3] },
}
local CREATE_OPTIONS = {
  deadline = CALL_OPTIONS.deadline,
  baseline = { is_flag, "true or false" },
}

-- --- what is refused ------------------------------------------------------------------

-- Raises an error if the user wrote a dot for a colon. `level` is the level of the user's line.
local function check_client(self, name, level)
  if type(self) == "table" and self.waiting then return end
  error(("use a colon: client:%s(...)"):format(name), level + 1)
end

local function check_open(self, name)
  check_client(self, name, 3)
  if self.closed then error("the client is closed", 3) end
end

-- Splits parameters for the core from options of the client. Nil: the results of a refused call
-- follow.
local function split(self, operation, params, options, called)
  local fields, own, problems = {}, {}, {}
  for name, value in next, params do
    local option = options[name]
    if not option then
      fields[name] = value
    elseif option[1](value) then
      own[name] = value
    else
      problems[#problems + 1] = self.core.problem(name, option[2], value)
    end
  end
  if not problems[1] then return fields, own end
  local request, _, err = calls.request(self, operation, fields, called)
  for _, problem in ipairs(not request and err.problems or {}) do problems[#problems + 1] = problem end
  return nil, self.core.invalid(called, problems)
end

local NONE = {}

-- Begins a call: checks its arguments. A table that may hide fields goes to the core as it is, which
-- refuses the whole of it. `begun`: the client was open when the call began, and is asked no more.
local function begin(self, operation, params, options, name, begun)
  if type(self) ~= "table" or not self.waiting then check_client(self, name or operation, 3) end
  if self.closed and not begun then error("the client is closed", 3) end
  if type(params) ~= "table" then
    error(("bad argument to '%s' (table expected, got %s)"):format(name or operation, type(params)), 3)
  end
  local has_none = rawget(params, "deadline") == nil and rawget(params, "baseline") == nil
  if has_none or plain.may_hide_fields(params) then return params, NONE end
  return split(self, operation, params, options, name or operation)
end

for _, operation in ipairs(operations) do -- but for create_webhook, which is below
  --- The operation of that name, as in README.md, with this client's policy.
  -- @tparam table params as for the module's function, and `deadline` (seconds)
  Client[operation] = function(self, params)
    local fields, own, message, err = begin(self, operation, params, CALL_OPTIONS)
    if not fields then return own, message, err end
    return calls.run(self, operation, fields, own.deadline or self.deadline)
  end
end

--- Creates a webhook, and never two: see doc/reliability.md.
-- @tparam table params as for the module's function; `deadline` (seconds); `baseline`: true
--   for a list before it, by which a lost create is known without a clock
function Client:create_webhook(params)
  local task = type(self) == "table" and self.unwatched and self.waiting:open_task()
  if task then
    local webhook, info, err = at_once.create_in_task(self, task, params, self.deadline)
    if webhook ~= false then return webhook, info, err end
  end
  local fields, own, message, err = begin(self, "create_webhook", params, CREATE_OPTIONS, nil, task)
  if not fields then return own, message, err end
  return calls.create(self, fields, own.deadline or self.deadline, own.baseline)
end

-- The results of ensure_webhook. A failure of one of its requests begins with its name, too.
local function of_ensure(result, message, err)
  if err and err.operation ~= "ensure_webhook" then
    message = "ensure_webhook: " .. message
    err.message = message
  end
  return result, message, err
end

--- Makes sure that a webhook like this exists: lists, and gives an equal one; else updates
-- the one that has the same type and URL (or flow); else creates it. `info.created` and
-- `info.updated` tell which. Two clients that ensure the same at the same moment may both
-- create: the API offers nothing against that.
-- @tparam table params as for create_webhook
function Client:ensure_webhook(params)
  local fields, own, message, err = begin(self, "create_webhook", params, CREATE_OPTIONS, "ensure_webhook")
  if not fields then return own, message, err end
  if not self.waiting:is_alone() or self.on_event then fields = plain.copy(fields) end
  return of_ensure(ensure.run(self, fields, own.deadline or self.deadline))
end

--- Gives a channel or conversation the webhooks that are wanted: lists once, and then makes the fewest
-- changes. See apply.lua.
-- @tparam table params whose, as for list_webhooks; `webhooks`, a list of tables as for
--   create_webhook; `prune`, which others are to be deleted: the beginning of your own URLs, or a
--   function; `dry_run`; `deadline`
-- @treturn[1] table `created`, `updated`, `deleted`, `kept`: lists of webhooks; `actions`
-- @treturn[1] table info of the list
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] table err; `err.result`: what was done before the failure
function Client:apply_webhooks(params)
  local fields = begin(self, "list_webhooks", params, NONE, "apply_webhooks")
  return loading.module "twilio.webhooks.apply".run(self, plain.copy(fields))
end

-- The iterators: the operation of each, and the most items that the API puts on a page.
local LISTS = {
  channels = { "list_channels", 100 },
  conversations = { "list_conversations", 100 },
}

for name, list in pairs(LISTS) do
  local operation, size = list[1], list[2]
  --- An iterator over all of a service, or an account: see listing.lua.
  -- @tparam table params as for the operation, and `deadline` (seconds, for each item that is not
  --   there yet)
  Client[name] = function(self, params)
    local fields, own, message, err = begin(self, operation, params, CALL_OPTIONS, name)
    local listing = loading.module "twilio.webhooks.listing"
    if not fields then return listing.new(self, operation, nil, 0, size, message, err) end
    return listing.new(self, operation, plain.copy(fields), own.deadline or self.deadline, size)
  end
end

-- Reports an error in a function that was started with go.
local function report_error(self, text)
  if self.on_event then
    pcall(self.on_event, { type = "error", message = text })
  elseif io and io.stderr then
    io.stderr:write("twilio.webhooks: error in a function that go started: ", text, "\n")
  end
end

-- Reports that calls block a worker of nginx, which answers no other request meanwhile.
local function report_blocking(self)
  local text = "this client's calls block the whole worker: give it wait = webhooks.wait.openresty"
  if self.on_event then pcall(self.on_event, { type = "warning", message = text })
  else ngx.log(ngx.WARN, "twilio.webhooks: ", text) end
end

-- Reports functions that never began: nothing else would.
local function report_forgotten(count)
  if not io or not io.stderr then return end
  io.stderr:write(("twilio.webhooks: %d functions that go started never began: call client:run(), or "
    .. "client:step() until it gives 0\n"):format(count))
end

-- --- other loops --------------------------------------------------------------------

local function check_wait(name, seconds)
  if type(seconds) ~= "number" then
    error(("bad argument to '%s' (number expected, got %s)"):format(name, type(seconds)), 3)
  elseif seconds ~= seconds then
    error(("bad argument to '%s' (a number of seconds expected, got nan)"):format(name), 3)
  end
end

--- Starts a function as a coroutine of the client, in which its calls wait without blocking: `step`
-- or `run` resumes it. An error in it is reported (event "error", or on stderr without on_event) and
-- affects no other function.
-- @tparam function fn
-- @param ... its arguments
-- @treturn table a task; `task:cancel()` ends what it waits for with an error of the kind
--   "canceled"
function Client:go(fn, ...)
  if type(self) ~= "table" or not self.waiting or self.closed then check_open(self, "go") end
  if type(fn) ~= "function" then
    error(("bad argument to 'go' (function expected, got %s)"):format(type(fn)), 2)
  end
  return self.waiting.tasks:go(fn, ...)
end

--- Resumes what can go on, for about `step_budget` seconds. Waits for the network only if `seconds`
-- is given.
-- @tparam[opt=0] number seconds
-- @treturn number functions that were started with go and have not ended
function Client:step(seconds)
  check_client(self, "step", 2)
  if type(seconds) ~= "nil" then check_wait("step", seconds) end -- a NULL of LuaJIT's equals nil
  return self.waiting:step(seconds)
end

--- Runs until every function that was started with go has ended.
-- @treturn[1] boolean true
-- @treturn[2] nil one of them failed
-- @treturn[2] string the first error, with its traceback
function Client:run()
  check_client(self, "run", 2)
  return self.waiting:run()
end

-- An iterator over a list; what can be called is one already.
local function iterator_of(items)
  if type(items) ~= "table" then return is_function(items) and items or nil end
  local metatable = plain.metatable_of(items)
  if type(metatable) == "table" and rawget(metatable, "__call") then return items end
  local i = 0
  return function()
    i = i + 1
    return items[i], i
  end
end

--- Calls fn with each item, several at a time, and waits until all calls have returned. An error
-- of one is reported as `go` does, and concerns no other.
-- @tparam table|function items a list, or an iterator: each call gives an item, and nil at the end
-- @tparam number n so many at a time
-- @tparam function fn takes what the iterator gave; of a list, an item and its place
-- @treturn[1] boolean true
-- @treturn[2] nil one of them failed
-- @treturn[2] string the first error, with its traceback
function Client:map(items, n, fn)
  check_open(self, "map")
  local iterate = iterator_of(items)
  if not iterate then
    error(("bad argument to 'map' (list or iterator expected, got %s)"):format(type(items)), 2)
  elseif not is_in_flight(n) then
    error("bad argument to 'map' (an integer from 1 to 10000 expected)", 2)
  elseif not is_function(fn) then
    error(("bad argument to 'map' (function expected, got %s)"):format(type(fn)), 2)
  end
  return self.waiting:map(iterate, n, fn)
end

--- Waits, as a call of the client's does.
-- @tparam number seconds
function Client:sleep(seconds)
  check_open(self, "sleep")
  check_wait("sleep", seconds)
  self.waiting:pause(seconds)
end

--- For loops that wait themselves, by the names that cqueues uses: step has work to do when the
-- descriptor is readable or the timeout has passed.
-- @treturn number|nil nil if the system has no such descriptor
function Client:pollfd()
  check_client(self, "pollfd", 2)
  return self.waiting:pollfd()
end

--- @treturn string
function Client.events()
  return "r"
end

--- @treturn number|nil seconds, nil for never
function Client:timeout()
  check_client(self, "timeout", 2)
  return self.waiting:timeout()
end

--- Closes the client's connections and wipes its credentials. Calls under way fail with the
-- kind "canceled"; later ones raise an error.
function Client:close()
  check_client(self, "close", 2)
  self.closed = true
  self.waiting:close()
end

Client.__close = Client.close

function Client.__tostring()
  return "twilio.webhooks.client" -- and nothing that it holds
end

-- A copy of the table without that field.
local function without(fields, name)
  local rest = {}
  for other, value in next, fields do
    if other ~= name then rest[other] = value end
  end
  return rest
end

--- A new client.
-- @tparam table options defaults for every call, and those of OPTIONS
-- @tparam table core its `open`, `now`, `sleep`, `alarm`, `random`, `problem` and `invalid`
-- @treturn[1] table the client
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] table err, of kind "invalid"
function client.new(options, core)
  local self, problems = { core = core, closed = false, memory = memory.new(core.now) }, {}
  for _, name in ipairs(OPTION_NAMES) do
    local value = rawget(options, name)
    if type(value) == "nil" then -- and no NULL of LuaJIT's, which equals nil
      value = OPTIONS[name][1]
    elseif not OPTIONS[name][2](value) then
      problems[#problems + 1] = core.problem(name, OPTIONS[name][3], value)
    end
    self[name] = value
  end
  local given = options -- no copy: a second table would hold its secrets, too
  if is_function(rawget(options, "access_token")) and not plain.may_hide_fields(options) then
    self.access_token, given = options.access_token, without(options, "access_token")
  end
  local handle, message, err = core.open(given, problems[1] and 1 or self.max_connections,
    problems[1] and 1 or self.max_in_flight)
  if not handle then
    for _, problem in ipairs(problems) do table.insert(err.problems, problem) end
    if #problems > 0 then return core.invalid("new", err.problems) end
    return nil, message, err
  end
  if #problems > 0 then
    handle:close()
    return core.invalid("new", problems)
  end
  if self.access_token then handle:set_access_token "of-later" end -- each attempt sets it
  self.unwatched = not self.on_event and not self.access_token -- no function of the user's is called
  self.handle, self.pace = handle, pace.new(self.rate)
  local transport = type(self.transport) == "table" and self.transport or { perform = self.transport }
  self.waiting = waiting.new(handle, {
    now = core.now, sleep = core.sleep, alarm = core.alarm,
    wait = self.wait or transport.wait, transport = transport.perform,
    budget = self.step_budget, max_in_flight = self.max_in_flight,
    on_error = function(text) report_error(self, text) end,
    on_forgotten = report_forgotten,
    on_blocking = function() report_blocking(self) end,
    on_turn_lost = function(aim) memory.note_unresolved(self.memory, aim) end,
  })
  return setmetatable(self, Client)
end

return client
