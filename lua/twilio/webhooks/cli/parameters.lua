--- The parameters of an operation, from the flags. --field name=value gives those that the core's
-- tables do not know.

local flag_tables = require "twilio.webhooks.cli.flags"
local loading = require "twilio.webhooks.loading"

local parameters = {}

local description = loading.core().describe()
local is_of, parent_of = flag_tables.is_of, flag_tables.parent_of
local TWINS, ITEM = flag_tables.TWINS, flag_tables.ITEM

-- The options of a call, such as credentials.
local OPTIONS = {}
for _, name in ipairs(description.options) do OPTIONS[name] = true end

--- The environment's value for --service; nil if it is not set.
function parameters.default_service()
  local service = os.getenv "TWILIO_SERVICE_SID"
  return service ~= "" and service or nil
end

-- The resource of the parameters, by the parent that they name; or one without a parent.
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

-- The type of a webhook if no flag says it, from the other flags.
local function guess_type(params)
  if params["configuration.flow_sid"] then return "studio" end
  if params["configuration.triggers"] then return "trigger" end
  return "webhook"
end

-- A conversation's webhook has a target instead of a type.
local function set_type(params, resource, operation)
  for twin, name in pairs(TWINS) do
    if has_field(resource, twin, operation) then
      params[twin], params[name] = params[name] or guess_type(params), nil
    elseif has_field(resource, name, operation) then
      params[name] = params[name] or guess_type(params)
    end
  end
end

-- In an update a single empty text means the empty list, which removes the values.
local function list_of(values, operation)
  if values[1] == nil then return nil end
  if operation == "update_webhook" and #values == 1 and values[1] == "" then return {} end
  return values
end

-- Adds "name=value" to a table: a repeated name becomes a list.
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

-- The parameters of all flags, including --field; or nil and what is wrong.
local function read_flags(flags, operation)
  local params, extra = {}, {}
  for _, flag in ipairs(flag_tables.of(operation)) do
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

--- The parameters for an operation, from the flags; or nil and what is wrong.
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

return parameters
