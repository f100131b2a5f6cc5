-- Runs Lua code in a process of its own, with the interpreter, paths and C
-- module of this one: for what a process has only one of, such as its
-- environment and its signals.

local child = {}

--- How this interpreter was called: the lowest index of `arg`.
function child.interpreter()
  local lowest = 0
  while arg[lowest - 1] do lowest = lowest - 1 end
  return arg[lowest]
end

local function quoted(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

-- The interpreter, in that environment.
local function call(environment)
  local words = { "env" }
  for name, value in pairs(environment or {}) do
    words[#words + 1] = quoted(name .. "=" .. value)
  end
  words[#words + 1] = quoted(child.interpreter())
  return table.concat(words, " ")
end

--- The shell command for it. `environment` maps names to values.
function child.command(code, environment)
  return call(environment) .. " -e " .. quoted(code)
end

--- Runs it to its end: all that it printed, errors too.
function child.run(code, environment)
  local pipe = assert(io.popen(child.command(code, environment) .. " 2>&1", "r"))
  local output = pipe:read("*a")
  pipe:close()
  return output
end

--- The shell command for a program of the tree.
function child.program_command(path, arguments, environment)
  return ("%s %s %s"):format(call(environment), quoted(path), arguments)
end

--- Starts it: a function that waits for its end and gives all that it printed, errors too.
function child.start_program(path, arguments, environment)
  local pipe = assert(io.popen(child.program_command(path, arguments, environment) .. " 2>&1", "r"))
  return function()
    local output = pipe:read("*a")
    pipe:close()
    return output
  end
end

--- Runs it to its end.
function child.program(path, arguments, environment)
  return child.start_program(path, arguments, environment)()
end

return child
