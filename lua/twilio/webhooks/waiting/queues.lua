--- Queues: first in, first out.
--
-- An error may come between any two instructions here: of a debug hook (Ctrl-C), or for lack
-- of memory. So who takes something out first acts upon it and then removes it, and what is done
-- twice does no harm. A hook that itself adds something amid another's push may have either of
-- them overwritten: `overlaps` tells, and whoever has the queue adds anew what is missing.

local queues = {}

-- The places only grow. Lua gives the memory of those that are empty back by itself.

-- Lua makes a table of a few places anew with nearly each item that comes and goes, and one of so many
-- only when it has to grow.
local ROOM = 32

function queues.new()
  local items = {}
  for i = 1, ROOM do items[-i] = true end
  for i = 1, ROOM do items[-i] = nil end
  return { items = items, first = 1, last = 0, pushing = false, overlaps = 0 }
end

--- Adds one.
function queues.push(queue, item)
  if queue.pushing then queue.overlaps = queue.overlaps + 1 end -- or an error has ended that push
  queue.pushing = true
  local last = queue.last + 1
  queue.items[last] = item
  queue.last = last
  queue.pushing = false
end

--- The one that came first, or nil. What an interrupted push was adding is not in the queue.
function queues.first(queue)
  if queue.first <= queue.last then return queue.items[queue.first] end
end

function queues.remove_first(queue)
  local first = queue.first
  if first > queue.last then return end -- a hook has emptied it
  queue.first = first + 1
  queue.items[first] = nil
end

--- The one that came first, which is removed; or nil.
function queues.pop(queue)
  local item = queues.first(queue)
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

return queues
