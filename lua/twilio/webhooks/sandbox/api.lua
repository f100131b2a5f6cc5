-- The sandbox's answers: the rules of the Chat and Conversations APIs about webhooks, over
-- state in memory. It has no sockets, and the caller gives the clock and the random digits, so
-- that a test decides both. resources.lua has what differs between resources, errors.lua the
-- errors, pages.lua the pages of a list.
--
-- The real API wants a service and a channel to be made first; here they exist from their first
-- webhook on. A conversation that is addressed through a service is another one than without
-- it. Left out: the limits on rate (see faults.lua). Values that the API documents nowhere are
-- marked "ours".

local alterations = require "twilio.webhooks.sandbox.alterations"
local decode = require "twilio.webhooks.sandbox.decode"
local errors = require "twilio.webhooks.sandbox.errors"
local history = require "twilio.webhooks.sandbox.history"
local json = require "twilio.webhooks.sandbox.json"
local owners = require "twilio.webhooks.sandbox.owners"
local pages = require "twilio.webhooks.sandbox.pages"
local resources = require "twilio.webhooks.sandbox.resources"
local settings = require "twilio.webhooks.sandbox.settings"

local api = {}
api.__index = api

local FORM = "application/x-www-form-urlencoded"
local MAX_WEBHOOKS = 5 -- of one channel or conversation

-- --- routing ----------------------------------------------------------------

-- The methods of each kind of path: the names of their operations, which begin with a verb.
local COLLECTION = { GET = "list", POST = "create" }
local ITEM = { DELETE = "delete", GET = "fetch", POST = "update" }
local OWNERS = { GET = "list_owners" }
local SETTINGS = { GET = "fetch_settings", POST = "update_settings" }
local ADDRESSES = { GET = "list_addresses" }
local ADDRESS = { GET = "fetch_address", POST = "update_address" }
local ALLOW = {
  [COLLECTION] = "GET, POST", [ITEM] = "DELETE, GET, POST", [OWNERS] = "GET", [SETTINGS] = "GET, POST",
  [ADDRESSES] = "GET", [ADDRESS] = "GET, POST",
}

local function new_route(resource, path, methods)
  local route = { resource = resource, methods = methods }
  for segment in path:gmatch("[^/]+") do
    local parameter = segment:match("^{(.+)}$")
    local pattern = parameter and resources.PARAMETERS[parameter]
    table.insert(route, { text = segment, parameter = parameter, pattern = pattern })
  end
  return route
end

local ROUTES = {}
for _, resource in ipairs(resources.LIST) do
  table.insert(ROUTES, new_route(resource, resource.path, COLLECTION))
  table.insert(ROUTES, new_route(resource, resource.path .. "/{sid}", ITEM))
end
for _, row in ipairs(resources.OWNERS) do table.insert(ROUTES, new_route(row, row.path, OWNERS)) end
for _, row in ipairs(resources.SETTINGS) do table.insert(ROUTES, new_route(row, row.path, SETTINGS)) end
table.insert(ROUTES, new_route(resources.ADDRESSES, resources.ADDRESSES.path, ADDRESSES))
table.insert(ROUTES, new_route(resources.ADDRESSES, resources.ADDRESSES.path .. "/{sid}", ADDRESS))

-- The parameters of the path when the route matches it.
local function match(route, segments)
  if #segments ~= #route then return nil end
  local path = {}
  for i, expected in ipairs(route) do
    local segment = segments[i]
    if not expected.parameter and segment ~= expected.text then return nil end
    if expected.parameter and not segment:find(expected.pattern) then return nil end
    if expected.parameter then path[expected.parameter] = segment end
  end
  return path
end

local function find_route(segments)
  for _, route in ipairs(ROUTES) do
    local path = match(route, segments)
    if path then return route, path end
  end
end

-- A request's operation, resource and target, and the parameters of its path. Or nil, the
-- error, and the headers that go with it.
local function find_call(request)
  local target = decode.target(request.target)
  if not target then return nil, errors.new("malformed", "a bad target") end
  local route, path = find_route(target.segments)
  if not route then return nil, errors.new("no_such_path", request.target) end
  local operation = route.methods[request.method]
  if not operation then return nil, errors.new "wrong_method", { Allow = ALLOW[route.methods] } end
  return { operation = operation, resource = route.resource, path = path, target = target }
end

-- --- reading fields ---------------------------------------------------------

