--- Reads and writes the lines of a file of twilio.webhooks.system, in blocks.

local lines = {}

--- The most bytes of one row, in a file that a user has written.
lines.MOST = 1048576
lines.TOO_LONG = ("is longer than %d bytes"):format(lines.MOST)

-- Bytes that are written at a time.
local BLOCK = 65536

--- A function that gives the next line, without its end, and whether it has one; nil at the end
-- of the text, or nil, message, name of the error.
-- @tparam function read gives the next piece of text, "" at the end; or nil, message, name
-- @tparam[opt] number most bytes of a line; a longer one is nil, TOO_LONG, and the last
function lines.reader(read, most)
  local text, from, ended = "", 1, false
  return function()
    local stop = text:find("\n", from, true)
    while not stop and not ended do
      if most and #text - from >= most then
        text, from, ended = "", 1, true
        return nil, lines.TOO_LONG
      end
      local more, message, name = read()
      if not more then return nil, message, name end
      ended = more == ""
      local searched = #text - from + 2
      text, from = text:sub(from) .. more, 1
      stop = text:find("\n", searched, true)
    end
    local line = text:sub(from, stop and stop - 1 or -1)
    if not stop and line == "" then return nil end
    from = stop and stop + 1 or #text + 1
    return line, stop ~= nil
  end
end

--- The same for the bytes of a file from one offset to another. Others may read the file meanwhile.
function lines.part(file, from, to)
  return lines.reader(function()
    if from >= to then return "" end
    local done, message, name = file:seek(from)
    if not done then return nil, message, name end
    local text
    text, message, name = file:read()
    if not text then return nil, message, name end
    if #text > to - from then text = text:sub(1, to - from) end
    from = from + #text
    return text
  end)
end

local Writer = {}
Writer.__index = Writer

--- Writes lines to the end of a file that nobody else writes to. `size`: its bytes, including those
-- that wait to be written.
function lines.writer(file)
  return setmetatable({ file = file, waiting = {}, bytes = 0, size = 0 }, Writer)
end

--- True; or nil, message, name of the error.
function Writer:add(line)
  self.waiting[#self.waiting + 1] = line
  self.bytes, self.size = self.bytes + #line + 1, self.size + #line + 1
  if self.bytes < BLOCK then return true end
  return self:flush()
end

function Writer:flush()
  if self.bytes == 0 then return true end
  self.waiting[#self.waiting + 1] = ""
  local text = table.concat(self.waiting, "\n")
  self.waiting, self.bytes = {}, 0
  local done, message, name = self.file:seek(self.size - #text)
  if not done then return nil, message, name end
  return self.file:write(text)
end

return lines
