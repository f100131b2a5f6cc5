--- The flags of the API's parameters, from the core's tables: configuration.url is --url, and
-- configuration.filters is --filter, as often as there are filters. What the tables do not know is
-- --field name=value.

local loading = require "twilio.webhooks.loading"

local parameters = {}

local description = loading.core().describe()

-- What a call takes that is no field, credentials among it.
local OPTIONS = {}
for _, name in ipairs(description.options) do OPTIONS[name] = true end

--- The variable of the environment that stands for --service; nil where it is not set.
function parameters.default_service()
  local service = os.getenv "TWILIO_SERVICE_SID"
  return service ~= "" and service or nil
end

-- For people, where the tables' own words are for an error message.
local HELP = {
  ["list_channels.service_sid"] = { "SID", "the service (else TWILIO_SERVICE_SID)" },
  ["list_channels.type"] = { "TYPE", "public or private" },
  ["list_conversations.chat_service_sid"] = { "SID", "the service; else all of the account" },
  start_date = { "DATE", "not older than that, such as 2026-01-31" },
  end_date = { "DATE", "not newer" },
  state = { "STATE", "initializing, inactive, active or closed" },
  page_size = { "N", "how many are asked for at a time" },
  page = { "PAGE", "where to begin: next_page of an earlier answer" },
  channel_sid = { "CHANNEL", "the channel's sid or unique name" },
  service_sid = { "SID", "its chat service (else TWILIO_SERVICE_SID)" },
  conversation_sid = { "CONVERSATION", "or a conversation's sid or unique name" },
  chat_service_sid = { "SID", "the service of the conversation, if it has one" },
  type = { "TYPE", "webhook, trigger or studio; other flags imply it" },
  ["configuration.url"] = { "URL", "what is called" },
  ["configuration.method"] = { "METHOD", "GET or POST" },
  ["configuration.filters"] = { "EVENT", "an event that calls it; repeat it for others" },
  ["configuration.triggers"] = { "TEXT", "a text in a message that does; repeat it for others" },
  ["configuration.flow_sid"] = { "SID", "the flow of Studio that is started" },
  ["configuration.retry_count"] = { "N", "times that it is called again (a channel's)" },
  ["configuration.replay_after"] = { "N", "message index to replay from (a conversation's)" },
}

-- --- names --------------------------------------------------------------------------

local function dashed(name)
  return "--" .. name:gsub("_", "-")
end

-- "configuration.filters" of the type list to "--filter", "service_sid" to "--service".
local function flag_of(name, kind)
  local last = name:match "[^.]+$"
  if kind == "list" then last = last:gsub("s$", "") end
  return dashed((last:gsub("(.)_sid$", "%1")))
end