local function read_many(field, given, resource)
  if field.most and #given > field.most then return nil, errors.new(field.too_many, nil, resource) end
  local values = json.list()
  for i, text in ipairs(given) do
    values[i] = field.read(text)
    if values[i] == nil then return nil, errors.new(field.invalid, text, resource) end
  end
  return values
end

-- Reads a field; an empty value is the same as none.
local function read_field(field, form, resource)
  local given = form[field.name]
  if not given or table.concat(given) == "" then return nil end
  if field.many then return read_many(field, given, resource) end
  local value = field.read(given[1])
  if value == nil then return nil, errors.new(field.invalid, field.name, resource) end
  return value
end

-- The configuration of a new webhook, complete.
local function new_configuration(rows, form, resource)
  local configuration = {}
  for _, row in ipairs(rows) do
    local value, problem = read_field(row.field, form, resource)
    if problem then return nil, problem end
    if value == nil and row.required then return nil, errors.new(row.field.missing, nil, resource) end
    if value == nil then value = row.default end
    if not row.once then configuration[row.field.key] = value end
  end
  return configuration
end

-- A webhook's configuration with what the form changes in it; the old one stays as it is.
local function changed_configuration(webhook, form, resource)
  local configuration = {}
  for key, value in pairs(webhook.configuration) do configuration[key] = value end
  for _, row in ipairs(resource.types[webhook[resource.kind]]) do
    if not row.once then
      local value, problem = read_field(row.field, form, resource)
      if problem then return nil, problem end
      if value ~= nil then configuration[row.field.key] = value end
    end
  end
  return configuration
end

-- --- state ------------------------------------------------------------------
-- A parent is a channel or a conversation: its sid, its webhooks in order of age, and
-- at the same places their serial numbers, which are not shown: pages are turned by them.

function api:sid(prefix)
  return prefix .. self.hex(32)
end

function api:timestamp()
  return alterations.timestamp(self.clock())
end

-- The parents of one resource in one service: `named`, by sid and by unique name; and as a list,
-- the oldest first, with their `serials`.
local function siblings_in(self, resource, service)
  local services = self.parents[resource]
  services[service] = services[service] or { named = {}, serials = {} }
  return services[service]
end

function api:siblings(call)
  return siblings_in(self, call.resource, call.path[call.resource.service] or "")
end

-- The same for a list of them.
function api:owners(call)
  local resource = call.resource.of
  return siblings_in(self, resource, call.path[resource.service] or "")
end

local function add_parent(self, siblings, name, kind, state)
  local sid = name:match(resources.PARENT_SID)
  local parent = {
    sid = sid or self:sid("CH"), unique_name = not sid and name or nil, date_created = self:timestamp(),
    type = kind or "public", state = state or "active", webhooks = {}, serials = {},
  }
  siblings.named[name], siblings.named[parent.sid] = parent, parent
  self.serial = self.serial + 1
  table.insert(siblings, parent)
  table.insert(siblings.serials, self.serial)
  return parent
end

-- The parent by either of its names; made when it is not there.
function api:make_parent(call)
  local siblings, name = self:siblings(call), call.path[call.resource.parent]
  return siblings.named[name] or add_parent(self, siblings, name)
end

-- Makes `count` parents of a service.
function api:add_given(resource, service, name, count)
  local siblings = siblings_in(self, resource, service)
  for i = 1, count do add_parent(self, siblings, owners.given(name, i)) end
end

local NO_PARENT = { webhooks = {}, serials = {} }

function api:parent(call)
  return self:siblings(call).named[call.path[call.resource.parent]] or NO_PARENT
end

local function webhook_url(base, call, parent, sid)
  local path = call.resource.path:gsub("{(.-)}", function(parameter)
    return parameter == call.resource.parent and parent.sid or call.path[parameter]
  end)
  return ("%s%s/%s"):format(base, path, sid)
end

-- Call this after a webhook was made or changed: alters it by the rules, and notes it for stale lists.
function api:settle(call, parent, webhook)
  alterations.of_webhook(webhook, call.alterations, self.clock())
  self.history:note(parent)
end

