-- What a program takes: instructions, system calls, processor time, memory. Each as the
-- difference of two runs, of few and of many calls, so that start-up is not in it.

local shell = require "spec.support.shell"

local count = {}

-- Starts a command, whose output the function that it gives waits for: nil and what it said, if
-- it failed.
local function start(command)
  local pipe = assert(io.popen(("{ %s\n} 2>&1; echo \"status $?\""):format(command)))
  return function()
    local output = pipe:read "*a"
    pipe:close()
    if output:match "status (%d+)\n$" ~= "0" then return nil, output:sub(-2000) end
    return output
  end
end

-- Both at the same time: what is counted does not depend on the clock.
local function pair(few, many)
  local first, second = start(few), start(many)
  local few_said, few_why = first()
  local many_said, many_why = second()
  return few_said and many_said, few_why or many_why, few_said
end

-- As valgrind writes it, with commas.
local function number_in(text, pattern)
  local digits = text:match(pattern)
  return digits and tonumber((digits:gsub(",", "")))
end

local function each(few, many, calls, pattern)
  local many_said, why, few_said = pair(few, many)
  if not many_said then return nil, why end
  local few_number, many_number = number_in(few_said, pattern), number_in(many_said, pattern)
  if not (few_number and many_number) then return nil, "no figure in: " .. many_said:sub(-400) end
  return (many_number - few_number) / (calls[2] - calls[1])
end

--- Instructions of the process in one call: cachegrind counts as callgrind does, in less time.
-- @tparam function command of a number of calls, and of what the program is to run under
-- @tparam table calls few and many
-- @treturn[1] number
-- @treturn[2] nil
-- @treturn[2] string why not
function count.instructions(command, calls)
  local under = "valgrind --tool=cachegrind --cache-sim=no --cachegrind-out-file=/dev/null"
  return each(command(calls[1], under), command(calls[2], under), calls, "I +refs: +([%d,]+)")
end

--- System calls in one call.
function count.system_calls(command, calls)
  local under = "strace -f -c -o /dev/stderr"
  return each(command(calls[1], under), command(calls[2], under), calls, "\n *100%.00 +%S+ +%d+ +(%d+)[^\n]* total")
end

--- One run under `measure`: nanoseconds, microseconds of processor, KiB at most.
function count.run(command)
  local status, said = shell.run(command .. " </dev/null")
  local wall, cpu, peak = said:match "(%d+) (%d+) (%d+)\n$"
  if status ~= 0 or not wall then return nil, said:sub(-2000) end
  return { wall = tonumber(wall), cpu = tonumber(cpu), peak = tonumber(peak) }
end

--- Of counts: the middle, and half of what they spread over, in percent of it.
function count.spread(values)
  local sorted = { table.unpack(values) }
  table.sort(sorted)
  local middle = sorted[(#sorted + 1) // 2]
  if #sorted < 2 then return middle end
  return middle, (sorted[#sorted] - sorted[1]) / 2 / middle * 100
end

return count
