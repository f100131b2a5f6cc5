--- Carries out a plan, with a journal. It does each action at most once, whatever interrupts it. If
-- it is called until the outcome is complete, it does all of them.

local account = require "twilio.webhooks.bulk.account"
local core = require "twilio.webhooks.loading".core()
local failure = require "twilio.webhooks.bulk.failure"
local forms = require "twilio.webhooks.bulk.forms"
local health = require "twilio.webhooks.bulk.health"
local plans = require "twilio.webhooks.bulk.plan"
local resume = require "twilio.webhooks.bulk.resume"
local work = require "twilio.webhooks.bulk.work"

local apply = {}

local Run = {}
Run.__index = Run

-- Seconds for which the server may go on with a request after its time is over here.
local MARGIN = 5
-- Errors that are listed; all are counted, and reported one by one.
local LISTED = 100
-- Channels that wait in memory until the run can look for their creates.
local POSTPONED = 1000
-- How often the run looks for a row's webhook and creates it.
local ROUNDS = 3
-- Seconds between two questions whether to stop.
local TICK = 0.2

-- --- waiting -----------------------------------------------------------------------------------

--- Must the run end early? Then it sends nothing more.
function Run:is_over()
  if self.journal.broken or self.halted or self.client.closed then return true end
  if not self.stopped and self.stop and self.stop() then self.stopped = true end
  return self.stopped
end

--- Waits until that moment. False if the run is over.
function Run:wait_until(moment)
  while not self:is_over() do
    local left = moment - core.now()
    if left <= 0 then return true end
    self.client:sleep(self.stop and math.min(left, TICK) or left)
  end
  return false
end

--- Waits until a call has a chance: after many failures in a row one call at a time tests whether the
-- API works again. False if the run is over.
function Run:await_health()
  if self.health:is_well() then return not self:is_over() end
  while not self:is_over() do
    local delay = self.health:delay(core.now())
    if delay == 0 then return true end
    self.client:sleep(math.min(delay, TICK))
  end
  return false
end

--- Waits until a write may be sent. False if the run is over.
function Run:await_slot()
  local slot = math.max(self.free, core.now())
  self.free = slot + 1 / self.rate
  return self:wait_until(slot)
end

-- --- counting ----------------------------------------------------------------------------------

local function report(self)
  if not self.on_progress then return end
  local outcome = self.outcome
  self.on_progress { phase = "apply", done = self.done, total = self.plan.writes,
    failed = outcome.failed, indeterminate = outcome.indeterminate, skipped = outcome.skipped }
end

function Run:add(name)
  self.outcome[name] = self.outcome[name] + 1
  if name == "adopted" then return end
  self.done = self.done + 1
  report(self)
end

--- Notes that the API has done an action.
function Run:note_success()
  self.health:succeeded()
end

--- Notes the error of a call, also if its outcome is unknown. It may end the run.
function Run:note_failure(err)
  if not self.health:failed(err, core.now()) then return end
  self.halted = self.halted or { kind = err.kind, status = err.status, message = err.message }
end

local function add_error(self, entry, action, err)
  local problem = { line = action.line or entry.line, action = action.action or "list", sid = action.sid,
    parent = forms.parent(entry.url), kind = err.kind, message = err.message, status = err.status,
    code = err.code, candidates = err.candidates }
  local errors = self.outcome.errors
  if #errors < LISTED then errors[#errors + 1] = problem end
  if self.on_error then self.on_error(problem) end
end

--- Counts a failed action; or `rows` rows, of a channel whose list the plan could not read.
function Run:fail(entry, action, err, rows)
  self.outcome.failed = self.outcome.failed + (rows or 1)
  if not rows then self.done = self.done + 1 end
  add_error(self, entry, action, err)
  report(self)
end

local DOUBT = { kind = "indeterminate", message = "it cannot be told whether the webhook was made" }

--- Counts creates that may or may not have made a webhook.
function Run:doubt(entry, intents)
  for _, intent in ipairs(intents) do
    self.outcome.indeterminate, self.done = self.outcome.indeterminate + 1, self.done + 1
    add_error(self, entry, { line = intent.line, action = "create" }, intent.err or DOUBT)
    report(self)
  end
end