function api:add_webhook(call, parent, kind, configuration)
  local sid, now, resource = self:sid("WH"), self:timestamp(), call.resource
  local webhook = {
    sid = sid,
    url = webhook_url(self.alias or resource.host, call, parent, sid),
    account_sid = self.account_sid,
    date_created = now,
    date_updated = now,
    configuration = configuration,
  }
  webhook[resource.kind] = kind
  webhook[resource.parent] = parent.sid
  if resource.service then webhook[resource.service] = call.path[resource.service] end
  self.serial = self.serial + 1
  table.insert(parent.webhooks, webhook)
  table.insert(parent.serials, self.serial)
  self:settle(call, parent, webhook)
  return webhook
end

-- The webhook that the path names, its place, and its parent. Or nil and the error.
function api:find_webhook(call)
  local sid, parent = call.path.sid, self:parent(call)
  if not sid:find(resources.WEBHOOK_SID) then return nil, errors.new("invalid_sid", sid, call.resource) end
  for place, webhook in ipairs(parent.webhooks) do
    if webhook.sid == sid then return webhook, place, parent end
  end
  return nil, errors.new("not_found", sid, call.resource)
end

-- All webhooks, whatever their parent, the oldest first.
function api:webhooks()
  local found, seen = {}, {}
  local function add(parent)
    if seen[parent] then return end -- under its other name
    seen[parent] = true
    for i, webhook in ipairs(parent.webhooks) do found[#found + 1] = { parent.serials[i], webhook } end
  end
  for _, services in pairs(self.parents) do
    for _, siblings in pairs(services) do
      for _, parent in ipairs(siblings) do add(parent) end
    end
  end
  table.sort(found, function(a, b) return a[1] < b[1] end)
  for i, one in ipairs(found) do found[i] = one[2] end
  return found
end

-- --- operations -------------------------------------------------------------
-- Each gives the status, the answer's body if it has one, and what it changed: `stored`,
-- a webhook as it is now, or `removed`, the sid of one. Or nil and the error.

local operations = {
  list_owners = owners.list, fetch_settings = settings.fetch_settings,
  update_settings = settings.update_settings, list_addresses = settings.list_addresses,
  fetch_address = settings.fetch_address, update_address = settings.update_address,
}

function operations.create(self, call, form)
  local resource, kind = call.resource, (form[call.resource.kind_field] or {})[1] or ""
  if kind == "" then return nil, errors.new("missing_type", nil, resource) end
  local rows = resource.types[kind]
  if not rows then return nil, errors.new("invalid_type", kind, resource) end
  local configuration, problem = new_configuration(rows, form, resource)
  if not configuration then return nil, problem end
  local parent = self:make_parent(call)
  if #parent.webhooks >= MAX_WEBHOOKS then return nil, errors.new("too_many_webhooks", nil, resource) end
  local webhook = self:add_webhook(call, parent, kind, configuration)
  return 201, webhook, { stored = webhook }
end

function operations.list(self, call)
  local page, problem = pages.read(call.target.query, resources.WEBHOOK_PAGES)
  if not page then return nil, problem end
  local parent, stale = self:parent(call), alterations.find(call.alterations, "stale")
  if stale then parent = self.history:past(parent, stale.seconds) end
  local webhooks, meta = pages.turn(page, parent.webhooks, parent.serials,
    (self.alias or call.origin) .. call.target.path, "webhooks")
  return 200, { meta = meta, webhooks = webhooks }
end

function operations.fetch(self, call)
  local webhook, problem = self:find_webhook(call)
  if not webhook then return nil, problem end
  return 200, webhook
end

function operations.update(self, call, form)
  local webhook, place, parent = self:find_webhook(call)
  if not webhook then return nil, place end
  local configuration, invalid = changed_configuration(webhook, form, call.resource)
  if not configuration then return nil, invalid end
  webhook.configuration, webhook.date_updated = configuration, self:timestamp()
  self:settle(call, parent, webhook)
  return 200, webhook, { stored = webhook }
end

function operations.delete(self, call)
  local webhook, place, parent = self:find_webhook(call)
  if not webhook then return nil, place end
  table.remove(parent.webhooks, place)
  table.remove(parent.serials, place)
  self.history:note(parent)
  return 204, nil, { removed = webhook.sid }
end

-- --- answering --------------------------------------------------------------

-- Reads the form. A request without a body needs no Content-Type.
local function read_form(request)
  local content_type = request.headers["content-type"]
  local media_type = (content_type or ""):match("^[^;%s]*"):lower()
  if media_type ~= FORM and (content_type or request.body ~= "") then
    return nil, errors.new "wrong_media_type"
  end
  local form = decode.form(request.body)
  if not form then return nil, errors.new("malformed", "a bad escape in the form") end
  return form
end

function api:is_authentic(authorization)
  local user, password = decode.credentials(authorization)
  return user and password and self.passwords[user] == password
end

-- The origin of the request, as the client wrote it; the URL of the next page has the same.
local function origin_of(call, request)
  local host = request.headers.host
  return call.target.origin or host and "http://" .. host or call.resource.host
end

-- Answers the question that a browser asks before it sends a page's request. By the Fetch standard it
-- has no credentials, so it is answered before these are checked.
local function preflight(request)
  local target = request.method == "OPTIONS" and decode.target(request.target)
  local route = target and find_route(target.segments)
  if not route then return nil end
  local allowed = ALLOW[route.methods] .. ", OPTIONS"
  return { Allow = allowed, ["Access-Control-Allow-Methods"] = allowed }
end

-- The status, the body and the change, or nil, the error and the headers that go with it.
function api:answer(request, rules)
  if not self:is_authentic(request.headers.authorization) then
    return nil, errors.new "unauthenticated", { ["WWW-Authenticate"] = 'Basic realm="Twilio API"' }
  end
  local call, problem, headers = find_call(request)
  if not call then return nil, problem, headers end
  call.origin, call.alterations = origin_of(call, request), rules
  local form
  if request.method == "POST" then
    form, problem = read_form(request)
    if not form then return nil, problem end
  end
  return operations[call.operation](self, call, form)
end

-- The headers of every answer.
function api:headers()
  return {
    ["Access-Control-Allow-Credentials"] = "true",
    ["Access-Control-Allow-Headers"] = "Content-Type, Authorization",
    ["Access-Control-Allow-Methods"] = "POST, OPTIONS",
    ["Access-Control-Allow-Origin"] = "*",
    ["Access-Control-Expose-Headers"] = "Twilio-Request-Id",
    ["Content-Type"] = "application/json",
    ["Date"] = alterations.http_date(self.clock()),
    ["Twilio-Concurrent-Requests"] = "1",
    ["Twilio-Request-Id"] = self:sid("RQ"),
  }
end

-- The operation of a request: create, fetch, list, update or delete; nil if it is none.
function api.operation(request)
  local call = find_call(request)
  return call and call.operation:match "^%l+"
end

-- `request`: method, target, headers (lower-case names), body. Gives status, headers,
-- body and change: tables, the body one to be written as JSON. Some answers have no
-- body, most requests change nothing. `rules`: those that alter what is made or listed.
function api:handle(request, rules)
  local headers, allowed = self:headers(), preflight(request)
  if allowed then
    for name, value in pairs(allowed) do headers[name] = value end
    headers["Content-Type"] = nil
    return 204, headers
  end
  local status, body, rest = self:answer(request, rules or {})
  if status then return status, headers, body, rest end
  for name, value in pairs(rest or {}) do headers[name] = value end
  return body.status, headers, body
end

-- An answer without an operation: to a malformed request, or for a fault.
function api:refuse(status, message)
  return status, self:headers(), errors.of_status(status, message)
end

-- `options`: account_sid, auth_token, api_key, api_secret; `clock()`, seconds since
-- 1970; `hex(n)`, n random hexadecimal digits. If wanted: `alias`, the base that answers
-- name; `monotime()`, seconds with a fraction, and `longest_lag` of a list; `channels` of the
-- service `service_sid`, `conversations` and `addresses` of the account: how many there are.
function api.new(options)
  local parents = {}
  for _, resource in ipairs(resources.LIST) do parents[resource] = {} end
  local self = setmetatable({
    account_sid = options.account_sid,
    passwords = {
      [options.account_sid] = options.auth_token,
      [options.api_key] = options.api_secret,
    },
    alias = options.alias,
    clock = options.clock,
    hex = options.hex,
    history = history.new(options.monotime or options.clock, options.longest_lag or 0),
    parents = parents,
    serial = 0,
    service_sid = options.service_sid or json.NULL, -- of conversations that are addressed without one
    messaging_service_sid = "MG" .. ("0"):rep(32),
    settings = {}, -- by path
  }, api)
  self:add_given(resources.LIST[1], options.service_sid or "", "channel", options.channels or 0)
  self:add_given(resources.LIST[2], "", "conversation", options.conversations or 0)
  self.addresses = settings.new_addresses(self, resources.ADDRESSES, options.addresses or 0)
  return self
end

return api
