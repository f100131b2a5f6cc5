--- Queues: first in, first out; and by a moment, the earliest first.
--
-- An error may come between any two instructions here: of a debug hook (Ctrl-C), or for lack
-- of memory. So whoever takes something out acts upon it first and removes it then, and what is
-- done twice does no harm.

local queues = {}

-- --- first in, first out ------------------------------------------------------------
-- The places only grow. Lua gives the memory of those that are empty back by itself.

function queues.new()
  return { items = {}, first = 1, last = 0 }
end

--- Adds one. Gives its place.
function queues.push(queue, item)
  local last = queue.last + 1
  queue.items[last] = item
  queue.last = last
  return last
end

--- Puts another in the place of one that waits still; `place` is what push gave.
function queues.replace(queue, place, item, other)
  if queue.items[place] == item then queue.items[place] = other end
end

--- The one that came first, or nil.
function queues.first(queue)
  return queue.items[queue.first]
end

function queues.remove_first(queue)
  local first = queue.first
  if first > queue.last then return end -- a hook has emptied it
  queue.first = first + 1
  queue.items[first] = nil
end

--- The one that came first, which is removed; or nil.
function queues.pop(queue)
  local item = queue.items[queue.first]
  if item then queues.remove_first(queue) end
  return item
end

--- Moves all of `from` to the end of `to`.
function queues.move(from, to)
  local item = queues.first(from)
  while item do
    queues.push(to, item)
    queues.remove_first(from)
    item = queues.first(from)
  end
end

-- --- by the field `at`: a binary heap, the earliest at 1 ----------------------------------
-- The field `index` of what is in it is its place, so that any can be removed.

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

--- Adds one to a heap, which is a plain list to begin with.
function queues.add_timed(heap, item)
  rise(heap, #heap + 1, item)
end

--- Removes it, if it is there.
function queues.remove_timed(heap, item)
  local i, last = item.index, #heap
  if not i or heap[i] ~= item then return end
  local moved = heap[last]
  heap[last] = nil
  item.index = false
  if i == last then return end
  if i > 1 and heap[(i - i % 2) / 2].at > moved.at then rise(heap, i, moved) else sink(heap, i, moved) end
end

return queues
