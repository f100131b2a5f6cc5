--- A create in doubt: an attempt may have made the webhook. Looks for it in the list, and then adopts
-- it, or finds that it was not made, or that nobody can tell. policy/evidence.lua says what a list
-- proves.

local attempt = require "twilio.webhooks.calls.attempt"
local evidence = require "twilio.webhooks.policy.evidence"
local match = require "twilio.webhooks.policy.match"
local memory = require "twilio.webhooks.calls.memory"
local record = require "twilio.webhooks.calls.record"
local retry = require "twilio.webhooks.policy.retry"

local doubt = {}

-- Lists that are read to find what a create that is over has made, failed lists included.
local LOOKS = 4
-- The same where the caller looks later, too, and sends again himself.
local FEW_LOOKS = 2
-- Seconds between two lists that both have to show nothing: one, less what sums may round.
local APART = 1 - 1e-6
-- Seconds before the deadline at which the last look for a create that may be running is made.
local LAST_LOOK = 1

local elapsed, emit, pause = record.elapsed, record.emit, record.pause
local succeed, give_up = record.succeed, record.give_up

-- Notes what is needed to look for what a create may have made.
local function note(self, call)
  call.form = call.form or call.request:request().body
  call.list = call.list or self.handle:list(call.request)
end

-- May another create that is under way have made what is equal to this one's, under another name of
-- the channel or conversation? (Under the same one it waits for its turn.)
local function has_sibling(self, call)
  if self.closed or self.waiting:is_alone() then return false end
  return self.waiting:any_meeting(call.aim, call.request, function(other)
    local asked = other:request()
    if not asked then return true end -- a hook has its result taken just now: the next look knows of it
    return match.same(call.request:request().body, asked.body)
  end)
end

-- Judges what the list proves of the call's attempts.
local function judge(self, call, webhooks, info)
  local least, most = memory.lag_range(self.memory)
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

-- --- looks ------------------------------------------------------------------------------

-- Reads a list for a look. Nil alone: the budget had none, or the deadline came.
local function list_for_look(self, call)
  if not memory.may_spend(self.memory) then return nil end
  memory.spend(self.memory)
  local webhooks, info, err = attempt.make(self, call, "list_webhooks", call.list)
  if webhooks then
    memory.refund(self.memory)
  elseif err and retry.is_later(err) then
    memory.give_back(self.memory)
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
  while not call.once and call.doubt == "running" or looks < (call.once and FEW_LOOKS or LOOKS) do
    if not pause(self, call, look_delay(self, call, last, looks)) then break end
    if not self.waiting:may_wait() then break end -- canceled: pauses no longer wait
    looks = looks + 1
    local asked = self.core.now()
    local webhooks, info, list_err = list_for_look(self, call)
    last = list_err or {}
    if webhooks then
      local verdict, found = judge(self, call, webhooks, info)
      if verdict == "adopt" and not call.any_equal and has_sibling(self, call) then verdict = "unclear" end
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

-- --- how it ends --------------------------------------------------------------------------

--- The results of a create that cannot tell whether it made a webhook. `err`: of its last attempt,
-- which may not have been sent, though one before it was.
function doubt.indeterminate(self, call, message, err, candidates)
  memory.note_unresolved(self.memory, call.aim)
  err.kind, err.retryable = "indeterminate", false
  if err.sent == "no" then err.sent = "unknown" end
  err.candidates = candidates and candidates[1] and candidates or nil
  return give_up(self, call, message, err, "it cannot be told whether the webhook was made")
end

local function adopt(self, call, webhook, info)
  emit(self, call, "adopt", { sid = webhook.sid })
  memory.note_made(self.memory, webhook.sid)
  info.adopted = true
  return succeed(call, webhook, info)
end

--- After an attempt that may have made the webhook: gives true and the results of the call, or
-- false where the create may be sent again.
function doubt.settle(self, call, message, err)
  note(self, call)
  emit(self, call, "reconcile", { kind = err.kind, status = err.status })
  local verdict, candidates, info = look(self, call, err)
  if verdict == "adopt" then return true, adopt(self, call, candidates[1], info) end
  if verdict ~= "absent" then return true, doubt.indeterminate(self, call, message, err, candidates) end
  if not evidence.doubt(err) then -- refused by the limit of five, of which none is ours
    return true, give_up(self, call, message, err)
  end
  if call.once or call.counted >= self.max_attempts or not memory.may_spend(self.memory) then
    return true, doubt.indeterminate(self, call, message, err)
  end
  return false
end

--- After a create that was sent again has succeeded: did it make the only webhook? A list that
-- shows it is new enough to show what earlier attempts made.
function doubt.check_alone(self, call, webhook, info)
  local candidates
  memory.note_made(self.memory, webhook.sid)
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
  local err = { message = message, operation = call.operation, sent = "yes", status = info.status,
    headers = info.headers, request_id = info.request_id }
  return doubt.indeterminate(self, call, message, err, candidates)
end

return doubt
