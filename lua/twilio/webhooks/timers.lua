--- Timers: a binary heap of tables by their field `at`, the earliest first.

local timers = {}

--- Adds one to a heap, which is a plain list to begin with.
function timers.add(heap, timer)
  local i = #heap + 1
  heap[i] = timer
  while i > 1 do
    local parent = (i - i % 2) / 2
    if heap[parent].at <= timer.at then break end
    heap[i], heap[parent] = heap[parent], timer
    i = parent
  end
end

--- Takes away heap[1], the earliest. Needs no memory.
function timers.remove_first(heap)
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

return timers
