--- Groups the rows of a source by channel or conversation, and finds equal ones. Sends nothing.

local check = require "twilio.webhooks.bulk.check"
local digest = require "twilio.webhooks.bulk.digest"
local failure = require "twilio.webhooks.bulk.failure"
local match = require "twilio.webhooks.policy.match"
local sorted = require "twilio.webhooks.bulk.sorted"
local system = require "twilio.webhooks.loading".system()

local groups = {}

local Groups = {}
Groups.__index = Groups

-- The most rows of one channel, to limit memory. The API takes five webhooks there.
local ROWS = 100
-- Rows between two reports of progress.
local REPORT = 1000
-- Rows that one step of the digest covers.
local CHAINED = 32

-- --- reading -----------------------------------------------------------------------------------

local function add_row(self, line, row)
  local url, form = check.row(self.client, row, self.source.defaults)
  if not url then
    self.problems:add_all(line, form, self.refused)
    return true
  end
  self.rows = self.rows + 1
  return self.sorter:add(digest.key(url) .. ("%012d "):format(line) .. url .. "\t" .. form)
end

-- Names at once all that is wrong with CSV's header, before its rows: they do not repeat it.
local function check_columns(self)
  local source = self.source
  if self.refused or not source.columns then return end
  self.refused = {}
  local problems = check.columns(self.client, source.columns)
  self.problems:add_all(source.columns_line, problems)
  for _, problem in ipairs(problems) do self.refused[problem.field] = true end
end

local function read_all(self, on_progress)
  local each = self.source:each()
  local read = 0
  while true do
    local line, row, problem = each()
    check_columns(self)
    if not line then
      if row then return failure("file", ("%s: %s"):format(self.source.name, row)) end
      return true
    end
    local added, message, name = true, nil, nil
    if row then added, message, name = add_row(self, line, row)
    else self.problems:add(line, nil, problem) end
    if not added then return failure("file", message, { error_name = name }) end
    read = read + 1
    if on_progress and read % REPORT == 0 then on_progress { phase = "read", done = read } end
  end
end

-- --- groups ------------------------------------------------------------------------------------
-- A line of the sorter: the channel's key, 32 digits, the row's line, 12, a space, URL, tab, form.

-- `place`: the line of the first row, `line`, in 12 digits.
local function new_group()
  return { url = nil, lines = {}, forms = {}, count = 0, line = nil, place = nil }
end

-- Appends a line's row to a group. Gives the group.
local function append(group, text)
  group.count = group.count + 1
  if group.count > ROWS then return group end
  local tab, place = text:find("\t", 46, true), text:sub(33, 44)
  local line = tonumber(place)
  group.lines[group.count], group.forms[group.count] = line, text:sub(tab + 1)
  if not group.url then group.url, group.line, group.place = text:sub(46, tab - 1), line, place end
  return group
end

-- A function that gives { url, lines, forms, count, line, place }, nil at the end; or nil, message.
function Groups:each()
  local read = self.sorter:read()
  local text, problem = read()
  local key = text and text:sub(1, 32)
  return function()
    if not text then return nil, problem end
    local group, this = new_group(), key
    repeat
      append(group, text)
      text, problem = read()
      key = text and text:sub(1, 32)
    until key ~= this
    return group
  end
end

-- The place of an earlier form that asks for the same; nil for none.
local function find_equal(list, i)
  for earlier = 1, i - 1 do
    if list[i] == list[earlier] or match.same(list[i], list[earlier]) then return earlier end
  end
end

local function check_group(self, group)
  if group.count > ROWS then
    self.problems:add(group.lines[ROWS], nil,
      ("%d rows for one channel or conversation; the API takes five webhooks"):format(group.count))
  end
  for i = 2, #group.forms do
    local earlier = find_equal(group.forms, i)
    if earlier then
      local line = group.lines[earlier]
      local message = ("asks for the same webhook as line %d"):format(line)
      self.problems:add(group.lines[i], nil, message, { equal = line })
    end
  end
end

-- Adds the rows of one more channel to the digest of the input: one line, or several rows' forms.
-- Their order does not matter, as with rows of different channels.
local function chain_group(self, line, forms)
  local texts = self.texts
  if forms then
    for _, form in ipairs(system.sort(forms)) do texts[#texts + 1] = form end
  elseif line then
    texts[#texts + 1] = line:sub(46)
  end
  if #texts < CHAINED then return end
  self.chain, self.texts = digest.chain(self.chain, table.concat(texts, "\n")), {}
end

-- Counts the groups, and checks those of several rows: most have one.
local function check_groups(self)
  local read, key, first, group = self.sorter:read(), nil, nil, nil
  local forms
  local text, message = read()
  while text do
    local this = text:sub(1, 32)
    if this ~= key then
      if group then check_group(self, group) end
      chain_group(self, first, forms)
      self.count, key, first, group, forms = self.count + 1, this, text, nil, nil
    else
      if not group then group, forms = append(new_group(), first), { first:sub(46) } end
      append(group, text)
      if #forms <= ROWS then forms[#forms + 1] = text:sub(46) end -- more are refused
    end
    text, message = read()
  end
  if message then return failure("file", message) end
  if group then check_group(self, group) end
  chain_group(self, first, forms)
  self.input = self.source:input() or digest.chain(self.chain, table.concat(self.texts, "\n"))
  return true
end

--- Reads and checks a source, and closes it.
-- @treturn[1] table `rows`, `count` (of groups), `input` (digest), `each()`, `close()`
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] table err: "invalid" with all `problems`, or "file"
function groups.read(source, client, on_progress)
  local self = setmetatable({ source = source, client = client, sorter = sorted.new(),
    problems = check.problems(), rows = 0, count = 0, chain = nil, texts = {} }, Groups)
  local done, message, err = check.begin(client)
  if done then done, message, err = read_all(self, on_progress) end
  source:close()
  if done then done, message, err = check_groups(self) end
  if done and self.problems.count > 0 then done, message, err = self.problems:failure(source.name) end
  if done then return self end
  self:close()
  return nil, message, err
end

function Groups:close()
  self.sorter:close()
end

return groups
