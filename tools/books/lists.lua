-- What the parts of tools/reference share: lists, sets, and how a name looks in a document.

local lists = {}

function lists.code(text) return "`" .. text .. "`" end
function lists.quoted(text) return '"' .. text .. '"' end

function lists.map(list, f)
  local result = {}
  for i, value in ipairs(list) do result[i] = f(value) end
  return result
end

function lists.set_of(list)
  local set = {}
  for _, value in ipairs(list) do set[value] = true end
  return set
end

return lists
