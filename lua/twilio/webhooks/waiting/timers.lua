--- Timers: a binary heap by the field `at`, the earliest first. The field `index` is an item's place in
-- it, so that any item can be removed.
--
-- An error may come between any two instructions (see queues.lua), also while a heap moves an item
-- that then stands nowhere; and a hook or a finalizer may change the same heap. So a set
-- says what is in it. After either amid a change the heap is made anew, from the set.

local timers = {}

function timers.new()
  return { members = {}, heap = {}, changing = false, changes = 0 }
end

local function put(heap, i, item)
  heap[i] = item
  item.index = i
end

local function rise(heap, i, item)
  while i > 1 do
    local parent = (i - i % 2) / 2
    if heap[parent].at <= item.at then break end
    put(heap, i, heap[parent])
    i = parent
  end
  put(heap, i, item)
end

local function sink(heap, i, item)
  local last = #heap
  while 2 * i <= last do
    local child = 2 * i
    if child < last and heap[child + 1].at < heap[child].at then child = child + 1 end
    if heap[child].at >= item.at then break end
    put(heap, i, heap[child])
    i = child
  end
  put(heap, i, item)
end

local function take_out(heap, item)
  local i, last = item.index, #heap
  local moved = heap[last]
  heap[last] = nil
  if i == last then return end
  if i > 1 and heap[(i - i % 2) / 2].at > moved.at then rise(heap, i, moved) else sink(heap, i, moved) end
end

-- The heap as it has to be. A change under way goes on with the old one, which nobody reads, and has
-- this one made anew.
local function mend(self)
  while self.changing do
    local heap, changes = {}, self.changes + 1
    self.changes = changes
    for item in pairs(self.members) do rise(heap, #heap + 1, item) end
    self.heap = heap
    self.changing = self.changes ~= changes
  end
  return self.heap
end

local function change(self, item, value, act)
  local heap, changes = mend(self), self.changes + 1
  self.changing, self.changes = true, changes
  self.members[item] = value
  act(heap, item)
  self.changing = self.changes ~= changes
end

local function put_in(heap, item)
  rise(heap, #heap + 1, item)
end

function timers.add(self, item)
  if not self.members[item] then change(self, item, true, put_in) end
end

--- Removes it, if it is there.
function timers.remove(self, item)
  if not self.members[item] then return end
  if mend(self)[item.index] ~= item then self.changing = true end -- of a heap that was given up
  change(self, item, nil, take_out)
end

--- The earliest, or nil.
function timers.first(self)
  return mend(self)[1]
end

return timers
