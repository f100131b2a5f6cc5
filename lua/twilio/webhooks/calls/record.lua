--- One call under way: what it asks for and how far it has come; its time, its events and its end.
-- `self` is the client.

local memory = require "twilio.webhooks.calls.memory"

local record = {}

--- A new one. `request`: see tw_call_draft in csrc/lua/call.h.
function record.new(self, operation, request, deadline, begin)
  memory.note_deadline(self.memory, deadline)
  return {
    operation = operation, request = request, deadline = deadline,
    begin = begin or self.core.now(),
    attempts = 0,   -- requests for the operation itself
    counted = 0,    -- those of them that were not answered by 429
    doubt = nil,    -- "over" or "running": an attempt may have made the webhook
    doubts = 0,     -- such attempts
    sent = nil,     -- moment of the first such attempt; before there is one, of the last attempt
    aim = nil,      -- of a create: a number, by which equal ones are known
    form = nil, list = nil, -- of one that may have made a webhook: its form; the request for a list
    known = nil,    -- sids that were listed before a create
    any_equal = false, -- an equal webhook is what the caller wants, whoever made it
    once = false,   -- once it may have made one, a create is not sent again
    params = nil,   -- of ensure
    place = nil,    -- of a create: where it has the turn of its aim
    reread = false, -- of ensure: the list was read again
    turn = nil,     -- that of the pace, where it had to wait for it
    life = nil,     -- of its coroutine, while it wants or holds a turn: see Waiting:new_life
  }
end

--- The same of a call that creates, before its turn.
function record.new_create(self, request, aim, deadline)
  local call = record.new(self, "create_webhook", request, deadline)
  call.aim = aim
  return call
end

-- --- its time ---------------------------------------------------------------------------

--- Seconds since it began.
function record.elapsed(self, call)
  return self.core.now() - call.begin
end

--- Waits. False where the call has not the time.
function record.pause(self, call, seconds)
  if record.elapsed(self, call) + seconds >= call.deadline then return false end
  self.waiting:pause(seconds, call.life)
  return true
end

-- --- its events and its end ----------------------------------------------------------

--- Tells the client's on_event, if it has one.
function record.emit(self, call, kind, fields)
  if not self.on_event then return end
  fields.type, fields.operation = kind, call.operation
  fields.attempts, fields.elapsed = call.attempts, record.elapsed(self, call)
  pcall(self.on_event, fields) -- an error there is its owner's, and never the request's
end

--- The results of a call that succeeded.
function record.succeed(call, result, info)
  info.attempts = call.attempts
  return result, info
end

--- The results of one that failed. `reason`: why it ends here, where `err` itself is not the reason.
function record.give_up(self, call, message, err, reason)
  err.attempts = call.attempts
  if err.kind == "invalid" then
    err.attempts = 0
    return nil, message, err
  end
  record.emit(self, call, "give up", { kind = err.kind, reason = reason })
  if reason then
    message = ("%s (gave up: %s)"):format(message, reason)
    err.message = message
  end
  return nil, message, err
end

--- The same of one whose deadline came before its turn.
function record.give_up_waiting(self, call, what, retry_after)
  local message = call.operation .. ": not sent within its deadline: " .. what
  return record.give_up(self, call, message, { kind = "timeout", message = message,
    operation = call.operation, sent = "no", retryable = true, retry_after = retry_after })
end

return record
