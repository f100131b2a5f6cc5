--- Where rows come from: a file of one of four formats, a list, or a template for each channel
-- that an iterator gives. A row is what create_webhook takes.

local digest = require "twilio.webhooks.bulk.digest"
local failure = require "twilio.webhooks.bulk.failure"
local loading = require "twilio.webhooks.loading"
local plain = require "twilio.webhooks.plain"

local system = loading.system()

local source = {}

local Source = {}
Source.__index = Source

local FORMATS = { "csv", "json", "jsonl", "lua" }
local IS_FORMAT, BY_SUFFIX = {}, { ndjson = "jsonl" }
for _, name in ipairs(FORMATS) do IS_FORMAT[name], BY_SUFFIX[name] = true, name end

local OPTIONS = { "channels", "defaults", "format", "path", "row", "rows" }

-- --- what is refused ---------------------------------------------------------------------------

local function is_callable(value)
  local metatable = type(value) == "table" and getmetatable(value)
  return type(value) == "function" or type(metatable) == "table" and metatable.__call ~= nil
end

local function refuse(field, message)
  return failure.of_options("source", { { field = field, message = message } })
end

local function is_list(rows)
  if type(rows) ~= "table" then return false end
  local count = 0
  for _ in next, rows do count = count + 1 end
  for place = 1, count do
    if rows[place] == nil then return false end
  end
  return true
end

-- What is wrong with them; an empty list for nothing.
local function find_problems(options)
  local problems = {}
  local function check(right, field, message)
    if not right then problems[#problems + 1] = { field = field, message = message } end
  end
  local channels, row = options.channels, options.row
  local given = (options.path and 1 or 0) + (options.rows and 1 or 0) + (channels and 1 or 0)
  check(given == 1, "path", "give one of path, rows and channels")
  check(not options.path or type(options.path) == "string", "path", "must be a string")
  check(not options.rows or is_list(options.rows), "rows", "must be a list of tables, without holes")
  check(not channels or is_callable(channels), "channels",
    "must be an iterator, such as client:channels { ... }")
  check(not channels or type(row) == "table" or type(row) == "function", "row",
    "must be a table, or a function that gives one for a channel")
  check(row == nil or channels, "row", "goes with channels")
  check(options.format == nil or IS_FORMAT[options.format], "format", "must be one of csv, json, jsonl, lua")
  check(options.defaults == nil or type(options.defaults) == "table", "defaults", "must be a table")
  for _, name in ipairs { "defaults", "row", "rows" } do
    local value = options[name] -- what it hides would get lost
    check(type(value) ~= "table" or not plain.may_hide_fields(value), name, "must be a plain table, "
      .. "without __index or __pairs")
  end
  failure.add_unknown(problems, options, OPTIONS)
  return problems
end

-- --- files ---------------------------------------------------------------------------------------

local function format_of(options)
  local suffix = options.path:match "%.(%w+)$"
  return options.format or BY_SUFFIX[suffix and suffix:lower()]
end

-- Standard input, from its present position: by its name in /dev it would begin anew, and a socket
-- cannot be opened so.
local stdin = {}

-- Bytes of it at a time.
local BLOCK = 65536

function stdin.read()
  local text, message = io.stdin:read(BLOCK)
  if not text and message then return nil, "standard input: " .. message end
  return text or ""
end

function stdin.close() end

local function open_file(options)
  local format = format_of(options)
  if not format then
    return refuse("format", options.path .. " does not end in .jsonl, .json, .csv or .lua: say which it is")
  end
  local file, message, name = stdin, nil, nil
  if options.path ~= "-" then file, message, name = system.open(options.path, "read") end
  if not file then return failure("file", message, { error_name = name }) end
  return setmetatable({ file = file, format = format, name = options.path }, Source)
end

-- --- rows ------------------------------------------------------------------------------------

local function each_of(rows)
  local place = 0
  return function()
    place = place + 1
    if rows[place] ~= nil and type(rows[place]) ~= "table" then return place, nil, "must be a table" end
    if rows[place] ~= nil then return place, rows[place] end
    return nil
  end
end

-- The row of a listed channel or conversation. If it was listed without its service, the row has no
-- service either.
local function apply_template(self, channel)
  if type(self.row) == "function" then return self.row(channel) end
  local row = {}
  for name, value in pairs(self.row) do row[name] = value end
  if channel.service_sid then
    row.service_sid, row.channel_sid = channel.service_sid, channel.sid
  else
    local asked = type(self.channels) == "table" and self.channels.params
    row.conversation_sid = channel.sid
    row.chat_service_sid = asked and asked.chat_service_sid and channel.chat_service_sid or nil
  end
  return row
end

-- A function that gives the rows. If a template's function gives false or nil, the channel has none.
local function each_channel(self)
  local place = 0
  return function()
    while true do
      local channel, message = self.channels()
      if channel == nil then
        local failed = type(self.channels) == "table" and self.channels.finished == false
        return nil, message or failed and (self.channels.message or "the list of channels broke off") or nil
      end
      place = place + 1
      local row = apply_template(self, channel)
      if row then return place, row end
    end
  end
end

--- A function that gives a line's number and its row; or the number, nil and what is wrong with
-- the line; nil at the end, or nil, message. Call this once. It then sets `columns`, the names in
-- CSV's first record, and `columns_line`, that record's line.
function Source:each()
  if self.rows then return each_of(self.rows) end
  if self.channels then return each_channel(self) end
  local read = loading.module("twilio.webhooks.bulk.formats." .. self.format)
  return read(function() return self.file:read() end, function(columns, line)
    self.columns, self.columns_line = columns, line
  end)
end

--- The digest of a template: it stays the same while channels come and go. Nil for rows, whose digest
-- is made from the rows.
function Source:input()
  if not self.channels then return nil end
  local template = type(self.row) == "table" and digest.text(self.row) or "function"
  return digest.chain("template", template)
end

function Source:close()
  if self.file then self.file:close() end
end

--- A source.
-- @tparam table options `path` ("-": standard input), `rows` or `channels` with `row`; `format`
--   if the path's end does not say it; `defaults`, for each row that does not have them
-- @treturn[1] table
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] table err, of kind "invalid" or "file"
function source.new(options)
  local problems = find_problems(options)
  if problems[1] then return failure.of_options("source", problems) end
  local self, message, err
  if options.path then
    self, message, err = open_file(options)
    if not self then return nil, message, err end
  else
    self = setmetatable({ rows = options.rows, channels = options.channels, row = options.row,
      name = options.rows and "rows" or "channels" }, Source)
  end
  self.defaults = options.defaults
  return self
end

return source
