-- The reference's tables that are not of parameters: each from the module's own table of that kind.

local client = require "twilio.webhooks.client"
local events = require "twilio.webhooks.events"
local faults = require "twilio.webhooks.sandbox.faults"
local lists = require "tools.books.lists"
local plain = require "twilio.webhooks.plain"
local refusals = require "tools.books.refusals"
local sandbox_options = require "twilio.webhooks.sandbox.options"
local upvalue = require "tools.books.upvalue"

local code, map, sorted = lists.code, lists.map, plain.names

-- After the fact: onMessageAdded, onMessageSent; before it: onMessageAdd, onMessageSend.
local function events_table()
  local rows = {}
  for _, owner in ipairs { "channel", "conversation" } do
    local after, before = {}, {}
    for _, name in ipairs(sorted(events[owner])) do
      local list = (name:find "ed$" or name:find "Sent$") and after or before
      list[#list + 1] = code(name)
    end
    rows[#rows + 1] = { "a " .. owner, table.concat(after, ", "), table.concat(before, ", ") }
  end
  return { "of", "after the fact", "before it" }, rows
end

local BECOMES = {
  { "integer", "integer" }, { "boolean", "boolean" }, { "json", "what the JSON holds; null is nil" },
}

local function event_types_table()
  local rows = {}
  for _, row in ipairs(BECOMES) do
    local names = {}
    for _, name in ipairs(sorted(events.types)) do
      if events.types[name] == row[1] then names[#names + 1] = code(name) end
    end
    rows[#rows + 1] = { table.concat(names, ", "), row[2] }
  end
  return { "field", "becomes" }, rows
end

local function client_options_table()
  local rows = {}
  local options = upvalue(client.new, "OPTIONS")
  for _, name in ipairs(sorted(options)) do
    local default = options[name][1]
    rows[#rows + 1] = { code(name), options[name][3], default and tostring(default) or "", nil }
  end
  return { "option", "what it takes", "default", "meaning" }, rows
end

local function sandbox_options_table()
  local rows = {}
  local options = upvalue(sandbox_options.read, "OPTIONS")
  for _, name in ipairs(sorted(options)) do
    rows[#rows + 1] = { code(name), options[name][2], nil, nil }
  end
  return { "option", "what it takes", "default", "meaning" }, rows
end

local READ_RULE = upvalue(faults.read, "read_rule")
local KINDS = upvalue(READ_RULE, "KINDS")
local COMMON = upvalue(upvalue(READ_RULE, "read_option"), "COMMON")

-- Defaults of an option by the names of faults: { 500 = { "fail_after", … } }.
local function defaults_text(names, option)
  local by_value = {}
  for _, name in ipairs(names) do
    local default = KINDS[name].required == option and "required"
      or KINDS[name].defaults and KINDS[name].defaults[option]
    local key = default == nil and "none" or tostring(default)
    by_value[key] = by_value[key] or {}
    table.insert(by_value[key], code(name))
  end
  local values = sorted(by_value)
  if #values == 1 then return values[1] end
  return table.concat(map(values, function(value)
    return ("%s (%s)"):format(value, table.concat(by_value[value], ", "))
  end), "; ")
end

local function fault_options_table()
  local rows, of = { { "`name`", "all", "a string", "", nil } }, {}
  for _, name in ipairs(sorted(KINDS)) do
    for option, check in pairs(KINDS[name].options or {}) do
      of[option] = of[option] or { names = {}, expected = check[2] }
      table.insert(of[option].names, name)
    end
  end
  for _, name in ipairs(sorted(COMMON)) do
    rows[#rows + 1] = { code(name), "all", COMMON[name][2], nil, nil }
  end
  for _, option in ipairs(sorted(of)) do
    local names = table.concat(map(of[option].names, code), ", ")
    local default = defaults_text(of[option].names, option)
    rows[#rows + 1] = { code(option), names, of[option].expected, default, nil }
  end
  return { "option", "of", "what it takes", "default", "meaning" }, rows
end

local function processed_text(kind)
  if kind.late then return "`seconds` later" end
  return kind.processed and "yes" or "no"
end

local function faults_table()
  local rows = {}
  for _, name in ipairs(sorted(KINDS)) do
    if not KINDS[name].alters then rows[#rows + 1] = { code(name), nil, processed_text(KINDS[name]) } end
  end
  return { "fault", "what happens", "processed?" }, rows
end

local function alterations_table()
  local rows = {}
  for _, name in ipairs(sorted(KINDS)) do
    local operations = KINDS[name].operations
    if KINDS[name].alters then
      rows[#rows + 1] = { code(name), operations and table.concat(sorted(operations), ", "), nil }
    end
  end
  return { "alteration", "of", "what is different" }, rows
end

local function refusals_table()
  return { "reason", "what is wrong" }, map(refusals.words, function(word)
    return { code(word), refusals.meanings[word] }
  end)
end

-- Each name to a function that gives the titles and the rows, and whether their order is the document's.
return {
  ["options of a client"] = { client_options_table, true },
  ["options of the sandbox"] = { sandbox_options_table, true },
  ["options of a fault"] = { fault_options_table, true },
  ["faults"] = { faults_table, true },
  ["alterations"] = { alterations_table, true },
  ["refusals"] = { refusals_table },
  ["events"] = { events_table },
  ["types of an event's fields"] = { event_types_table },
}
