--- The kinds of items that the commands list: the columns of a table, and the fields of TSV. The fields
-- of a webhook are the core's.

local flags = require "twilio.webhooks.cli.flags"
local loading = require "twilio.webhooks.loading"

local kinds = {}

local resources = {}
for _, resource in ipairs(loading.core().describe().resources) do
  if flags.is_of(resource.operations, "create_webhook") then resources[#resources + 1] = resource end
end

local function is_of(field, operation)
  return flags.is_of(field.operations, operation)
end

-- Is it a webhook of this resource? By the parameter that names its parent.
local function holds(resource, params)
  return params[flags.parent_of(resource).name] ~= nil
end

--- The resource of parameters, or of a webhook; the first one if it cannot be known.
function kinds.resource_of(params)
  for _, resource in ipairs(resources) do
    if holds(resource, params) then return resource end
  end
  return resources[1]
end

-- The parents' parameters, and the fields of a create.
local function fields_of_row(resource)
  local fields = {}
  for _, segment in ipairs(resource.segments) do
    if segment.name and segment.name ~= "sid" then fields[#fields + 1] = segment.name end
  end
  for _, field in ipairs(resource.fields) do
    if is_of(field, "create_webhook") then fields[#fields + 1] = field.name end
  end
  return fields
end

local function fields_of(resource)
  local fields = fields_of_row(resource)
  table.insert(fields, 1, "sid")
  fields[#fields + 1] = "date_created"
  fields[#fields + 1] = "date_updated"
  return fields
end

--- The fields that a create of such a webhook takes.
function kinds.fields_of_create(hook)
  local fields = {}
  for _, field in ipairs(kinds.resource_of(hook).fields) do
    if is_of(field, "create_webhook") then fields[#fields + 1] = field.name end
  end
  return fields
end

local function type_of(webhook)
  return webhook.type or webhook.target
end

local function configuration_of(webhook)
  return type(webhook.configuration) == "table" and webhook.configuration or {}
end

-- "POST https://example.com/hook", or the flow.
local function aim_of(webhook)
  local configuration = configuration_of(webhook)
  if not configuration.url then return configuration.flow_sid end
  return ("%s %s"):format((configuration.method or "POST"):upper(), configuration.url)
end

local function occasion_of(webhook)
  local configuration = configuration_of(webhook)
  return configuration.triggers or configuration.filters
end

-- The columns that there is room for; the other formats have all fields.
local WEBHOOK_COLUMNS = {
  { name = "SID", value = "sid" },
  { name = "TYPE", value = type_of },
  { name = "ON", value = occasion_of },
  { name = "CALLS", value = aim_of },
}

--- Webhooks of the parent that `params` name.
function kinds.webhooks(params)
  return { name = "webhooks", columns = WEBHOOK_COLUMNS, fields = fields_of(kinds.resource_of(params)) }
end

--- Rows of a file, as export writes them, of channels or of conversations.
function kinds.rows(given)
  local of_conversations = given.all_conversations or given.conversation_sid
  local resource = kinds.resource_of { [of_conversations and "conversation_sid" or "channel_sid"] = "" }
  return {
    name = "rows", fields = fields_of_row(resource),
    columns = {
      { name = "CHANNEL", value = function(row) return row.channel_sid or row.conversation_sid end },
      WEBHOOK_COLUMNS[2], WEBHOOK_COLUMNS[3], WEBHOOK_COLUMNS[4],
    },
  }
end

kinds.channels = {
  name = "channels",
  columns = {
    { name = "SID", value = "sid" }, { name = "UNIQUE NAME", value = "unique_name" },
    { name = "TYPE", value = "type" }, { name = "FRIENDLY NAME", value = "friendly_name" },
  },
  fields = { "sid", "service_sid", "unique_name", "friendly_name", "type", "created_by", "members_count",
    "messages_count", "attributes", "date_created", "date_updated" },
}

kinds.conversations = {
  name = "conversations",
  columns = {
    { name = "SID", value = "sid" }, { name = "UNIQUE NAME", value = "unique_name" },
    { name = "STATE", value = "state" }, { name = "FRIENDLY NAME", value = "friendly_name" },
  },
  fields = { "sid", "chat_service_sid", "unique_name", "friendly_name", "state", "messaging_service_sid",
    "attributes", "date_created", "date_updated" },
}

return kinds
