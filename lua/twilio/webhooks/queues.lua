--- What waits: first in, first out; and by its moment. Plain tables, no methods.

local queues = {}

-- --- first in, first out ------------------------------------------------------------

function queues.new()
  return { first = 1, last = 0 }
end

function queues.push(queue, value)
  queue.last = queue.last + 1
  queue[queue.last] = value
end

--- The one that came first, or nil.
function queues.pop(queue)
  if queue.first > queue.last then return nil end
  local value = queue[queue.first]
  queue[queue.first] = nil
  queue.first = queue.first + 1
  return value
end

function queues.is_empty(queue)
  return queue.first > queue.last
end

-- --- by the field `at`: a binary heap, the earliest at 1 ----------------------------------

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
