-- The parameters of the API, from the core's tables.

local core = require "twilio.webhooks.core"
local lists = require "tools.books.lists"

local map, set_of = lists.map, lists.set_of

local description = core.describe()

local parameters = {}

--- The resources with such items.
function parameters.resources_of(items)
  local list = {}
  for _, resource in ipairs(description.resources) do
    if resource.items == items then list[#list + 1] = resource end
  end
  return assert(list[1], items) and list
end

-- The resource's operations that take a part of the path.
local function operations_on(segment, resource)
  local names, has = {}, set_of(resource.operations)
  for _, operation in ipairs(description.operations) do
    local takes = segment.when ~= "item" or operation.on_item
    if has[operation.name] and takes then names[#names + 1] = operation.name end
  end
  return names
end

-- A resource's parameters: of its path, then its fields.
local function rows_of(resource)
  local rows = {}
  for _, segment in ipairs(resource.segments) do
    if segment.name then
      segment.of_path, segment.operations = true, operations_on(segment, resource)
      segment.is_required = segment.when ~= "optional"
      rows[#rows + 1] = segment
    end
  end
  for _, field in ipairs(resource.fields) do
    field.is_required = field.required[1] ~= nil
    rows[#rows + 1] = field
  end
  return rows
end

--- All parameters of the resources with such items, each once: those that only a later one has stand
-- where it has them. Each gets `owners`, whose they are.
function parameters.of(items)
  local list, known = {}, {}
  for _, resource in ipairs(parameters.resources_of(items)) do
    local rows, place = rows_of(resource), 0
    local own = set_of(map(rows, function(row) return row.name end))
    for _, row in ipairs(rows) do
      local same = known[row.name]
      if not same then
        while list[place + 1] and not own[list[place + 1].name] do place = place + 1 end
        table.insert(list, place + 1, row)
        known[row.name], row.owners, row.values = row, {}, row.values or {}
        same = row
      end
      table.insert(same.owners, (resource.owner:gsub("'s$", "")))
      for i, other in ipairs(list) do
        if other == same then place = i end
      end
    end
  end
  return list
end

return parameters
