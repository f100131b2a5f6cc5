-- doc/reference.md and library/ against the core's tables: what they say of each parameter
-- (on the wire, its type, the operations that take it and need it) is what its row says.

local core = require "twilio.webhooks.core"
local markdown = require "spec.support.markdown"

local description = core.describe()
local reference = markdown.read "doc/reference.md"
local library = markdown.read "library/twilio/webhooks.lua"

-- What the documents call an operation, in their order.
local WORDS = { { "create", "create_webhook" }, { "fetch", "fetch_webhook" }, { "list", "list_webhooks" },
  { "update", "update_webhook" }, { "delete", "delete_webhook" } }

local function set_of(list)
  local set = {}
  for _, name in ipairs(list) do set[name] = true end
  return set
end

local function words_of(operations)
  local set, words = set_of(operations), {}
  for _, word in ipairs(WORDS) do
    if set[word[2]] then words[#words + 1] = word[1] end
  end
  return #words == #WORDS and "all" or table.concat(words, ", ")
end

-- A parameter's name to its row in one of the reference's tables.
local function row_of(name)
  for line in reference:gmatch "[^\n]+" do
    local first, kind, operations, wire = line:match "^| `([%w_%.]+)` | (.-) | (.-) | (.-) |$"
    if first == name then return { type = kind, operations = operations, wire = wire } end
  end
end

-- Every parameter of the API: name to {row, resources that have it, of the path?}.
local function parameters()
  local all, names = {}, {}
  for _, resource in ipairs(description.resources) do
    local function add(row, of_path)
      if not row.name then return end
      if not all[row.name] then
        all[row.name] = { row = row, owners = {}, of_path = of_path, item = resource.item }
        names[#names + 1] = row.name
      end
      table.insert(all[row.name].owners, (resource.owner:gsub("'s$", "")))
    end
    for _, segment in ipairs(resource.segments) do add(segment, true) end
    for _, field in ipairs(resource.fields) do add(field, false) end
  end
  return all, names
end

-- The operations that take a part of the path.
local function operations_on(segment)
  local names = {}
  for _, operation in ipairs(description.operations) do
    if segment.when ~= "item" or operation.on_item then names[#names + 1] = operation.name end
  end
  return names
end

local function expected_operations(parameter)
  local row = parameter.row
  local text = words_of(parameter.of_path and operations_on(row) or row.operations)
  local required = parameter.of_path and row.when ~= "optional" or not parameter.of_path and row.required[1]
  local resources = 0 -- with such items
  for _, resource in ipairs(description.resources) do
    if resource.item == parameter.item then resources = resources + 1 end
  end
  if #parameter.owners < resources then text = text .. ", of " .. parameter.owners[1] end
  return text .. (required and "; required" or "")
end

-- What a cell of types has to say.
local function type_words(row)
  if row.kind or row.type == "sid" then return { "`" .. (row.kind or row.values[1]) .. "` and 32 hexadecimal digits" } end
  if row.name == "page_size" then return { "integer, 1 to " .. #row.values } end
  if row.type == "list" then return { "list of strings, or one" } end
  local words = {}
  for _, value in ipairs(row.values or {}) do words[#words + 1] = '`"' .. value .. '"`' end
  return words[1] and words or { row.type or "" }
end

-- The same of the LuaCATS definition.
local function definition_words(row)
  if row.name == "page_size" or row.type == "integer" then return { "integer" } end
  if row.type == "list" then return { "string[]|string" } end
  local words = {}
  for _, value in ipairs(row.values or {}) do words[#words + 1] = row.type == "enum" and '"' .. value .. '"' or "string" end
  return words[1] and words or { "string" }
end

local function definition_of(name)
  local field = library:match("\n%-%-%-@field " .. name:match "[%w_]+$" .. "%?? ([^\n]*)")
  local alias = field and field:match "^twilio%.webhooks%.(%u%l+)"
  return alias and library:match("@alias twilio%.webhooks%." .. alias .. " ([^\n]*)") or field
end

local all, names = parameters()

describe("the documents", function()
  for _, name in ipairs(names) do
    it("say of " .. name .. " what its row says", function()
      local parameter, documented = all[name], row_of(name)
      assert(documented, "not in the reference")
      assert.equal(expected_operations(parameter), (documented.operations:gsub("; ", "; ")))
      if parameter.of_path then
        assert.truthy(documented.wire:find "^path")
      else
        assert.truthy(documented.wire:find("^`" .. parameter.row.wire:gsub("%p", "%%%0") .. "`"), documented.wire)
      end
      local kind = documented.type == "the same" and row_of("type").type or documented.type
      for _, word in ipairs(type_words(parameter.row)) do assert.truthy(kind:find(word, 1, true), kind .. " / " .. word) end
      local definition = assert(definition_of(name), "not in the library")
      for _, word in ipairs(definition_words(parameter.row)) do
        assert.truthy(definition:find(word, 1, true), definition .. " / " .. word)
      end
    end)
  end

  it("name every operation, with its method, status and whether it is of one item", function()
    for _, operation in ipairs(description.operations) do
      local text = reference:match("\n### `webhooks%." .. operation.name .. "%(params%)`\n\n([^\n]+)")
      assert(text, operation.name)
      local method, item, status = text:match "^`(%u+) …/Webhooks(/?[^`]*)`, (%d+)"
      assert.same({ operation.method, operation.on_item, operation.status }, { method, item == "/{sid}", tonumber(status) })
    end
  end)
end)
