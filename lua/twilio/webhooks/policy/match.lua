--- Is this listed webhook the one that was asked for? Pure: a form and a webhook
-- go in, an answer comes out.
--
-- Equality is by meaning: filters and triggers are sets, a method is the same in
-- any case, and what was not asked for equals what the API then puts there. What the
-- API does not show tells nothing: its published examples show neither replay_after
-- nor, of a flow, anything but flow_sid, and it ignores what belongs to another type.

local match = {}

-- What the API puts where a create does not say.
local DEFAULTS = {
  ["configuration.method"] = "post",
  ["configuration.retry_count"] = "0",
  ["configuration.replay_after"] = "0",
}

local SETS = {
  ["configuration.filters"] = true,
  ["configuration.triggers"] = true,
}

-- The most that the API counts as: its published example of an update sends 5, and the
-- answer has 3.
local RETRIES_MAX = 3

-- Every field that tells one webhook from another.
local FIELDS = {
  "type", "target", "configuration.url", "configuration.method", "configuration.filters",
  "configuration.triggers", "configuration.flow_sid", "configuration.retry_count",
  "configuration.replay_after",
}

local function decode(text)
  return (text:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

-- "Configuration.FlowSid" to "configuration.flow_sid".
local function snake(wire)
  return (wire:gsub("(%l)(%u)", "%1_%2"):lower())
end

--- The fields of a form: snake_case names to lists of texts.
function match.parse(form)
  local fields = {}
  for name, value in form:gmatch("([^&=]+)=([^&]*)") do
    name = snake(decode(name))
    fields[name] = fields[name] or {}
    table.insert(fields[name], decode(value))
  end
  return fields
end

-- The same from a webhook as the API shows it. In its published examples a trigger's
-- keywords are shown as filters.
local function fields_of(webhook)
  local fields = {}
  local function add(name, value)
    if type(value) == "table" then
      fields[name] = {}
      for i, element in ipairs(value) do fields[name][i] = tostring(element) end
    elseif value ~= nil then
      -- 2.0 is how Lua 5.3 and newer write an integral float
      fields[name] = { (tostring(value):gsub("^(%-?%d+)%.0$", "%1")) }
    end
  end
  add("type", webhook.type)
  add("target", webhook.target)
  if type(webhook.configuration) == "table" then
    for name, value in pairs(webhook.configuration) do add("configuration." .. name, value) end
  end
  if (webhook.type or webhook.target) == "trigger" and not fields["configuration.triggers"] then
    fields["configuration.triggers"], fields["configuration.filters"] = fields["configuration.filters"], nil
  end
  return fields
end

-- One text for all that means the same.
local function meaning(name, values)
  if SETS[name] then
    local seen, list = {}, {}
    for _, value in ipairs(values or {}) do
      if not seen[value] then
        seen[value] = true
        list[#list + 1] = value
      end
    end
    table.sort(list)
    return table.concat(list, "\0")
  end
  local value = values and values[1] or DEFAULTS[name] or ""
  if name == "configuration.method" then return value:lower() end
  if name == "configuration.retry_count" then return math.min(tonumber(value) or 0, RETRIES_MAX) end
  return value
end

--- Does the webhook have what the form asks for, and nothing else?
-- @tparam string form as it was sent
-- @tparam table webhook as the API lists it
function match.equal(form, webhook)
  local asked, found = match.parse(form), fields_of(webhook)
  if not found["configuration.url"] and not found["configuration.flow_sid"] then return false end
  for _, name in ipairs(FIELDS) do
    if found[name] and meaning(name, asked[name]) ~= meaning(name, found[name]) then return false end
  end
  return true
end

-- Days since 1970-01-01, by the proleptic Gregorian calendar.
local function days(year, month, day)
  if month <= 2 then year, month = year - 1, month + 12 end
  return 365 * year + math.floor(year / 4) - math.floor(year / 100) + math.floor(year / 400)
    + math.floor((153 * (month - 3) + 2) / 5) + day - 719469
end

--- Seconds since 1970 of the API's "2016-03-24T21:05:50Z", or nil.
function match.time(text)
  local year, month, day, hour, minute, second =
    tostring(text):match("^(%d%d%d%d)%-(%d%d)%-(%d%d)T(%d%d):(%d%d):(%d%d)")
  if not year then return nil end
  return days(tonumber(year), tonumber(month), tonumber(day)) * 86400
    + tonumber(hour) * 3600 + tonumber(minute) * 60 + tonumber(second)
end

local MONTHS = { Jan = 1, Feb = 2, Mar = 3, Apr = 4, May = 5, Jun = 6,
  Jul = 7, Aug = 8, Sep = 9, Oct = 10, Nov = 11, Dec = 12 }

--- The same of an answer's Date header (RFC 9110, 5.6.7: IMF-fixdate), or nil.
function match.header_time(text)
  local day, month, year, hour, minute, second =
    tostring(text):match("^%a+, (%d%d) (%a%a%a) (%d%d%d%d) (%d%d):(%d%d):(%d%d) GMT$")
  if not day or not MONTHS[month] then return nil end
  return days(tonumber(year), MONTHS[month], tonumber(day)) * 86400
    + tonumber(hour) * 3600 + tonumber(minute) * 60 + tonumber(second)
end

--- The webhooks of a list that equal the form, are no older than `since` (seconds
-- since 1970 by the server's clock) and are not among `known` (sids).
function match.find(webhooks, form, since, known)
  local found = {}
  for _, webhook in ipairs(webhooks) do
    local created = match.time(webhook.date_created)
    if match.equal(form, webhook) and not known[webhook.sid]
      and (not since or not created or created >= since) then
      found[#found + 1] = webhook
    end
  end
  return found
end

return match
