--- One attempt of a call: waits until the pace allows it, renews the access token, sends the request,
-- and counts and reports what came of it. waiting/ knows how it waits.

local in_turn = require "twilio.webhooks.calls.in_turn"
local record = require "twilio.webhooks.calls.record"
local retry = require "twilio.webhooks.policy.retry"

local attempt = {}

-- --- the pace ---------------------------------------------------------------------------

local PACE = "pace"

-- Waits until the pace allows a request. False where the call has not the time. Who has the turn has
-- it until then, and no longer: if two ever have it, they keep the pace all the same.
local function wait_for_pace(self, call)
  local pace, now = self.pace, self.core.now
  while pace:delay(now()) > 0 and self.waiting:may_wait() do
    local seconds = pace:delay(now())
    if call.turn then call.turn.stop = now() + seconds end
    if not record.pause(self, call, seconds) then return false end
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
  call.life = call.life or self.waiting:new_life()
  call.turn = self.waiting:acquire(PACE, stop, call.life)
  if call.turn then return in_turn.hold(self, PACE, call.turn, wait_for_pace, call) end
  return self.core.now() < stop and wait_for_pace(self, call)
end

-- --- one request --------------------------------------------------------------------

--- Where the client's access token is a function: calls it, and sets what it gives.
function attempt.renew_token(self)
  if not self.access_token then return end
  local token = self.access_token()
  if type(token) ~= "string" then
    error(("access_token gave a %s, and not a string"):format(type(token)), 0)
  end
  self.handle:set_access_token(token)
end

--- Counts an attempt that has ended.
function attempt.count(self, call, operation, begun, err)
  if err and retry.is_later(err) then
    self.pace:refused(self.core.now(), begun, err.retry_after, self.core.random())
  elseif operation == call.operation then
    call.counted = call.counted + 1
  end
end

-- Emits the event of one request, whose method and URL are in `asked`. `outcome`: its info or err.
local function emit_attempt(self, call, operation, begun, asked, outcome)
  if not asked or outcome.kind == "invalid" then return end
  record.emit(self, call, "attempt", { attempted = operation, kind = outcome.kind, status = outcome.status,
    request_id = outcome.request_id, duration = self.core.now() - begun, method = asked.method,
    url = asked.url:match("^[^?]*") })
end

--- Makes one request. Gives its results; nil alone where the deadline came before its turn.
function attempt.make(self, call, operation, request)
  if not keep_pace(self, call) then return nil end
  if operation == call.operation then call.attempts = call.attempts + 1 end
  local begun = self.core.now()
  if not call.doubt then call.sent = begun end
  self.waiting:expect(call.life, call.begin + call.deadline) -- a function for the token may wait as it likes
  attempt.renew_token(self)
  local left = math.max(call.deadline - record.elapsed(self, call), 0.001)
  local asked = self.on_event and request:request()
  local result, info, err = self.waiting:perform(operation, request, left, call.life)
  emit_attempt(self, call, operation, begun, asked, err or info)
  attempt.count(self, call, operation, begun, err)
  return result, info, err
end

return attempt
