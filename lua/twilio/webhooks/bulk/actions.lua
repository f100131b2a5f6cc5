--- Does one action of a plan: writes it to the journal, sends it, and writes its outcome to the
-- journal. `run` is that of apply.lua.

local calls = require "twilio.webhooks.calls"
local core = require "twilio.webhooks.loading".core()
local digest = require "twilio.webhooks.bulk.digest"
local evidence = require "twilio.webhooks.policy.evidence"
local forms = require "twilio.webhooks.bulk.forms"
local system = require "twilio.webhooks.loading".system()

local actions = {}

-- Bytes of an error's message that are kept.
local MESSAGE = 300

--- The digest by which the journal knows the action.
function actions.row(entry, action)
  return digest.row(entry.url, action.action == "delete" and action.sid or action.form)
end

-- --- the three -------------------------------------------------------------------------------
-- Each function gives the results of its call. `left`: seconds.

-- Is not sent again once it may have made a webhook. The run looks for that when nothing can be under
-- way any more: after an earlier repeat, a webhook that is made late would be a second one.
local function create(run, entry, action, left, known)
  return calls.create(run.client, forms.params(entry.url, action.form), left, known, true)
end

local function update(run, entry, action, left)
  local params = forms.params(entry.url, action.form)
  for name, value in pairs(action.changes or {}) do
    params[name] = forms.INTEGERS[name] and tonumber(value) or value
  end
  for name in pairs(params) do
    if forms.CREATE_ONLY[name] then params[name] = nil end
  end
  params.sid = action.sid
  return calls.run(run.client, "update_webhook", params, left)
end

-- A webhook that is gone already counts as deleted.
local function delete(run, entry, action, left)
  local params = forms.parent(entry.url)
  params.sid = action.sid
  local done, info, err = calls.run(run.client, "delete_webhook", params, left)
  if not done and err.status == 404 then return true, {} end
  return done, info, err
end

local PERFORM = { create = create, update = update, delete = delete }

-- --- the journal -----------------------------------------------------------------------------

-- Does the plan ask for what the core would send? Somebody may have changed a plan's file.
local function check(run, entry, action)
  if not action.form then return true end
  local params = forms.params(entry.url, action.form)
  local request, message, err = calls.request(run.client, "create_webhook", params)
  if not request then return nil, message, err end
  if request.url == entry.url and request.body == action.form then return true end
  message = "the plan was made for a client with other options"
  return nil, message, { kind = "invalid", message = message, sent = "no" }
end

local function list_of(set)
  local list = {}
  for sid in pairs(set) do list[#list + 1] = sid end
  table.sort(list)
  return list
end

-- Writes the intent to the journal. True once the action may be sent.
local function intend(run, entry, action, row, known)
  local record = {
    t = "intent", a = action.action, d = row, k = digest.key(entry.url), url = entry.url, line = action.line,
    form = action.form, sid = action.sid, at = math.floor(system.time() * 1000), boot = run.journal.boot,
    up = math.floor(core.now() * 1000), span = math.ceil(run.client.deadline * 1000),
    known = action.action == "create" and next(known) and list_of(known) or nil,
  }
  local done, message, err = run.journal:append(record)
  if done and action.action == "create" then done, message, err = run.journal:commit(run.pause) end
  return done and record, message, err
end

--- Writes an action's outcome to the journal: "done" with a sid and how, "failed" or "unknown" with
-- the error, or "absent".
function actions.conclude(run, entry, action, row, outcome)
  local record = { t = outcome.t, a = action, d = row, k = digest.key(entry.url), sid = outcome.sid,
    how = outcome.how }
  local err = outcome.err
  if err then
    record.kind, record.status, record.code = err.kind, err.status, err.code
    record.message = err.message and err.message:sub(1, MESSAGE)
    if err.candidates then
      record.candidates = {}
      for i, webhook in ipairs(err.candidates) do record.candidates[i] = webhook.sid end
    end
  end
  return run.journal:append(record), record
end

-- --- the whole ---------------------------------------------------------------------------------

-- May the failed create have made a webhook?
local function is_doubtful(err)
  if err.kind == "indeterminate" then return true end
  if err.kind == "canceled" then return err.sent ~= "no" end
  return evidence.doubt(err) ~= nil
end

local HOW = { create = "created", update = "updated", delete = "deleted" }

-- The outcome of a call, for the journal.
local function judge(action, result, info, err)
  if result then
    return { t = "done", sid = action.sid or result.sid,
      how = action.action == "create" and info.adopted and "adopted" or HOW[action.action] }
  end
  return { t = action.action == "create" and is_doubtful(err) and "unknown" or "failed", err = err }
end

--- Does an action. Gives its outcome: `t` and `how`, `sid` or `err`; nil if the run is over.
-- @tparam table known the sids that the channel has: the keys of a set
function actions.perform(run, entry, states, action, known)
  local row = actions.row(entry, action)
  local allowed, message, err = check(run, entry, action)
  if not allowed then return { t = "failed", err = err or { kind = "invalid", message = message } } end
  if not run:await_slot() then return nil end
  local intent = intend(run, entry, action, row, known)
  if not intent then return nil end
  states:add(intent)
  -- the sync may have used a part of the time that the intent names
  local left = math.max((intent.up + intent.span) / 1000 - core.now(), 0.001)
  local outcome = judge(action, PERFORM[action.action](run, entry, action, left, known))
  if outcome.t == "unknown" then intent.returned, intent.err = core.now(), outcome.err end
  if outcome.sid and action.action == "create" then known[outcome.sid] = true end
  local _, record = actions.conclude(run, entry, action.action, row, outcome)
  states:add(record)
  return outcome
end

return actions
