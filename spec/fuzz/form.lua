-- What has to hold of a form, by a second encoder that was written from the README and
-- decodes where the first encodes. The input says what to build, see form.c.

local native = ...
local core = require "twilio.webhooks.core"
local failure = require "spec.fuzz.failure"

local OPTIONS, SEGMENTS = {}, {}
for name in ([[access_token account_sid allow_http api_key api_secret auth_token base_url ca_file ca_path connect_timeout
  edge extra headers max_response_bytes proxy region timeout user_agent]]):gmatch "%S+" do OPTIONS[name] = true end
for name in ("ServiceSid ChannelSid ConversationSid ChatServiceSid Sid"):gmatch "%S+" do SEGMENTS[name] = true end

-- Each resource's own names in the contract's order; to it, the other's are unknown. By the
-- end of the request's path.
local ORDERS = {
  Channels = [[Type Configuration.Url Configuration.Method Configuration.Filters Configuration.Triggers
    Configuration.FlowSid Configuration.RetryCount PageSize]],
  Conversations = [[Target Configuration.Url Configuration.Method Configuration.Filters Configuration.Triggers
    Configuration.FlowSid Configuration.ReplayAfter PageSize]],
}
for resource, names in pairs(ORDERS) do
  local order, count = {}, 0
  for name in names:gmatch "%S+" do
    count = count + 1
    order[name] = count
  end
  ORDERS[resource] = order
end

local METHODS = { create_webhook = "POST", update_webhook = "POST", delete_webhook = "DELETE",
  fetch_webhook = "GET", list_webhooks = "GET" }

-- --- the table is left as it is --------------------------------------------------------

-- All tables that can be reached, raw, in the order in which Lua gives them.
local function snapshot(value, seen, list)
  if type(value) ~= "table" or seen[value] then return list end
  seen[value] = true
  list[#list + 1] = value
  local key, field = next(value)
  while key ~= nil do
    list[#list + 1] = key
    list[#list + 1] = field
    snapshot(field, seen, list)
    key, field = next(value, key)
  end
  return snapshot(debug.getmetatable(value), seen, list)
end

local function same(a, b) return rawequal(a, b) or (a ~= a and b ~= b) end

local function assert_unchanged(before, params)
  local after = snapshot(params, {}, {})
  assert(#before == #after, "the table has changed")
  for i = 1, #before do
    assert(same(before[i], after[i]) and math.type(before[i]) == math.type(after[i]), "the table has changed")
  end
end

-- --- what the form has to hold ---------------------------------------------------------

local function convert(part)
  if not part:find "^%l[%l%d_]*$" or part:find "__" or part:find "_$" then return part end
  return (("_" .. part):gsub("_(.)", string.upper))
end

local function wire(key)
  return (key:gsub("[^.]+", convert))
end

local function is_group(value)
  return type(value) == "table" and type((next(value))) == "string"
end

-- An empty list is accepted of an update alone, which says so by an empty value.
local function texts_of(value)
  if type(value) == "table" and next(value) == nil then return { "" } end
  return type(value) == "table" and value or { value }
end

-- Puts each field of the table into `fields`: its wire name, and its value or list.
local function flatten(params, prefix, fields, top)
  for key, value in next, params do
    if not (top and OPTIONS[key]) then
      local name = prefix .. wire(key)
      if is_group(value) then
        flatten(value, name .. ".", fields)
      elseif not (SEGMENTS[name] and top) and not (top ~= nil and name == "Configuration") then
        assert(fields[name] == nil, "given twice and accepted: " .. name)
        fields[name] = texts_of(value)
      end
    end
  end
  return fields
end

local function assert_text(value, text, name)
  if type(value) == "boolean" then
    assert(text == tostring(value), text)
  elseif type(value) == "number" then
    assert(tonumber(text) == value, ("%s for %s"):format(text, value))
    assert(text:find "^%-?%d[%d.]*$" or text:find "^%-?%d[%d.]*e[+-]%d+$", text)
    assert(value ~= math.floor(value) or not text:find "%.0*$", text)
  elseif name == "Configuration.Method" then
    assert(text:lower() == value:lower(), text)
  else
    assert(text == value, text)
  end
end

-- --- what it holds -----------------------------------------------------------------------

local function decode(text)
  assert(not text:gsub("%%[%dA-F][%dA-F]", ""):find "[^%w._~-]", "not encoded: " .. text)
  text = text:gsub("%%(..)", function(hex) return string.char(tonumber(hex, 16)) end)
  assert(not text:find "\0", "a NUL byte was accepted")
  return text
end

local function order_of(url)
  local resource = url:match "/(%a+)/[^/?]+/Webhooks$" or url:match "/(%a+)/[^/?]+/Webhooks[/?]"
  return assert(ORDERS[resource], url)
end

local function assert_order(order, last, name)
  local before, after = order[last], order[name]
  if last == nil or last == name then return end
  assert(before ~= nil or after == nil, name .. " after " .. last)
  if after ~= nil then assert(before < after, name .. " after " .. last) end
  if before == nil then assert(last < name, name .. " after " .. last) end
end

local function check_form(order, form, fields)
  local last, position
  for pair in form:gmatch "[^&]+" do
    local name, text = pair:match "^([^=]*)=([^=]*)$"
    name, text = decode(name), decode(text)
    assert_order(order, last, name)
    position = name == last and position + 1 or 1
    last = name
    local values = assert(fields[name], "nobody gave " .. name)
    local value = rawget(values, position) -- a list may have any metatable
    assert(value ~= nil, "one too many: " .. name)
    assert_text(value, text, name)
    if position == rawlen(values) then fields[name] = false end
  end
  assert(not form:find "^&" and not form:find "&&" and not form:find "&$", form)
  for name, left in pairs(fields) do assert(not left, "left out: " .. name) end
end

local function check_request(operation, params, made)
  assert(made.method == METHODS[operation])
  local query = made.url:match "%?(.*)$" or ""
  assert(made.method == "POST" and query == "" or made.body == "", "a form in the wrong place")
  assert(not made.url:find "[^!-~]", "a URL with strange bytes")
  local fields = flatten(params, "", {}, true)
  local extra = rawget(params, "extra")
  if extra ~= nil then flatten(extra, "", fields) end
  check_form(order_of(made.url), made.method == "POST" and made.body or query, fields)
end

return function(input)
  local operation, params = native.make(input)
  local before = snapshot(params, {}, {})
  local made, message, err = core.request(operation, params)
  assert_unchanged(before, params)
  local again, second = core.request(operation, params)
  if made == nil then
    failure.check(operation, made, message, err)
    assert(again == nil and second == message, "refused in two ways: " .. message .. "\n" .. tostring(second))
  else
    assert(made.url == again.url and made.body == again.body, "two requests of one table")
    check_request(operation, params, made)
  end
end
