--- Tasks from their start to their end, in the order in which they were started: which of them are
-- next to begin, and how many have not ended. A task has its place, the field `place`; its field
-- `thread` is false, or nil, until it begins.
--
-- An error may come between any two instructions (see queues.lua), and so may a hook or a finalizer
-- that changes the same roster. After either amid a change all is counted anew.

local roster = {}

function roster.new()
  return {
    tasks = {}, -- by place; a task that has ended, or was dropped, leaves its place empty
    first = 1,  -- the place of the next to begin, or an empty one before it
    last = 0,
    size = 0, changing = false, changes = 0,
  }
end

-- Moves a task to the end of the line.
local function move_to_end(self, task)
  local place = task.place
  task.place = self.last + 1
  self.tasks[task.place] = task
  self.last = task.place
  self.tasks[place] = nil
end

-- Counts anew. A change that is under way, and in which a hook came here, has it done once more.
local function recount(self)
  local size, last, passed = 0, self.last, nil
  self.changes = self.changes + 1
  for place, task in pairs(self.tasks) do
    size = size + 1
    if place > last then last = place end
    if place < self.first and not task.thread then passed = task end -- while it was not there yet
  end
  self.size, self.last, self.changing = size, last, false
  if not passed then return size end
  move_to_end(self, passed)
  return recount(self)
end

--- How many have not ended.
function roster.count(self)
  return self.changing and recount(self) or self.size
end

--- Adds one. A hook amid another's addition leaves that one its place.
function roster.add(self, task)
  local amid = self.changing
  if amid then recount(self) end
  local changes = self.changes + 1
  self.changing, self.changes = true, changes
  local place = self.last + (amid and 2 or 1)
  task.place = place
  self.tasks[place] = task
  self.last = place
  self.size = self.size + 1
  self.changing = amid or self.changes ~= changes
end

--- Has it not ended?
function roster.has(self, task)
  return self.tasks[task.place] == task
end

--- Removes one, whether or not it has begun. True if it was there.
function roster.remove(self, task)
  if self.changing then recount(self) end
  local tasks, place = self.tasks, task.place
  if tasks[place] ~= task then return false end
  local changes = self.changes + 1
  self.changing, self.changes = true, changes
  local was = tasks[place] == task -- a hook may have removed it just now
  if was then
    tasks[place] = nil
    self.size = self.size - 1
  end
  self.changing = self.changes ~= changes
  return was
end

--- The next to begin, or nil.
function roster.next(self)
  if self.changing then recount(self) end
  local tasks = self.tasks
  while self.first <= self.last do
    local task = tasks[self.first]
    if task then return task end
    self.first = self.first + 1
  end
end

--- Notes that it has begun.
function roster.begin(self, task)
  self.first = task.place + 1
end

return roster
