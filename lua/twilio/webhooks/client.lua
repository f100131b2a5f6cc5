--- The operations with a policy: what one attempt cannot promise. A call of a
-- client is tried again where that is safe, ends within its deadline, and makes
-- no second webhook. What is decided is retry.lua's, what equals what match.lua's;
-- the attempts themselves are the C core's.

local match = require "twilio.webhooks.policy.match"
local retry = require "twilio.webhooks.policy.retry"
local scheduler = require "twilio.webhooks.waiting.scheduler"

local client = {}

local Client = {}
Client.__index = Client
Client.__name = "twilio.webhooks.client"

-- Seconds. What a create leaves on the server may be listed a moment later only.
local SETTLE = 0.5
-- How often an ambiguous create is looked for before it counts as not made, and
-- how often the list is asked for that in all, since it may fail too.
local LOOKS = 2
local LISTS = 4
-- The server's dates are whole seconds, and so are those of its webhooks.
local CLOCK_GRAIN = 1
-- Seconds for which a webhook that was handed out is remembered, beyond the longest
-- call's: older ones are told by their date.
local REMEMBERED = 60

-- Tables within tables that are copied: more than the core takes.
local LEVELS = 10

local function is_seconds(value)
  return type(value) == "number" and value > 0 and value <= 86400
end

local function is_count(value, most)
  return type(value) == "number" and value >= 1 and value <= most and value % 1 == 0
end

local function is_attempts(value) return is_count(value, 100) end
local function is_connections(value) return is_count(value, 1000) end
local function is_in_flight(value) return is_count(value, 10000) end
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
  step_budget = { 0.002, is_seconds, "seconds: more than 0, and a day at most" },
  transport = { nil, is_transport, "a function, or a table with a function perform" },
  wait = { nil, is_hook, "a function, or a table with a function wait" },
}

