-- doc/reference.md and library/ against the core's tables: what they say of each parameter
-- (on the wire, its type, the operations that take it and need it) is what its row says.

local core = require "twilio.webhooks.core"
local markdown = require "spec.support.markdown"

local description = core.describe()
local reference = markdown.read "doc/reference.md"
local library = markdown.read "library/twilio/webhooks.lua"

-- What the documents call an operation, in their order.
local WORDS = { "create", "fetch", "list", "update", "delete" }

-- The definitions of a resource's parameters; the first is in the mark of each of the reference's
-- tables that has them.
local CLASSES = {
  webhooks = { "Owner", "ItemParams", "CreateParams", "Configuration", "CreateConfiguration", "ListParams" },
  channels = { "ListChannelsParams" },
  conversations = { "ListConversationsParams" },
  ["webhook settings"] = { "WebhookSettingsParams", "UpdateWebhookSettingsParams" },
  settings = { "ServiceSettingsParams", "UpdateServiceSettingsParams" },
  addresses = { "ListAddressesParams", "AddressParams", "UpdateAddressParams", "AutoCreation" },
}

local function set_of(list)
  local set = {}
  for _, name in ipairs(list) do set[name] = true end
  return set
end

-- Of those operations, which are of one resource that has `count` of them.
local function words_of(operations, count)
  local set, words = {}, {}
  for _, name in ipairs(operations) do set[name:match "^%l+"] = true end
  for _, word in ipairs(WORDS) do
    if set[word] then words[#words + 1] = word end
  end
  return count > 1 and #words == count and "all" or table.concat(words, ", ")
end

-- A parameter's name to its row in the reference's tables with such a mark.
local function row_of(name, items)
  local marked = set_of(CLASSES[items])
  for mark, rows in reference:gmatch("<!%-%- fields: (.-) %-%->\n(|.-)\n\n") do
    local meant = false
    for class in mark:gmatch "twilio%.webhooks%.(%w+)" do meant = meant or marked[class] end
    for line in (meant and rows or ""):gmatch "[^\n]+" do
      local first, kind, operations, wire = line:match "^| `([%w_%.]+)` | (.-) | (.-) | (.-) |$"
      if first == name then return { type = kind, operations = operations, wire = wire } end
    end
  end
end

-- Every parameter of the API: a list of {row, owners that have it, of the path?, the resource}.
local function parameters()
  local all, known = {}, {}
  for _, resource in ipairs(description.resources) do
    local function add(row, of_path)
      if not row.name then return end
      local key = resource.items .. " " .. row.name
      if not known[key] then
        known[key] = { row = row, owners = {}, of_path = of_path, resource = resource }
        all[#all + 1] = known[key]
      end
      table.insert(known[key].owners, (resource.owner:gsub("'s$", "")))
    end
    for _, segment in ipairs(resource.segments) do add(segment, true) end
    for _, field in ipairs(resource.fields) do add(field, false) end
  end
  return all
end

-- The resource's operations that take a part of the path.
local function operations_on(segment, resource)
  local names, has = {}, set_of(resource.operations)
  for _, operation in ipairs(description.operations) do
    if has[operation.name] and (segment.when ~= "item" or operation.on_item) then
      names[#names + 1] = operation.name
    end
  end
  return names
end

local function expected_operations(parameter)
  local row, resource = parameter.row, parameter.resource
  local text = words_of(parameter.of_path and operations_on(row, resource) or row.operations, #resource.operations)
  local required = parameter.of_path and row.when ~= "optional" or not parameter.of_path and row.required[1]
  local resources = 0 -- with such items
  for _, other in ipairs(description.resources) do
    if other.items == resource.items then resources = resources + 1 end
  end
  if #parameter.owners < resources then text = text .. ", of " .. parameter.owners[1] end
  return text .. (required and "; required" or "")
end

-- What a cell of types has to say.
local function type_words(row)
  if row.kind or row.type == "sid" then return { "`" .. (row.kind or row.values[1]) .. "` and 32 hexadecimal digits" } end
  if row.type == "range" then return { ("integer, %s to %s"):format(row.values[1], row.values[2]) } end
  if row.type == "boolean" then return { "boolean" } end
  if row.type == "page" then return { "string" } end
  if row.type == "list" then return { "list of strings, or one" } end
  local words = {}
  for _, value in ipairs(row.values or {}) do words[#words + 1] = '`"' .. value .. '"`' end
  return words[1] and words or { row.type or "" }
end

-- The same of the LuaCATS definition.
local function definition_words(row)
  if row.type == "range" or row.type == "integer" then return { "integer" } end
  if row.type == "boolean" then return { "boolean" } end
  if row.type == "list" then return { "string[]|string" } end
  local words = {}
  for _, value in ipairs(row.values or {}) do
    words[#words + 1] = row.type and row.type:find "^enum" and '"' .. value .. '"' or "string"
  end
  return words[1] and words or { "string" }
end

local function definition_of(name, items)
  local field
  local inner = name:find(".", 1, true) ~= nil
  for _, class in ipairs(CLASSES[items]) do
    local of_inner = class == "AutoCreation" or class:find "Configuration$" ~= nil
    local block = assert(library:match("\n%-%-%-@class twilio%.webhooks%." .. class .. "%f[:\n](.-)\n\n"), class) .. "\n"
    field = field or inner == of_inner and block:match("\n%-%-%-@field " .. name:match "[%w_]+$" .. "%?? ([^\n]*)")
  end
  local alias = field and field:match "^twilio%.webhooks%.(%u%l+)"
  return alias and library:match("@alias twilio%.webhooks%." .. alias .. " ([^\n]*)") or field
end

describe("the documents", function()
  for _, parameter in ipairs(parameters()) do
    local name, items = parameter.row.name, parameter.resource.items
    it(("say of %s of %s what its row says"):format(name, items), function()
      local documented = row_of(name, items)
      assert(documented, "not in the reference")
      assert.equal(expected_operations(parameter), (documented.operations:gsub("; ", "; ")))
      if parameter.row.type == "page" then
        assert.truthy(documented.wire:find "page")
      elseif parameter.of_path then
        assert.truthy(documented.wire:find "^path")
      else
        assert.truthy(documented.wire:find("^`" .. parameter.row.wire:gsub("%p", "%%%0") .. "`"), documented.wire)
      end
      local kind = documented.type == "the same" and row_of("type", items).type or documented.type
      for _, word in ipairs(type_words(parameter.row)) do assert.truthy(kind:find(word, 1, true), kind .. " / " .. word) end
      local definition = assert(definition_of(name, items), "not in the library")
      for _, word in ipairs(definition_words(parameter.row)) do
        assert.truthy(definition:find(word, 1, true), definition .. " / " .. word)
      end
    end)
  end

  it("name every operation, with its method, status and whether it is of one item", function()
    for _, operation in ipairs(description.operations) do
      local text = reference:match("\n### `webhooks%." .. operation.name .. "%(params%)`\n\n([^\n]+)")
      assert(text, operation.name)
      local method, path, status = text:match "^`(%u+) …(/[^`]*)`, (%d+)"
      assert.same({ operation.method, operation.on_item, operation.status },
        { method, path:find "/{sid}$" ~= nil, tonumber(status) })
    end
  end)
end)
