--- One call of a client, from its parameters to its result: tries again where that is safe, ends
-- within the deadline, and makes no second webhook. The pure policy/*.lua decide; waiting/ makes
-- the attempts.

local evidence = require "twilio.webhooks.policy.evidence"
local match = require "twilio.webhooks.policy.match"
local retry = require "twilio.webhooks.policy.retry"

local calls = {}

-- Lists that are read to find what a create that is over has made, failed lists included.
local LOOKS = 4
-- Seconds between two lists that both have to show nothing: one, less what sums may round.
local APART = 1 - 1e-6
-- Seconds before the deadline at which the last look for a create that may be running is made.
local LAST_LOOK = 1
-- Seconds beyond the longest call for which a client remembers what it made or may have made: a
-- minute more than a date leaves an age unclear.
local REMEMBERED = evidence.OLD + 60
-- Creates whose dates are remembered.
local DATES = 16

--- What a client remembers of its calls.
function calls.new_memory()
  return {
    budget = retry.full_budget,
    longest = 0,    -- deadline of any call
    made = {},      -- sid of a webhook that was a result, to the moment
    unresolved = {}, -- aim of a create that may have made one, to the moment
    writes = 0,     -- to those two, since the last sweep
    dates = {}, date_count = 0, -- of the last webhooks that were made
  }
end

-- --- one call ----------------------------------------------------------------------

local function new_call(self, operation, params, deadline, begin)
  self.memory.longest = math.max(self.memory.longest, deadline)
  return {
    operation = operation, params = params, deadline = deadline,
    begin = begin or self.core.now(),
    skip_unknown = false, -- true where the parameters are another operation's
    attempts = 0,   -- requests for the operation itself
    counted = 0,    -- those of them that were not answered by 429
    doubt = nil,    -- "over" or "running": an attempt may have made the webhook
    doubts = 0,     -- such attempts
    sent = nil,     -- moment of the first such attempt; before there is one, of the last attempt
    form = nil, aim = nil, -- of a create
    draft = nil,    -- its request, which is made before its turn
    known = nil,    -- sids that were listed before a create
    any_equal = false, -- an equal webhook is what the caller wants, whoever made it
  }
end

local function elapsed(self, call)
  return self.core.now() - call.begin
end

local function emit(self, call, kind, fields)
  if not self.on_event then return end
  fields.type, fields.operation = kind, call.operation
  fields.attempts, fields.elapsed = call.attempts, elapsed(self, call)
  pcall(self.on_event, fields) -- an error there is its owner's, and never the request's
end

local function succeed(call, result, info)
  info.attempts = call.attempts
  return result, info
end

local function give_up(self, call, message, err, reason)
  err.attempts = call.attempts
  if err.kind == "invalid" then
    err.attempts = 0
    return nil, message, err
  end
  emit(self, call, "give up", { kind = err.kind, reason = reason })
  if reason then
    message = ("%s (gave up: %s)"):format(message, reason)
    err.message = message
  end
  return nil, message, err
end

-- Fails a call whose deadline came before its turn.
local function give_up_waiting(self, call, what, retry_after)
  local message = call.operation .. ": not sent within its deadline: " .. what
  return give_up(self, call, message, { kind = "timeout", message = message, operation = call.operation,
    sent = "no", retryable = true, retry_after = retry_after })
end

local function give_up_paused(self, call)
  local seconds = self.pace:delay(self.core.now())
  local what = ("the client keeps to a rate, or was paused by a 429, for another %.1f s"):format(seconds)
  return give_up_waiting(self, call, what, seconds)
end

-- Waits. False where the call has not the time.
local function pause(self, call, seconds)
  if elapsed(self, call) + seconds >= call.deadline then return false end
  self.waiting:pause(seconds)
  return true
end

-- --- what is remembered ----------------------------------------------------------------

local function sweep(moments, before)
  for name, moment in pairs(moments) do
    if moment < before then moments[name] = nil end
  end
end

local function remember(self, moments, name)
  local memory, now = self.memory, self.core.now()
  moments[name] = now
  memory.writes = memory.writes + 1
  if memory.writes < 1000 then return end
  memory.writes = 0
  sweep(memory.made, now - memory.longest - REMEMBERED)
  sweep(memory.unresolved, now - memory.longest - REMEMBERED)
end

-- Notes the form of a create, and its aim, by which equal ones are known. Nil, message, err
-- where the core refuses it.
local function name_aim(self, call)
  if call.aim then return true end
  local request, message, err = self.handle:request("create_webhook", call.params)
  if not request then return nil, message, err end
  call.form, call.aim = request.body, match.aim(request.url, request.body)
  return true
end

-- Notes that a create may have made a webhook.
local function note_unresolved(self, call)
  if not self.closed and name_aim(self, call) then remember(self, self.memory.unresolved, call.aim) end
end

-- Notes date_created and Date of a created webhook: how far one is behind the other differs from
-- server to server. Keeps both as they came, since few creates are ever in doubt.
local function keep_dates(memory, webhook, info)
  local date = info.headers and info.headers.date
  if not webhook.date_created or not date then return end
  memory.dates[memory.date_count % DATES + 1] = { date_created = webhook.date_created, date = date }
  memory.date_count = memory.date_count + 1
end

-- The least and the most lag of those; nil where there is none.
local function lag_range(memory)
  local least, most
  for _, kept in ipairs(memory.dates) do
    local lag = evidence.lag(kept, kept.date)
    if lag then least, most = math.min(least or lag, lag), math.max(most or lag, lag) end
  end
  return least, most
end

-- --- turns -------------------------------------------------------------------------

-- May a function that waits be called by pcall? Not in a coroutine of plain Lua 5.1: there, after
-- an error, a turn is released with the task, or when its time is over.
local function may_protect()
  return jit or _VERSION ~= "Lua 5.1" or not coroutine.running()
end

-- Releases a turn, and passes results or an error on. An error may come between a create and its
-- answer.
local function release_turn(self, call, key, turn, ok, ...)
  self.waiting:release(key, turn)
  if ok then return ... end
  note_unresolved(self, call)
  error((...), 0)
end

-- Calls act(self, call) and then releases the turn, after an error too.
local function hold(self, key, turn, act, call)
  if may_protect() then return release_turn(self, call, key, turn, pcall(act, self, call)) end
  return release_turn(self, call, key, turn, true, act(self, call))
end

-- --- attempts ----------------------------------------------------------------------

local PACE = "pace"

-- Waits until the pace allows a request. False where the call has not the time.
local function wait_for_pace(self, call)
  local pace, now = self.pace, self.core.now
  while pace:delay(now()) > 0 and self.waiting:may_wait() do
    if not pause(self, call, pace:delay(now())) then return false end
  end
  pace:sent(now())
  return true
end

-- The same, first come first served. Where the wait was ended from outside, the request itself
-- fails with the reason.
local function keep_pace(self, call)
  local stop = call.begin + call.deadline
  if not self.pace:is_bound(self.core.now()) then
    self.pace:sent(self.core.now())
    return true
  end
  local turn = self.waiting:acquire(PACE, stop)
  if turn then return hold(self, PACE, turn, wait_for_pace, call) end
  return self.core.now() < stop and wait_for_pace(self, call)
end

-- Emits the event of one request. `outcome`: its info or err.
local function emit_attempt(self, call, operation, begun, outcome)
  if not self.on_event or outcome.kind == "invalid" then return end
  local request = self.handle:request(operation, call.params, true) or {}
  emit(self, call, "attempt", { attempted = operation, kind = outcome.kind, status = outcome.status,
    request_id = outcome.request_id, duration = self.core.now() - begun, method = request.method,
    url = request.url and request.url:match("^[^?]*") })
end

--- Where the client's access token is a function: calls it, and sets what it gives.
function calls.renew_token(self)
  if not self.access_token then return end
  local token = self.access_token()
  if type(token) ~= "string" then
    error(("access_token gave a %s, and not a string"):format(type(token)), 0)
  end
  self.handle:set_access_token(token)
  self.has_token = true
end

-- The request that was made before, once. It has the access token of then.
local function take_draft(self, call)
  local draft = call.draft
  call.draft = nil
  return not self.access_token and draft
end

-- Makes one request. Gives its results; nil alone where the deadline came before its turn.
local function attempt(self, call, operation)
  if not keep_pace(self, call) then return nil end
  if operation == call.operation then call.attempts = call.attempts + 1 end
  local begun = self.core.now()
  if not call.doubt then call.sent = begun end
  calls.renew_token(self)
  local left = math.max(call.deadline - elapsed(self, call), 0.001)
  local draft = operation == call.operation and take_draft(self, call) or nil
  local result, info, err = self.waiting:perform(operation, call.params, left,
    call.skip_unknown or operation ~= call.operation, draft)
  emit_attempt(self, call, operation, begun, err or info)
  if err and retry.is_later(err) then
    self.pace:refused(self.core.now(), begun, err.retry_after, self.core.random())
  elseif operation == call.operation then
    call.counted = call.counted + 1
  end
  return result, info, err
end

-- --- a create in doubt ------------------------------------------------------------------

-- Judges what the list proves of the call's attempts.
local function judge(self, call, webhooks, info)
  local least, most = lag_range(self.memory)
  if not name_aim(self, call) then return "unclear", {} end -- a finalizer or a hook has closed the client
  local verdict, found = evidence.judge(webhooks, {
    form = call.form,
    known = function(sid) return self.memory.made[sid] or call.known and call.known[sid] end,
    exact = call.known ~= nil,
    date = info.headers and info.headers.date, elapsed = self.core.now() - call.sent,
    least_lag = least, most_lag = most,
    -- of two attempts in doubt one may have made what is seen, and the other be late
    rival = call.doubts > 1 or self.memory.unresolved[call.aim] ~= nil,
  })
  if verdict == "several" and call.any_equal and call.doubts == 1 then verdict = "adopt" end
  return verdict, found
end

-- Reads a list for a look. Nil alone: the budget had none, or the deadline came.
local function list_for_look(self, call)
  local memory = self.memory
  if memory.budget < 1 then return nil end
  memory.budget = retry.spend(memory.budget)
  local webhooks, info, err = attempt(self, call, "list_webhooks")
  if webhooks then
    memory.budget = retry.refund(memory.budget)
  elseif err and retry.is_later(err) then
    memory.budget = memory.budget + 1
  end
  return webhooks, info, err
end

-- Seconds to wait before the next look. The last look for a create that may be running is shortly
-- before the deadline.
local function look_delay(self, call, err, looks)
  local seconds = retry.look_delay(err, looks, self.core.random())
  local left = call.deadline - elapsed(self, call) - LAST_LOOK
  if call.doubt == "running" and looks > 0 and left >= LAST_LOOK and left < seconds then
    seconds = math.max(left, err.retry_after or 0)
  end
  return seconds
end

-- Looks for what the attempts may have made. Gives the verdict and the candidates, as
-- evidence.judge does, and the info of the list: "absent" only where that is proven.
local function look(self, call, err)
  local candidates, absent_since
  local looks, last = 0, err
  while call.doubt == "running" or looks < LOOKS do
    if not pause(self, call, look_delay(self, call, last, looks)) then break end
    if not self.waiting:may_wait() then break end -- canceled: pauses no longer wait
    looks = looks + 1
    local asked = self.core.now()
    local webhooks, info, list_err = list_for_look(self, call)
    last = list_err or {}
    if webhooks then
      local verdict, found = judge(self, call, webhooks, info)
      if verdict == "adopt" or verdict == "several" then return verdict, found, info end
      candidates = found
      if verdict == "absent" and call.doubt == "over" then
        if absent_since and asked - absent_since >= APART then return verdict, found, info end
        absent_since = absent_since or self.core.now()
      end
    elseif list_err and retry.classify("list_webhooks", list_err) == "fail" then
      break
    end
  end
  return "unclear", candidates
end

local function indeterminate(self, call, message, err, candidates)
  note_unresolved(self, call)
  err.kind, err.retryable = "indeterminate", false
  err.candidates = candidates and candidates[1] and candidates or nil
  return give_up(self, call, message, err, "it cannot be told whether the webhook was made")
end

local function adopt(self, call, webhook, info)
  emit(self, call, "adopt", { sid = webhook.sid })
  remember(self, self.memory.made, webhook.sid)
  info.adopted = true
  return succeed(call, webhook, info)
end

-- After an attempt that may have made the webhook: gives true and the results of the call, or
-- false where the create may be sent again.
local function settle(self, call, message, err)
  emit(self, call, "reconcile", { kind = err.kind, status = err.status })
  local verdict, candidates, info = look(self, call, err)
  if verdict == "adopt" then return true, adopt(self, call, candidates[1], info) end
  if verdict ~= "absent" then return true, indeterminate(self, call, message, err, candidates) end
  if not evidence.doubt(err) then -- refused by the limit of five, of which none is ours
    return true, give_up(self, call, message, err)
  end
  if call.counted >= self.max_attempts or self.memory.budget < 1 then
    return true, indeterminate(self, call, message, err)
  end
  return false
end

-- After a create that was sent again has succeeded: did it make the only webhook? A list that
-- shows it is new enough to show what earlier attempts made.
local function check_alone(self, call, webhook, info)
  local candidates
  remember(self, self.memory.made, webhook.sid)
  for looks = 0, LOOKS - 1 do
    if not pause(self, call, retry.look_delay({}, looks, self.core.random())) then break end
    local webhooks, list_info, list_err = list_for_look(self, call)
    if webhooks then
      local verdict, found = judge(self, call, webhooks, list_info)
      local shown = false
      for _, listed in ipairs(webhooks) do shown = shown or listed.sid == webhook.sid end
      if verdict == "absent" and shown then return succeed(call, webhook, info) end
      candidates = found
      if verdict ~= "absent" and verdict ~= "unclear" then break end
    elseif list_err and retry.classify("list_webhooks", list_err) == "fail" then
      break
    end
  end
  candidates = candidates or {}
  table.insert(candidates, 1, webhook)
  local message = call.operation .. ": a webhook was made, and perhaps another by an attempt before"
  return indeterminate(self, call, message, { message = message, operation = call.operation, sent = "yes",
    status = info.status, headers = info.headers, request_id = info.request_id }, candidates)
end

-- --- the policy ------------------------------------------------------------------------

local function decide(self, call, err)
  return retry.decide {
    operation = call.operation, err = err, doubtful = call.doubt ~= nil,
    attempts = call.counted, max_attempts = self.max_attempts,
    elapsed = elapsed(self, call), deadline = call.deadline,
    random = self.core.random(), budget = self.memory.budget,
  }
end

local function finish(self, call, result, info)
  local memory = self.memory
  memory.budget = retry.refund(memory.budget)
  if call.operation ~= "create_webhook" then return succeed(call, result, info) end
  keep_dates(memory, result, info)
  if call.doubt then return check_alone(self, call, result, info) end
  remember(self, memory.made, result.sid)
  return succeed(call, result, info)
end

local function run(self, call)
  local message, err
  while true do
    local result, info, failure = attempt(self, call, call.operation)
    if result then return finish(self, call, result, info) end
    if not failure then
      if err then return give_up(self, call, message, err, "deadline") end
      return give_up_paused(self, call)
    end
    message, err = info, failure
    local verdict, detail = decide(self, call, err)
    local doubt = evidence.doubt(err)
    call.doubt = call.doubt == "running" and "running" or doubt or call.doubt
    if doubt then call.doubts = call.doubts + 1 end
    if verdict == "succeed" then
      return succeed(call, true, { status = err.status, headers = err.headers, request_id = err.request_id })
    elseif verdict == "fail" then
      if call.operation == "create_webhook" and err.kind == "canceled" and err.sent ~= "no" then
        note_unresolved(self, call)
      end
      return give_up(self, call, message, err, detail)
    elseif verdict == "look" then
      local settled, webhook, settled_info, settled_err = settle(self, call, message, err)
      if settled then return webhook, settled_info, settled_err end
      detail = 0
    elseif verdict == "later" then
      detail = self.pace:delay(self.core.now())
      if elapsed(self, call) + detail >= call.deadline then
        return give_up(self, call, message, err, "deadline")
      end
    end
    emit(self, call, "retry", { delay = detail, reason = err.kind, status = err.status })
    if verdict ~= "later" then
      self.memory.budget = retry.spend(self.memory.budget)
      if detail > 0 then self.waiting:pause(detail) end
    end
  end
end

-- --- the operations ----------------------------------------------------------------------

--- An operation that may be sent twice without harm.
function calls.run(self, operation, params, deadline)
  return run(self, new_call(self, operation, params, deadline))
end

local function end_creating(self, ...)
  self.creating = nil
  return ...
end

-- Calls act where no other code runs while the call waits, so that there is no turn to wait for.
-- A call that `creating` still holds was ended by an error, or is interrupted by a hook or a
-- finalizer: what its attempts made must not pass for this one's.
local function act_alone(self, call, act)
  if self.creating then note_unresolved(self, self.creating) end
  self.creating = call
  return end_creating(self, act(self, call))
end

-- Calls act for a call that creates, while no other call of the client creates an equal webhook.
-- Refuses before what can be refused.
local function in_turn(self, call, act)
  if self.waiting:is_alone() then return act_alone(self, call, act) end
  local draft, aim, err = self.handle:draft("create_webhook", call.params)
  if not draft then return nil, aim, err end
  call.draft = draft
  self.waiting:check_place()
  local turn = self.waiting:acquire(aim, call.begin + call.deadline)
  if turn then return hold(self, aim, turn, act, call) end
  if elapsed(self, call) >= call.deadline then
    return give_up_waiting(self, call, "an equal create of this client is under way")
  end
  -- Where this one cannot wait for its turn, neither of the two adopts anything.
  note_unresolved(self, call)
  return act(self, call)
end

-- Reads the list before a create, and notes its sids. Gives the list and its info, or nil,
-- message, err.
local function list_before(self, call)
  local listing = new_call(self, "list_webhooks", call.params, call.deadline, call.begin)
  listing.skip_unknown = true
  local webhooks, info, err = run(self, listing)
  if not webhooks then return nil, info, err end
  call.known = {}
  for _, webhook in ipairs(webhooks) do call.known[webhook.sid] = true end
  return webhooks, info
end

local function create_after_list(self, call)
  local named, message, refusal = name_aim(self, call)
  if not named then return nil, message, refusal end
  local webhooks, info, err = list_before(self, call)
  if not webhooks then return nil, info, err end
  return run(self, call)
end

--- A create.
-- @tparam table self the client
-- @tparam table params
-- @tparam number deadline seconds
-- @tparam table|boolean known the sids that a list showed before it, as the keys of a set; true:
--   the list is to be read now; false: it is not known what was there
function calls.create(self, params, deadline, known)
  local call = new_call(self, "create_webhook", params, deadline)
  if known == true then return in_turn(self, call, create_after_list) end
  call.known = known or nil
  return in_turn(self, call, run)
end

-- Chooses the webhook to ensure: an equal one, else one that an update can make equal, with what
-- the update has to say beside the form.
local function choose(webhooks, form)
  for _, webhook in ipairs(webhooks) do
    if match.equal(form, webhook) then return webhook end
  end
  for _, webhook in ipairs(webhooks) do
    local changes = match.changes(form, webhook)
    if changes then return webhook, changes end
  end
  return nil
end

local function update(self, call, webhook, changes)
  local fields = {}
  for name, value in next, call.params do fields[name] = value end
  for name, value in next, changes do fields[name] = value end
  fields.sid = webhook.sid
  local updating = new_call(self, "update_webhook", fields, call.deadline, call.begin)
  updating.skip_unknown = true
  return run(self, updating)
end

local function ensure_in_turn(self, call)
  local named, message, refusal = name_aim(self, call)
  if not named then return nil, message, refusal end
  local webhooks, info, err = list_before(self, call)
  if not webhooks then return nil, info, err end
  local webhook, changes = choose(webhooks, call.form)
  local created, updated = false, false
  if changes then
    webhook, info, err = update(self, call, webhook, changes)
    updated = webhook ~= nil
    if err and err.status ~= 404 then return nil, info, err end -- 404: somebody deleted it
  end
  if not webhook then
    webhook, info, err = run(self, call)
    if not webhook then return nil, info, err end
    created = not info.adopted
  end
  info.created, info.updated = created, updated
  return webhook, info
end

--- Makes sure that there is an equal webhook.
function calls.ensure(self, params, deadline)
  local call = new_call(self, "create_webhook", params, deadline)
  call.any_equal = true
  return in_turn(self, call, ensure_in_turn)
end

return calls
