-- The classes of parameters in the definitions for editors (LuaCATS).

local lists = require "tools.books.lists"
local parameters = require "tools.books.parameters"

local map, quoted, set_of = lists.map, lists.quoted, lists.set_of

-- Each class has what its operation takes and its parents have not; `group`: the fields of that table.
local CLASSES = {
  { "Owner", "Access", items = "webhooks", operation = "list_webhooks", of_path = true,
    about = "Whose webhook: a Chat channel's, or a conversation's." },
  { "Configuration", items = "webhooks", operation = "update_webhook", group = "configuration" },
  { "CreateConfiguration", "Configuration", items = "webhooks", operation = "create_webhook",
    group = "configuration" },
  { "CreateParams", "Owner", items = "webhooks", operation = "create_webhook",
    inner = "CreateConfiguration" },
  { "ItemParams", "Owner", items = "webhooks", operation = "fetch_webhook" },
  { "FetchParams", "ItemParams" },
  { "DeleteParams", "ItemParams" },
  { "UpdateParams", "ItemParams", items = "webhooks", operation = "update_webhook", inner = "Configuration" },
  { "ListParams", "Owner", items = "webhooks", operation = "list_webhooks" },
  { "ListChannelsParams", "Access", items = "channels", operation = "list_channels" },
  { "ListConversationsParams", "Access", items = "conversations", operation = "list_conversations" },
  { "WebhookSettingsParams", "Access", items = "webhook settings", operation = "fetch_webhook_settings",
    about = "Whose settings: a conversation service's, or without it the account's." },
  { "UpdateWebhookSettingsParams", "WebhookSettingsParams", items = "webhook settings",
    operation = "update_webhook_settings" },
  { "ServiceSettingsParams", "Access", items = "settings", operation = "fetch_service_settings" },
  { "UpdateServiceSettingsParams", "ServiceSettingsParams", items = "settings",
    operation = "update_service_settings" },
  { "ListAddressesParams", "Access", items = "addresses", operation = "list_addresses" },
  { "AddressParams", "Access", items = "addresses", operation = "fetch_address" },
  { "AutoCreation", items = "addresses", operation = "update_address", group = "auto_creation" },
  { "UpdateAddressParams", "AddressParams", items = "addresses", operation = "update_address",
    inner = "AutoCreation" },
}

local function values_type(row)
  return table.concat(map(row.values, quoted), "|")
end

local DEFINITIONS = {
  enum = function(row) return values_type(row) .. (row.any_case and "|string" or "") end,
  enums = function(row) return ("%s|(%s)[]"):format(values_type(row), values_type(row)) end,
  integer = function() return "integer" end,
  range = function() return "integer" end,
  boolean = function() return "boolean" end,
  list = function() return "string[]|string" end,
}

-- What the type does not say already: "IS and 32 hexadecimal digits; of a channel".
local function remark(row, items)
  local parts = {}
  if row.type == "range" then parts[1] = row.values[1] .. " to " .. row.values[2]
  elseif row.type == "sid" or row.type == "page" or row.of_path then parts[1] = row.expected
  elseif row.any_case then parts[1] = "in any case"
  elseif row.is_names then parts[1] = "names of events" end
  if #row.owners < #parameters.resources_of(items) then parts[#parts + 1] = "of " .. row.owners[1] end
  return table.concat(parts, "; ")
end

local function field_line(name, optional, kind, text)
  return (("---@field %s%s %s %s"):format(name, optional and "?" or "", kind, text):gsub(" +$", ""))
end

local function class_lines(class, inherited)
  local lines, has_group = {}, {}
  for _, row in ipairs(class.items and parameters.of(class.items) or {}) do
    local group, inner = row.name:match "^(.-)%.(.*)$"
    local taken = set_of(row.operations)[class.operation] and (not class.of_path or row.of_path)
    if group ~= class.group then
      if taken and group and class.inner and not has_group[group] then
        has_group[group] = true
        lines[#lines + 1] = field_line(group, true, "twilio.webhooks." .. class.inner, "")
      end
    elseif taken and not inherited[row.name] then
      inherited[row.name] = true
      local define = DEFINITIONS[row.type]
      lines[#lines + 1] = field_line(inner or row.name, row.when ~= "item",
        define and define(row) or "string", remark(row, class.items))
    end
  end
  return lines
end

--- All of them, as text.
return function()
  local out, names = {}, {}
  for _, class in ipairs(CLASSES) do
    local name, parent = class[1], class[2]
    names[name] = setmetatable({}, { __index = names[parent] })
    if class.about then out[#out + 1] = "--- " .. class.about end
    out[#out + 1] = "---@class twilio.webhooks." .. name .. (parent and ": twilio.webhooks." .. parent or "")
    for _, line in ipairs(class_lines(class, names[name])) do out[#out + 1] = line end
    out[#out + 1] = ""
  end
  return table.concat(out, "\n")
end
