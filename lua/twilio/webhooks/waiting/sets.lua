--- Sets that know their size. An error may come between any two instructions (see queues.lua);
-- after one amid a change the members are counted anew.

local sets = {}

function sets.new()
  return { members = {}, size = 0, changing = false }
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

--- Adds a member, with a value of its own.
function sets.add(set, member, value)
  if set.members[member] then return end
  local size = sets.count(set)
  set.changing = true
  set.members[member] = value or true
  set.size = size + 1
  set.changing = false
end

--- Removes a member. True if it was there.
function sets.remove(set, member)
  if not set.members[member] then return false end
  local size = sets.count(set)
  set.changing = true
  set.members[member] = nil
  set.size = size - 1
  set.changing = false
  return true
end

return sets
