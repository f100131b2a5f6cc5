--- What waits: first in, first out; and by its moment. Plain tables, no methods. Nothing
-- here but `add_timed` needs memory, so whatever else fails, nothing is lost from a queue.

local queues = {}

-- --- first in, first out ------------------------------------------------------------
-- Links of what is queued by its field `next`, which has to be there, false, before: it is
-- in one queue at a time.

function queues.new()
  return { first = false, last = false }
end

function queues.push(queue, item)
  if queue.last then queue.last.next = item else queue.first = item end
  queue.last = item
end

--- The one that came first, or nil.
function queues.pop(queue)
  local item = queue.first
  if not item then return nil end
  queue.first, item.next = item.next, false
  if not queue.first then queue.last = false end
  return item
end

--- Moves all of `from` to the end of `to`.
function queues.move(from, to)
  if not from.first then return end
  if to.last then to.last.next = from.first else to.first = from.first end
  to.last = from.last
  from.first, from.last = false, false
end

-- --- by the field `at`: a binary heap, the earliest at 1 ----------------------------------

--- Adds one to a heap, which is a plain list to begin with.
function queues.add_timed(heap, item)
  local i = #heap + 1
  heap[i] = item
  while i > 1 do
    local parent = (i - i % 2) / 2
    if heap[parent].at <= item.at then break end
    heap[i], heap[parent] = heap[parent], item
    i = parent
  end
end

--- Takes away heap[1], the earliest.
function queues.remove_earliest(heap)
  local last = #heap
  local moved = heap[last]
  heap[last] = nil
  if last == 1 then return end
  local i = 1
  while true do
    local child = 2 * i
    if child >= last then break end
    if child + 1 < last and heap[child + 1].at < heap[child].at then child = child + 1 end
    if heap[child].at >= moved.at then break end
    heap[i] = heap[child]
    i = child
  end
  heap[i] = moved
end

return queues
