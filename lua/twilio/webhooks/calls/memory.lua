--- What a client remembers of its calls: which webhooks they made, which creates may have made one,
-- by how much the server's dates lag, and the budget of its retries. A plain table, which forgets
-- what no call can need any more.

local evidence = require "twilio.webhooks.policy.evidence"
local retry = require "twilio.webhooks.policy.retry"

local memory = {}

-- Seconds beyond the longest call for which something is remembered: a minute more than a date
-- leaves an age unclear.
local REMEMBERED = evidence.OLD + 60
-- What is remembered between two sweeps.
local WRITES = 1000
-- Creates whose dates are remembered.
local DATES = 16

local FULL_BUDGET = retry.full_budget

--- @tparam function now gives the moment
function memory.new(now)
  return {
    now = now,
    budget = FULL_BUDGET,
    longest = 0,     -- deadline of any call
    made = {},       -- sid of a webhook that was a result, to the moment
    unresolved = {}, -- aim of a create that may have made one, to the moment
    writes = 0,      -- to those two, since the last sweep
    created = {}, answered = {}, date_count = 0, -- dates of the last webhooks that were made
  }
end

--- Notes that a call may take so many seconds.
function memory.note_deadline(self, deadline)
  if deadline > self.longest then self.longest = deadline end
end

-- --- the budget of retries ---------------------------------------------------------

--- Is there enough for one more retry or look?
function memory.may_spend(self)
  return self.budget >= 1
end

function memory.spend(self)
  self.budget = retry.spend(self.budget)
end

--- Gives back what was spent on a request that does not count.
function memory.give_back(self)
  self.budget = self.budget + 1
end

--- Gives back a part, after a success.
function memory.refund(self)
  self.budget = retry.refund(self.budget)
end

-- --- webhooks and creates ----------------------------------------------------------

local function sweep(moments, before)
  for name, moment in pairs(moments) do
    if moment < before then moments[name] = nil end
  end
end

local function sweep_all(self)
  self.writes = 0
  local before = self.now() - self.longest - REMEMBERED
  sweep(self.made, before)
  sweep(self.unresolved, before)
end

local function remember(self, moments, name)
  moments[name] = self.now()
  self.writes = self.writes + 1
  if self.writes >= WRITES then sweep_all(self) end
end

--- Notes a webhook that is a result.
function memory.note_made(self, sid)
  remember(self, self.made, sid)
end

--- Notes that a create of that aim may have made a webhook.
function memory.note_unresolved(self, aim)
  if aim then remember(self, self.unresolved, aim) end
end

-- --- dates -------------------------------------------------------------------------

--- Notes date_created and Date of a created webhook: how far one is behind the other differs from
-- server to server. Keeps both as they came, since few creates are ever in doubt.
function memory.note_dates(self, webhook, info)
  local headers, created = info.headers, webhook.date_created
  local date = headers and headers.date
  if not created or not date then return end
  local place = self.date_count % DATES + 1
  self.created[place], self.answered[place] = created, date
  self.date_count = self.date_count + 1
end

--- The least and the most lag of those; nil where there is none.
function memory.lag_range(self)
  local least, most
  for i, created in ipairs(self.created) do
    local lag = evidence.lag({ date_created = created }, self.answered[i])
    if lag then least, most = math.min(least or lag, lag), math.max(most or lag, lag) end
  end
  return least, most
end

-- --- all of it ---------------------------------------------------------------------

local note_dates = memory.note_dates

--- Notes a create whose first attempt succeeded. Many creates end here, so it calls little.
function memory.note_created(self, deadline, begin, webhook, info)
  if deadline > self.longest then self.longest = deadline end
  if self.budget < FULL_BUDGET then self.budget = retry.refund(self.budget) end
  note_dates(self, webhook, info)
  self.made[webhook.sid] = begin + deadline -- later than now: the clock is not asked once more
  self.writes = self.writes + 1
  if self.writes >= WRITES then sweep_all(self) end
end

return memory
