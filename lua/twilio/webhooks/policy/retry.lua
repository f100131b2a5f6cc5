--- Whether to try again, and when. Pure: an outcome goes in, a decision comes
-- out; no clock, no network, no randomness of its own.
--
-- The API has no idempotency key, so the decision about a failed create depends on what is known
-- of it. A create that was not sent is sent again. A refused one has failed. One that may have been
-- processed is looked for, and not simply sent again.

local evidence = require "twilio.webhooks.policy.evidence"

local retry = {}

-- Seconds. Full jitter: after n attempts a wait is random, evenly from 0 to base * 2^(n-1), but not
-- beyond the cap.
local BASE = 0.1
local CAP = 20

-- Seconds before the first look, and twice as many before each further one, plus up to half as many at
-- random. So the second look comes a second or more after the first.
local LOOK = 0.5

-- A budget limits the load that retries add to a server in trouble: each retry costs one, each
-- success gives back a part.
local BUDGET = 20
local REFUND = 0.5

-- "more than five webhooks": Chat's and Conversations' code
local LIMIT_REACHED = { [50321] = true, [50361] = true }

--- Does the API say "later", to all of a client's requests? (A proxy's 429 is the proxy's.)
function retry.is_later(err)
  return err.kind == "http" and err.status == 429
end

--- Decides about a failed attempt, without looking at time and number.
-- @tparam string operation such as "create_webhook"
-- @tparam table err of the attempt
-- @tparam boolean doubtful whether an earlier attempt of the call may have been processed
-- @treturn string "again"; "later", when the whole client may send again; "look"; "succeed"
--   (a delete of what is gone); "fail"
function retry.classify(operation, err, doubtful)
  if retry.is_later(err) then return "later" end
  if operation == "create_webhook" then
    if evidence.doubt(err) then return "look" end
    -- The fifth webhook may be the one that an earlier attempt made.
    if doubtful and LIMIT_REACHED[err.code] then return "look" end
    return err.retryable and "again" or "fail"
  end
  if operation == "delete_webhook" and doubtful and err.status == 404 then return "succeed" end
  if err.retryable or err.kind == "parse" and evidence.doubt(err) then return "again" end
  return "fail"
end

--- Seconds to wait before the next attempt.
-- @tparam table err of the attempt
-- @tparam number attempts made so far, 1 or more
-- @tparam number random from 0 to 1
function retry.delay(err, attempts, random)
  return math.max(random * math.min(CAP, BASE * 2 ^ (attempts - 1)), err.retry_after or 0)
end

--- Seconds to wait before a look.
-- @tparam table err of the attempt, or of the look before
-- @tparam number looks made so far
-- @tparam number random from 0 to 1
function retry.look_delay(err, looks, random)
  return math.max(math.min(CAP, LOOK * 2 ^ looks) * (1 + random / 2), err.retry_after or 0)
end

--- The decision about a failed attempt.
-- @tparam table attempt `operation`, `err`, `attempts` (that count, made so far), `max_attempts`,
--   `doubtful`, `elapsed` and `deadline` (seconds), `random` (0 to 1), `budget`
-- @treturn string as of classify
-- @treturn number|string seconds to wait before "again"; the reason of "fail": nil if the
--   error itself is the reason, else "attempts", "deadline" or "budget"
function retry.decide(attempt)
  local verdict = retry.classify(attempt.operation, attempt.err, attempt.doubtful)
  if verdict ~= "again" then return verdict end
  if attempt.attempts >= attempt.max_attempts then return "fail", "attempts" end
  if attempt.budget < 1 then return "fail", "budget" end
  local delay = retry.delay(attempt.err, attempt.attempts, attempt.random)
  if attempt.elapsed + delay >= attempt.deadline then return "fail", "deadline" end
  return "again", delay
end

--- The budget of a new client.
retry.full_budget = BUDGET

--- The budget after one retry or look, and after one success.
function retry.spend(budget)
  return budget - 1
end

function retry.refund(budget)
  return math.min(BUDGET, budget + REFUND)
end

return retry
