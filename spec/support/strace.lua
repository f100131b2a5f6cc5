-- Runs Lua code in a process of its own, of whose system calls strace has one fail.

local child = require "spec.support.child"
local shell = require "spec.support.shell"

local strace = {}

-- -f: the interpreter is a grandchild, of a shell. Only calls about that path are counted.
local COMMAND = "strace -f -qq -o /dev/null -e signal=none -P %s -e trace=%s -e inject=%s:error=%s:when=1 %s 2>&1"

--- Why it cannot be used here, or nil: it works by ptrace, which some containers forbid.
function strace.missing()
  local status, said = shell.run "strace -qq -e trace=none true"
  return status ~= 0 and "strace cannot be used here: " .. said or nil
end

--- All that the code printed.
-- @tparam string code
-- @tparam string path of the file that the call is about
-- @tparam string call its name in the kernel
-- @tparam string error_name what comes of it the first time
function strace.run(code, path, call, error_name)
  local pipe = assert(io.popen(COMMAND:format(shell.quote(path), call, call, error_name, child.command(code))))
  local output = pipe:read("*a")
  pipe:close()
  return output
end

return strace
