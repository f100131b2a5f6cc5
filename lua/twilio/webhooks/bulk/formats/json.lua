--- JSON: an array of objects. Finds the elements by their brackets and decodes them one by one, so
-- the array may be larger than the memory.

local core = require "twilio.webhooks.loading".core()
local lines = require "twilio.webhooks.bulk.lines"
local system = require "twilio.webhooks.loading".system()

local BOM = "\239\187\191"

-- Reads more text. False at the end; nil, message if it cannot be read.
local function fill(self)
  local more, message = self.read()
  if not more then return nil, message end
  self.text, self.from = self.text:sub(self.from) .. more, 1
  return more ~= ""
end

local function count_lines(text)
  return select(2, text:gsub("\n", ""))
end

-- The next byte that is no space, without consuming it; nil at the end, or nil, message.
local function peek(self)
  while true do
    local at = self.text:find("[^ \t\r\n]", self.from) or #self.text + 1
    self.line = self.line + count_lines(self.text:sub(self.from, at - 1))
    self.from = at
    if at <= #self.text then return self.text:sub(at, at) end
    local filled, message = fill(self)
    if not filled then return nil, message end
  end
end

-- The place of the quote that ends the string at `at`; nil if it is not there.
local function find_quote(text, at)
  local place = text:find('["\\]', at + 1)
  while place and text:byte(place) == 92 do place = text:find('["\\]', place + 2) end
  return place
end

-- The last place of the element at `at`; nil if it is not in the text.
local function find_end(text, at)
  local depth = 0
  while true do
    local place = text:find('["%[%]{},]', at)
    if not place then return nil end
    local byte = text:sub(place, place)
    if byte == '"' then
      place = find_quote(text, place)
      if not place then return nil end
    elseif byte == "[" or byte == "{" then
      depth = depth + 1
    elseif depth == 0 then
      return place - 1
    elseif byte ~= "," then
      depth = depth - 1
      if depth == 0 then return place end
    end
    at = place + 1
  end
end

-- The text of the element that begins here, and its line; nil, or nil, message.
local function take(self)
  local stop = find_end(self.text, self.from)
  while not stop do
    if #self.text - self.from > lines.MOST then return nil, lines.TOO_LONG end
    local filled, message = fill(self)
    if filled == nil then return nil, message end
    if not filled then return nil, "ends amid an element" end
    stop = find_end(self.text, self.from)
  end
  local element, line = self.text:sub(self.from, stop), self.line
  self.from, self.line = stop + 1, line + count_lines(element)
  return element, line
end

-- Moves to the next element. False at the end of the array, or nil, message.
local function next_element(self)
  local byte, message = peek(self)
  if not byte then return nil, message or "ends without a ]" end
  if byte == "]" then return false end
  if not self.begun then return true end
  if byte ~= "," then return nil, ("has %q where a comma belongs"):format(byte) end
  self.from = self.from + 1
  byte, message = peek(self)
  if not byte then return nil, message or "ends without a ]" end
  if byte == "]" then return nil, "has a comma before the ]" end
  return true
end

local function begin(self)
  local byte, message = peek(self)
  if self.text:sub(self.from, self.from + 2) == BOM then
    self.from = self.from + 3
    byte, message = peek(self)
  end
  if byte ~= "[" then return nil, message or "must begin with [: an array of objects" end
  self.from = self.from + 1
  return true
end

-- Checks what follows the array.
local function finish(self)
  self.from = self.from + 1
  local byte, message = peek(self)
  if byte then return nil, "has text after the array" end
  return nil, message
end

-- An element's line and row; or its line, nil and what is wrong with it.
local function read_row(element, line)
  local row, why = core.decode(element)
  if not row then return line, nil, "is no JSON object: " .. why end
  if row[1] ~= nil then return line, nil, "must be a JSON object, not an array" end
  local repeated = system.repeated_key(element)
  if repeated then return line, nil, ('has the key "%.64s" twice'):format(repeated) end
  return line, row
end

--- As formats/jsonl.lua. If the array itself is broken, the line, nil, message follow the last row.
return function(read)
  local self = { read = read, text = "", from = 1, line = 1, begun = false, over = false }
  local function fail(message)
    self.over = true
    if message then return self.line, nil, message end
    return nil
  end
  return function()
    if self.over then return nil end
    local any, message = true, nil
    if not self.begun then any, message = begin(self) end
    if any then any, message = next_element(self) end
    if any == false then return fail(select(2, finish(self))) end
    if not any then return fail(message) end
    self.begun = true
    local element, line = take(self)
    if not element then return fail(line) end
    return read_row(element, line)
  end
end
