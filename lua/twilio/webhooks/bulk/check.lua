--- Checks rows as the core checks a create, and turns each into a URL and a form. Sends nothing.

local attempt = require "twilio.webhooks.calls.attempt"
local calls = require "twilio.webhooks.calls"
local core = require "twilio.webhooks.loading".core()
local failure = require "twilio.webhooks.bulk.failure"
local forms = require "twilio.webhooks.bulk.forms"
local may_hide_fields = require "twilio.webhooks.plain".may_hide_fields

local check = {}

-- Problems that are listed; all are counted.
local LISTED = 100

-- One text for all spellings of a name.
local function plain(name)
  return type(name) == "string" and name:gsub("_", ""):lower() or name
end

-- The parameters that belong to a client and not to a row: above all credentials, which neither a
-- plan nor a journal may hold.
local OF_CLIENT = {}
for _, name in ipairs(core.describe().options) do OF_CLIENT[plain(name)] = true end
for _, name in ipairs(core.client_options) do OF_CLIENT[plain(name)] = true end

-- The others, in the usual spellings.
local OF_ROW = { extra = true }
for _, resource in ipairs(core.describe().resources) do
  for _, segment in ipairs(resource.segments) do
    if segment.name and not OF_CLIENT[plain(segment.name)] then OF_ROW[segment.name] = true end
  end
  for _, field in ipairs(resource.fields) do
    local name = field.name:match "^[^.]+"
    if not OF_CLIENT[plain(name)] then OF_ROW[name] = true end
  end
end

-- --- one row ---------------------------------------------------------------------------------

local function with_defaults(row, defaults)
  if not defaults or may_hide_fields(row) then return row end -- one that hides some is refused
  local full, given = {}, {}
  for name, value in pairs(row) do full[name], given[plain(name)] = value, true end
  for name, value in pairs(defaults) do
    if not given[plain(name)] then full[name] = value end
  end
  return full
end

-- Problems for a client's parameters in a row; nil for none.
local function of_client(row)
  local problems
  for name in next, row do
    if not OF_ROW[name] and OF_CLIENT[plain(name)] then
      problems = problems or {}
      problems[#problems + 1] = { field = tostring(name), message = "belongs to the client, not to a row",
        unknown = true }
    end
  end
  return problems
end

-- Does the plan's form of the row ask for the same? It does not if `extra` holds a known field.
local function is_kept(client, request)
  local again = calls.request(client, "create_webhook", forms.params(request.url, request.body))
  return again and again.url == request.url and again.body == request.body
end

--- The URL and the form of a row; or nil and a list of problems.
function check.row(client, row, defaults)
  row = with_defaults(row, defaults)
  local problems = of_client(row)
  if problems then return nil, problems end
  local request, message, err = calls.request(client, "create_webhook", row)
  if not request then return nil, err.problems or { { message = message } } end
  if row.extra ~= nil and not is_kept(client, request) then
    return nil, { { field = "extra", message = "holds what has a field of its own: use that" } }
  end
  return request.url, request.body
end

-- A valid row.
local SAMPLE = { service_sid = "IS" .. ("0"):rep(32), channel_sid = "x", type = "webhook",
  configuration = { url = "https://example.com/" } }

-- A row with a wrong value in that column.
local function row_of(column)
  local row = {}
  for name, value in pairs(SAMPLE) do row[name] = value end
  row[column] = {}
  return row
end

--- Problems with the names of columns. Finds misspelt ones even if all their cells are empty.
function check.columns(client, columns)
  local problems = {}
  for _, column in ipairs(columns) do
    local _, found = check.row(client, row_of(column))
    for _, problem in ipairs(type(found) == "table" and found or {}) do
      if problem.field == column and problem.unknown then problems[#problems + 1] = problem end
    end
  end
  return problems
end

--- Checks the client before the first row: its access token may be a function, and what it lacks is
-- not a mistake of each row. True; or nil, message, err.
function check.begin(client)
  if not client.has_token then attempt.renew_token(client) end
  local request, message, err = client.handle:request("create_webhook", SAMPLE)
  local problems = {}
  for _, problem in ipairs(not request and err.problems or {}) do
    if OF_CLIENT[plain(problem.field)] then problems[#problems + 1] = problem end
  end
  if not problems[1] then return true end
  err.problems = problems
  return nil, message, err
end

-- --- all problems of a source ------------------------------------------------------------------

local Problems = {}
Problems.__index = Problems

function check.problems()
  return setmetatable({ count = 0, list = {} }, Problems)
end

--- Notes what is wrong with a line.
function Problems:add(line, field, message, more)
  self.count = self.count + 1
  if self.count > LISTED then return end
  local problem = { line = line, field = field, message = message }
  for name, value in pairs(more or {}) do problem[name] = value end
  self.list[#self.list + 1] = problem
end

-- @tparam[opt] table except fields that are not to be named again
function Problems:add_all(line, problems, except)
  for _, problem in ipairs(problems) do
    if not (except and except[problem.field]) then
      self:add(line, problem.field, problem.message, { expected = problem.expected, given = problem.given,
        unknown = problem.unknown })
    end
  end
end

local function text_of(problem)
  local where = problem.field and ("%s: "):format(problem.field) or ""
  return ("line %d: %s%s"):format(problem.line, where, problem.message)
end

--- Nil, message, err. The message has the first problems, err.problems has LISTED of them, and
-- err.count says how many there are.
function Problems:failure(name)
  local added = {}
  for i, problem in ipairs(self.list) do added[problem] = i end
  table.sort(self.list, function(a, b)
    if a.line ~= b.line then return a.line < b.line end
    return added[a] < added[b]
  end)
  local texts = {}
  for i = 1, math.min(#self.list, 3) do texts[i] = text_of(self.list[i]) end
  local more = self.count - #texts
  if more > 0 then texts[#texts + 1] = ("and %d more"):format(more) end
  return failure("invalid", ("%s: %s"):format(name, table.concat(texts, "; ")),
    { problems = self.list, count = self.count })
end

return check
