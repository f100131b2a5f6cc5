-- What this process holds at the moment, from /proc.

local lfs = require "lfs"

local process = {}

--- Collects all that nothing refers to. What LuaJIT has compiled refers to functions that it
-- met, a client's too, until it is thrown away.
function process.collect()
  if jit then jit.flush() end
  collectgarbage()
  collectgarbage()
end

--- What its descriptors are, sorted, once all is closed that nothing refers to. Always the
-- same number of them serves to read this.
function process.descriptors()
  process.collect()
  local list = {}
  for name in lfs.dir "/proc/self/fd" do
    local target = lfs.symlinkattributes("/proc/self/fd/" .. name, "target")
    if target then list[#list + 1] = (target:gsub(":%[%d+%]", "")) end
  end
  table.sort(list)
  return list
end

--- How many these are.
function process.descriptor_count()
  return #process.descriptors()
end

--- Resident memory in KB.
function process.resident_kb()
  local file = assert(io.open "/proc/self/status")
  local kb = file:read("*a"):match("VmRSS:%s*(%d+)")
  file:close()
  return tonumber(kb)
end

--- How often its main thread has gone to sleep of its own accord: what waits shows here, and
-- a machine that is busy does not.
function process.waits()
  local file = assert(io.open "/proc/self/status")
  local count = file:read("*a"):match("\nvoluntary_ctxt_switches:%s*(%d+)")
  file:close()
  return tonumber(count)
end

return process
