--- Reads the parameters of apply_webhooks before anything is sent: the channel or conversation, the
-- wanted webhooks, and the options. Reports all mistakes at once, each under its name, such as
-- "webhooks[2].configuration.url".

local calls = require "twilio.webhooks.calls"
local core = require "twilio.webhooks.loading".core()
local difference = require "twilio.webhooks.policy.difference"
local match = require "twilio.webhooks.policy.match"
local plain = require "twilio.webhooks.plain"

local wanted = {}

local NAME = "apply_webhooks"
local DEADLINE = "seconds: more than 0, and a day at most"
local PRUNE = "false, the beginning of your own URLs, such as \"https://hooks.example.com/\", or a function"
  .. " that says of a webhook whether it is yours"
local WEBHOOKS = "a list, without holes, of tables with parameters as of create_webhook"
local TOO_MANY = "must be %d at most, which is what one channel or conversation takes, not %d"
local HIDES = "must be a plain table, without __index or __pairs"

-- Parameters beside `webhooks`, for all of them: those of the path, and options.
local BESIDE = {}
local description = core.describe()
for _, resource in ipairs(description.resources) do
  for _, segment in ipairs(resource.segments) do
    if segment.name then BESIDE[segment.name] = true end
  end
end
for _, name in ipairs(description.options) do BESIDE[name] = true end

local function snake(name)
  return type(name) == "string" and name:gsub("(%l)(%u)", "%1_%2"):lower()
end

