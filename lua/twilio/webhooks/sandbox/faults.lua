-- Decides by a list of rules which fault a request meets. Some rules alter an answer, and all of
-- these that apply act together; of the others the first that applies is the fault. endings.lua
-- does what a fault does to a connection, alterations.lua alters answers. This file has no
-- socket, and the caller gives chance and time.
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
--   drop_late     closes the connection and processes the request `seconds` later, 1
--   reset_after   processes it and resets the connection (with perl's help)
--   truncate      processes it and sends only `share` of the answer's bytes, 0.5
--   stall         processes it and sends nothing until the client gives up, or for `seconds`, 3600
--   stall_late    sends nothing until the client gives up, and processes it after `seconds`, 1
--   throttle      answers 429, the request has no effect; `retry_after`, in seconds
--   rate_limit    the same if more than `rate` requests came within a second; `retry_after`
--   fail_before   answers `status`, 500 or another, the request has no effect
--   fail_after    processes it and answers `status`, 500 or another
--   fail_late     answers `status`, 504 or another, and processes it `seconds` later, 1
--   stray         processes it, answers, and `seconds` later, 0, sends the answer once more
--   close_idle    processes it, answers, and closes the connection when it was idle for `seconds`, 0
--   restart       closes every connection, whatever is under way on it, and each new one for
--                 `seconds`, 0; what is made stays
--
-- or what is altered:
--
--   date_off         the Date header is `seconds` off, which may be negative
--   date_missing     there is no Date header
--   created_off      the dates of a new webhook are `seconds` off, 0, and in the `zone` "+02:00", "Z"
--   created_missing  date_created of a new webhook is null
--   url_normalised   the URL is stored as RFC 3986 normalises it: HTTP://Example.com as http://example.com/
--   defaults_filled  the configuration shows what was not asked for: a method, no retries, no filters
--   stale            a list is as it was `seconds` ago, 1
--   trailers         the answer is chunked, and after it come a Date, a Retry-After and a request id

local alterations = require "twilio.webhooks.sandbox.alterations"

local faults = {}

local Faults = {}
Faults.__index = Faults

-- --- rules ------------------------------------------------------------------

local function is_number(value, least, most)
  return type(value) == "number" and value >= least and value <= most
end

local function is_share(value) return is_number(value, 0, 1) end
local function is_seconds(value) return is_number(value, 0, 1e9) end
local function is_offset(value) return is_number(value, -1e9, 1e9) end
local function is_count(value) return is_number(value, 0, 1e9) and value % 1 == 0 end
local function is_rate(value) return is_number(value, 1, 1e6) and value % 1 == 0 end
local function is_status(value) return is_number(value, 500, 599) and value % 1 == 0 end
local function is_method(value) return type(value) == "string" and value:find("^%u+$") end

local OPERATIONS = { create = true, delete = true, fetch = true, list = true, update = true }
local function is_operation(value) return OPERATIONS[value] end

local COUNT = { is_count, "a whole number from 0" }
local OFFSET = { is_offset, "a number of seconds, which may be negative" }
local RATE = { is_rate, "a whole number from 1 to 1000000" }
local SECONDS = { is_seconds, "a number of seconds from 0" }
local SHARE = { is_share, "a number from 0 to 1" }
local STATUS = { is_status, "a status from 500 to 599" }
local ZONE = { alterations.zone_seconds, "\"Z\", or a time zone such as \"+02:00\"" }

local COMMON = {
  after = COUNT,
  method = { is_method, "an HTTP method" },
  operation = { is_operation, "create, delete, fetch, list or update" },
  probability = SHARE,
  times = COUNT,
}

local CREATE, LIST = { create = true }, { list = true }
local WRITE = { create = true, update = true }

-- For each fault: is the request `processed` before it is answered, or `late`, after it; is the
-- fault `silent`, so that no byte of an answer goes out; does it `alter` an answer; its operations,
-- if not all; its options beside the common ones, and their defaults.
local KINDS = {
  close_idle = { processed = true, options = { seconds = SECONDS }, defaults = { seconds = 0 } },
  created_missing = { alters = true, operations = CREATE },
  created_off = {
    alters = true, operations = CREATE,
    options = { seconds = OFFSET, zone = ZONE }, defaults = { seconds = 0, zone = "Z" },
  },
  date_missing = { alters = true },
  date_off = { alters = true, options = { seconds = OFFSET }, defaults = { seconds = 0 } },
  defaults_filled = { alters = true, operations = WRITE },
  drop_after = { processed = true, silent = true },
  drop_before = { processed = false, silent = true },
  drop_late = { late = true, silent = true, options = { seconds = SECONDS }, defaults = { seconds = 1 } },
  fail_after = { processed = true, options = { status = STATUS }, defaults = { status = 500 } },
  fail_before = { processed = false, options = { status = STATUS }, defaults = { status = 500 } },
  fail_late = {
    late = true,
    options = { seconds = SECONDS, status = STATUS }, defaults = { seconds = 1, status = 504 },
  },
  rate_limit = {
    processed = false, required = "rate",
    options = { rate = RATE, retry_after = COUNT }, defaults = { status = 429 },
  },
  reset_after = { processed = true, silent = true },
  restart = { processed = false, silent = true, options = { seconds = SECONDS }, defaults = { seconds = 0 } },
  stale = { alters = true, operations = LIST, options = { seconds = SECONDS }, defaults = { seconds = 1 } },
  stall = { processed = true, silent = true, options = { seconds = SECONDS }, defaults = { seconds = 3600 } },
  stall_late = { late = true, silent = true, options = { seconds = SECONDS }, defaults = { seconds = 1 } },
  stray = { processed = true, options = { seconds = SECONDS }, defaults = { seconds = 0 } },
  throttle = { processed = false, options = { retry_after = COUNT }, defaults = { status = 429 } },
  trailers = { alters = true },
  truncate = { processed = true, options = { share = SHARE }, defaults = { share = 0.5 } },
  url_normalised = { alters = true, operations = WRITE },
}

-- Words about the known name that a wrong one may stand for. The module's core judges, which a process
-- of the sandbox may not have.
function faults.hint(wrong, ...)
  local names = {}
  for i = 1, select("#", ...) do
    for name in pairs((select(i, ...))) do names[#names + 1] = name end
  end
  table.sort(names)
  local has_core, core = pcall(require, "twilio.webhooks.core")
  local nearest = has_core and type(wrong) == "string" and core.nearest(wrong, names)
  return nearest and ("; did you mean %s?"):format(nearest) or ""
end

local function read_option(kind, name, value)
  local option = COMMON[name] or kind.options and kind.options[name]
  if not option then return nil, ("has the unknown option %s%s"):format(tostring(name),
    faults.hint(name, COMMON, kind.options or {})) end
  if not option[1](value) then return nil, ("needs as %s %s"):format(name, option[2]) end
  return true
end

-- What is wrong with a rule whose options are right, each by itself.
local function find_problem(kind, rule)
  if kind.required and not rule[kind.required] then return ("needs the option %s"):format(kind.required) end
  if kind.operations and rule.operation and not kind.operations[rule.operation] then
    return ("is never about the operation %s"):format(rule.operation)
  end
end

local function read_rule(given)
  if type(given) ~= "table" then return nil, "is no table" end
  local name = given[1] or given.name
  local kind = KINDS[name]
  if not kind then
    return nil, ("has the unknown name %s%s"):format(tostring(name), faults.hint(name, KINDS))
  end
  local rule = { name = name }
  for key, value in pairs(given) do
    if key ~= 1 and key ~= "name" then
      local valid, problem = read_option(kind, key, value)
      if not valid then return nil, problem end
      rule[key] = value
    end
  end
  local problem = find_problem(kind, rule)
  if problem then return nil, problem end
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

-- Every rule that matches the request counts it, even if it does not apply in the end.
local function applies(rule, operation, method)
  if rule.operation and rule.operation ~= operation then return false end
  if rule.operations and not rule.operations[operation] then return false end
  if rule.method and rule.method ~= method then return false end
  rule.seen = rule.seen + 1
  return rule.seen > rule.after and rule.met < rule.times
end

-- Have `rate` requests passed within the last second, so that this one must not? `passed` has the
-- moments of the last `rate` ones.
local function exceeds(rule, now)
  local place = rule.count % rule.rate + 1
  if rule.passed[place] and now - rule.passed[place] < 1 then return true end
  rule.passed[place], rule.count = now, rule.count + 1
  return false
end

-- The rule of the fault that the next request meets, nil for none; and the list of rules that alter its
-- answer. It draws one number for each rule that matches, so that one rule's numbers do not depend on
-- another's luck.
function Faults:draw(operation, method)
  local fault, altering = nil, {}
  for _, rule in ipairs(self) do
    local met = applies(rule, operation, method) and self.random() < rule.probability
    met = met and (rule.alters or not fault) and not (rule.rate and not exceeds(rule, self.now()))
    if met then
      rule.met = rule.met + 1
      if rule.alters then altering[#altering + 1] = rule else fault = rule end
    end
  end
  return fault, altering
end

-- The longest time by which a list may lag, 0 if none does.
function Faults:longest_lag()
  local longest = 0
  for _, rule in ipairs(self) do
    if rule.name == "stale" then longest = math.max(longest, rule.seconds) end
  end
  return longest
end

-- `rules` as faults.read gives them; `random()` gives a number from 0 to below 1, `now()`
-- seconds with a fraction. Each rule then also has what KINDS tells of its kind.
function faults.new(rules, random, now)
  local self = { random = random, now = now }
  for i, given in ipairs(rules) do
    local kind = KINDS[given.name]
    local rule = { probability = 1, after = 0, times = math.huge, seen = 0, met = 0, passed = {}, count = 0 }
    for key, value in pairs(kind.defaults or {}) do rule[key] = value end
    for key, value in pairs(given) do rule[key] = value end
    rule.processed, rule.late, rule.silent = kind.processed, kind.late, kind.silent
    rule.alters, rule.operations = kind.alters, kind.operations
    self[i] = rule
  end
  return setmetatable(self, Faults)
end

return faults
