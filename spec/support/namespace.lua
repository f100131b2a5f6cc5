-- Programs in namespaces of their own (Linux): with another /etc/hosts, another name server
-- or other certificates, and a network of which nobody else sees anything.

local child = require "spec.support.child"

local namespace = {}

local function quoted(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

--- Can this machine make some?
function namespace.exists()
  local pipe = io.popen "unset LD_PRELOAD; unshare -rmn true 2>/dev/null && echo yes"
  local output = pipe:read("*a")
  pipe:close()
  return output == "yes\n"
end

--- Why none with another /etc/hosts can be made; nil if one can. (A system that only debootstrap made has no such file.)
function namespace.lacks_hosts()
  if not namespace.exists() then return "needs user namespaces" end
  local file = io.open "/etc/hosts"
  if not file then return "needs a file /etc/hosts" end
  file:close()
end

-- Brings the network's loopback up, for which many machines have no program.
local LOOPBACK = [[perl -MSocket -e '
  socket(S, PF_INET, SOCK_DGRAM, 0);
  $r = pack("a16sx14", "lo", 0x49);
  ioctl(S, 0x8914, $r) or die']]

local function run(command, shell, program)
  local inside = table.concat({ "set -e", shell, program }, "\n")
  local pipe = assert(io.popen(("unset LD_PRELOAD; %s sh -c %s 2>&1"):format(command, quoted(inside)), "r"))
  local output = pipe:read("*a")
  pipe:close()
  return output
end

--- Runs Lua code there, after a shell's: all that it printed.
function namespace.run(shell, code, environment)
  return run("unshare -rmn", LOOPBACK .. "\n" .. shell, child.command(code, environment))
end

--- Runs a program of the tree there, after a shell's: all that it printed.
function namespace.run_program(shell, path, arguments)
  return run("unshare -rmn", LOOPBACK .. "\n" .. shell, child.program_command(path, arguments))
end

--- The same with this machine's network.
function namespace.run_beside(shell, code, environment)
  return run("unshare -rm", shell, child.command(code, environment))
end

return namespace
