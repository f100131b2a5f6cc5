--- Works on one channel or conversation: an entry of a plan, with the journal's records of it. `run`
-- is that of apply.lua.

local actions = require "twilio.webhooks.bulk.actions"
local core = require "twilio.webhooks.loading".core()
local digest = require "twilio.webhooks.bulk.digest"
local evidence = require "twilio.webhooks.policy.evidence"
local forms = require "twilio.webhooks.bulk.forms"
local match = require "twilio.webhooks.policy.match"

local work = {}

-- Seconds between two lists that both have to show nothing.
local APART = 1

local function list(run, entry)
  return run.client:list_webhooks(forms.parent(entry.url))
end

-- --- is it as the plan has seen it? ------------------------------------------------------------

-- May the webhook be what one of the creates without an outcome has made?
local function may_be_ours(states, webhook)
  for _, intent in ipairs(states:open()) do
    if match.equal(intent.form, webhook) then return true end
  end
  return false
end

-- A webhook that differs from what the plan has seen, and that the journal does not explain; or nil.
local function find_change(entry, states, webhooks)
  local there = {}
  for _, webhook in ipairs(webhooks) do
    local sid = webhook.sid
    local before = entry.seen[sid]
    there[sid] = true
    if not before and not states.made[sid] and not may_be_ours(states, webhook) then return sid end
    if before and before ~= digest.webhook(webhook) and not states.touched[sid] then return sid end
  end
  for sid in pairs(entry.seen) do
    if not there[sid] and not states.touched[sid] then return sid end
  end
  return nil
end

--- Does the channel show what the plan has seen? True; or nil, message, err: "stale", or that of
-- the list.
function work.check(run, entry, states, webhooks)
  if not webhooks then
    local message, err
    webhooks, message, err = list(run, entry)
    if not webhooks then return nil, message, err end
  end
  local sid = find_change(entry, states, webhooks)
  if not sid then return true end
  local message = ("%s is not as the plan has seen it: somebody has changed it; plan again"):format(sid)
  return nil, message, { kind = "stale", message = message, sid = sid }
end

-- --- actions -------------------------------------------------------------------------------------

-- Counts an action's outcome. True if the run has to look for the webhook.
local function count(run, entry, action, outcome)
  if outcome.t == "done" then run:note_success() else run:note_failure(outcome.err) end
  if outcome.t == "done" then
    run:add(outcome.how == "adopted" and "created" or outcome.how)
    if outcome.how == "adopted" then run:add "adopted" end
  elseif outcome.t == "unknown" then
    return true
  else
    run:fail(entry, action, outcome.err)
  end
  return false
end

local function sids_of(webhooks)
  local known = {}
  for _, webhook in ipairs(webhooks) do known[webhook.sid] = true end
  return known
end

-- Does the actions that are left, up to the first create that may have made a webhook: then true.
local function act(run, entry, states, left, webhooks)
  local known = sids_of(webhooks)
  for sid in pairs(states.made) do known[sid] = true end
  for _, action in ipairs(left) do
    local outcome = actions.perform(run, entry, states, action, known)
    if not outcome then return false end
    if outcome.t == "done" then states:set_counted(actions.row(entry, action)) end
    if count(run, entry, action, outcome) then return true end
  end
  return false
end

