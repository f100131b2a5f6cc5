--- Gives one channel or conversation the webhooks that are wanted: lists once, and makes the fewest
-- changes. wanted.lua reads the parameters, policy/difference.lua decides on the changes, and
-- calls.lua makes each.

local calls = require "twilio.webhooks.calls"
local core = require "twilio.webhooks.loading".core()
local difference = require "twilio.webhooks.policy.difference"
local ensure = require "twilio.webhooks.calls.ensure"
local in_turn = require "twilio.webhooks.calls.in_turn"
local wanted = require "twilio.webhooks.wanted"

local apply = {}

local NAME = "apply_webhooks"

local function left_of(self, work)
  return math.max(work.begin + work.deadline - self.core.now(), 0.001)
end

local perform = {}

function perform.keep(_, work, action)
  table.insert(work.result.kept, action.webhook)
  return true
end

function perform.create(self, work, action)
  local params = work.rows[action.row].params
  local webhook, info, err = calls.create_held(self, params, left_of(self, work), work.known, work.life)
  if not webhook then return nil, info, err end
  work.known[webhook.sid], action.webhook = true, webhook
  table.insert(work.result.created, webhook)
  return true
end

-- Creates the webhook if somebody has deleted it meanwhile.
function perform.update(self, work, action)
  local webhook, info, err = ensure.update(self, work.rows[action.row].params, action.webhook, action.changes,
    work.deadline, work.begin, work.life)
  if err and err.status == 404 then
    action.action, action.changes = "create", nil
    return perform.create(self, work, action)
  end
  if not webhook then return nil, info, err end
  action.webhook = webhook
  table.insert(work.result.updated, webhook)
  return true
end

function perform.delete(self, work, action)
  local params = wanted.merge(work.parent, { sid = action.webhook.sid })
  local deleted, info, err = calls.run(self, "delete_webhook", params, left_of(self, work), true, work.life)
  if not deleted and err.status ~= 404 then return nil, info, err end
  table.insert(work.result.deleted, action.webhook)
  return true
end

local LISTS = { create = "created", update = "updated", delete = "deleted", keep = "kept" }

-- What would be done: for a create the row, for the others the webhook as it is.
local function predict(work)
  for _, action in ipairs(work.result.actions) do
    table.insert(work.result[LISTS[action.action]], action.webhook or work.webhooks[action.row])
  end
  return work.result
end

-- The results of a failure during the work, with what was done before it.
local function fail(work, action, message, err)
  local what = action and (action.row and ("webhooks[%d]"):format(action.row) or action.webhook.sid)
  message = what and ("%s: %s: %s"):format(NAME, what, message) or ("%s: %s"):format(NAME, message)
  err.message, err.result = message, work.result
  return nil, message, err
end

local NO_ROOM = "leave no room: one channel or conversation takes %d, and %d would be there, %d of them"
  .. " already and not to be deleted"

-- Refuses more webhooks than there is room for, before anything is changed.
local function refuse_excess(work, listed, excess)
  local staying = #listed
  for _, action in ipairs(work.result.actions) do
    if action.action == "delete" then staying = staying - 1 end
  end
  local message = NO_ROOM:format(difference.ROOM, difference.ROOM + excess, staying)
  return core.invalid(NAME, { { field = "webhooks", message = message } })
end

local function work_through(life, self, work)
  work.life = life
  local listed, info, err = calls.run(self, "list_webhooks", work.parent, left_of(self, work), true, life)
  if not listed then return fail(work, nil, info, err) end
  for _, webhook in ipairs(listed) do work.known[webhook.sid] = true end
  local excess
  self.waiting:expect(life, work.begin + work.deadline) -- a function for prune may wait as it likes
  work.result.actions, excess = difference.actions(work.forms, listed, work.owned)
  if excess > 0 then return refuse_excess(work, listed, excess) end
  if work.dry_run then return predict(work), info end
  for _, action in ipairs(work.result.actions) do
    local done, message, failure = perform[action.action](self, work, action)
    if not done then return fail(work, action, message, failure) end
    action.done = true
  end
  return work.result, info
end

-- The keys of the calls that have to wait meanwhile: another apply_webhooks on the same list, and
-- creates with one of these aims. Sorted, each once.
local function keys_of(self, work)
  local keys, seen = {}, {}
  if self.waiting:is_alone() then return keys end
  for _, row in ipairs(work.rows) do
    local draft, aim = self.handle:draft("create_webhook", row.params)
    if draft and not seen[aim] then keys[#keys + 1], seen[aim] = aim, true end
  end
  table.sort(keys)
  table.insert(keys, 1, NAME .. " " .. work.url)
  return keys
end

local LATE = NAME .. ": not sent within its deadline: another call of this client is about the same webhooks"

-- The results where it did not get its turns: the wait for them was ended, or the deadline came.
local function give_up(self, work)
  local _, message, err
  if not self.waiting:may_wait() then
    _, message, err = self.waiting:canceled(NAME)
  else
    message, err = LATE, { kind = "timeout", message = LATE, operation = NAME, attempts = 0, sent = "no",
      retryable = true }
  end
  err.result = work.result
  return nil, message, err
end

--- Gives a channel or conversation the webhooks that are wanted.
-- @tparam table self the client
-- @tparam table params see Client:apply_webhooks; a copy
function apply.run(self, params)
  local begin = self.core.now()
  local work, message, err = wanted.read(self, params)
  if not work then return nil, message, err end
  work.begin, work.known = begin, {}
  work.result = { created = {}, updated = {}, deleted = {}, kept = {}, actions = {} }
  local result, info, failure = in_turn.all(self, keys_of(self, work), begin + work.deadline,
    work_through, self, work)
  if result == false then return give_up(self, work) end
  return result, info, failure
end

return apply
