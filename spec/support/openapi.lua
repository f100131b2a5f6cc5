-- The published API (spec/support/openapi/) beside the core's tables, as core.describe() gives
-- them: every difference, in words.

local cjson = require "cjson"
local markdown = require "spec.support.markdown"

local openapi = {}

local FILES = { ["ip-messaging"] = "ip_messaging_v2", conversations = "conversations_v1" }

-- A path that is published with another name for one of its parameters.
local PUBLISHED = { ["/v2/Services/{ServiceSid}"] = { path = "/v2/Services/{Sid}", Sid = "ServiceSid" } }

-- Parameters that the pages of a list bring along themselves.
local OF_PAGES = { Page = true, PageToken = true }

local SID = "^%s[0-9a-fA-F]{32}$"

local function set_of(list)
  local set = {}
  for _, name in ipairs(list or {}) do set[name] = true end
  return set
end

local function read(product)
  local name = assert(FILES[product], "no excerpt of " .. tostring(product))
  return cjson.decode(markdown.read("spec/support/openapi/" .. name .. ".json"))
end

-- A schema without its reference.
local function resolve(document, schema)
  local name = schema["$ref"] and schema["$ref"]:match "([^/]+)$"
  return name and document.components.schemas[name] or schema
end

local function one_of(values)
  local sorted = {}
  for i, value in ipairs(values) do sorted[i] = value end
  table.sort(sorted)
  return "one of " .. table.concat(sorted, " ")
end

-- What a schema says, in one text, and what a row does.
local function schema_text(document, schema)
  schema = resolve(document, schema)
  if schema.enum then return one_of(schema.enum) end
  if schema.minimum and schema.maximum then
    return ("integer from %d to %d"):format(schema.minimum, schema.maximum)
  end
  if schema.type == "array" then return "list of " .. schema_text(document, schema.items) end
  return schema.pattern or schema.type
end

local function field_text(field)
  if field.type == "enum" then return one_of(field.values) end
  if field.type == "enums" then return "list of " .. one_of(field.values) end
  if field.type == "range" then return ("integer from %s to %s"):format(field.values[1], field.values[2]) end
  if field.type == "sid" then return SID:format(field.values[1]) end
  return field.type == "list" and "list of string" or field.type
end

local function fields_of(resource, operation)
  local texts = {}
  for _, field in ipairs(resource.fields) do
    if set_of(field.operations)[operation.name] and field.type ~= "page" then
      texts[field.wire] = field_text(field) .. (set_of(field.required)[operation.name] and ", required" or "")
    end
  end
  return texts
end

local function published_fields(document, published)
  local texts = {}
  for _, parameter in ipairs(published.parameters or {}) do
    if parameter["in"] == "query" and not OF_PAGES[parameter.name] then
      texts[parameter.name] = schema_text(document, parameter.schema)
    end
  end
  local content = published.requestBody and published.requestBody.content
  local schema = content and content["application/x-www-form-urlencoded"].schema
  local required = set_of(schema and schema.required)
  for name, property in pairs(schema and schema.properties or {}) do
    texts[name] = schema_text(document, property) .. (required[name] and ", required" or "")
  end
  return texts
end

local function segments_of(segments)
  local texts = {}
  for _, segment in ipairs(segments) do
    if segment.wire then texts[segment.wire] = segment.kind and SID:format(segment.kind) or "string" end
  end
  return texts
end

local function published_segments(document, published, names)
  local texts = {}
  for _, parameter in ipairs(published.parameters or {}) do
    local name = names[parameter.name] or parameter.name
    if parameter["in"] == "path" then texts[name] = schema_text(document, parameter.schema) end
  end
  return texts
end

local function answer_of(resource, operation)
  local item = "item " .. (resource.kind and SID:format(resource.kind) or "")
  local shape = operation.shape == "item" and item
    or operation.shape == "page" and resource.list .. " of " .. item or "nothing"
  return { [tostring(operation.status)] = shape }
end

local function item_text(document, schema)
  local sid = resolve(document, schema).properties.sid
  return "item " .. (sid and schema_text(document, sid) or "")
end

local function published_answer(document, published)
  local texts = {}
  for status, response in pairs(published.responses) do
    local schema = response.content and response.content["application/json"].schema
    texts[status] = "nothing"
    if schema and schema.properties and schema.properties.meta then
      for name, property in pairs(schema.properties) do
        if property.type == "array" then texts[status] = name .. " of " .. item_text(document, property.items) end
      end
    elseif schema then
      texts[status] = item_text(document, schema)
    end
  end
  return texts
end

-- Each path of the resource: its text, its segments, whether it is of one item.
local function paths_of(resource)
  local paths = { { text = "", segments = {} } }
  for _, segment in ipairs(resource.segments) do
    local longer = {}
    for _, path in ipairs(paths) do
      if segment.when ~= "always" then longer[#longer + 1] = path end
      local with = { text = path.text .. segment.before .. (segment.wire and "{" .. segment.wire .. "}" or ""),
        segments = { segment }, on_item = segment.when == "item" }
      for i, before in ipairs(path.segments) do table.insert(with.segments, i, before) end
      longer[#longer + 1] = with
    end
    paths = longer
  end
  return paths
end

--- What differs: a list of texts, empty where nothing does.
function openapi.differences(description)
  local found, documents, seen = {}, {}, {}
  local function compare(where, ours, theirs)
    local names = {}
    for name in pairs(ours) do names[name] = true end
    for name in pairs(theirs) do names[name] = true end
    for name in pairs(names) do
      if ours[name] ~= theirs[name] then
        found[#found + 1] = ("%s: %s: %s here, %s published"):format(where, name, tostring(ours[name]),
          tostring(theirs[name]))
      end
    end
  end
  local function compare_operation(document, resource, path, operation)
    local where = ("%s %s"):format(operation.method, path.text)
    local names = PUBLISHED[path.text] or {}
    local published = (document.paths[names.path or path.text] or {})[operation.method:lower()]
    if not published then
      found[#found + 1] = where .. " is not published"
      return
    end
    seen[("%s %s"):format(operation.method, names.path or path.text)] = true
    compare(where, fields_of(resource, operation), published_fields(document, published))
    compare(where, segments_of(path.segments), published_segments(document, published, names))
    compare(where, answer_of(resource, operation), published_answer(document, published))
  end
  for _, resource in ipairs(description.resources) do
    local known = FILES[resource.product]
    if not known then
      found[#found + 1] = "no such product: " .. resource.product
    else
      documents[resource.product] = documents[resource.product] or read(resource.product)
      local has = set_of(resource.operations)
      for _, path in ipairs(paths_of(resource)) do
        for _, operation in ipairs(description.operations) do
          if has[operation.name] and operation.on_item == (path.on_item or false) then
            compare_operation(documents[resource.product], resource, path, operation)
          end
        end
      end
    end
  end
  for product, name in pairs(FILES) do
    for path, item in pairs(read(product).paths) do
      if item.servers[1].url ~= "https://" .. product .. ".twilio.com" then
        found[#found + 1] = name .. ": another product: " .. item.servers[1].url
      end
      for _, method in ipairs { "GET", "POST", "DELETE" } do
        local where = method .. " " .. path
        if item[method:lower()] and not seen[where] then found[#found + 1] = where .. " is not in the tables" end
      end
    end
  end
  table.sort(found)
  return found
end

return openapi
