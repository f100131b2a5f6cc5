-- Starts the sandbox's process, and ends it. A shell runs it, with a pipe as stdin that only this
-- process holds open, so it ends with this process, however that ends. (A daemon that was started
-- meanwhile may have inherited the pipe, and then keeps it open; stop still works.) The process
-- answers through one FIFO, and gets commands through another.
--
-- Needs a POSIX shell, mktemp and mkfifo; and Lua 5.4 for that process, with cqueues and cjson.

local cjson = require "cjson"

local launch = {}

local INSTALL = "install it (apt-get install lua5.4 lua-cqueues lua-cjson), "
  .. "or name a Lua 5.4 interpreter in the option lua"

-- What the environment may load into this process but must not into the other:
-- sanitizers and the like, built for this one.
local CLEAN = "unset LD_PRELOAD DYLD_INSERT_LIBRARIES; "

-- --- the interpreter ----------------------------------------------------------

local function quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

-- Runs a command to its end. Gives its output.
local function output_of(command)
  local pipe = assert(io.popen(command, "r"))
  local text = pipe:read("*a")
  pipe:close()
  return text
end

-- Also removes the variables that point Lua to its libraries, since they may be meant for this
-- process's Lua; unless the libraries are found only with them.
local STANDARD = "unset LUA_INIT LUA_PATH LUA_CPATH LUA_PATH_5_4 LUA_CPATH_5_4; "
local FOUND = [["$lua" -e 'require "cqueues" require "cjson"']]

-- Finds an interpreter, preferably one with the libraries, and how to start it; and makes a private
-- directory with a FIFO in it. One command does both.
local PREPARE = CLEAN .. [[
chosen=
for lua in %s; do
  case $("$lua" -v 2>&1) in "Lua 5.4"*) ;; *) continue ;; esac
  for paths in standard given; do
    chosen=${chosen:-"$paths $lua"}
    if (test $paths = given || { ]] .. STANDARD .. [[}; ]] .. FOUND .. [[); then
      chosen="$paths $lua"
      break 2
    fi
  done
done 2>/dev/null
if [ -n "$chosen" ]; then
  printf '%%s\n' "$chosen"
  directory=$(mktemp -d) && mkfifo "$directory/ready" "$directory/commands" && printf '%%s\n' "$directory"
fi 2>/dev/null]]

-- The shell's words that become the interpreter, and the directory.
local function prepare(lua)
  local candidates = lua and quote(lua) or "lua5.4 lua54 lua"
  local paths, found, directory = output_of(PREPARE:format(candidates)):match("^(%l+) ([^\n]+)\n([^\n]*)")
  if not found then
    if lua then return nil, ("option lua: %s is not a Lua 5.4 interpreter"):format(lua) end
    return nil, "the sandbox needs Lua 5.4, and there is no lua5.4, lua54 or lua of that version: " .. INSTALL
  elseif directory == "" then
    return nil, "the sandbox cannot make a temporary directory: is TMPDIR writable?"
  end
  return (paths == "standard" and STANDARD or "") .. "exec " .. quote(found), directory
end

-- --- the process --------------------------------------------------------------

local function server_path()
  return debug.getinfo(1, "S").source:match("^@(.*/)") .. "server.lua" -- beside this file
end

-- To open the FIFO waits until this process opens it, too, so what the other says is here
-- however soon it ends. It stays the new process's stdout: its end is an end of file here.
-- The first line is the number under which the shell, and then Lua, is known.
local RUN = "exec 3>%s 4<>%s; echo $$ >&3; " .. CLEAN .. "%s %s - >&3 3>&-"

-- Gives the pipe, and the first two lines of the process.
local function run(lua, directory, settings)
  local fifo = directory .. "/ready"
  local command = RUN:format(quote(fifo), quote(settings.commands), lua, quote(server_path()))
  local pipe = assert(io.popen(command, "w"))
  local replies = assert(io.open(fifo, "r"))
  local pid, reply = replies:read("*l", "*l")
  if reply == "ready for settings" then -- not sooner: a write to a process that has ended raises SIGPIPE
    pipe:write(cjson.encode(settings), "\n")
    pipe:flush()
    reply = replies:read "*l"
  end
  replies:close()
  return pipe, pid, reply or "error the process ended at once"
end

local function remove(paths)
  for _, path in ipairs(paths) do os.remove(path) end
end

local function add_files(settings, directory)
  settings.port = settings.port or 0
  settings.log = settings.log or directory .. "/log"
  settings.commands = directory .. "/commands"
  settings.scratch = { directory .. "/ready", settings.commands, directory .. "/log", directory }
end

-- Starts it with these settings, to which it adds what was left to it: the process, or nil and
-- a message. Its `description`: JSON, where it is and what a client needs.
function launch.start(settings)
  local lua, directory = prepare(settings.lua)
  if not lua then return nil, directory end
  add_files(settings, directory)
  local pipe, pid, reply = run(lua, directory, settings)
  local outcome, text = reply:match("^(%l+) (.*)$")
  if outcome == "ready" then
    return { pipe = pipe, pid = tonumber(pid), description = text,
      commands = settings.commands, scratch = settings.scratch }
  end
  pipe:close()
  remove(settings.scratch)
  return nil, text
end

local MAX_COMMAND_BYTES = 60000 -- a write that does not fit into a FIFO would wait for ever

-- Writes a line to it. The FIFO is open for reading too, so this does not wait for the process, and
-- raises no signal if that has ended. True, or nil and a message.
function launch.tell(process, line)
  if not process.pipe then return nil, "the sandbox was stopped" end
  if #line > MAX_COMMAND_BYTES then return nil, "the event is too large" end
  local commands, why = io.open(process.commands, "r+b")
  if not commands then return nil, why end
  commands:write(line, "\n")
  commands:close()
  return true
end

-- Ends it, waits for that, and removes its temporary files. Not by closing the pipe alone, which a
-- daemon may have inherited. The number is still the process's own: nobody has waited for it
-- yet.
function launch.stop(process)
  if not process.pipe then return end
  os.execute(("kill -KILL %d 2>/dev/null"):format(process.pid))
  process.pipe:close()
  process.pipe = nil
  remove(process.scratch)
end

-- The shell command that runs it in the foreground instead, with words such as --port 8390: see
-- server.lua. Or nil and a message.
function launch.command(words)
  local lua, directory = prepare()
  if not lua then return nil, directory end
  remove { directory .. "/ready", directory .. "/commands", directory }
  local command = { CLEAN .. lua, quote(server_path()) }
  for _, word in ipairs(words) do command[#command + 1] = quote(word) end
  return table.concat(command, " ")
end

return launch
