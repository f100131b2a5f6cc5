--- Writes data to standard output, in the chosen format: items of one kind, one by one. The format does
-- not depend on where the output goes.

local json = require "twilio.webhooks.cli.json"
local utf8 = require "twilio.webhooks.cli.utf8"

local output = {}

output.FORMATS = { "table", "json", "jsonl", "tsv" }

-- The version of the format in the first line of JSONL, as bulk/formats/jsonl.lua reads it.
output.VERSION = 1

-- --- values -------------------------------------------------------------------------

-- The field of a dotted name.
local function field_of(item, name)
  for part in name:gmatch "[^.]+" do
    if type(item) ~= "table" then return nil end
    item = item[part]
  end
  return item
end

local function text_of(value)
  if value == nil then return "" end
  if type(value) == "table" then
    if value[1] == nil then return next(value) and json.encode(value) or "" end
    local texts = {}
    for i, one in ipairs(value) do texts[i] = text_of(one) end
    return table.concat(texts, ",")
  end
  if type(value) == "number" then return (tostring(value):gsub("%.0$", "")) end
  return tostring(value)
end

-- --- formats ------------------------------------------------------------------------
-- Each: begin(self), add(self, item), finish(self). `self` has sink (what to write to), kind and
-- count.

local formats = {}

-- The first rows, from which the columns get their widths; later rows may be wider.
local ROWS = 500
local GAP = "  "

local tables = {}
formats.table = tables

function tables.begin(self)
  self.rows = {}
end

local function row_of(self, item)
  local row = {}
  for i, column in ipairs(self.kind.columns) do
    local value = column.value
    if type(value) == "string" then value = field_of(item, value) else value = value(item) end
    row[i] = utf8.escape(text_of(value))
  end
  return row
end

local function widen(widths, row)
  for i, cell in ipairs(row) do widths[i] = math.max(widths[i] or 0, utf8.width(cell)) end
end

-- The last column is not filled up: a line has no spaces at its end.
local function write_row(self, row, paint)
  local cells, last = {}, #row
  while last > 1 and row[last] == "" do last = last - 1 end
  for i = 1, last do
    local filling = i < last and (" "):rep(self.widths[i] - utf8.width(row[i])) or ""
    cells[i] = (paint and paint(row[i], i) or row[i]) .. filling
  end
  self.sink:write(table.concat(cells, GAP), "\n")
end

local function write_rows(self)
  local names = {}
  for i, column in ipairs(self.kind.columns) do names[i] = column.name end
  self.widths = {}
  widen(self.widths, names)
  for _, row in ipairs(self.rows) do widen(self.widths, row) end
  local of_kind = self.kind.paint
  local paint = of_kind and function(text, i) return of_kind(self.paint, text, i) end
  write_row(self, names, function(text) return self.paint("bold", text) end)
  for _, row in ipairs(self.rows) do
    write_row(self, row, paint)
  end
  self.rows = nil
end

function tables.add(self, item)
  local row = row_of(self, item)
  if not self.rows then return write_row(self, row) end
  self.rows[#self.rows + 1] = row
  if #self.rows == ROWS then write_rows(self) end
end

-- An empty list prints nothing; a line on standard error says so.
function tables.finish(self)
  if self.rows and self.rows[1] then write_rows(self) end
end

local objects = {}
formats.json = objects

function objects.begin() end

function objects.add(self, item)
  if self.single then return self.sink:write(json.format(item), "\n") end
  self.sink:write(self.count == 1 and "[\n  " or ",\n  ", json.format(item, "  "))
end

function objects.finish(self)
  if not self.single then self.sink:write(self.count == 0 and "[]\n" or "\n]\n") end
end

local lines = {}
formats.jsonl = lines

function lines.begin(self)
  self.sink:write(('{"twilio_webhooks":%d,"kind":"%s"}\n'):format(output.VERSION, self.kind.name))
end

function lines.add(self, item)
  self.sink:write(json.encode(item), "\n")
end

function lines.finish() end

-- Writes tabs and line ends in values as \t and \n, and a backslash as \\.
local values = {}
formats.tsv = values

function values.begin(self)
  self.sink:write(table.concat(self.kind.fields, "\t"), "\n")
end

function values.add(self, item)
  local cells = {}
  for i, name in ipairs(self.kind.fields) do cells[i] = utf8.escape(text_of(field_of(item, name))) end
  self.sink:write(table.concat(cells, "\t"), "\n")
end

function values.finish() end

-- --- the writer ---------------------------------------------------------------------

local Writer = {}
Writer.__index = Writer

function Writer:add(item)
  self.count = self.count + 1
  self.format.add(self, item)
end

--- Gives how many items there were.
function Writer:finish()
  self.format.finish(self)
  self.sink:flush()
  return self.count
end

--- @tparam table sink a stream
-- @tparam string format one of FORMATS
-- @tparam table kind name, of the items; columns of a table, each a name and a value (a field's
--   dotted name, or a function of the item); fields of TSV, dotted names
-- @tparam function paint see terminal.painter
-- @tparam boolean single JSON is then one object, and no list
function output.open(sink, format, kind, paint, single)
  local writer = setmetatable({ sink = sink, format = formats[format], kind = kind, paint = paint,
    single = single, count = 0 }, Writer)
  writer.format.begin(writer)
  return writer
end

return output
