--- Does the API work? A bad moment passes, though it may fail all calls that are under way. If it
-- lasts, further calls are pointless. Pure: outcomes and moments go in.

local failure = require "twilio.webhooks.bulk.failure"

local health = {}

local Health = {}
Health.__index = Health

-- Failures in a row before the run gives the API time.
local FAILURES = 20
-- Seconds without a success before the run gives up an API that has worked.
local PATIENCE = 60
-- Seconds between two calls that test whether it works again.
local BETWEEN = 2

function health.new()
  return setmetatable({
    failures = 0, -- since the last success
    since = nil,  -- the moment of the first of them
    worked = false, next_try = 0,
  }, Health)
end

function Health:succeeded()
  self.failures, self.worked = 0, true
end

--- Notes the error of a call. True if further calls are pointless: the credentials are refused; or
-- FAILURES calls in a row have failed by the API's fault, and it has never worked, or not for a
-- minute.
function Health:failed(err, now)
  if failure.is_final(err) then return true end
  if not failure.is_general(err) then return false end
  if self.failures == 0 then self.since = now end
  self.failures = self.failures + 1
  return self.failures >= FAILURES and (not self.worked or now - self.since >= PATIENCE)
end

--- Does it work, so that no call needs a delay?
function Health:is_well()
  return self.failures < FAILURES
end

--- Seconds until a call should be sent; 0: at once. Then the next one has to wait.
function Health:delay(now)
  if self:is_well() then return 0 end
  if now < self.next_try then return self.next_try - now end
  self.next_try = now + BETWEEN
  return 0
end

return health
