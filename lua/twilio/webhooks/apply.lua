--- The wanted webhooks of one channel or conversation: checks all of them, lists once, and makes
-- the fewest changes. policy/difference.lua decides which; calls.lua makes each.

local calls = require "twilio.webhooks.calls"
local core = require "twilio.webhooks.loading".core()
local difference = require "twilio.webhooks.policy.difference"
local match = require "twilio.webhooks.policy.match"
local plain = require "twilio.webhooks.plain"

local apply = {}

local NAME = "apply_webhooks"
local DEADLINE = "seconds: more than 0, and a day at most"
local PRUNE = "false, the begin of your own URLs, such as \"https://hooks.example.com/\", or a function that"
  .. " says of a webhook whether it is yours"

-- What is said beside the webhooks, for all of them: parameters of the path, and options.
local BESIDE = {}
for _, resource in ipairs(core.describe().resources) do
  for _, segment in ipairs(resource.segments) do
    if segment.name then BESIDE[segment.name] = true end
  end
end
for _, name in ipairs(core.describe().options) do BESIDE[name] = true end

-- --- checks ------------------------------------------------------------------------------

local function snake(name)
  return type(name) == "string" and name:gsub("(%l)(%u)", "%1_%2"):lower()
end

local function add(problems, field, expected, given)
  problems[#problems + 1] = core.problem(field, expected, given)
end

local function add_message(problems, field, message)
  problems[#problems + 1] = { field = field, message = message }
end

-- The length of a list without holes; nil where the table is none.
local function length_of(list)
  local count = 0
  for _ in next, list do count = count + 1 end
  for i = 1, count do
    if rawget(list, i) == nil then return nil end
  end
  return count
end

local function check_options(own, problems)
  local prune = own.prune
  local is_prefix = type(prune) == "string" and prune:find "^[Hh][Tt][Tt][Pp][Ss]?://[^/?#%s]"
  if prune and not is_prefix and type(prune) ~= "function" then add(problems, "prune", PRUNE, prune) end
  if own.dry_run ~= nil and type(own.dry_run) ~= "boolean" then
    add(problems, "dry_run", "true or false", own.dry_run)
  end
  local deadline = own.deadline
  if type(deadline) ~= "number" or not (deadline > 0 and deadline <= 86400) then
    add(problems, "deadline", DEADLINE, deadline)
  end
end

-- Adds the problems of a refused request, but for those of fields that `except` has.
local function add_refusal(problems, err, prefix, except)
  for _, problem in ipairs(err.problems or {}) do
    if not except[problem.field] then
      problem.message = problem.message:gsub("list_webhooks", NAME)
      problem.field = prefix .. problem.field
      problems[#problems + 1] = problem
    end
  end
end

-- The parameters of a create: those beside the webhooks, but for the list's own, and those of one
-- of them.
local function merge(parent, row)
  local params = {}
  for name, value in next, parent do
    if snake(name) ~= "page_size" then params[name] = value end
  end
  for name, value in next, row do params[name] = value end
  return params
end

-- Checks one of the webhooks. Gives its parameters and its request, or nil.
local function check_row(self, parent, row, prefix, refused, problems)
  local fits = true
  if type(row) ~= "table" then
    add(problems, prefix:sub(1, -2), "a table of parameters, as of create_webhook", row)
    return nil
  elseif plain.may_hide_fields(row) then
    add_message(problems, prefix:sub(1, -2), "must be a plain table, without __index or __pairs")
    return nil
  end
  for name in next, row do
    if BESIDE[snake(name)] then
      add_message(problems, prefix .. name, "belongs beside webhooks, for all of them")
      fits = false
    end
  end
  if not fits then return nil end
  local params = merge(parent, row)
  local request, message, err = self.handle:request("create_webhook", params)
  if request then return params, request end
  if not err.problems then add_message(problems, prefix:sub(1, -2), message) end
  add_refusal(problems, err, prefix, refused)
  return nil
end

-- Reports webhooks that are asked for twice: a list could not tell them apart.
local function check_repeats(rows, problems)
  for i, row in ipairs(rows) do
    for j = 1, i - 1 do
      if row and rows[j] and match.same(row.request.body, rows[j].request.body) then
        add_message(problems, ("webhooks[%d]"):format(i), ("is equal to webhooks[%d]"):format(j))
        break
      end
    end
  end
end

-- The rows, each `params` and `request`; false in the place of one that was refused.
local function check_rows(self, parent, webhooks, refused, problems)
  local rows = {}
  local count = type(webhooks) == "table" and not plain.may_hide_fields(webhooks) and length_of(webhooks)
  if not count then
    add(problems, "webhooks", "a list, without holes, of tables with parameters as of create_webhook", webhooks)
    return rows
  end
  if count > difference.ROOM then
    add_message(problems, "webhooks", ("must be %d at most, which is what one channel or conversation takes, not %d")
      :format(difference.ROOM, count))
  end
  for i = 1, count do
    local params, request = check_row(self, parent, webhooks[i], ("webhooks[%d]."):format(i), refused, problems)
    rows[i] = params and { params = params, request = request } or false
  end
  check_repeats(rows, problems)
  return rows
end

-- The results of a list that was refused, under this name.
local function refuse(message, err)
  message = message:gsub("list_webhooks", NAME)
  err.message, err.operation = message, NAME
  for _, problem in ipairs(err.problems or {}) do problem.message = problem.message:gsub("list_webhooks", NAME) end
  return nil, message, err
end

-- The rows of a call, and the URL of the list. Nil, message, err where anything is wrong: all of it.
local function check(self, parent, own)
  local problems, refused = {}, {}
  local listing, message, err = self.handle:request("list_webhooks", parent)
  if not listing and not err.problems then return refuse(message, err) end
  if not listing then
    for _, problem in ipairs(err.problems or {}) do refused[problem.field] = true end
    add_refusal(problems, err, "", {})
  end
  check_options(own, problems)
  local rows = check_rows(self, parent, own.webhooks, refused, problems)
  if problems[1] then return core.invalid(NAME, problems) end
  return rows, listing.url
end

-- --- the work ----------------------------------------------------------------------------

local function left_of(self, work)
  return math.max(work.begin + work.deadline - self.core.now(), 0.001)
end

local perform = {}

function perform.keep(_, work, action)
  table.insert(work.result.kept, action.webhook)
  return true
end

function perform.create(self, work, action)
  local webhook, info, err = calls.create_held(self, work.rows[action.row].params, left_of(self, work), work.known)
  if not webhook then return nil, info, err end
  work.known[webhook.sid], action.webhook = true, webhook
  table.insert(work.result.created, webhook)
  return true
end

-- Somebody may have deleted it meanwhile: then it is to be made.
function perform.update(self, work, action)
  local webhook, info, err = calls.update(self, work.rows[action.row].params, action.webhook, action.changes,
    work.deadline, work.begin)
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
  local params = merge(work.parent, { sid = action.webhook.sid })
  local deleted, info, err = calls.run(self, "delete_webhook", params, left_of(self, work), true)
  if not deleted and err.status ~= 404 then return nil, info, err end
  table.insert(work.result.deleted, action.webhook)
  return true
end

local LISTS = { create = "created", update = "updated", delete = "deleted", keep = "kept" }

-- What would be done: of a create the row, of the others the webhook as it is.
local function predict(work)
  for _, action in ipairs(work.result.actions) do
    table.insert(work.result[LISTS[action.action]], action.webhook or work.webhooks[action.row])
  end
  return work.result
end

-- The results of a failure amid the work, with what was done before it.
local function fail(work, action, message, err)
  local what = action and (action.row and ("webhooks[%d]: "):format(action.row) or action.webhook.sid .. ": ") or ""
  message = ("%s: %s%s"):format(NAME, what, message)
  err.message, err.result = message, work.result
  return nil, message, err
end

-- There is no room for all: refused, before anything is changed.
local function refuse_excess(work, listed, excess)
  local deleted = 0
  for _, action in ipairs(work.result.actions) do
    if action.action == "delete" then deleted = deleted + 1 end
  end
  return core.invalid(NAME, { { field = "webhooks", message =
    ("leave no room: one channel or conversation takes %d, and %d would be there, %d of them already and not to be deleted")
    :format(difference.ROOM, difference.ROOM + excess, #listed - deleted) } })
end

local function work_through(self, work)
  local listed, info, err = calls.run(self, "list_webhooks", work.parent, left_of(self, work), true)
  if not listed then return fail(work, nil, info, err) end
  for _, webhook in ipairs(listed) do work.known[webhook.sid] = true end
  local excess
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

-- What has to wait meanwhile: another of this name on the same list, and creates with one of these
-- aims. Sorted, each once.
local function keys_of(self, rows, url)
  local keys, seen = {}, {}
  if self.waiting:is_alone() then return keys end
  for _, row in ipairs(rows) do
    local draft, aim = self.handle:draft("create_webhook", row.params)
    if draft and not seen[aim] then keys[#keys + 1], seen[aim] = aim, true end
  end
  table.sort(keys)
  table.insert(keys, 1, NAME .. " " .. url)
  return keys
end

local function give_up(work)
  local message = ("%s: not sent within its deadline: another call of this client is about the same webhooks")
    :format(NAME)
  return nil, message, { kind = "timeout", message = message, operation = NAME, attempts = 0, sent = "no",
    retryable = true, result = work.result }
end

local OWN = { webhooks = true, prune = true, dry_run = true, deadline = true }

-- The parameters of the list, and what is this call's own.
local function split(params)
  local parent, own = {}, {}
  for name, value in next, params do
    if OWN[name] then own[name] = value else parent[name] = value end
  end
  return parent, own
end

--- Makes the webhooks of a channel or conversation be those that are wanted.
-- @tparam table self the client
-- @tparam table params nobody else's; those of its list, and `webhooks`, `prune`, `dry_run`, `deadline`
function apply.run(self, params)
  if plain.may_hide_fields(params) then return refuse(select(2, self.handle:request("list_webhooks", params))) end
  local parent, own = split(params)
  if own.deadline == nil then own.deadline = self.deadline end
  local rows, url, err = check(self, parent, own)
  if not rows then return nil, url, err end
  local work = {
    parent = parent, rows = rows, webhooks = own.webhooks, forms = {}, owned = difference.owner(own.prune),
    dry_run = own.dry_run, deadline = own.deadline, begin = self.core.now(), known = {},
    result = { created = {}, updated = {}, deleted = {}, kept = {}, actions = {} },
  }
  for i, row in ipairs(rows) do work.forms[i] = row.request.body end
  local result, info, failure = calls.in_turns(self, keys_of(self, rows, url), work.begin + work.deadline,
    work_through, self, work)
  if result == false then return give_up(work) end
  return result, info, failure
end

return apply
