--- A webhook as a row of a file: the parameters of a create that makes an equal one.

local kinds = require "twilio.webhooks.cli.kinds"

local rows = {}

local function is_empty(value)
  return value == nil or value == "" or type(value) == "table" and next(value) == nil
end

-- The API shows a trigger's texts under filters.
local function value_of(hook, name)
  local configuration = type(hook.configuration) == "table" and hook.configuration or {}
  local last = name:match "^configuration%.(.+)$"
  if not last then return hook[name] end
  if (hook.type or hook.target) == "trigger" and configuration.triggers == nil then
    if last == "triggers" then return configuration.filters end
    if last == "filters" then return nil end
  end
  return configuration[last]
end

--- The row of a webhook, of the parent by which it was listed.
function rows.of(hook, parent)
  local row = {}
  for name, value in pairs(parent) do row[name] = value end
  for _, name in ipairs(kinds.fields_of_create(hook)) do
    local value = value_of(hook, name)
    local last = name:match "^configuration%.(.+)$"
    if not is_empty(value) then
      if last then
        row.configuration = row.configuration or {}
        row.configuration[last] = value
      else
        row[name] = value
      end
    end
  end
  return row
end

return rows
