--- Is this listed webhook the one that was asked for? Pure: a form and a webhook
-- go in, an answer comes out.
--
-- Equality is by meaning: filters and triggers are sets, a method is the same in any case,
-- URLs that RFC 3986 calls equivalent are equal, and a field that was not asked for equals
-- the API's default. A field that the API does not show is not compared: its published
-- examples show neither replay_after nor, of a flow, anything but flow_sid, and it ignores
-- what belongs to another type.

local core = require "twilio.webhooks.loading".core()

local match = {}

-- The API's defaults.
local DEFAULTS = {
  ["configuration.method"] = "post",
  ["configuration.retry_count"] = "0",
  ["configuration.replay_after"] = "0",
}

-- The most that the API counts as: its published example of an update sends 5, and the
-- answer has 3.
local RETRIES_MAX = 3

-- The fields that are compared, which are those that a create takes, and those of them that are
-- sets: from the core's tables. And the names of all by those on the wire.
local FIELDS, SETS, NAMES = {}, {}, {}

local function is_of_create(field)
  return table.concat(field.operations, " "):find "create_" ~= nil
end

for _, resource in ipairs(core.describe().resources) do
  for _, field in ipairs(resource.fields) do
    if is_of_create(field) and not FIELDS[field.name] then
      FIELDS[field.name] = true
      FIELDS[#FIELDS + 1] = field.name
      NAMES[field.wire] = field.name
      SETS[field.name] = field.type == "list" or nil
    end
  end
end

local function character(hex)
  return string.char(tonumber(hex, 16))
end

local function decode(text)
  if not text:find("%", 1, true) then return text end
  return (text:gsub("%%(%x%x)", character))
end

-- "Configuration.FlowSid" to "configuration.flow_sid".
local function snake(wire)
  return (wire:gsub("(%l)(%u)", "%1_%2"):lower())
end

--- The fields of a form: snake_case names to lists of texts.
function match.parse(form)
  local fields = {}
  for wire, value in form:gmatch("([^&=]+)=([^&]*)") do
    local name = NAMES[wire] or snake(decode(wire))
    local values = fields[name]
    if values then values[#values + 1] = decode(value) else fields[name] = { decode(value) } end
  end
  return fields
end

local function texts_of(value)
  if type(value) == "string" then return { value } end
  -- 2.0 is how Lua 5.3 and newer write an integral float
  if type(value) ~= "table" then return { (tostring(value):gsub("^(%-?%d+)%.0$", "%1")) } end
  local texts = {}
  for i, element in ipairs(value) do texts[i] = tostring(element) end
  return texts
end

-- The same from a webhook as the API shows it. In its published examples a trigger's
-- keywords are shown as filters.
local function fields_of(webhook)
  local fields = {}
  if webhook.type then fields.type = texts_of(webhook.type) end
  if webhook.target then fields.target = texts_of(webhook.target) end
  if type(webhook.configuration) == "table" then
    for name, value in pairs(webhook.configuration) do fields["configuration." .. name] = texts_of(value) end
  end
  if (webhook.type or webhook.target) == "trigger" and not fields["configuration.triggers"] then
    fields["configuration.triggers"], fields["configuration.filters"] = fields["configuration.filters"], nil
  end
  return fields
end

local DEFAULT_PORTS = { http = "80", https = "443" }

local function normal_escape(hex)
  local byte = string.char(tonumber(hex, 16))
  return byte:find("^[%w%-._~]$") and byte or "%" .. hex:upper()
end

-- A byte that no URL has, as all who make a URL of it write it: a space, or one of UTF-8.
local function escape(byte)
  return ("%%%02X"):format(byte:byte())
end

--- One text for all URLs that are equivalent by RFC 3986, 6.2.2 and 6.2.3, as servers write
-- them back. What is no URL stays as it is: the API's own example has "dummy".
function match.normal_url(text)
  local scheme, authority, rest = text:match("^(%a[%w+.-]*)://([^/?#]*)(.*)$")
  if not scheme then return text end
  scheme = scheme:lower()
  local user, host = authority:match("^(.*@)(.*)$")
  host = (host or authority):lower()
  host = host:gsub(":(%d*)$", function(port)
    return (port == "" or port == DEFAULT_PORTS[scheme]) and "" or nil
  end)
  if rest:sub(1, 1) ~= "/" then rest = "/" .. rest end
  rest = rest:gsub("[^!-~]", escape):gsub("%%(%x%x)", normal_escape)
  return scheme .. "://" .. (user or "") .. host .. rest
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
  if name == "configuration.url" then return match.normal_url(value) end
  if name == "configuration.method" then return value:lower() end
  if name == "configuration.retry_count" then return math.min(tonumber(value) or 0, RETRIES_MAX) end
  return value
end

-- What one value of each field means, for that is most of them: the same text, the same meaning.
local function means_the_same(name, one, other)
  if one and not one[2] and not other[2] and one[1] == other[1] then return true end
  return meaning(name, one) == meaning(name, other)
end

-- The names of the fields that the webhook shows otherwise than the form asks for them, of
-- those in `names`.
local function differences(asked, found, names)
  local differing = {}
  for _, name in ipairs(names) do
    if found[name] and not means_the_same(name, asked[name], found[name]) then
      differing[#differing + 1] = name
    end
  end
  return differing
end

local function shows_aim(found)
  return found["configuration.url"] ~= nil or found["configuration.flow_sid"] ~= nil
end

--- Does the webhook have what the form asks for, and nothing else?
-- @tparam string form as it was sent
-- @tparam table webhook as the API lists it
function match.equal(form, webhook)
  local asked, found = match.parse(form), fields_of(webhook)
  return shows_aim(found) and #differences(asked, found, FIELDS) == 0
end

--- Do two forms ask for the same webhook?
function match.same(form, other)
  local one, two = match.parse(form), match.parse(other)
  for _, name in ipairs(FIELDS) do
    if meaning(name, one[name]) ~= meaning(name, two[name]) then return false end
  end
  return true
end

-- What identifies a webhook: an update leaves these as they are.
local AIM = { "type", "target", "configuration.url", "configuration.flow_sid" }

--- What an update has to say, beside what the form asks for, to make this webhook equal:
-- names to values. Nil where no update can: it is of another type or aims elsewhere, or the
-- API takes that setting when the webhook is made and not later.
function match.changes(form, webhook)
  local asked, found = match.parse(form), fields_of(webhook)
  if not shows_aim(found) or #differences(asked, found, AIM) > 0 then return nil end
  local changes = {}
  for _, name in ipairs(differences(asked, found, FIELDS)) do
    if name == "configuration.replay_after" then return nil end
    if not asked[name] then changes[name] = DEFAULTS[name] or SETS[name] and {} or nil end
  end
  return changes
end

return match
