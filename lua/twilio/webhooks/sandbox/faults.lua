-- Which request meets which fault. A list of rules says it; the first that applies, and
-- whose probability has it so, is the one. What a fault does to a connection is in
-- server.lua; here is no socket, and chance is given from outside.
--
-- A rule is a table: the name of a fault, and any of
--
--   probability   0 to 1; 1 when not given
--   operation     of this operation only: create, fetch, list, update, delete
--   method        of this method only
--   after         not of the first so many requests that it could be about
--   times         at most so often
--
-- and what the fault itself takes:
--
--   drop_before   closes the connection, the request has no effect
--   drop_after    processes the request and closes the connection
--   reset_after   processes it and resets the connection (with perl's help)
--   truncate      processes it and sends only `share` of the answer's bytes, 0.5
--   stall         processes it and sends nothing until the client gives up, or for `seconds`, 3600
--   throttle      answers 429, the request has no effect; `retry_after`, in seconds
--   fail_before   answers `status`, 500 or another, the request has no effect
--   fail_after    processes it and answers `status`, 500 or another

local faults = {}

local Faults = {}
Faults.__index = Faults

-- --- rules ------------------------------------------------------------------

local function is_number(value, least, most)
  return type(value) == "number" and value >= least and value <= most
end

local function is_share(value) return is_number(value, 0, 1) end
local function is_seconds(value) return is_number(value, 0, 1e9) end
local function is_count(value) return is_number(value, 0, 1e9) and value % 1 == 0 end
local function is_status(value) return is_number(value, 500, 599) and value % 1 == 0 end
local function is_method(value) return type(value) == "string" and value:find("^%u+$") end

local OPERATIONS = { create = true, delete = true, fetch = true, list = true, update = true }
local function is_operation(value) return OPERATIONS[value] end

local COUNT = { is_count, "a whole number from 0" }
local SHARE = { is_share, "a number from 0 to 1" }
local STATUS = { is_status, "a status from 500 to 599" }

local COMMON = {
  after = COUNT,
  method = { is_method, "an HTTP method" },
  operation = { is_operation, "create, delete, fetch, list or update" },
  probability = SHARE,
  times = COUNT,
}

-- By name: whether the request is `processed`, whether the fault is `silent`, so that no
-- byte of an answer goes out; what it takes beside the common options, and the defaults.
local KINDS = {
  drop_after = { processed = true, silent = true },
  drop_before = { processed = false, silent = true },
  fail_after = { processed = true, options = { status = STATUS }, defaults = { status = 500 } },
  fail_before = { processed = false, options = { status = STATUS }, defaults = { status = 500 } },
  reset_after = { processed = true, silent = true },
  stall = {
    processed = true, silent = true,
    options = { seconds = { is_seconds, "a number of seconds" } }, defaults = { seconds = 3600 },
  },
  throttle = { processed = false, options = { retry_after = COUNT }, defaults = { status = 429 } },
  truncate = { processed = true, options = { share = SHARE }, defaults = { share = 0.5 } },
}

local function read_option(kind, name, value)
  local option = COMMON[name] or kind.options and kind.options[name]
  if not option then return nil, ("has the unknown option %s"):format(tostring(name)) end
  if not option[1](value) then return nil, ("needs as %s %s"):format(name, option[2]) end
  return true
end

local function read_rule(given)
  if type(given) ~= "table" then return nil, "is no table" end
  local name = given[1] or given.name
  local kind = KINDS[name]
  if not kind then return nil, ("has the unknown name %s"):format(tostring(name)) end
  local rule = { name = name }
  for key, value in pairs(given) do
    if key ~= 1 and key ~= "name" then
      local valid, problem = read_option(kind, key, value)
      if not valid then return nil, problem end
      rule[key] = value
    end
  end
  return rule
end

-- The rules in a form that JSON can carry. Or nil, and what is wrong with which.
function faults.read(given)
  if type(given) ~= "table" then return nil, "faults must be a list of tables" end
  local rules = {}
  for i, one in ipairs(given) do
    local rule, problem = read_rule(one)
    if not rule then return nil, ("rule %d of faults %s"):format(i, problem) end
    rules[i] = rule
  end
  for key in pairs(given) do
    if not rules[key] then return nil, "faults must be a list of tables" end
  end
  return rules
end

-- --- chance -----------------------------------------------------------------

-- Every rule that is about the request counts it, whether it is met in the end or not.
local function applies(rule, operation, method)
  if rule.operation and rule.operation ~= operation then return false end
  if rule.method and rule.method ~= method then return false end
  rule.seen = rule.seen + 1
  return rule.seen > rule.after and rule.met < rule.times
end

-- The rule of the fault that the next request meets; nil for none. One number is drawn
-- for each rule that applies, met or not, so that the numbers of one rule do not hang
-- upon the luck of another.
function Faults:draw(operation, method)
  local met
  for _, rule in ipairs(self) do
    if applies(rule, operation, method) and self.random() < rule.probability and not met then
      met = rule
    end
  end
  if met then met.met = met.met + 1 end
  return met
end

-- `rules` as faults.read gives them; `random()` gives a number from 0 to below 1. Each
-- rule then also tells whether the request is `processed`, and whether it is `silent`.
function faults.new(rules, random)
  local self = { random = random }
  for i, given in ipairs(rules) do
    local kind = KINDS[given.name]
    local rule = { probability = 1, after = 0, times = math.huge, seen = 0, met = 0 }
    for key, value in pairs(kind.defaults or {}) do rule[key] = value end
    for key, value in pairs(given) do rule[key] = value end
    rule.processed, rule.silent = kind.processed, kind.silent
    self[i] = rule
  end
  return setmetatable(self, Faults)
end

return faults
