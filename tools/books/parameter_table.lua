-- The reference's table of a resource's parameters.

local lists = require "tools.books.lists"
local parameters = require "tools.books.parameters"

local code, map, quoted, set_of = lists.code, lists.map, lists.quoted, lists.set_of

local WORDS = { "create", "fetch", "list", "update", "delete" } -- in the documents' order

local function operations_text(row, items)
  local resources, words = parameters.resources_of(items), {}
  local has = set_of(map(row.operations, function(name) return name:match "^%l+" end))
  for _, word in ipairs(WORDS) do
    if has[word] then words[#words + 1] = word end
  end
  local count = #resources[1].operations
  local text = count > 1 and #words == count and "all" or table.concat(words, ", ")
  if #row.owners < #resources then text = text .. ", of " .. row.owners[1] end
  return text .. (row.is_required and "; required" or "")
end

local function values_text(row)
  return table.concat(map(row.values, function(value) return code(quoted(value)) end), ", ")
end

local LINE = "without control characters"

local TYPES = {
  string = function() return "string " .. LINE end,
  enum = function(row) return values_text(row) .. (row.any_case and ", in any case" or "") end,
  enums = function(row) return values_text(row) .. ", or a list of them" end,
  integer = function() return "integer" end,
  range = function(row) return ("integer, %s to %s"):format(row.values[1], row.values[2]) end,
  boolean = function() return "boolean" end,
  list = function(row)
    return "list of strings, or one; " .. LINE .. (row.is_names and " and commas" or "")
  end,
  page = function() return "string" end,
}

local function type_text(row)
  local kind = row.kind or row.type == "sid" and row.values[1]
  if kind then return code(kind) .. " and 32 hexadecimal digits" end
  return row.of_path and row.expected or TYPES[row.type](row)
end

local function wire_text(row)
  if row.of_path then return "path" end
  if row.type == "page" then return "" end
  return code(row.wire) .. ((row.type == "list" or row.type == "enums") and ", once for each" or "")
end

--- A table of parameters: those of the path, or of the form, or both.
return function(items, of_path)
  local rows, groups = {}, {}
  for _, row in ipairs(parameters.of(items)) do
    local group = row.name:match "^(.-)%."
    if of_path == nil or of_path == (row.of_path == true) then
      if group and not groups[group] then
        groups[group] = true
        local owners = { operations = row.operations, owners = parameters.resources_of(items) }
        rows[#rows + 1] = { code(group), "table of those below", operations_text(owners, items), "", nil }
      end
      rows[#rows + 1] = { code(row.name), type_text(row), operations_text(row, items), wire_text(row), nil }
    end
  end
  return { "parameter", "type", "operations", "on the wire", "notes" }, rows
end