-- Other spellings that are taken: the whole name, dotted, with underscores.
local function aliases_of(name, flag)
  local seen, aliases = { [flag] = true }, {}
  for _, alias in ipairs { dashed(name:match "[^.]+$"), dashed(name), "--" .. name } do
    if not seen[alias] then
      seen[alias] = true
      aliases[#aliases + 1] = alias
    end
  end
  return aliases
end

-- --- the tables ---------------------------------------------------------------------

local function is_of(list, operation)
  for _, name in ipairs(list) do
    if name == operation then return true end
  end
  return false
end

-- What identifies the item itself is no flag, but an argument.
local ITEM = "sid"

local function add(flags, operation, name, kind, row)
  if not name or flags[name] or name == ITEM then return end
  local flag = flag_of(name, kind)
  local help = HELP[operation .. "." .. name] or HELP[name]
    or { row.type == "integer" and "N" or "VALUE", row.expected }
  flags[name] = { name = flag, aliases = aliases_of(name, flag), target = name, metavar = help[1],
    help = help[2], parent = kind == "segment" or kind == "parent", names_parent = kind == "parent",
    many = kind == "list" or kind == "enums" }
  flags[#flags + 1] = flags[name]
end

-- The segment that names the parent; nil where the resource has none.
local function parent_of(resource)
  for _, segment in ipairs(resource.parent and resource.segments or {}) do
    if segment.wire == resource.parent then return segment end
  end
end

-- A field that only one of two resources has under this name, and that means the same.
local TWINS = { target = "type" }

local function add_twin(flags, name)
  local twin = flags[TWINS[name]]
  if twin then table.insert(twin.aliases, dashed(name)) end
  return twin ~= nil
end

--- The flags for the parameters of an operation, parents first, each a table: name, aliases,
-- target (the parameter), metavar, help, many.
function parameters.of(operation)
  local flags = {}
  for _, resource in ipairs(description.resources) do
    if is_of(resource.operations, operation) then
      local parent = parent_of(resource)
      if parent then add(flags, operation, parent.name, "parent", parent) end
      for _, segment in ipairs(resource.segments) do
        add(flags, operation, segment.name, "segment", segment)
      end
    end
  end
  for _, resource in ipairs(description.resources) do
    for _, field in ipairs(is_of(resource.operations, operation) and resource.fields or {}) do
      if is_of(field.operations, operation) and not add_twin(flags, field.name) then
        add(flags, operation, field.name, field.type, field)
      end
    end
  end
  return flags
end

-- --- what was given -----------------------------------------------------------------

-- The resource that the parameters are of, by the parent that they name; or one without a parent.
local function resource_of(params, operation)
  for _, resource in ipairs(description.resources) do
    if is_of(resource.operations, operation) then
      local parent = parent_of(resource)
      if not parent or params[parent.name] ~= nil then return resource end
    end
  end
end

local function has_field(resource, name, operation)
  for _, field in ipairs(resource.fields) do
    if field.name == name and is_of(field.operations, operation) then return true end
  end
  return false
end

-- What a webhook is, where nobody says: what is given tells.
local function guess_type(params)
  if params["configuration.flow_sid"] then return "studio" end
  if params["configuration.triggers"] then return "trigger" end
  return "webhook"
end

-- A conversation's webhook has a target, where a channel's has a type.
local function set_type(params, resource, operation)
  for twin, name in pairs(TWINS) do
    if has_field(resource, twin, operation) then
      params[twin], params[name] = params[name] or guess_type(params), nil
    elseif has_field(resource, name, operation) then
      params[name] = params[name] or guess_type(params)
    end
  end
end

-- In an update the empty text alone is the empty list, which takes the values away.
local function list_of(values, operation)
  if values[1] == nil then return nil end
  if operation == "update_webhook" and #values == 1 and values[1] == "" then return {} end
  return values
end

-- "name=value" into a table: a name that is given again becomes a list.
local function add_field(fields, text)
  local name, value = text:match "^([%w_.]+)=(.*)$"
  if not name then return nil, ("--field: %q is not name=value"):format(text) end
  if OPTIONS[name] then return nil, ("--field: %s is no parameter of a webhook"):format(name) end
  if fields[name] == nil then fields[name] = value
  elseif type(fields[name]) == "table" then table.insert(fields[name], value)
  else fields[name] = { fields[name], value } end
  return true
end

-- Is it a parameter that the tables know?
local function is_known(name, operation)
  for _, resource in ipairs(description.resources) do
    if has_field(resource, name, operation) then return true end
  end
  return false
end

local NO_PARENT = "whose webhook? --channel and --service name a channel's, --conversation a conversation's"

local NO_ROW = "what does each of them get? Say --url and --filter, and what else create takes"

-- Those that flags stand for, those of --field among them; or nil and what is wrong.
local function read_flags(flags, operation)
  local params, extra = {}, {}
  for _, flag in ipairs(parameters.of(operation)) do
    local value = flags[flag.target]
    if flag.many and value then value = list_of(value, operation) end
    params[flag.target] = value
  end
  for _, text in ipairs(flags.field or {}) do
    local added, problem = add_field(extra, text)
    if not added then return nil, problem end
  end
  for name, value in pairs(extra) do
    if is_known(name, operation) then params[name], extra[name] = value, nil end
  end
  if next(extra) ~= nil then params.extra = extra end
  return params
end

--- The parameters for an operation that flags stand for; or nil and what is wrong.
function parameters.read(flags, operation)
  local params, problem = read_flags(flags, operation)
  if not params then return nil, problem end
  if params.service_sid == nil and (params.channel_sid ~= nil or operation == "list_channels") then
    params.service_sid = parameters.default_service()
  end
  local resource = resource_of(params, operation)
  if not resource then return nil, NO_PARENT end
  if operation == "create_webhook" then set_type(params, resource, operation) end
  return params
end

--- The flags of a create for a row of which the parents are said elsewhere: out of the help.
function parameters.add_template(flags)
  for _, flag in ipairs(parameters.of "create_webhook") do
    flag.hidden = not flag.parent
    flags[#flags + 1] = not flag.names_parent and flag or nil
  end
  flags[#flags + 1] = { name = "--field", short = "-f", target = "field", metavar = "NAME=VALUE", many = true,
    help = "any other parameter", hidden = true }
end

--- The row that such flags describe; or nil and what is wrong.
function parameters.read_row(flags, of_conversations)
  local row, problem = read_flags(flags, "create_webhook")
  if not row then return nil, problem end
  row.service_sid, row.chat_service_sid = nil, nil
  if next(row) == nil then return nil, NO_ROW end
  local parent = { [of_conversations and "conversation_sid" or "channel_sid"] = "" }
  set_type(row, resource_of(parent, "create_webhook"), "create_webhook")
  return row
end

--- Those of the parameters that name the parent.
function parameters.parent(params)
  local parent = {}
  local resource = resource_of(params, "list_webhooks")
  for _, segment in ipairs(resource.segments) do
    if segment.name and segment.name ~= ITEM then parent[segment.name] = params[segment.name] end
  end
  return parent
end

--- The flag of a field in an error's problem, "configuration.filters[2]"; nil for none.
function parameters.flag_of(field, operation)
  local name = field:gsub("%[.*$", "")
  if name == ITEM then return "SID" end
  for _, flag in ipairs(parameters.of(operation)) do
    if flag.target == name or TWINS[name] == flag.target then return flag.name end
  end
end

return parameters
