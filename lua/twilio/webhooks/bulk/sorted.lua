--- An external merge sort of lines, in memory of a bounded size; the rest goes to a temporary file
-- without a name. Lines in memory are sorted by bytes, but merged as Lua compares strings. So each line
-- begins with hexadecimal digits, whose order is the same in every locale.

local lines = require "twilio.webhooks.bulk.lines"
local system = require "twilio.webhooks.loading".system()

local sorted = {}

local Sorter = {}
Sorter.__index = Sorter

-- Bytes of lines in memory, and about how many a line costs beside its text.
local MEMORY = 3 * 1024 * 1024
local COST = 40
-- Sorted runs in the file, before they are merged into one.
local RUNS = 64

--- @tparam[opt] number memory bytes
function sorted.new(memory)
  return setmetatable({ memory = memory or MEMORY, lines = {}, bytes = 0, in_order = false, runs = {},
    writer = nil }, Sorter)
end

-- --- merging -------------------------------------------------------------------------------

local function sift_down(heap, i)
  local entry = heap[i]
  while true do
    local child = 2 * i
    if child > #heap then break end
    if child < #heap and heap[child + 1].line < heap[child].line then child = child + 1 end
    if heap[child].line >= entry.line then break end
    heap[i] = heap[child]
    i = child
  end
  heap[i] = entry
end

-- Gives the heap of the first lines of all runs; or nil, message, name.
local function new_heap(self)
  local heap = {}
  for _, run in ipairs(self.runs) do
    local read = lines.part(self.writer.file, run.from, run.to)
    local line, message, name = read()
    if not line then return nil, message, name end
    heap[#heap + 1] = { line = line, read = read }
  end
  for i = math.floor(#heap / 2), 1, -1 do sift_down(heap, i) end
  return heap
end

-- The lines of all runs in order.
local function merge(self)
  local heap, problem, name_of_it = new_heap(self)
  if not heap then return function() return nil, problem, name_of_it end end
  return function()
    local top = heap[1]
    if not top then return nil end
    local line = top.line
    local following, message, name = top.read()
    if message and not following then return nil, message, name end
    top.line = following
    if not following then
      heap[1] = heap[#heap]
      heap[#heap] = nil
    end
    if heap[1] then sift_down(heap, 1) end
    return line
  end
end

-- --- runs ----------------------------------------------------------------------------------

local function open(self)
  if self.writer then return true end
  local file, message, name = system.temporary()
  if not file then return nil, message, name end
  self.writer = lines.writer(file)
  return true
end

-- Writes lines as a run of the file.
local function write_run(self, read)
  local run = { from = self.writer.size }
  while true do
    local line, message, name = read()
    if message and not line then return nil, message, name end
    if not line then break end
    local added, why, kind = self.writer:add(line)
    if not added then return nil, why, kind end
  end
  run.to = self.writer.size
  local done, message, name = self.writer:flush()
  if not done then return nil, message, name end
  return run
end

local function in_memory(self)
  if not self.in_order then self.lines, self.in_order = system.sort(self.lines), true end
  local list, i = self.lines, 0
  return function()
    i = i + 1
    return list[i]
  end
end

local function spill(self)
  local opened, message, name = open(self)
  if not opened then return nil, message, name end
  local run, why, kind = write_run(self, in_memory(self))
  if not run then return nil, why, kind end
  self.lines, self.bytes = {}, 0
  self.runs[#self.runs + 1] = run
  if #self.runs < RUNS then return true end
  run, why, kind = write_run(self, merge(self))
  if not run then return nil, why, kind end
  self.runs = { run }
  return true
end

-- --- use -----------------------------------------------------------------------------------

--- Adds a line. True; or nil, message, name of the error.
function Sorter:add(line)
  self.lines[#self.lines + 1], self.in_order = line, false
  self.bytes = self.bytes + #line + COST
  if self.bytes < self.memory then return true end
  return spill(self)
end

--- A function that gives the lines in order, nil at the end; or nil, message, name. Call this once all
-- lines are added, as often as you like.
function Sorter:read()
  if #self.runs == 0 then return in_memory(self) end
  if self.bytes > 0 then
    local done, message, name = spill(self)
    if not done then return function() return nil, message, name end end
  end
  return merge(self)
end

function Sorter:close()
  if self.writer then self.writer.file:close() end
  self.lines, self.runs, self.writer = {}, {}, nil
end

return sorted