--- Puts an entry aside until the run can look for its creates. If another entry may be the same channel
-- under its other name, it waits here instead: the other's list has to show what this one has made.
function Run:postpone(entry, states)
  entry.rounds = (entry.rounds or 0) + 1
  if entry.rounds > ROUNDS then return self:doubt(entry, states:open()) end
  if self.plan.mixed or #self.postponed >= POSTPONED then return work.settle(self, entry, states) end
  self.postponed[#self.postponed + 1] = { entry = entry, states = states }
end

-- --- the passes ----------------------------------------------------------------------------------

-- Calls act with each entry and its states, several at a time, until the run is over or `stop()`.
-- True; or nil, message, err.
local function each_entry(self, act, stop)
  local read, close = resume.entries(self.plan, self.journal)
  if not read then return failure("file", close) end
  local broken
  self.at_end = false
  local mapped, why = self.client:map(function()
    if self:is_over() or stop and stop() then return nil end
    local entry, states = read()
    if not entry then broken, self.at_end = states, not states end
    return entry, states
  end, self.workers, act)
  close()
  if broken then return failure("file", broken) end
  if not mapped then return failure.of_map(self.client, why) end
  return true
end

-- Reads all lists again: true if they show what the plan has seen.
local function recheck(self)
  local stale
  local done, message, err = each_entry(self, function(entry, states)
    if entry.err then return end
    local unchanged, why, how = work.check(self, entry, states)
    if not unchanged and not stale then stale = { entry = entry, message = why, err = how } end
    self.checked = self.checked + 1
    if self.on_progress then
      self.on_progress { phase = "recheck", done = self.checked, total = self.plan.parents }
    end
  end, function() return stale end)
  if not done then return nil, message, err end
  if not stale then return true end
  if stale.err.kind ~= "stale" then return nil, stale.message, stale.err end
  local where = { line = stale.entry.line, parent = forms.parent(stale.entry.url) }
  return failure("stale", stale.message, where)
end

-- Does the entries first whose creates have no outcome, if another entry may be the same channel under
-- its other name: that one's list has to show what they have made.
local function settle_first(self)
  self.settled = {}
  if not self.plan.mixed or self.journal.count <= 1 then return true end
  return each_entry(self, function(entry, states)
    if not states:open()[1] then return end
    self.settled[entry.url] = true
    work.apply(self, entry, states)
  end)
end

-- Does all other entries.
local function apply_all(self)
  return each_entry(self, function(entry, states)
    if not self.settled[entry.url] then work.apply(self, entry, states) end
  end)
end

-- Settles the postponed entries, and those that are postponed meanwhile.
local function settle_all(self)
  while self.postponed[1] and not self:is_over() do
    local place, list = 0, self.postponed
    self.postponed = {}
    local mapped, why = self.client:map(function()
      place = place + 1
      return list[place] -- all of them: if the run is over, each counts as doubtful
    end, self.workers, function(one) work.settle(self, one.entry, one.states) end)
    if not mapped then return failure.of_map(self.client, why) end
  end
  return true
end

-- --- the whole -----------------------------------------------------------------------------------

-- The client's account, if it is known, and the seconds that its requests may take.
local function ask_client(self)
  local entry, message = self.plan:entries()()
  if not entry then return not message, message end
  local named, timeout, why, err = account.of(self.client, entry.url)
  if not timeout then return nil, why, err end
  self.account, self.timeout = named or self.plan.account, timeout
  return true
end

local function check_account(self)
  local before = self.plan.account
  if not before or not self.account or before == self.account then return true end
  local message = "the plan is of the account %s, and the client's is %s"
  return failure("changed", message:format(before, self.account))
end

local function steps(self)
  local done, message, err = ask_client(self)
  if not done then return failure(err and err.kind or "invalid", message, err) end
  done, message, err = check_account(self)
  if done then done, message, err = self.journal:begin(self.plan.input, self.account) end
  if done and self.recheck then done, message, err = recheck(self) end
  if done then done, message, err = settle_first(self) end
  if done then done, message, err = apply_all(self) end
  if done then done, message, err = settle_all(self) end
  if done then done, message, err = self.journal:commit() end
  if not done and self.journal.broken then return nil, self.journal.broken[2], self.journal.broken[3] end
  return done, message, err
end

local function finish(self)
  local outcome = self.outcome
  for _, one in ipairs(self.postponed) do self:doubt(one.entry, one.states:open()) end
  outcome.stopped, outcome.halted = self.stopped, self.halted or nil
  -- the journal may have creates without an outcome for an entry that was not read
  outcome.complete = self.at_end and outcome.failed == 0 and outcome.indeterminate == 0
    and self.done >= self.plan.writes
  return outcome
end

--- Carries out a plan.
-- @tparam table plan
-- @tparam table client
-- @tparam table journal
-- @tparam table options see doc/bulk.md
-- @treturn[1] table outcome
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] table err: "changed", "stale", "journal" and others; `outcome`, so far
function apply.run(plan, client, journal, options)
  local self = setmetatable({
    plan = plan, client = client, journal = journal,
    -- if one channel has two names here, the second has to see what the first made
    workers = plan.mixed and 1 or options.workers or plans.WORKERS, rate = options.rate or plan.rate,
    margin = options.margin or MARGIN, stop = options.stop, recheck = options.recheck,
    on_progress = options.on_progress, on_error = options.on_error,
    timeout = 0, account = nil, free = 0, done = 0, checked = 0, stopped = false, halted = false,
    health = health.new(), at_end = false, -- did the last pass read all entries?
    postponed = {},
    outcome = { created = 0, adopted = 0, updated = 0, deleted = 0, kept = plan.counts.keep, skipped = 0,
      failed = 0, indeterminate = 0, errors = {} },
  }, Run)
  if self.recheck == nil then self.recheck = plan.from_file or false end
  self.pause = function(seconds) client:sleep(seconds) end
  local done, message, err = steps(self)
  local outcome = finish(self)
  if done then return outcome end
  err.outcome = outcome
  return nil, message, err
end

return apply
