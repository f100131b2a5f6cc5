-- Shell commands, for specs about programs.

local shell = {}

--- The text as one word of a command.
function shell.quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

--- Runs a command to its end: its exit status, and all that it printed.
function shell.run(command)
  local pipe = assert(io.popen(("{ %s\n} 2>&1; echo \"status $?\""):format(command)))
  local output = pipe:read("*a")
  pipe:close()
  local said, status = output:match("^(.*)status (%d+)\n$")
  return tonumber(status), said
end

--- Runs one that has to succeed: all that it printed.
function shell.output(command)
  local status, said = shell.run(command)
  if status ~= 0 then error(("status %s of: %s\n%s"):format(tostring(status), command, tostring(said)), 2) end
  return said
end

--- Why no program can have a terminal here, such as in a chroot without /dev/pts; nil if one can.
function shell.no_terminal()
  local status, said = shell.run "script -qec true /dev/null </dev/null"
  return status ~= 0 and (said:match "^[^\n]+" or "no terminal can be had") or nil
end

--- The core's object files below a directory, as words of a command: by the sources that are
-- there, since a directory keeps those of sources that are gone. (signature.c and system/ are no part of it.)
function shell.objects(directory)
  local found = shell.output "find csrc -name '*.c' ! -name signature.c ! -path 'csrc/system/*'"
  local list = found:gsub("csrc/([^\n]*)c\n", function(name)
    return shell.quote(directory .. "/" .. name .. "o") .. " "
  end)
  return list
end

return shell
