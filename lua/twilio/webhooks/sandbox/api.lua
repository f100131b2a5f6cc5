-- What the sandbox answers: the rules of the Chat API about a channel's webhooks,
-- over state in memory. No sockets here, and the clock and the random digits are
-- given from outside, so that a test decides both; bytes on the wire are server.lua's.
--
-- A route, a webhook type, a form field and an error are each one row of a table.
--
-- Where the real API wants a service and a channel to be made first, these spring
-- into being at the first webhook. Left out: fetch, list, update and delete, and
-- the limits on rate. Values that the API documents nowhere are marked "ours".

local api = {}
api.__index = api

-- Marks a table as a list, so that an empty one is not written as an object.
api.LIST = {}

local HOST = "https://ip-messaging.twilio.com"
local MORE_INFO = "https://www.twilio.com/docs/errors/"
local FORM = "application/x-www-form-urlencoded"

local MAX_WEBHOOKS = 5 -- of one channel
local MAX_TRIGGERS = 5 -- of one webhook
local MAX_RETRIES = 3
local MAX_URL_BYTES = 2048 -- ours

local function list(values)
  return setmetatable(values or {}, api.LIST)
end

-- --- errors -----------------------------------------------------------------

-- By code: the status and the text. What Twilio has no code for is 20000 plus
-- the status, as its own 20404 and 20429 are (ours).
local ERRORS = {
  [20001] = { 400, "Invalid parameter" },
  [20003] = { 401, "Authenticate" },
  [20004] = { 405, "Method not allowed" },
  [20400] = { 400, "The request is malformed" },
  [20404] = { 404, "The requested resource was not found" },
  [20415] = { 415, "The content type must be " .. FORM },
  [50065] = { 400, "Channel webhook retry count is invalid" },
  [50321] = { 400, "Channel webhooks limit exceeded" },
  [50322] = { 400, "Channel webhook triggers limit exceeded" },
  [50324] = { 400, "Channel webhook type is invalid" },
  [50325] = { 400, "Channel webhook filter is invalid" },
  [50326] = { 400, "Channel webhook trigger is invalid" },
  [50327] = { 400, "Channel webhook flow sid is invalid" },
  [50328] = { 400, "Channel webhook type not provided" },
  [50329] = { 400, "Channel webhook url not provided" },
  [50330] = { 400, "Channel webhook filter not provided" },
  [50331] = { 400, "Channel webhook trigger not provided" },
  [50332] = { 400, "Channel webhook url is too long" },
}

local function failure(code, subject)
  local status, message = ERRORS[code][1], ERRORS[code][2]
  if subject then message = message .. ": " .. subject end
  return { code = code, message = message, more_info = MORE_INFO .. code, status = status }
end

-- The body of an error that HTTP itself calls for, such as 431, in the API's shape.
function api.failure(status, message)
  local code = 20000 + status
  return { code = code, message = message, more_info = MORE_INFO .. code, status = status }
end

-- --- decoding ---------------------------------------------------------------

