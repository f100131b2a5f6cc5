--- A call from its first attempt to its result: tries again where that is safe, and ends within the
-- deadline. policy/retry.lua decides.

local attempt = require "twilio.webhooks.calls.attempt"
local doubt = require "twilio.webhooks.calls.doubt"
local evidence = require "twilio.webhooks.policy.evidence"
local memory = require "twilio.webhooks.calls.memory"
local record = require "twilio.webhooks.calls.record"
local retry = require "twilio.webhooks.policy.retry"

local run = {}

local elapsed, succeed, give_up = record.elapsed, record.succeed, record.give_up

local function give_up_paused(self, call)
  local seconds = self.pace:delay(self.core.now())
  local what = ("the client keeps to a rate, or was paused by a 429, for another %.1f s"):format(seconds)
  return record.give_up_waiting(self, call, what, seconds)
end

-- --- a failed attempt ------------------------------------------------------------------

local function decide(self, call, err)
  return retry.decide {
    operation = call.operation, err = err, doubtful = call.doubt ~= nil,
    attempts = call.counted, max_attempts = self.max_attempts,
    elapsed = elapsed(self, call), deadline = call.deadline,
    random = self.core.random(), budget = self.memory.budget,
  }
end

-- Notes what the failure leaves unknown.
local function note_doubt(call, err)
  local in_doubt = evidence.doubt(err)
  if not in_doubt then return end
  call.doubts = call.doubts + 1
  if call.doubt ~= "running" then call.doubt = in_doubt end
end

-- The results of a call that has failed. A create that was sent again cannot tell, whatever became of
-- that: what an attempt before made may be in no list yet.
local function fail(self, call, message, err, reason)
  if call.operation ~= "create_webhook" then return give_up(self, call, message, err, reason) end
  if call.doubt then return doubt.indeterminate(self, call, message, err) end
  if err.kind == "canceled" and err.sent ~= "no" then memory.note_unresolved(self.memory, call.aim) end
  return give_up(self, call, message, err, reason)
end

local function emit_retry(self, call, err, delay)
  record.emit(self, call, "retry", { delay = delay, reason = err.kind, status = err.status })
end

-- Waits until the call is to be sent again.
local function wait_to_retry(self, call, err, delay)
  emit_retry(self, call, err, delay)
  memory.spend(self.memory)
  if delay > 0 then self.waiting:pause(delay, call.life) end
end

-- The same after a 429, which costs no budget: the next attempt waits for the pace.
local function retry_later(self, call, message, err)
  local delay = self.pace:delay(self.core.now())
  if elapsed(self, call) + delay >= call.deadline then
    return true, fail(self, call, message, err, "deadline")
  end
  emit_retry(self, call, err, delay)
  return false
end

-- The same after a look, which has settled it or not.
local function retry_or_end(self, call, err, settled, ...)
  if not settled then wait_to_retry(self, call, err, 0) end
  return settled, ...
end

-- Acts upon a failed attempt. Gives true and the results of the call; or false, once it is to be sent
-- again.
local function act_upon(self, call, message, err)
  local verdict, detail = decide(self, call, err)
  note_doubt(call, err)
  if verdict == "succeed" then
    local info = { status = err.status, headers = err.headers, request_id = err.request_id }
    return true, succeed(call, true, info)
  elseif verdict == "fail" then
    return true, fail(self, call, message, err, detail)
  elseif verdict == "look" then
    return retry_or_end(self, call, err, doubt.settle(self, call, message, err))
  elseif verdict == "later" then
    return retry_later(self, call, message, err)
  end
  wait_to_retry(self, call, err, detail)
  return false
end

-- --- the whole -------------------------------------------------------------------------

local function finish(self, call, result, info)
  memory.refund(self.memory)
  if call.operation ~= "create_webhook" then return succeed(call, result, info) end
  memory.note_dates(self.memory, result, info)
  if call.doubt then return doubt.check_alone(self, call, result, info) end
  memory.note_made(self.memory, result.sid)
  return succeed(call, result, info)
end

-- Goes on after an attempt, whose results these are: nil alone where the deadline came before it.
local function go_on(self, call, result, info, failure)
  local message, err
  while not result do
    if not failure then
      if err then return fail(self, call, message, err, "deadline") end
      return give_up_paused(self, call)
    end
    message, err = info, failure
    local ended, made, made_info, made_err = act_upon(self, call, message, err)
    if ended then return made, made_info, made_err end
    result, info, failure = attempt.make(self, call, call.operation, call.request)
  end
  return finish(self, call, result, info)
end

--- Makes attempts until the call has ended. Gives its results.
function run.to_end(self, call)
  return go_on(self, call, attempt.make(self, call, call.operation, call.request))
end

--- The same of a call whose first attempt was made already, and has failed.
function run.on(self, call, message, err)
  return go_on(self, call, nil, message, err)
end

return run
