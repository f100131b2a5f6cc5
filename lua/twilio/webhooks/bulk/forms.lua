--- A webhook as a plan keeps it: the URL of its channel's or conversation's webhooks, and the
-- form of the create, as the core makes them. Both are ASCII without spaces, and hold no
-- credential. This file makes the parameters from them again.

local core = require "twilio.webhooks.loading".core()
local match = require "twilio.webhooks.policy.match"

local forms = {}

-- --- from the core's tables ------------------------------------------------------------------

local LISTS, INTEGERS, KNOWN, CREATE_ONLY = {}, {}, {}, {}
-- For each resource, patterns of its webhooks' paths, with and without optional parts.
local PATHS = {}

local function escaped(text)
  return (text:gsub("%p", "%%%0"))
end

local function add_paths(segments)
  local function add(i, pattern, names)
    local segment = segments[i]
    if not segment then
      PATHS[#PATHS + 1] = { pattern = pattern .. "$", names = names }
      return
    end
    if segment.when ~= "always" then add(i + 1, pattern, names) end
    if segment.when == "item" then return end
    local more = { (table.unpack or unpack)(names) } -- luacheck: ignore 143
    if segment.name then more[#more + 1] = segment.name end
    add(i + 1, pattern .. escaped(segment.before) .. (segment.name and "([^/?#]+)" or ""), more)
  end
  add(1, "", {})
end

local function is_of_update(field)
  return table.concat(field.operations, " "):find "update_" ~= nil
end

for _, resource in ipairs(core.describe().resources) do
  if resource.item == "webhook" and resource.parent then
    for _, field in ipairs(resource.fields) do
      KNOWN[field.name] = true
      CREATE_ONLY[field.name] = not is_of_update(field) or CREATE_ONLY[field.name]
      LISTS[field.name] = field.type == "list" or LISTS[field.name]
      INTEGERS[field.name] = field.type == "integer" or INTEGERS[field.name]
    end
    add_paths(resource.segments)
  end
end

--- Sets of fields, by names such as "configuration.filters": those with several values, those with
-- an integer, and those that no update takes.
forms.LISTS, forms.INTEGERS, forms.CREATE_ONLY = LISTS, INTEGERS, CREATE_ONLY

-- --- parameters --------------------------------------------------------------------------------

local decode = match.decode

-- The last URL that was read: what stands before the channel's or conversation's name, a pattern of
-- the rest, that parameter, and the others. Most URLs of a run differ in that name alone.
local before, rest, parameter, others

local function remember(url, path, found, parent)
  local count = #path.names
  local after = url:match "/[^/]*$"
  before, rest = url:sub(1, #url - #after - #found[count]), "^(%w+)" .. escaped(after) .. "$"
  parameter, others = path.names[count], {}
  for name, value in pairs(parent) do
    if name ~= parameter then others[name] = value end
  end
end

-- The result of forms.parent, if the URL is like the last one; else nil.
local function parent_like_last(url)
  local name = url:find(before, 1, true) == 1 and url:match(rest, #before + 1)
  if not name then return nil end
  local parent = { [parameter] = name }
  for other, value in next, others do parent[other] = value end
  return parent
end

--- The parameters that name the channel or conversation; nil for any other URL.
function forms.parent(url)
  local known = before and parent_like_last(url)
  if known then return known end
  for _, path in ipairs(PATHS) do
    local found = { url:match(path.pattern) }
    if found[1] then
      local parent = {}
      for i, name in ipairs(path.names) do parent[name] = decode(found[i]) end
      remember(url, path, found, parent)
      return parent
    end
  end
  return nil
end

local function value_of(name, values)
  if LISTS[name] then return values end
  return INTEGERS[name] and tonumber(values[1]) or values[1]
end

-- A field that the module does not know goes into `extra` under its own name.
local function add_extra(params, form)
  for wire, text in form:gmatch "([^&=]+)=([^&]*)" do
    local name = decode(wire)
    if not KNOWN[name:gsub("(%l)(%u)", "%1_%2"):lower()] then
      params.extra = params.extra or {}
      local values = params.extra[name] or {}
      values[#values + 1] = decode(text)
      params.extra[name] = values
    end
  end
end

--- The parameters of a create whose form this is.
function forms.params(url, form)
  local params, extra = forms.parent(url), false
  for name, values in pairs(match.parse(form)) do
    if KNOWN[name] then params[name] = value_of(name, values) else extra = true end
  end
  if extra then add_extra(params, form) end
  return params
end

--- The webhook that the form asks for, as the API would list it.
function forms.webhook(form)
  local webhook = { configuration = {} }
  for name, values in pairs(match.parse(form)) do
    local inner = name:match "^configuration%.(.+)$"
    if inner then webhook.configuration[inner] = value_of(name, values)
    else webhook[name] = values[1] end
  end
  return webhook
end

return forms
