--- CSV by RFC 4180, in UTF-8. The first record names the columns: channel_sid, type,
-- configuration.url and so on. An empty cell says nothing. A cell for a list has its values
-- between semicolons, or is a JSON array.

local core = require "twilio.webhooks.loading".core()
local forms = require "twilio.webhooks.bulk.forms"
local lines = require "twilio.webhooks.bulk.lines"

local BOM = "\239\187\191"

-- --- records -------------------------------------------------------------------------------

-- The value of the quoted cell that begins at `at`, and the place after it; nil if its end is not in
-- the text, false if something else follows its end.
local function quoted_cell(text, at)
  local stop = text:find('"', at + 1, true)
  while stop and text:sub(stop + 1, stop + 1) == '"' do stop = text:find('"', stop + 2, true) end
  if not stop then return nil end
  if not text:find("^[,\r]", stop + 1) and stop < #text then return false end
  return text:sub(at + 1, stop - 1):gsub('""', '"'), stop + 1
end

-- The cells of a record. Nil if a quoted one goes on in the next line; or nil, message.
local function split(text)
  local cells, at = {}, 1
  while true do
    local cell, stop
    if text:sub(at, at) == '"' then
      cell, stop = quoted_cell(text, at)
      if cell == nil then return nil end
      if not cell then return nil, "has text after a closing quote" end
    else
      stop = text:find(",", at, true) or #text + 1
      cell = text:sub(at, stop - 1)
      if cell:find('"', 1, true) then return nil, "has a quote in a cell that does not begin with one" end
    end
    cells[#cells + 1] = cell
    if stop > #text then return cells end
    at = stop + 1
  end
end

-- Appends lines to the text of a record until one has a quote. Nil, message if there is none.
local function add_lines(self, text)
  local pieces, bytes = { text }, #text
  repeat
    local more, problem = self.next_line()
    if not more then return nil, type(problem) == "string" and problem or "ends amid a quoted cell" end
    self.line = self.line + 1
    pieces[#pieces + 1] = more:gsub("\r$", "")
    bytes = bytes + #more + 1
    if bytes > lines.MOST then return nil, lines.TOO_LONG end
  until more:find('"', 1, true)
  return table.concat(pieces, "\n")
end

-- The next record's line and cells; or its line, nil and what is wrong; nil at the end, or nil, message.
local function next_record(self)
  local text, message = self.next_line()
  if message == lines.TOO_LONG then return self.line + 1, nil, message end
  if not text then return nil, type(message) == "string" and message or nil end
  self.line = self.line + 1
  local line = self.line
  text = text:gsub("\r$", "")
  local cells, why = split(text)
  while not cells and not why do
    text, why = add_lines(self, text)
    if text then cells, why = split(text) end
  end
  return line, cells, why
end

-- --- rows ------------------------------------------------------------------------------------

local function list_of(cell)
  if cell:sub(1, 1) == "[" then
    local list, why = core.decode(cell)
    if not list then return nil, "is no JSON array: " .. why end
    return list
  end
  local list = {}
  for value in (cell .. ";"):gmatch "([^;]*);" do list[#list + 1] = value:match "^%s*(.-)%s*$" end
  return list
end

local function value_of(name, cell)
  if forms.LISTS[name] then return list_of(cell) end
  if forms.INTEGERS[name] and cell:find "^%-?%d+$" and #cell < 16 then return tonumber(cell) end
  return cell
end

-- The columns of a header; and what is wrong with it, if anything.
local function read_header(cells)
  local columns, seen, wrong = {}, {}, {}
  for i, cell in ipairs(cells) do
    local name = cell:match "^%s*(.-)%s*$"
    if name == "" then
      wrong[#wrong + 1] = ("column %d has no name"):format(i)
    elseif seen[name] then
      wrong[#wrong + 1] = ("has the column %s twice"):format(name)
    else
      columns[#columns + 1], seen[name] = name, true
    end
  end
  return columns, wrong[1] and table.concat(wrong, "; ")
end

-- Puts a field into nested tables, by its dotted name.
local function put(row, name, value)
  local outer, inner = name:match "^([^.]+)%.([^.]+)$"
  if not outer then
    row[name] = value
  else
    row[outer] = row[outer] or {}
    row[outer][inner] = value
  end
end

local function read_row(columns, cells)
  if #cells ~= #columns then
    return nil, ("has %d cells, and the header %d"):format(#cells, #columns)
  end
  local row = {}
  for i, name in ipairs(columns) do
    if cells[i] ~= "" then
      local value, why = value_of(name, cells[i])
      if value == nil then return nil, ("%s: %s"):format(name, why) end
      put(row, name, value)
    end
  end
  return row
end

--- As formats/jsonl.lua; a record's number is that of its first line. Calls note(columns, line) with the
-- header's columns and line.
return function(read, note)
  local self, columns = { next_line = lines.reader(read, lines.MOST), line = 0 }, nil
  local over = false
  return function()
    while not over do
      local line, cells, why = next_record(self)
      if not line then return nil, cells end
      if not cells then
        over = not columns
        return line, nil, why
      end
      if not columns then
        cells[1] = cells[1]:gsub("^" .. BOM, "")
        columns, why = read_header(cells)
        note(columns, line)
        over = why ~= nil
        if over then return line, nil, why end
      elseif #cells > 1 or cells[1] ~= "" then -- an empty line
        local row, problem = read_row(columns, cells)
        return line, row, problem
      end
    end
    return nil
  end
end
