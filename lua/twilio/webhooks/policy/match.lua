--- Is this listed webhook the one that was asked for? Pure: a form and a webhook
-- go in, an answer comes out.
--
-- Equality is by meaning: filters and triggers are sets, a method is the same in any case,
-- URLs that RFC 3986 calls equivalent are equal, and a field that was not asked for equals
-- the API's default. A field that the API does not show is not compared: its published
-- examples show no replay_after, and of a flow only flow_sid. The API ignores fields of another
-- type.

local core = require "twilio.webhooks.loading".core()

local match = {}

-- The API's defaults.
local DEFAULTS = {
  ["configuration.method"] = "post",
  ["configuration.retry_count"] = "0",
  ["configuration.replay_after"] = "0",
}

-- The API's maximum: its published example of an update sends 5, and the answer has 3.
local RETRIES_MAX = 3

-- From the core's tables: the fields to compare, which are those of a create; those of them that are
-- sets; and the names of all by those on the wire.
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

--- The text of a name or a value in a URL or a form that the core has written.
local function decode(text)
  if not text:find("%", 1, true) then return text end
  return (text:gsub("%%(%x%x)", character))
end

match.decode = decode

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

-- Escapes a byte that no URL can have (a space, or a part of UTF-8), as servers do.
local function escape(byte)
  return ("%%%02X"):format(byte:byte())
end

--- One text for all URLs that are equivalent by RFC 3986, 6.2.2 and 6.2.3, since servers may normalise
-- them. A text that is no URL stays as it is: the API's own example has "dummy".
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

-- One text for all values that mean the same.
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

-- --- what was read -------------------------------------------------------------------
-- A form or a webhook is read once, and then compared with many. The result holds the fields, and the
-- meaning of those that were compared.

local Read = {}

local function new_read(fields) return setmetatable({ fields = fields, meanings = {} }, Read) end

--- What a form asks for: `equal`, `changes` and `candidates` take it in place of the form.
function match.asked(form) return new_read(match.parse(form)) end

--- What a webhook shows: they take it in place of the webhook.
function match.shown(webhook) return new_read(fields_of(webhook)) end

local function asked_of(form)
  return type(form) == "string" and match.asked(form) or form
end

local function shown_of(webhook)
  return getmetatable(webhook) == Read and webhook or match.shown(webhook)
end

local function meaning_of(read, name)
  local known = read.meanings[name]
  if known == nil then
    known = meaning(name, read.fields[name])
    read.meanings[name] = known
  end
  return known
end

-- Does the webhook show another value than the form asks for? Most fields have single values, and equal
-- texts of these mean the same.
local function differs(asked, shown, name)
  local one, other = asked.fields[name], shown.fields[name]
  if not other or one and not one[2] and not other[2] and one[1] == other[1] then return false end
  return meaning_of(asked, name) ~= meaning_of(shown, name)
end

local function differs_in_any(asked, shown, names)
  for _, name in ipairs(names) do
    if differs(asked, shown, name) then return true end
  end
  return false
end

local function shows_aim(shown)
  return shown.fields["configuration.url"] ~= nil or shown.fields["configuration.flow_sid"] ~= nil
end

--- Does the webhook have what the form asks for, and nothing else?
-- @tparam string form as it was sent
-- @tparam table webhook as the API lists it
function match.equal(form, webhook)
  local asked, shown = asked_of(form), shown_of(webhook)
  return shows_aim(shown) and not differs_in_any(asked, shown, FIELDS)
end

--- One text for all forms that ask for the same webhook.
function match.key(form)
  local asked, meanings = asked_of(form), {}
  for i, name in ipairs(FIELDS) do meanings[i] = tostring(meaning_of(asked, name)):gsub("\1", "\1\1") end
  return table.concat(meanings, "\1 ")
end

--- Do two forms ask for the same webhook?
function match.same(form, other)
  return match.key(form) == match.key(other)
end

-- What identifies a webhook: an update leaves these as they are.
local AIM = { "type", "target", "configuration.url", "configuration.flow_sid" }

--- The fields that an update has to send, beside the form's, to make this webhook equal: names to
-- values. Nil if no update can: the webhook has another type or URL, or the API takes that setting
-- only in a create.
function match.changes(form, webhook)
  local asked, shown = asked_of(form), shown_of(webhook)
  if not shows_aim(shown) or differs_in_any(asked, shown, AIM) then return nil end
  local changes = {}
  for _, name in ipairs(FIELDS) do
    if differs(asked, shown, name) then
      if name == "configuration.replay_after" then return nil end
      if not asked.fields[name] then changes[name] = DEFAULTS[name] or SETS[name] and {} or nil end
    end
  end
  return changes
end

-- --- many with many --------------------------------------------------------------------

local function add(index, key, place)
  local places = index[key]
  if places then places[#places + 1] = place else index[key] = { place } end
end

--- Webhooks by their URL or flow, so that a form is compared with few of them.
-- @tparam table shown a list of match.shown
function match.index(shown)
  local index = {}
  for place, read in ipairs(shown) do
    local url = read.fields["configuration.url"]
    if url then add(index, "url " .. meaning_of(read, "configuration.url"), place)
    elseif shows_aim(read) then add(index, "flow " .. meaning_of(read, "configuration.flow_sid"), place) end
  end
  return index
end

--- The places, in order, of the webhooks that are equal to the form, or that an update can make equal.
-- @tparam table index of match.index
-- @tparam table asked of match.asked
function match.candidates(index, asked)
  local by_url = index["url " .. meaning_of(asked, "configuration.url")]
  local by_flow = index["flow " .. meaning_of(asked, "configuration.flow_sid")]
  if not by_url or not by_flow then return by_url or by_flow or {} end
  local places = {}
  for _, place in ipairs(by_url) do places[#places + 1] = place end
  for _, place in ipairs(by_flow) do places[#places + 1] = place end
  table.sort(places)
  return places
end

return match
