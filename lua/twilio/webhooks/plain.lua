--- Plain tables: whether a user's may hide fields, copies of them, the names of fields.

local plain = {}

-- Levels of tables that are copied: more than the core takes.
local LEVELS = 10

-- Ignores __metatable, as the core does; a host may have left the debug library out.
local metatable_of = debug and debug.getmetatable or getmetatable
plain.metatable_of = metatable_of

--- May the table show fields that it does not hold? The core refuses such a table.
function plain.may_hide_fields(value)
  local metatable = metatable_of(value)
  if type(metatable) ~= "table" then return metatable ~= nil end
  return rawget(metatable, "__index") ~= nil or rawget(metatable, "__pairs") ~= nil
end

local function copy(value, copies, levels)
  if type(value) ~= "table" or levels == 0 or plain.may_hide_fields(value) then return value end
  if not copies[value] then
    local fields = {}
    copies[value] = fields
    for name, field in next, value do fields[name] = copy(field, copies, levels - 1) end
  end
  return copies[value]
end

--- A copy, so that nobody changes the table while a call waits. Does not copy tables that the core
-- refuses: those that may hide fields, and those that are nested too deep.
function plain.copy(value)
  return copy(value, {}, LEVELS)
end

--- The names of a table's fields, sorted. All are strings.
function plain.names(fields)
  local names = {}
  for name in pairs(fields) do names[#names + 1] = name end
  table.sort(names)
  return names
end

return plain
