-- profile.lua FEW MANY CALLS: the functions with the highest cost of their own
-- in one call, from two callgrind files whose runs differ by that many calls.

local function costs(path)
  local pipe = assert(io.popen(("callgrind_annotate --auto=no --threshold=100 '%s'"):format(path)))
  local found = {}
  for line in pipe:lines() do
    local cost, name = line:match("^%s*([%d,]+) %([^)]*%)%s+(.+)$")
    if not cost then cost, name = line:match("^%s*([%d,]+)%s+(.+)$") end
    if cost then
      name = name:gsub("^[^ ]*:", ""):gsub("%[.*/", "[")
      found[name] = (found[name] or 0) + tonumber((cost:gsub(",", "")))
    end
  end
  pipe:close()
  return found
end

local few, many, calls = costs(arg[1]), costs(arg[2]), tonumber(arg[3])
local rows = {}
for name, cost in pairs(many) do
  rows[#rows + 1] = { name = name, cost = (cost - (few[name] or 0)) / calls }
end
table.sort(rows, function(a, b) return a.cost > b.cost end)
for i = 1, math.min(31, #rows) do -- the total, and 30 functions
  print(("%8.0f  %s"):format(rows[i].cost, rows[i].name))
end
