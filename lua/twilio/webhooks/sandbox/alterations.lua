-- Does what a rule says that alters an answer (see faults.lua). It alters a webhook for good when
-- it is made or changed, and the headers of an answer. Pure: the caller gives the time. Stale
-- lists are in history.lua, trailers in http.lua.

local json = require "twilio.webhooks.sandbox.json"

local alterations = {}

-- --- times ------------------------------------------------------------------

-- A time zone such as "+05:30" in seconds; nil for what is not a zone.
function alterations.zone_seconds(zone)
  if zone == "Z" then return 0 end
  local sign, hours, minutes = tostring(zone):match("^([+-])(%d%d):(%d%d)$")
  if not sign or tonumber(hours) > 23 or tonumber(minutes) > 59 then return nil end
  return tonumber(sign .. "1") * (tonumber(hours) * 3600 + tonumber(minutes) * 60)
end

-- A time as the API writes it (ISO 8601), in UTC or in another zone.
function alterations.timestamp(seconds, zone)
  zone = zone or "Z"
  return os.date("!%Y-%m-%dT%H:%M:%S", math.floor(seconds + alterations.zone_seconds(zone))) .. zone
end

-- A time as HTTP writes it (RFC 9110, 5.6.7).
function alterations.http_date(seconds)
  return os.date("!%a, %d %b %Y %H:%M:%S GMT", math.floor(seconds))
end

-- --- a webhook --------------------------------------------------------------

local DEFAULT_PORTS = { http = ":80", https = ":443" }

-- The same URL by the rules of RFC 3986, 6.2: what a server may make of it.
local function normalise(url)
  local scheme, authority, rest = url:match("^(%a[%w+.-]*)://([^/?#]*)(.*)$")
  if not scheme then return url end
  local user, host = authority:match("^(.-)([^@]*)$")
  scheme, host = scheme:lower(), host:lower()
  local port = DEFAULT_PORTS[scheme]
  if port and host:sub(-#port) == port then host = host:sub(1, -#port - 1) end
  if rest:sub(1, 1) ~= "/" then rest = "/" .. rest end
  return scheme .. "://" .. user .. host .. rest:gsub("%%%x%x", string.upper)
end

-- The fields that the API might show beside those asked for, by the name of the webhook's type.
local DEFAULTS = {
  type = { method = "POST", retry_count = 0 },
  target = { method = "post", replay_after = 0 },
}

local of_webhook = {}

function of_webhook.created_off(webhook, rule, now)
  webhook.date_created = alterations.timestamp(now + rule.seconds, rule.zone)
  webhook.date_updated = webhook.date_created
end

function of_webhook.created_missing(webhook)
  webhook.date_created = json.NULL
end

function of_webhook.url_normalised(webhook)
  local configuration = webhook.configuration
  configuration.url = configuration.url and normalise(configuration.url)
end

function of_webhook.defaults_filled(webhook)
  local configuration = webhook.configuration
  for key, value in pairs(webhook.type and DEFAULTS.type or DEFAULTS.target) do
    if configuration[key] == nil then configuration[key] = value end
  end
  configuration.filters = configuration.filters or json.list()
end

-- --- headers ----------------------------------------------------------------

local of_headers = {}

function of_headers.date_off(headers, rule, now)
  headers.Date = alterations.http_date(now + rule.seconds)
end

function of_headers.date_missing(headers)
  headers.Date = nil
end

-- --- in general -------------------------------------------------------------

local function apply(functions, subject, rules, now)
  for _, rule in ipairs(rules) do
    local alter = functions[rule.name]
    if alter then alter(subject, rule, now) end
  end
end

function alterations.of_webhook(webhook, rules, now) apply(of_webhook, webhook, rules, now) end

function alterations.of_headers(headers, rules, now) apply(of_headers, headers, rules, now) end

-- The rule of that name among those that apply.
function alterations.find(rules, name)
  for _, rule in ipairs(rules) do
    if rule.name == name then return rule end
  end
end

return alterations
