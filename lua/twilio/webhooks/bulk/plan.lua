--- A plan: the changes that give each row of a source its webhook. Reads lists, changes nothing.
-- Uses memory of a bounded size, and a temporary file.
--
-- A channel or conversation is an entry, one line of JSON: `line` of its first row, `url`, `seen`
-- (sids to digests of the webhooks that the list showed), `rows`, `keep`, and `todo`, the actions;
-- or `err`, if its list could not be read.

local account = require "twilio.webhooks.bulk.account"
local cjson = require "cjson"
local core = require "twilio.webhooks.loading".core()
local difference = require "twilio.webhooks.policy.difference"
local digest = require "twilio.webhooks.bulk.digest"
local failure = require "twilio.webhooks.bulk.failure"
local forms = require "twilio.webhooks.bulk.forms"
local groups = require "twilio.webhooks.bulk.groups"
local health = require "twilio.webhooks.bulk.health"
local match = require "twilio.webhooks.policy.match"
local sorted = require "twilio.webhooks.bulk.sorted"

local plan = {}

local Plan = {}
Plan.__index = Plan

-- Channels whose lists are read, or that are worked on, at a time.
plan.WORKERS = 16
-- Writes a second by default: the API takes 30.
plan.RATE = 25
-- Seconds between two questions whether to stop, while the API is given time.
local TICK = 0.2
-- Errors that are listed; all are counted.
local LISTED = 100
-- Forms whose webhook's settings are known: most rows are like others.
local EQUAL = 256

-- --- making one --------------------------------------------------------------------------------

local function target_of(webhook)
  local configuration = webhook.configuration or {}
  return configuration.url or configuration.flow_sid
end

-- An action of difference.lua as the plan keeps it; nil for one that does nothing.
local function new_action(group, action)
  if action.action == "keep" then return nil end
  local form = action.row and group.forms[action.row]
  return {
    action = action.action, line = action.row and group.lines[action.row], form = form,
    sid = action.webhook and action.webhook.sid,
    changes = action.changes and next(action.changes) and action.changes or nil,
    target = not form and target_of(action.webhook) or nil,
  }
end

local NO_ROOM = "there is no room for %d of the webhooks: a channel or conversation takes %d"

local failed_entry

