-- What has to hold of a URL. The input is an operation's name, then lines of
-- `parameter=value`, the value percent-encoded.

local native = ...
local core = require "twilio.webhooks.core"
local failure = require "spec.fuzz.failure"
local percent = require "spec.fuzz.percent"

local OPERATIONS = { create_webhook = true, fetch_webhook = true, list_webhooks = true, update_webhook = true,
  delete_webhook = true }
local PARAMETERS = { service_sid = true, channel_sid = true, conversation_sid = true, chat_service_sid = true,
  sid = true, base_url = true, edge = true, region = true }

local function read(input)
  local params = { account_sid = "AC" .. ("a"):rep(32), auth_token = "t" }
  local first, rest = input:match "^([^\n]*)\n?(.*)$"
  for name, value in rest:gmatch "([%l_]+)=([^\n]*)" do
    if PARAMETERS[name] then params[name] = percent.decode(value) end
  end
  if rest:find "allow_http" then params.allow_http = true end
  return OPERATIONS[first] and first or "list_webhooks", params
end

-- --- the host ----------------------------------------------------------------------------

local function is_loopback(host)
  local b, c, d = host:match "^127%.(%d+)%.(%d+)%.(%d+)$"
  if b then return math.max(tonumber(b), tonumber(c), tonumber(d)) <= 255 end
  return host == "localhost" or host == "[::1]"
end

-- The host that was meant, and the prefix of every path.
local function expected(params, product)
  if params.base_url then
    local authority, prefix = params.base_url:match "^https?://([^/]*)(.-)/*$"
    return authority:match "^(.*):%d+$" or authority, prefix
  end
  local region = params.region or params.edge and "us1"
  return product .. (params.edge and "." .. params.edge or "") .. (region and "." .. region or "")
    .. ".twilio.com", ""
end

-- libcurl writes a numeric address in its usual form: 127.1 is 127.0.0.1 to it.
local function is_same_host(meant, found)
  if meant:find "^%[" then return found:find "^%[" ~= nil end
  if found:find "^%d+%.%d+%.%d+%.%d+$" and not meant:find "[^%x.xX]" then return true end
  return meant:lower() == found:lower()
end

local function check_host(params, parts, meant)
  assert(parts.user == nil and parts.password == nil and parts.zone == nil, "user information")
  assert(is_same_host(meant, parts.host), ("%s for %s"):format(parts.host, meant))
  assert(parts.scheme == "https" or parts.scheme == "http")
  assert(parts.scheme == "https" or params.allow_http or is_loopback(parts.host),
    "http to what is not this machine: " .. parts.host)
end

-- --- the path ----------------------------------------------------------------------------

local function meant_segments(params, on_item)
  local list
  if params.conversation_sid and not params.channel_sid then
    list = { "v1" }
    if params.chat_service_sid then list[2], list[3] = "Services", params.chat_service_sid end
    list[#list + 1], list[#list + 2] = "Conversations", params.conversation_sid
  else
    list = { "v2", "Services", params.service_sid, "Channels", params.channel_sid }
  end
  list[#list + 1] = "Webhooks"
  if on_item then list[#list + 1] = params.sid end
  return list
end

local function check_path(path, prefix, meant)
  assert(path:sub(1, #prefix) == prefix, path)
  local position = 0
  for segment in path:gmatch "/([^/]*)" do
    assert(percent.decode(segment) ~= "." and percent.decode(segment) ~= "..", "a segment of dots in " .. path)
  end
  for segment in path:sub(#prefix + 1):gmatch "/([^/]*)" do
    position = position + 1
    assert(percent.decode(segment) == meant[position], ("%s for %s"):format(segment, tostring(meant[position])))
  end
  assert(position == #meant, "another number of segments")
end

return function(input)
  local operation, params = read(input)
  if operation == "create_webhook" then params.type, params.target = "webhook", nil end
  if params.conversation_sid and not params.channel_sid then params.target, params.type = params.type, nil end
  local made, message, err = core.request(operation, params)
  if made == nil then return failure.check(operation, made, message, err) end
  assert(not made.url:find "[^!-~]", "a control byte or a space in " .. made.url)
  local parts, why = native.parse(made.url)
  assert(parts, ("libcurl does not take %s: %s"):format(made.url, tostring(why)))
  local meant, prefix = expected(params, params.channel_sid and "ip-messaging" or "conversations")
  check_host(params, parts, meant)
  assert(parts.query == nil and parts.fragment == nil, made.url)
  local path = made.url:match "^https?://[^/]*(.*)$"
  assert(parts.path:upper() == path:upper(), "libcurl rewrites the path: " .. path)
  check_path(path, prefix, meant_segments(params, made.method ~= "POST" and operation ~= "list_webhooks"
    or operation == "update_webhook"))
end
