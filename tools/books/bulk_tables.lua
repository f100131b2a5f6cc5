-- The tables of doc/bulk.md: the options of a plan and of an apply.

local bulk = require "twilio.webhooks.bulk"
local lists = require "tools.books.lists"
local plain = require "twilio.webhooks.plain"
local upvalue = require "tools.books.upvalue"

local function options_of(name, list)
  return function()
    local options = upvalue(bulk[name], list)
    local rows = lists.map(plain.names(options), function(option)
      return { lists.code(option), options[option][2], nil, nil }
    end)
    return { "option", "what it takes", "default", "meaning" }, rows
  end
end

return {
  ["options of a plan"] = { options_of("plan", "PLAN_OPTIONS"), true },
  ["options of an apply"] = { options_of("apply", "APPLY_OPTIONS"), true },
}