-- Makes the entry of a group whose list was read, and adds to the counts.
local function new_entry(self, group, webhooks)
  local actions, excess = difference.actions(group.forms, webhooks, self.owned)
  if excess > 0 then
    return failed_entry(self, group, NO_ROOM:format(excess, difference.ROOM), { kind = "invalid" })
  end
  local entry = { line = group.line, url = group.url, rows = group.count, keep = 0, seen = {} }
  for _, webhook in ipairs(webhooks) do entry.seen[webhook.sid] = digest.webhook(webhook) end
  local todo = {}
  for _, action in ipairs(actions) do
    self.counts[action.action] = self.counts[action.action] + 1
    if action.action == "keep" then entry.keep = entry.keep + 1 end
    todo[#todo + 1] = new_action(group, action)
  end
  if todo[1] then entry.todo = todo end
  return entry
end

-- Is the form known to ask for a webhook with these settings?
local function is_kept(self, form, webhook, settings)
  if self.equal[form] == settings then return true end
  if not match.equal(form, webhook) then return false end
  if self.equal_count == EQUAL then self.equal, self.equal_count = {}, 0 end
  self.equal[form], self.equal_count = settings, self.equal_count + 1
  return true
end

-- The text of the entry of a group that needs no change: one row, and one webhook that equals it. Most
-- groups of a repeated plan are so, hence this short way. Nil for other groups.
local function kept_text(self, group, webhooks)
  local webhook = webhooks[1]
  if group.count > 1 or not webhook or webhooks[2] then return nil end
  local settings = digest.settings(webhook)
  if not is_kept(self, group.forms[1], webhook, settings) then return nil end
  self.counts.keep = self.counts.keep + 1
  return '{"line":' .. group.line .. ',"url":"' .. group.url .. '","rows":1,"keep":1,"seen":{"'
    .. webhook.sid .. '":"' .. digest.checksum(settings) .. '"}}'
end

function failed_entry(self, group, message, err)
  self.counts.failed = self.counts.failed + group.count
  local brief = { kind = err.kind, message = message, status = err.status, code = err.code,
    line = group.line }
  if #self.errors < LISTED then self.errors[#self.errors + 1] = brief end
  return { line = group.line, url = group.url, rows = group.count, err = brief }
end

-- Waits until a call has a chance, as apply does. False if the plan must end.
local function await_health(self, client, stop)
  if self.health:is_well() then return not self.failed and not client.closed end
  while not self.failed and not client.closed do
    local delay = self.health:delay(core.now())
    if delay == 0 then return true end
    if stop and stop() then return false end
    client:sleep(math.min(delay, TICK))
  end
  return false
end

local function add_entry(self, group, text)
  local added, message, name = self.sorter:add(group.place .. " " .. text)
  if not added then self.failed = { failure("file", message, { error_name = name }) } end
end

-- Notes whether a channel or conversation is named by its sid. If some are and some are not, two names
-- may mean the same one.
local function note_name(self, parent)
  local name = parent.channel_sid or parent.conversation_sid
  local first, second = name:byte(1, 2)
  if #name == 34 and first == 67 and second == 72 then self.by_sid = true else self.by_name = true end -- CH
end

-- Reads the list of a group, and adds its entry.
local function plan_group(self, client, group, options)
  if not await_health(self, client, options.stop) then return end
  local parent = forms.parent(group.url)
  note_name(self, parent)
  local webhooks, message, err = client:list_webhooks(parent)
  if webhooks then
    self.health:succeeded()
    self.account = self.account or webhooks[1] and webhooks[1].account_sid
    add_entry(self, group, kept_text(self, group, webhooks)
      or self.json.encode(new_entry(self, group, webhooks)))
  else
    local hopeless = self.health:failed(err, core.now()) or err.kind == "invalid"
    if hopeless then self.failed = self.failed or { nil, message, err } end
    add_entry(self, group, self.json.encode(failed_entry(self, group, message, err)))
  end
  self.listed = self.listed + 1
  if options.on_progress then
    options.on_progress { phase = "list", done = self.listed, total = self.parents,
      failed = self.counts.failed }
  end
end

local function list_all(self, rows, client, options)
  local each, broken = rows:each(), nil
  local function next_group()
    if self.failed or options.stop and options.stop() then return nil end
    local group, message = each()
    broken = message
    if group and not self.account then self.account = (account.of(client, group.url)) end
    return group
  end
  local mapped, why = client:map(next_group, options.workers or plan.WORKERS, function(group)
    plan_group(self, client, group, options)
  end)
  if self.failed then return nil, self.failed[2], self.failed[3] end
  if broken then return failure("file", broken) end
  if not mapped then return failure.of_map(client, why) end
  if self.listed < self.parents then return failure("canceled", "plan: stopped before its end") end
  return true
end

local function new_plan(fields)
  fields.json, fields.closed = cjson.new(), false
  return setmetatable(fields, Plan)
end

--- Makes a plan.
-- @tparam table source see source.lua; read to its end
-- @tparam table client
-- @tparam table options `prune` (see policy/difference.lua), `workers`, `rate`, `stop()`, `on_progress`
function plan.new(source, client, options)
  local rows, message, err = groups.read(source, client, options.on_progress)
  if not rows then return nil, message, err end
  local self = new_plan {
    input = rows.input, rows = rows.rows, parents = rows.count, sorter = sorted.new(), listed = 0,
    equal = {}, equal_count = 0, by_sid = false, by_name = false, owned = difference.owner(options.prune),
    health = health.new(), failed = false, errors = {},
    counts = { create = 0, update = 0, delete = 0, keep = 0, failed = 0 },
    rate = options.rate or client.rate or plan.RATE,
  }
  local done
  done, message, err = list_all(self, rows, client, options)
  rows:close()
  if not done then
    self:close()
    return nil, message, err
  end
  self.writes = self.counts.create + self.counts.update + self.counts.delete
  self.seconds = self.writes / self.rate
  self.mixed = self.by_sid and self.by_name
  return self
end

-- --- reading it --------------------------------------------------------------------------------

--- A function that gives the entries in the order of their first lines, nil at the end; or nil,
-- message. `texts` gives their JSON in the same way.
function Plan:texts()
  if self.closed then error("the plan is closed", 0) end
  if self.source_texts then return self.source_texts() end
  local read = self.sorter:read()
  return function()
    local line, message = read()
    if not line then return nil, message end
    return line:sub(14)
  end
end

function Plan:entries()
  local read = self:texts()
  return function()
    local text, message = read()
    if not text then return nil, message end
    return core.decode(text)
  end
end

-- An action for people and programs.
local function describe(entry, action)
  local webhook = action.form and forms.webhook(action.form)
  return {
    action = action.action, line = action.line, sid = action.sid, url = entry.url,
    parent = forms.parent(entry.url), target = webhook and target_of(webhook) or action.target,
    webhook = webhook, changes = action.changes,
  }
end

--- A function that gives the actions one by one, without those that do nothing: a table with
-- `action`, `line`, `sid`, `parent`, `target` (URL or flow), `webhook` as it is wanted. For a channel
-- whose list could not be read it has `action` "failed", `line`, `parent`, `err`. Nil at the end; or
-- nil, message.
function Plan:actions()
  local entries = self:entries()
  local entry, i = nil, 0
  return function()
    while true do
      i = i + 1
      local action = entry and entry.todo and entry.todo[i]
      if action then return describe(entry, action) end
      local message
      entry, message = entries()
      i = 0
      if not entry then return nil, message end
      if entry.err then
        return { action = "failed", line = entry.line, url = entry.url, parent = forms.parent(entry.url),
          err = entry.err }
      end
    end
  end
end

--- Is there nothing to do?
function Plan:is_empty()
  return self.writes == 0
end

--- Writes it to a file, for read_plan. True; or nil, message, err.
function Plan:write(path)
  return require("twilio.webhooks.bulk.planfile").write(self, path)
end

function Plan:close()
  self.closed = true
  if self.sorter then self.sorter:close() end
  if self.file then self.file:close() end
end

plan.new_plan = new_plan

return plan
