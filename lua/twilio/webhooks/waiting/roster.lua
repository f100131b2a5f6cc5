--- Tasks from their start to their end, in the order in which they were started: which of them are
-- next to begin, and how many have not ended. A task's place, its field `place`, is its own for good.
--
-- An error may come between any two instructions (see queues.lua), and so may a hook or a finalizer
-- that changes the same roster. So a task is in the line and counts from the same instruction on,
-- which sets `last`; and after either amid a change they are counted anew.

local roster = {}

function roster.new()
  return {
    tasks = {}, -- by place; a task that has ended, or was dropped, leaves its place empty
    first = 1,  -- the place of the next to begin, or an empty one before it
    last = 0,
    size = 0, changing = false, changes = 0,
  }
end

local function recount(self)
  local size = 0
  for place in pairs(self.tasks) do size = place <= self.last and size + 1 or size end
  self.size, self.changing = size, false
  return size
end

--- How many have not ended.
function roster.count(self)
  return self.changing and recount(self) or self.size
end

--- Adds one.
function roster.add(self, task)
  if self.changing then recount(self) end
  local changes = self.changes + 1
  local place = self.last + 1
  self.changing, self.changes = true, changes
  task.place = place
  self.tasks[place] = task
  self.last = place
  self.size = self.size + 1
  self.changing = self.changes ~= changes
end

--- Has it not ended?
function roster.has(self, task)
  return self.tasks[task.place] == task
end

--- Removes one, whether or not it has begun. True if it was there.
function roster.remove(self, task)
  local tasks, place = self.tasks, task.place
  if tasks[place] ~= task then return false end
  if self.changing then recount(self) end
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
