--- Webhooks by the thousand: rows, a plan, and an apply that makes no second webhook after a kill, a
-- full disk or an outage of the API. See doc/bulk.md.

local apply = require "twilio.webhooks.bulk.apply"
local failure = require "twilio.webhooks.bulk.failure"
local journal = require "twilio.webhooks.bulk.journal"
local plain = require "twilio.webhooks.plain"
local plan = require "twilio.webhooks.bulk.plan"
local planfile = require "twilio.webhooks.bulk.planfile"
local source = require "twilio.webhooks.bulk.source"

local bulk = {}

-- --- arguments -----------------------------------------------------------------------------------

local function check_table(name, place, value)
  if type(value) ~= "table" then
    error(("bad argument #%d to '%s' (table expected, got %s)"):format(place, name, type(value)), 3)
  end
end

local function is_function(value) return type(value) == "function" end
local function is_boolean(value) return type(value) == "boolean" end
local function is_rate(value) return type(value) == "number" and value > 0 and value <= 1e6 end
local function is_margin(value) return type(value) == "number" and value >= 0 and value <= 86400 end

local function is_workers(value)
  return type(value) == "number" and value >= 1 and value <= 1000 and value % 1 == 0
end

local function is_prune(value)
  return value == false or is_function(value) or type(value) == "string" and value ~= ""
end

local FUNCTION = { is_function, "a function" }
local WORKERS = { is_workers, "an integer from 1 to 1000" }
local RATE = { is_rate, "writes a second: more than 0, and 1000000 at most" }

local PLAN_OPTIONS = {
  on_progress = FUNCTION, rate = RATE,
  prune = { is_prune, "false, the beginning of your URLs, or a function" },
  stop = FUNCTION, workers = WORKERS,
}
local APPLY_OPTIONS = {
  margin = { is_margin, "seconds: 0 to 86400" }, on_error = FUNCTION, on_progress = FUNCTION, rate = RATE,
  recheck = { is_boolean, "true or false" }, stop = FUNCTION, workers = WORKERS,
}

-- A copy of the options; or nil, message, err of kind "invalid".
local function read_options(name, given, rows)
  local options, problems, known = {}, {}, plain.names(rows)
  for _, option in ipairs(known) do
    local value, row = given and given[option], rows[option]
    if value ~= nil and not row[1](value) then
      problems[#problems + 1] = { field = option, message = "must be " .. row[2] }
    end
    options[option] = value
  end
  failure.add_unknown(problems, given or {}, known)
  if problems[1] then return failure.of_options(name, problems) end
  return options
end

-- --- the functions -------------------------------------------------------------------------------

--- A source of rows: see source.lua.
function bulk.source(options)
  check_table("source", 1, options)
  return source.new(options)
end

--- A plan of what gives each row its webhook: see plan.lua. Changes nothing.
function bulk.plan(rows, client, options)
  check_table("plan", 1, rows)
  check_table("plan", 2, client)
  local read, message, err = read_options("plan", options, PLAN_OPTIONS)
  if not read then return nil, message, err end
  return plan.new(rows, client, read)
end

--- A plan that plan:write has written.
function bulk.read_plan(path)
  return planfile.read(path)
end

--- A journal, locked until it is closed: see journal.lua.
function bulk.journal(path)
  return journal.open(path)
end

--- Carries out a plan: see apply.lua.
function bulk.apply(what, client, into, options)
  check_table("apply", 1, what)
  check_table("apply", 2, client)
  check_table("apply", 3, into)
  local read, message, err = read_options("apply", options, APPLY_OPTIONS)
  if not read then return nil, message, err end
  return apply.run(what, client, into, read)
end

return bulk