local OPTION_NAMES = {}
for name in pairs(OPTIONS) do OPTION_NAMES[#OPTION_NAMES + 1] = name end
table.sort(OPTION_NAMES)

-- --- attempts -------------------------------------------------------------------

-- One call under way: what it may spend, and what it has met.
local function new_call(self, operation, params, deadline)
  self.longest = math.max(self.longest, deadline)
  return {
    operation = operation,
    params = params,
    begin = self.engine.now(),
    deadline = deadline,
    attempts = 0,
    doubtful = false, -- an attempt may have been processed without our knowing
  }
end

local function elapsed(self, call)
  return self.engine.now() - call.begin
end

local function emit(self, call, kind, fields)
  if not self.on_event then return end
  fields = fields or {}
  fields.type, fields.operation = kind, call.operation
  fields.attempts, fields.elapsed = call.attempts, elapsed(self, call)
  pcall(self.on_event, fields) -- an error there is its owner's, and never the request's
end

-- An error in a function that was started with go: never lost.
local function report_error(self, text)
  if self.on_event then
    pcall(self.on_event, { type = "error", message = text })
  else
    io.stderr:write("twilio.webhooks: error in a function that go started: ", text, "\n")
  end
end

local function attempt(self, call, operation, skip_unknown)
  local left = math.max(call.deadline - elapsed(self, call), 0.001)
  local result, info, err = self.scheduler:perform(operation, call.params, left, skip_unknown)
  local told = err or info
  if self.on_event and told.kind ~= "invalid" then
    emit(self, call, "attempt", { request_id = told.request_id, status = told.status,
      kind = told.kind, attempted = operation })
  end
  return result, info, err
end

local function fail(call, message, err, reason)
  err.attempts = call.attempts
  if reason then
    message = ("%s (gave up: %s)"):format(message, reason)
    err.message = message
  end
  return nil, message, err
end

local function succeed(call, result, info)
  info.attempts = call.attempts
  return result, info
end

-- --- an ambiguous create ----------------------------------------------------------

local function remember(self, sid)
  local now = self.engine.now()
  self.known[sid] = now
  self.remembered = self.remembered + 1
  if self.remembered < 1000 then return end
  self.remembered = 0
  for old, time in pairs(self.known) do
    if now - time > self.longest + REMEMBERED then self.known[old] = nil end
  end
end

-- The time of the call's begin by the server's own clock, from the Date of an answer.
local function server_begin(self, call, info)
  local date = match.header_time(info.headers and info.headers.date)
  return date and date - elapsed(self, call) - CLOCK_GRAIN
end

local function indeterminate(call, message, err, candidates)
  err.kind = "indeterminate"
  err.retryable = false
  err.candidates = candidates
  return fail(call, message, err, "it cannot be told whether the webhook was made")
end

-- Looks for the webhook that an ambiguous attempt may have made. Gives it and
-- info; or nil and, where nothing can be told, the results of the whole call.
local function look(self, call, message, err)
  local looks, wait = 0, SETTLE
  for _ = 1, LISTS do
    if elapsed(self, call) + wait >= call.deadline then break end
    self.scheduler:pause(wait)
    local webhooks, info, list_err = attempt(self, call, "list_webhooks", true)
    if webhooks then
      local found = match.find(webhooks, call.form, server_begin(self, call, info), self.known)
      if #found == 1 then return found[1], info end
      if #found > 1 then return nil, { indeterminate(call, message, err, found) } end
      looks, wait = looks + 1, SETTLE
      if looks == LOOKS then return nil end
    elseif list_err.retryable then
      wait = math.max(SETTLE, list_err.retry_after or 0)
    else
      break
    end
  end
  return nil, { indeterminate(call, message, err) }
end

-- --- the policy -------------------------------------------------------------------

local function decide(self, call, err)
  return retry.decide {
    operation = call.operation, err = err, doubtful = call.doubtful,
    attempts = call.attempts, max_attempts = self.max_attempts,
    elapsed = elapsed(self, call), deadline = call.deadline,
    random = self.engine.random(), budget = self.budget,
  }
end

-- After "reconcile": the results of the call, or nil where it may be tried again.
local function reconcile(self, call, message, err)
  if self.closed then return { indeterminate(call, message, err) } end
  call.form = call.form or self.core:request(call.operation, call.params).body
  emit(self, call, "reconcile", { kind = err.kind, status = err.status })
  local webhook, info = look(self, call, message, err)
  if webhook then
    emit(self, call, "adopt", { sid = webhook.sid })
    info.adopted = true
    remember(self, webhook.sid)
    return { succeed(call, webhook, info) }
  end
  if info then return info end
  if retry.classify(call.operation, err, false) ~= "reconcile" then
    return { fail(call, message, err) } -- the limit of five, and none of them is ours
  end
  if call.attempts >= self.max_attempts or self.budget < 1 then
    return { indeterminate(call, message, err) }
  end
  return nil
end

local function run(self, operation, params, deadline, skip_unknown)
  local call = new_call(self, operation, params, deadline)
  while true do
    call.attempts = call.attempts + 1
    local result, info, err = attempt(self, call, operation, skip_unknown)
    if result then
      self.budget = retry.refund(self.budget)
      if type(result) == "table" and operation == "create_webhook" then remember(self, result.sid) end
      return succeed(call, result, info)
    end
    local message = info
    local verdict, detail = decide(self, call, err)
    call.doubtful = call.doubtful or retry.is_ambiguous(err)
    if verdict == "succeed" then
      return succeed(call, true, { status = err.status, headers = err.headers, request_id = err.request_id })
    elseif verdict == "reconcile" then
      local results = reconcile(self, call, message, err)
      if results then
        if results[3] then emit(self, call, "give up", { kind = results[3].kind }) end
        return results[1], results[2], results[3]
      end
      detail = 0
    elseif verdict == "fail" then
      if err.kind ~= "invalid" then emit(self, call, "give up", { kind = err.kind, reason = detail }) end
      if err.kind == "invalid" then call.attempts = 0 end
      return fail(call, message, err, detail)
    end
    self.budget = retry.spend(self.budget)
    emit(self, call, "retry", { delay = detail, reason = err.kind, status = err.status })
    if detail > 0 then self.scheduler:pause(detail) end
  end
end

-- --- the public face ---------------------------------------------------------------

local function invalid(operation, problems)
  local parts = {}
  for i, problem in ipairs(problems) do parts[i] = problem.field .. ": " .. problem.message end
  local message = operation .. ": " .. table.concat(parts, "; ")
  return nil, message, { kind = "invalid", message = message, operation = operation, attempts = 0,
    sent = "no", retryable = false, problems = problems }
end

local function problem_of(name, value)
  local expected = OPTIONS[name][3]
  local message = ("must be %s, not %s"):format(expected, tostring(value))
  return { field = name, expected = expected, message = message }
end

local function check_open(self, deeper)
  if self.closed then error("the client is closed", 3 + (deeper or 0)) end
end

-- Whatever __metatable says, as the core has it; a host may have left that library out.
local metatable_of = debug and debug.getmetatable or getmetatable

-- A table that may show fields that it does not hold is the core's to refuse.
local function may_hide_fields(value)
  local metatable = metatable_of(value)
  if type(metatable) ~= "table" then return metatable ~= nil end
  return rawget(metatable, "__index") ~= nil or rawget(metatable, "__pairs") ~= nil
end

-- What a call is about stays what it was when it was made, however long it takes, so where
-- others may change the user's table meanwhile it goes on with a copy. What is not copied is
-- refused: such tables, and those that are nested too deep.
local function copy(value, copies, levels)
  if type(value) ~= "table" or levels == 0 or may_hide_fields(value) then return value end
  if not copies[value] then
    local fields = {}
    copies[value] = fields
    for name, field in next, value do fields[name] = copy(field, copies, levels - 1) end
  end
  return copies[value]
end

-- The core's part of a call's parameters, and the deadline, which is the client's.
local function split(self, operation, params)
  check_open(self, 1)
  if type(params) ~= "table" then
    error(("bad argument to '%s' (table expected, got %s)"):format(operation, type(params)), 3)
  end
  local deadline = rawget(params, "deadline")
  if self.on_event or not self.scheduler:is_alone() then
    params = copy(params, {}, LEVELS)
  end
  if deadline == nil then return params, self.deadline end
  local fields = {}
  for name, value in next, params do
    if name ~= "deadline" then fields[name] = value end
  end
  return fields, deadline
end

for _, operation in ipairs { "create_webhook", "delete_webhook", "fetch_webhook", "list_webhooks",
  "update_webhook" } do
  --- The operation of that name, as in README.md, with this client's policy.
  -- @tparam table params as for the module's function, and `deadline` (seconds)
  Client[operation] = function(self, params)
    local fields, deadline = split(self, operation, params)
    if not is_seconds(deadline) then return invalid(operation, { problem_of("deadline", deadline) }) end
    return run(self, operation, fields, deadline)
  end
end

--- Makes sure that a webhook like this exists: lists first, and creates it only if
-- none is equal. `info.created` tells which. Two clients that ensure the same at
-- the same moment may both create: the API offers nothing against that.
-- @tparam table params as for create_webhook
function Client:ensure_webhook(params)
  local fields, deadline = split(self, "ensure_webhook", params)
  if not is_seconds(deadline) then return invalid("ensure_webhook", { problem_of("deadline", deadline) }) end
  local begin = self.engine.now()
  local request, message, err = self.core:request("create_webhook", fields)
  if not request then return nil, message, err end
  local webhooks, info, list_err = run(self, "list_webhooks", fields, deadline, true)
  if not webhooks then return nil, info, list_err end
  local found = match.find(webhooks, request.body, nil, {})
  if found[1] then
    info.created = false
    return found[1], info
  end
  local left = math.max(deadline - (self.engine.now() - begin), 0.001)
  local webhook, made, create_err = run(self, "create_webhook", fields, left)
  if webhook then made.created = not made.adopted end
  return webhook, made, create_err
end

-- --- other loops --------------------------------------------------------------------

local function check_wait(name, seconds)
  if type(seconds) ~= "number" then
    error(("bad argument to '%s' (number expected, got %s)"):format(name, type(seconds)), 3)
  elseif seconds ~= seconds then
    error(("bad argument to '%s' (a number of seconds expected, got nan)"):format(name), 3)
  end
end

--- Starts a function as a coroutine of the client's, where its calls wait without blocking
-- anyone: `step` or `run` goes on with it. An error in it is reported (event "error", or
-- stderr where there is no on_event) and concerns no other.
-- @tparam function fn
-- @param ... its arguments
-- @treturn table a task; `task:cancel()` ends what it waits for with an error of the kind
--   "canceled"
function Client:go(fn, ...)
  check_open(self)
  if not is_function(fn) then
    error(("bad argument to 'go' (function expected, got %s)"):format(type(fn)), 2)
  end
  return self.scheduler:go(fn, ...)
end

--- Goes on with all that can go on, for about `step_budget` seconds. Never waits for the
-- network unless it is told how long.
-- @tparam[opt=0] number seconds
-- @treturn number functions that were started with go and have not ended
function Client:step(seconds)
  if seconds ~= nil then check_wait("step", seconds) end
  return self.scheduler:step(seconds)
end

--- Goes on until every function that was started with go has ended.
-- @treturn[1] boolean true
-- @treturn[2] nil one of them failed
-- @treturn[2] string the first error, with its traceback
function Client:run()
  return self.scheduler:run()
end

--- Waits, as a call of the client's does.
-- @tparam number seconds
function Client:sleep(seconds)
  check_open(self)
  check_wait("sleep", seconds)
  self.scheduler:pause(seconds)
end

--- For loops that wait themselves, as cqueues asks for it: when the descriptor is readable,
-- or the timeout has passed, step has work to do.
-- @treturn number|nil nil where the system has no such descriptor
function Client:pollfd()
  return self.scheduler:pollfd()
end

--- @treturn string
function Client.events()
  return "r"
end

--- @treturn number|nil seconds, nil for never
function Client:timeout()
  return self.scheduler:timeout()
end

--- Ends the client's connections and wipes its credentials. Calls under way fail with the
-- kind "canceled", further ones raise.
function Client:close()
  self.closed = true
  self.scheduler:close()
end

Client.__close = Client.close

function Client.__tostring()
  return "twilio.webhooks.client" -- and nothing that it holds
end

--- A new client.
-- @tparam table options defaults for every call, and those of OPTIONS
-- @tparam table engine the core's `open`, `now`, `sleep`, `alarm` and `random`
-- @treturn[1] table the client
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] table err, of kind "invalid"
function client.new(options, engine)
  if type(options) ~= "table" then
    error(("bad argument to 'new' (table expected, got %s)"):format(type(options)), 3)
  end
  local self = { engine = engine, closed = false, budget = retry.full_budget,
    known = {}, remembered = 0, longest = 0 }
  local defaults, problems = {}, {}
  for name, value in next, options do
    if not OPTIONS[name] then defaults[name] = value end
  end
  for _, name in ipairs(OPTION_NAMES) do
    local value = rawget(options, name)
    if value ~= nil and not OPTIONS[name][2](value) then problems[#problems + 1] = problem_of(name, value) end
    if value == nil then value = OPTIONS[name][1] end
    self[name] = value
  end
  local core, message, err = engine.open(defaults, problems[1] and 1 or self.max_connections,
    problems[1] and 1 or self.max_in_flight)
  if not core then
    for _, problem in ipairs(problems) do table.insert(err.problems, problem) end
    if #problems > 0 then return invalid("new", err.problems) end
    return nil, message, err
  end
  self.core = core
  if #problems > 0 then
    core:close()
    return invalid("new", problems)
  end
  local transport = type(self.transport) == "table" and self.transport or { perform = self.transport }
  self.scheduler = scheduler.new(core, {
    now = engine.now, sleep = engine.sleep, alarm = engine.alarm,
    wait = self.wait or transport.wait, transport = transport.perform,
    budget = self.step_budget, max_in_flight = self.max_in_flight,
    on_error = function(text) report_error(self, text) end,
  })
  return setmetatable(self, Client)
end

return client
