--- The flags of the API's parameters, from the core's tables: configuration.url is --url, and
-- configuration.filters is --filter, once for each filter.

local hints = require "twilio.webhooks.cli.hints"
local loading = require "twilio.webhooks.loading"

local flags = {}

local description = loading.core().describe()

-- Texts for people. The tables' own texts are for error messages.
local HELP = {
  ["list_channels.service_sid"] = { "SID", "the service (else TWILIO_SERVICE_SID)" },
  ["list_channels.type"] = { "TYPE", "public or private" },
  ["list_conversations.chat_service_sid"] = { "SID", "the service (else the whole account)" },
  start_date = { "DATE", "none older than this, such as 2026-01-31" },
  end_date = { "DATE", "none newer than this" },
  state = { "STATE", "initializing, inactive, active or closed" },
  page_size = { "N", "how many to request at a time" },
  page = { "PAGE", "where to begin: next_page of an earlier answer" },
  channel_sid = { "CHANNEL", "the channel's sid or unique name" },
  service_sid = { "SID", "its chat service (else TWILIO_SERVICE_SID)" },
  conversation_sid = { "CONVERSATION", "or a conversation's sid or unique name" },
  chat_service_sid = { "SID", "the service of the conversation, if it has one" },
  type = { "TYPE", "webhook, trigger or studio; other flags imply it" },
  ["configuration.url"] = { "URL", "the URL that it calls" },
  ["configuration.method"] = { "METHOD", "GET or POST" },
  ["configuration.filters"] = { "EVENT", "an event that calls it; repeat it for others" },
  ["configuration.triggers"] = { "TEXT", "a text that calls it; repeat it for others" },
  ["configuration.flow_sid"] = { "SID", "the Studio flow that it starts" },
  ["configuration.retry_count"] = { "N", "further calls after a failure (a channel's)" },
  ["configuration.replay_after"] = { "N", "message index to replay from (a conversation's)" },
}

-- --- names --------------------------------------------------------------------------

local function dashed(name)
  return "--" .. name:gsub("_", "-")
end

-- "configuration.filters" of the type list to "--filter", "service_sid" to "--service".
local function name_of(name, kind)
  local last = name:match "[^.]+$"
  if kind == "list" then last = last:gsub("s$", "") end
  return dashed((last:gsub("(.)_sid$", "%1")))
end

-- Other accepted spellings: the whole name, dotted, with underscores.
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

--- Is the operation in a list of the tables'?
function flags.is_of(operations, operation)
  for _, name in ipairs(operations) do
    if name == operation then return true end
  end
  return false
end

--- The parameter that identifies the item itself: an argument, not a flag.
flags.ITEM = "sid"

-- What a shell proposes for it. The core refuses other values, of which it says more than argparse.
local function proposed_for(kind, row)
  if kind == "enum" or kind == "enums" then return row.values end
  return row.is_names and hints.names or nil
end

local function add(list, operation, name, kind, row)
  if not name or list[name] or name == flags.ITEM then return end
  local flag = name_of(name, kind)
  local help = HELP[operation .. "." .. name] or HELP[name]
    or { row.type == "integer" and "N" or "VALUE", row.expected }
  list[name] = { name = flag, aliases = aliases_of(name, flag), target = name, metavar = help[1],
    help = help[2], parent = kind == "segment" or kind == "parent", names_parent = kind == "parent",
    proposed = proposed_for(kind, row), many = kind == "list" or kind == "enums" }
  list[#list + 1] = list[name]
end

--- The segment that names the parent; nil if the resource has none.
function flags.parent_of(resource)
  for _, segment in ipairs(resource.parent and resource.segments or {}) do
    if segment.wire == resource.parent then return segment end
  end
end

--- Fields that two resources have under different names, for one flag.
flags.TWINS = { target = "type" }

local function add_twin(list, name)
  local twin = list[flags.TWINS[name]]
  if twin then table.insert(twin.aliases, dashed(name)) end
  return twin ~= nil
end

--- The flags for the parameters of an operation, parents first, each a table: name, aliases,
-- target (the parameter), metavar, help, many.
function flags.of(operation)
  local list = {}
  for _, resource in ipairs(description.resources) do
    if flags.is_of(resource.operations, operation) then
      local parent = flags.parent_of(resource)
      if parent then add(list, operation, parent.name, "parent", parent) end
      for _, segment in ipairs(resource.segments) do
        add(list, operation, segment.name, "segment", segment)
      end
    end
  end
  for _, resource in ipairs(description.resources) do
    for _, field in ipairs(flags.is_of(resource.operations, operation) and resource.fields or {}) do
      if flags.is_of(field.operations, operation) and not add_twin(list, field.name) then
        add(list, operation, field.name, field.type, field)
      end
    end
  end
  return list
end

--- Adds the flags of a create for rows, without those of the parents, and leaves them out of the help.
function flags.add_template(list)
  for _, flag in ipairs(flags.of "create_webhook") do
    flag.hidden = not flag.parent
    list[#list + 1] = not flag.names_parent and flag or nil
  end
  list[#list + 1] = { name = "--field", short = "-f", target = "field", metavar = "NAME=VALUE", many = true,
    help = "any other parameter", hidden = true }
end

--- The flag of a field in an error's problem, "configuration.filters[2]"; nil for none.
function flags.flag_of(field, operation)
  local name = field:gsub("%[.*$", "")
  if name == flags.ITEM then return "SID" end
  for _, flag in ipairs(flags.of(operation)) do
    if flag.target == name or flags.TWINS[name] == flag.target then return flag.name end
  end
end

return flags
