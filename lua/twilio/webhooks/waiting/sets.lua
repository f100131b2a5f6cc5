--- Sets that know their size. An error may come between any two instructions (see queues.lua),
-- and so may a hook or a finalizer that changes the same set: after either amid a change the
-- members are counted anew.

local sets = {}

function sets.new()
  return { members = {}, size = 0, changing = false, changes = 0 }
end

--- How many there are.
function sets.count(set)
  if set.changing then
    local count = 0
    for _ in pairs(set.members) do count = count + 1 end
    set.size, set.changing = count, false
  end
  return set.size
end

-- Puts a member in, or out of it.
local function change(set, member, value, by)
  local size, changes = sets.count(set), set.changes + 1
  set.changing, set.changes = true, changes
  set.members[member] = value
  set.size = size + by
  set.changing = set.changes ~= changes
end

--- Adds a member, with a value of its own.
function sets.add(set, member, value)
  if set.members[member] then return end
  change(set, member, value or true, 1)
end

--- Removes a member. True if it was there.
function sets.remove(set, member)
  if not set.members[member] then return false end
  change(set, member, nil, -1)
  return true
end

return sets