local function add(problems, field, expected, given)
  problems[#problems + 1] = core.problem(field, expected, given)
end

local function add_message(problems, field, message)
  problems[#problems + 1] = { field = field, message = message }
end

-- The length of a list without holes; nil for any other table.
local function length_of(list)
  local count = 0
  for _ in next, list do count = count + 1 end
  for i = 1, count do
    if rawget(list, i) == nil then return nil end
  end
  return count
end

local function check_options(own, problems)
  local prune = own.prune
  local is_prefix = type(prune) == "string" and prune:find "^[Hh][Tt][Tt][Pp][Ss]?://[^/?#%s]"
  if prune and not is_prefix and type(prune) ~= "function" then add(problems, "prune", PRUNE, prune) end
  if type(own.dry_run) ~= "nil" and type(own.dry_run) ~= "boolean" then
    add(problems, "dry_run", "true or false", own.dry_run)
  end
  local deadline = own.deadline
  if type(deadline) ~= "number" or not (deadline > 0 and deadline <= 86400) then
    add(problems, "deadline", DEADLINE, deadline)
  end
end

-- Parameters of apply_webhooks only.
local OWN = { webhooks = true, prune = true, dry_run = true, deadline = true }
local OWN_NAMES = { "deadline", "dry_run", "prune", "webhooks" }

-- Suggests one of these for a parameter that the list operation does not know.
local function suggest_own(problem)
  local nearest = problem.unknown and not problem.expected and core.nearest(problem.field, OWN_NAMES)
  if not nearest then return end
  problem.expected = nearest
  problem.message = ("is not a parameter of %s; did you mean %s?"):format(NAME, nearest)
end

-- Adds the problems of a refused request, except those of the fields in `except`.
local function add_refusal(problems, err, prefix, except)
  for _, problem in ipairs(err.problems or {}) do
    if not except[problem.field] then
      problem.field = prefix .. problem.field
      problems[#problems + 1] = problem
    end
  end
end

--- The parameters of another operation: those beside `webhooks`, without the list's own, and the row's.
function wanted.merge(parent, row)
  local params = {}
  for name, value in next, parent do
    if snake(name) ~= "page_size" then params[name] = value end
  end
  for name, value in next, row do params[name] = value end
  return params
end

-- Checks one of the webhooks. Gives its parameters and its request, or nil.
local function check_row(self, parent, row, prefix, refused, problems)
  local fits = true
  if type(row) ~= "table" then
    add(problems, prefix:sub(1, -2), "a table of parameters, as of create_webhook", row)
    return nil
  elseif plain.may_hide_fields(row) then
    add_message(problems, prefix:sub(1, -2), HIDES)
    return nil
  end
  for name in next, row do
    if BESIDE[snake(name)] then
      add_message(problems, prefix .. name, "belongs beside webhooks, for all of them")
      fits = false
    end
  end
  if not fits then return nil end
  local params = wanted.merge(parent, row)
  local request, message, err = calls.request(self, "create_webhook", params)
  if request then return params, request end
  if not err.problems then add_message(problems, prefix:sub(1, -2), message) end
  add_refusal(problems, err, prefix, refused)
  return nil
end

-- Reports webhooks that are asked for twice: a list could not tell them apart.
local function check_repeats(rows, problems)
  local places = {}
  for i, row in ipairs(rows) do
    local key = row and match.key(row.request.body)
    if key and places[key] then
      add_message(problems, ("webhooks[%d]"):format(i), ("is equal to webhooks[%d]"):format(places[key]))
    elseif key then
      places[key] = i
    end
  end
end

-- The rows, each `params` and `request`; false in place of a refused one.
local function check_rows(self, parent, webhooks, refused, problems)
  local rows = {}
  local count = type(webhooks) == "table" and not plain.may_hide_fields(webhooks) and length_of(webhooks)
  if not count then
    add(problems, "webhooks", WEBHOOKS, webhooks)
    return rows
  end
  if count > difference.ROOM then
    add_message(problems, "webhooks", TOO_MANY:format(difference.ROOM, count))
  end
  for i = 1, count do
    local prefix = ("webhooks[%d]."):format(i)
    local params, request = check_row(self, parent, webhooks[i], prefix, refused, problems)
    rows[i] = params and { params = params, request = request } or false
  end
  check_repeats(rows, problems)
  return rows
end

-- The rows, and the URL of the list. If anything is wrong: nil, message, err, with all mistakes.
local function check(self, parent, own)
  local problems, refused = {}, {}
  local listing, message, err = calls.request(self, "list_webhooks", parent, NAME)
  if not listing and not err.problems then -- closed by a hook just now, or no memory
    err.message = ("%s: %s"):format(NAME, message)
    return nil, err.message, err
  end
  if not listing then
    for _, problem in ipairs(err.problems) do
      refused[problem.field] = true
      suggest_own(problem)
    end
    add_refusal(problems, err, "", {})
  end
  check_options(own, problems)
  local rows = check_rows(self, parent, own.webhooks, refused, problems)
  if problems[1] then return core.invalid(NAME, problems) end
  return rows, listing.url
end

-- The parameters of the list, and those of this call only.
local function split(params)
  local parent, own = {}, {}
  for name, value in next, params do
    if OWN[name] then own[name] = value else parent[name] = value end
  end
  return parent, own
end

--- Reads the parameters.
-- @tparam table self the client
-- @tparam table params a copy
-- @treturn[1] table `parent`, the parameters of the list, and `url`, its URL; `webhooks` as given;
--   for each its `rows` (`params` of a create) and `forms`; `owned`, see
--   difference.owner; `dry_run`; `deadline`
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] table err, of kind "invalid"
function wanted.read(self, params)
  if plain.may_hide_fields(params) then
    return core.invalid(NAME, { { field = "parameters", message = HIDES } })
  end
  local parent, own = split(params)
  if type(own.deadline) == "nil" then own.deadline = self.deadline end
  local rows, url, err = check(self, parent, own)
  if not rows then return nil, url, err end
  local forms = {}
  for i, row in ipairs(rows) do forms[i] = row.request.body end
  return { parent = parent, url = url, webhooks = own.webhooks, rows = rows, forms = forms,
    owned = difference.owner(own.prune), dry_run = own.dry_run, deadline = own.deadline }
end

return wanted
