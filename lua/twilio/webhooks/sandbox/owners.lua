-- Lists channels and conversations: those that the sandbox has from the start, and those that were
-- named when a webhook was made. Each has its sid, name, dates, and type or state; the rest is as in
-- a new one.

local errors = require "twilio.webhooks.sandbox.errors"
local json = require "twilio.webhooks.sandbox.json"
local pages = require "twilio.webhooks.sandbox.pages"

local owners = {}

-- Every tenth of those from the start is private, or closed (ours).
local OTHER = 10

-- The filters of a query: a function that tells whether an owner is wanted, and the query that
-- says the same. Or nil and the error.
local function read_filters(filters, form)
  local tests, query = {}, ""
  for name, filter in pairs(filters) do
    for _, text in ipairs(form[name] or {}) do
      if filter.read and text ~= "" and not filter.read(text) then
        return nil, errors.new("invalid_parameter", name)
      end
      local test = tests[name] or { filter = filter, values = {} }
      if text ~= "" then tests[name], test.values[text], test.text = test, true, text end
      if text ~= "" then query = ("%s%s=%s&"):format(query, name, text) end
    end
  end
  return function(owner)
    for _, test in pairs(tests) do
      local value = owner[test.filter.key]
      if test.filter.least then
        if value < test.text then return false end
      elseif test.filter.most then
        if value:sub(1, #test.text) > test.text then return false end
      elseif not test.values[value] then return false end
    end
    return true
  end, query
end

-- The owner as the API shows it.
local function shown(self, owner, call, base)
  local row = call.resource
  local path = row.path:gsub("{(.-)}", call.path) .. "/" .. owner.sid
  local answer = {
    sid = owner.sid, account_sid = self.account_sid, unique_name = owner.unique_name or json.NULL,
    friendly_name = owner.unique_name or json.NULL, attributes = "{}", date_created = owner.date_created,
    date_updated = owner.date_created, url = base .. path, links = { webhooks = base .. path .. "/Webhooks" },
    [row.of.service or "chat_service_sid"] = call.path[row.of.service] or self.service_sid,
  }
  if row.of.service == "service_sid" then
    answer.type, answer.created_by, answer.members_count, answer.messages_count = owner.type, "system", 0, 0
  else
    answer.state, answer.messaging_service_sid = owner.state, self.messaging_service_sid
    answer.timers, answer.bindings = {}, {}
  end
  return answer
end

--- The answer to a list of such items, `all` with their `serials`, which show(item) shows. `list`:
-- its `key`, `pages` and `filters`. Or nil and the error.
function owners.answer(self, call, list, all, show)
  local page, problem = pages.read(call.target.query, list.pages)
  if not page then return nil, problem end
  local wanted, filters = read_filters(list.filters, page.form)
  if not wanted then return nil, filters end
  page.filters = filters
  local url = (self.alias or call.origin) .. call.target.path
  local found, meta = pages.turn(page, all, all.serials, url, list.key, wanted)
  for i, item in ipairs(found) do found[i] = show(item) end
  return 200, { meta = meta, [list.key] = found }
end

-- The list, as an operation of api.lua.
function owners.list(self, call)
  local base = self.alias or call.resource.of.host
  return owners.answer(self, call, call.resource.list, self:owners(call), function(owner)
    return shown(self, owner, call, base)
  end)
end

-- The nth owner from the start.
function owners.given(name, n)
  local other = n % OTHER == 0
  return ("%s-%d"):format(name, n), other and "private" or "public", other and "closed" or "active"
end

return owners