-- The actions that the journal has neither as done nor without an outcome.
local function left_of(run, entry, states)
  local left = {}
  for _, action in ipairs(entry.todo or {}) do
    local row = actions.row(entry, action)
    if states:count_skipped(row) then run:add "skipped" end
    if not states:is_settled(row) then left[#left + 1] = action end
  end
  return left
end

-- Does the plan ask for the row that the intent was for?
local function is_asked(entry, intent)
  for _, action in ipairs(entry.todo or {}) do
    if action.action == "create" and actions.row(entry, action) == intent.d then return true end
  end
  return false
end

local function fail_all(run, entry, left, err)
  for _, action in ipairs(left) do run:fail(entry, action, err) end
end

-- Counts the actions as failed, since the list could not be read.
local function fail_unread(run, entry, left, err)
  run:note_failure(err)
  fail_all(run, entry, left, err)
end

-- Does the actions of an entry, except open creates. `webhooks`: its list, if it was just read.
local function proceed(run, entry, states, webhooks)
  local left = left_of(run, entry, states)
  if not left[1] then return end
  local err, unchanged, _
  if not webhooks then
    if not run:await_health() then return end
    webhooks, _, err = list(run, entry)
    if not webhooks then return fail_unread(run, entry, left, err) end
  end
  unchanged, _, err = work.check(run, entry, states, webhooks)
  if not unchanged then return fail_all(run, entry, left, err) end
  if act(run, entry, states, left, webhooks) then run:postpone(entry, states) end
end

-- --- creates without an outcome ------------------------------------------------------------------

-- The moment from which the create cannot be under way any more.
local function over_at(run, intent)
  local journal = run.journal
  local latest = intent.returned or journal.opened + run.timeout
  local up = intent.up / 1000
  if not intent.returned and journal.boot and intent.boot == journal.boot and up <= journal.opened then
    latest = math.min(latest, up + intent.span / 1000)
  end
  return latest + run.margin
end

-- The list's verdict on the create: "adopt" and the webhook, "absent", or another word.
local function judge(states, intent, webhooks)
  local known = {}
  for _, sid in ipairs(intent.known or {}) do known[sid] = true end
  return evidence.judge(webhooks, { form = intent.form, exact = true, rival = false, elapsed = 0,
    known = function(sid) return known[sid] or states.made[sid] end })
end

-- Notes an outcome in the journal and in the states. False if the journal is broken.
local function conclude(run, entry, states, intent, outcome)
  local noted, record = actions.conclude(run, entry, "create", intent.d, outcome)
  states:add(record)
  return noted
end

-- Judges all open creates by one list. Gives those for which it shows nothing.
local function judge_all(run, entry, states, webhooks)
  local absent = {}
  for _, intent in ipairs(states:open()) do
    local verdict, found = judge(states, intent, webhooks)
    if verdict == "adopt" then
      local outcome = { t = "done", sid = found[1].sid, how = "adopted" }
      if not conclude(run, entry, states, intent, outcome) then return {} end
      run:note_success()
      if is_asked(entry, intent) then
        run:add "created"
        run:add "adopted"
      end
      states:set_counted(intent.d)
    elseif verdict == "absent" then
      absent[#absent + 1] = intent
    else
      local err = { kind = "indeterminate", candidates = found, sent = "unknown", retryable = false,
        message = "it cannot be told which webhook the create has made, or whether it has made one" }
      intent.err = err
      if not conclude(run, entry, states, intent, { t = "unknown", err = err }) then return {} end
    end
  end
  return absent
end

-- Looks for all open creates. A create is absent once two lists, a second apart, show nothing of it.
-- Gives the last list; or nil, message, err.
local function settle(run, entry, states)
  local latest = 0
  for _, intent in ipairs(states:open()) do latest = math.max(latest, over_at(run, intent)) end
  if not run:wait_until(latest) or not run:await_health() then return nil end
  local webhooks, message, err = list(run, entry)
  if not webhooks then return nil, message, err end
  if not judge_all(run, entry, states, webhooks)[1] then return webhooks end
  if not run:wait_until(core.now() + APART) or not run:await_health() then return nil end
  webhooks, message, err = list(run, entry)
  if not webhooks then return nil, message, err end
  for _, intent in ipairs(judge_all(run, entry, states, webhooks)) do
    if not conclude(run, entry, states, intent, { t = "absent" }) then return nil end
  end
  return webhooks
end

--- Goes on with an entry that had creates without an outcome.
function work.settle(run, entry, states)
  local webhooks, _, err = settle(run, entry, states)
  if err then fail_unread(run, entry, left_of(run, entry, states), err) end
  run:doubt(entry, states:open())
  if not webhooks then return end
  if entry.err then run:fail(entry, {}, entry.err, entry.rows) end
  return proceed(run, entry, states, webhooks)
end

--- Does what an entry asks for; later, if the journal has creates of it without an outcome.
function work.apply(run, entry, states)
  if states:open()[1] then return run:postpone(entry, states) end
  if entry.err then return run:fail(entry, {}, entry.err, entry.rows) end
  return proceed(run, entry, states)
end

return work
