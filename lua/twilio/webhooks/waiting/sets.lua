--- Sets that know their size. An error may come between any two instructions (see queues.lua),
-- and so may a hook or a finalizer that changes the same set. If either comes amid a change, the
-- members are counted anew.

local sets = {}

--- A table in which up to `most` keys come and go. Lua makes a table anew when its last place is
-- taken, so one that is nearly full is made anew with nearly each key. So a quarter of the places
-- stays free: keys that nobody asks for, with the value false, make it so large.
function sets.roomy(most)
  local places = 4
  while places * 3 / 4 < most do places = places * 2 end
  local members = {}
  for i = 1, math.min(places * 3 / 4 - most, 1024) do members[-i] = false end
  return members
end

function sets.new()
  return { members = {}, size = 0, changing = false, changes = 0 }
end

-- Counts anew. A change that is under way, and in which a hook came here, has it done once more.
local function recount(set)
  local count = 0
  set.changes = set.changes + 1
  for _ in pairs(set.members) do count = count + 1 end
  set.size, set.changing = count, false
  return count
end

--- How many there are.
function sets.count(set)
  return set.changing and recount(set) or set.size
end

--- Adds a member.
function sets.add(set, member)
  local members = set.members
  if members[member] then return end
  if set.changing then recount(set) end
  local changes = set.changes + 1
  set.changing, set.changes = true, changes
  if not members[member] then -- a hook may have added it just now
    members[member] = true
    set.size = set.size + 1
  end
  set.changing = set.changes ~= changes
end

--- Removes a member. True if it was there.
function sets.remove(set, member)
  local members = set.members
  if not members[member] then return false end
  if set.changing then recount(set) end
  local changes = set.changes + 1
  set.changing, set.changes = true, changes
  local was = members[member]
  if was then
    members[member] = nil
    set.size = set.size - 1
  end
  set.changing = set.changes ~= changes
  return was and true or false
end

return sets