-- Nil when a percent sign does not begin two hexadecimal digits.
local function percent_decode(text)
  if text:gsub("%%%x%x", ""):find("%", 1, true) then return nil end
  return (text:gsub("%%(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end))
end

-- The fields of a form by name, each a list of its values in the order given.
local function parse_form(body)
  local form = {}
  for pair in body:gmatch("[^&]+") do
    local name, value = pair:gsub("%+", " "):match("^([^=]*)=?(.*)$")
    name, value = percent_decode(name), percent_decode(value)
    if not name or not value then return nil end
    form[name] = form[name] or {}
    table.insert(form[name], value)
  end
  return form
end

-- The path's segments, decoded only after the split: an encoded slash stays within
-- its segment. Nil when there is no path, or a bad escape in it.
local function parse_target(target)
  local path = target:gsub("^[hH][tT][tT][pP][sS]?://[^/?]*", ""):match("^[^?]*")
  if path == "" then path = "/" end
  if path:sub(1, 1) ~= "/" then return nil end
  local segments = {}
  for segment in path:gmatch("/([^/]*)") do
    local decoded = percent_decode(segment)
    if not decoded then return nil end
    segments[#segments + 1] = decoded
  end
  return segments
end

local DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
local VALUE = {}
for i = 1, #DIGITS do VALUE[DIGITS:sub(i, i)] = i - 1 end

local function base64_decode(text)
  local bytes, bits, width = {}, 0, 0
  for digit in text:gmatch("[^=]") do
    if not VALUE[digit] then return nil end
    bits, width = bits * 64 + VALUE[digit], width + 6
    if width >= 8 then
      width = width - 8
      bytes[#bytes + 1] = string.char(math.floor(bits / 2 ^ width))
      bits = bits % 2 ^ width
    end
  end
  return table.concat(bytes)
end

-- User and password of an Authorization header; nothing if it is not HTTP Basic.
function api.credentials(authorization)
  local scheme, encoded = (authorization or ""):match("^(%a+) +(%S+)$")
  if not scheme or scheme:lower() ~= "basic" then return nil end
  return (base64_decode(encoded) or ""):match("^([^:]*):(.*)$")
end

-- --- fields -----------------------------------------------------------------

local HEX32 = ("%x"):rep(32)

local EVENTS = {}
for event in ([[
  onMessageSend onMessageUpdate onMessageRemove onMediaMessageSend
  onMessageSent onMessageUpdated onMessageRemoved onMediaMessageSent
  onChannelAdd onChannelUpdate onChannelDestroy
  onChannelAdded onChannelUpdated onChannelDestroyed
  onMemberAdd onMemberUpdate onMemberRemove
  onMemberAdded onMemberUpdated onMemberRemoved
  onUserUpdate onUserAdded onUserUpdated
]]):gmatch("%a+") do EVENTS[event] = true end

local function url(text)
  return #text <= MAX_URL_BYTES and text or nil
end

local function method(text)
  return (text == "GET" or text == "POST") and text or nil
end

local function event(text)
  return EVENTS[text] and text
end

local function trigger(text)
  return text ~= "" and text or nil
end

local function flow_sid(text)
  return text:match("^FW" .. HEX32 .. "$")
end

local function retry_count(text)
  local count = text:find("^%d+$") and tonumber(text)
  return count and count <= MAX_RETRIES and count or nil
end

-- By its name in `configuration`: the name in the form; `read` gives the value or
-- nil; the codes of its errors. Of a field that is no list the first value counts (ours).
local FIELDS = {
  url = { name = "Configuration.Url", read = url, invalid = 50332, missing = 50329 },
  method = { name = "Configuration.Method", read = method, invalid = 20001 },
  filters = { name = "Configuration.Filters", many = true, read = event, invalid = 50325, missing = 50330 },
  triggers = {
    name = "Configuration.Triggers", many = true, read = trigger, invalid = 50326, missing = 50331,
    most = MAX_TRIGGERS, too_many = 50322,
  },
  flow_sid = { name = "Configuration.FlowSid", read = flow_sid, invalid = 50327, missing = 50327 },
  retry_count = { name = "Configuration.RetryCount", read = retry_count, invalid = 50065 },
}

-- The configuration of each type. Fields of another type are ignored, as are unknown ones.
local TYPES = {
  webhook = {
    { "url", required = true },
    { "method", default = "POST" },
    { "filters", required = true },
    { "retry_count", default = 0 },
  },
  trigger = {
    { "url", required = true },
    { "method", default = "POST" },
    { "triggers", required = true },
    { "retry_count", default = 0 },
  },
  studio = {
    { "flow_sid", required = true },
    { "filters" },
    { "retry_count" },
  },
}

local function read_many(field, given)
  if field.most and #given > field.most then return nil, failure(field.too_many) end
  local values = list()
  for i, text in ipairs(given) do
    values[i] = field.read(text)
    if values[i] == nil then return nil, failure(field.invalid, text) end
  end
  return values
end

-- An empty value is the same as none.
local function read_field(field, form)
  local given = form[field.name]
  if not given or table.concat(given) == "" then return nil end
  if field.many then return read_many(field, given) end
  local value = field.read(given[1])
  if value == nil then return nil, failure(field.invalid, field.name) end
  return value
end

local function read_configuration(rows, form)
  local configuration = {}
  for _, row in ipairs(rows) do
    local key = row[1]
    local value, problem = read_field(FIELDS[key], form)
    if problem then return nil, problem end
    if value == nil and row.required then return nil, failure(FIELDS[key].missing) end
    if value == nil then value = row.default end
    configuration[key] = value
  end
  return configuration
end

-- --- operations -------------------------------------------------------------

function api:sid(prefix)
  return prefix .. self.hex(32)
end

local function timestamp(seconds)
  return os.date("!%Y-%m-%dT%H:%M:%SZ", math.floor(seconds))
end

-- The channel by its sid or unique name, made when it is not there.
function api:channel(service_sid, name)
  local service = self.services[service_sid]
  if not service then
    service = { channels = {} }
    self.services[service_sid] = service
  end
  local channel = service.channels[name]
  if not channel then
    channel = { sid = name:match("^CH" .. HEX32 .. "$") or self:sid("CH"), webhooks = {} }
    service.channels[name], service.channels[channel.sid] = channel, channel
  end
  return channel
end

function api:add_webhook(service_sid, channel, kind, configuration)
  local sid, now = self:sid("WH"), timestamp(self.clock())
  local webhook = {
    sid = sid,
    url = ("%s/v2/Services/%s/Channels/%s/Webhooks/%s"):format(HOST, service_sid, channel.sid, sid),
    type = kind,
    account_sid = self.account_sid,
    channel_sid = channel.sid,
    service_sid = service_sid,
    date_created = now,
    date_updated = now,
    configuration = configuration,
  }
  table.insert(channel.webhooks, webhook)
  return webhook
end

function api:create(path, form)
  local kind = form.Type and form.Type[1] or ""
  if kind == "" then return nil, failure(50328) end
  if not TYPES[kind] then return nil, failure(50324, kind) end
  local configuration, problem = read_configuration(TYPES[kind], form)
  if not configuration then return nil, problem end
  local channel = self:channel(path.service_sid, path.channel_sid)
  if #channel.webhooks >= MAX_WEBHOOKS then return nil, failure(50321) end
  return 201, self:add_webhook(path.service_sid, channel, kind, configuration)
end

-- --- routing ----------------------------------------------------------------

-- What a {parameter} of a path must match.
local PARAMETERS = {
  service_sid = "^IS" .. HEX32 .. "$",
  channel_sid = ".",
}

local ROUTES = {
  { path = "v2/Services/{service_sid}/Channels/{channel_sid}/Webhooks", POST = api.create },
}

for _, route in ipairs(ROUTES) do
  route.segments, route.allow = {}, {}
  for segment in route.path:gmatch("[^/]+") do table.insert(route.segments, segment) end
  for key in pairs(route) do
    if key:find("^%u+$") then table.insert(route.allow, key) end
  end
  table.sort(route.allow)
end

-- The parameters of the path when the route matches it.
local function match(route, segments)
  if #segments ~= #route.segments then return nil end
  local path = {}
  for i, expected in ipairs(route.segments) do
    local parameter = expected:match("^{(.+)}$")
    if parameter then path[parameter] = segments[i] end
    if not parameter and segments[i] ~= expected then return nil end
    if parameter and not segments[i]:find(PARAMETERS[parameter]) then return nil end
  end
  return path
end

local function find_route(segments)
  for _, route in ipairs(ROUTES) do
    local path = match(route, segments)
    if path then return route, path end
  end
end

local function read_form(request)
  local media_type = (request.headers["content-type"] or ""):match("^[^;%s]*"):lower()
  if media_type ~= FORM then return nil, failure(20415) end
  local form = parse_form(request.body)
  if not form then return nil, failure(20400, "a bad escape in the form") end
  return form
end

function api:is_authentic(authorization)
  local user, password = api.credentials(authorization)
  return user and password and self.passwords[user] == password
end

-- The status and the answer, or nil, the error and the headers that go with it.
function api:answer(request)
  if not self:is_authentic(request.headers.authorization) then
    return nil, failure(20003), { ["WWW-Authenticate"] = 'Basic realm="Twilio API"' }
  end
  local segments = parse_target(request.target)
  if not segments then return nil, failure(20400, "a bad target") end
  local route, path = find_route(segments)
  if not route then return nil, failure(20404, request.target) end
  local operation = route[request.method]
  if not operation then
    return nil, failure(20004), { Allow = table.concat(route.allow, ", ") }
  end
  local form, problem = read_form(request)
  if not form then return nil, problem end
  return operation(self, path, form)
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
    ["Twilio-Concurrent-Requests"] = "1",
    ["Twilio-Request-Id"] = self:sid("RQ"),
  }
end

-- `request`: method, target, headers (lower-case names), body. Gives status,
-- headers and body: tables, the body one to be written as JSON.
function api:handle(request)
  local status, body, more = self:answer(request)
  local headers = self:headers()
  for name, value in pairs(more or {}) do headers[name] = value end
  return status or body.status, headers, body
end

-- `settings`: account_sid, auth_token, api_key, api_secret; `clock()`, seconds since
-- 1970; `hex(n)`, n random hexadecimal digits.
function api.new(settings)
  return setmetatable({
    account_sid = settings.account_sid,
    passwords = {
      [settings.account_sid] = settings.auth_token,
      [settings.api_key] = settings.api_secret,
    },
    clock = settings.clock,
    hex = settings.hex,
    services = {},
  }, api)
end

return api
