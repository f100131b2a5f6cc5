-- The LuaCATS definitions in library/, read as text: classes with their fields, methods
-- and parents. Knows only what is used there.

local definitions = {}

local function lines_of(directory)
  local lines = {}
  local pipe = assert(io.popen(("find %s -name '*.lua'"):format(directory)))
  for path in pipe:lines() do
    for line in io.lines(path) do lines[#lines + 1] = line end
  end
  pipe:close()
  return lines
end

local function add_class(classes, name, parents)
  local class = { name = name, fields = {}, methods = {}, parents = {} }
  for parent in parents:gmatch("[%w._]+") do class.parents[#class.parents + 1] = parent end
  assert(not classes[name], name .. " is defined twice")
  classes[name] = class
  return class
end

--- Reads all of them: a class's name to it. `fields` and `methods` map names to true.
function definitions.read(directory)
  local classes, variables, class = {}, {}, nil -- variables: of the class that stands above them
  for _, line in ipairs(lines_of(directory or "library")) do
    local name, parents = line:match("^%-%-%-@class ([%w._]+):?(.*)$")
    local field = line:match("^%-%-%-@field ([%w_]+)%??%s")
    local variable = line:match("^local (%w+) = {}$")
    local owner, method = line:match("^function (%w+)[.:]([%w_]+)%(")
    local of = owner and variables[owner]
    if name then class = add_class(classes, name, parents)
    elseif field then class.fields[field] = true
    elseif variable then variables[variable] = class
    elseif of then of.methods[method] = true end
  end
  return classes
end

local function collect(classes, name, fields)
  local class = assert(classes[name], "no class " .. name)
  for field in pairs(class.fields) do fields[field] = true end
  for _, parent in ipairs(class.parents) do collect(classes, parent, fields) end
  return fields
end

--- The fields of a class and of its parents: a set.
function definitions.fields(classes, name)
  return collect(classes, name, {})
end

return definitions
