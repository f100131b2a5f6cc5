-- The Twilio API on this machine: for the first try, for tests, for faults. It runs
-- in a process of its own (sandbox/server.lua, on Lua 5.4 and cqueues), so that any
-- Lua can talk to it with blocking calls; this file starts it, stops it and reads
-- its log. What the API answers is in sandbox/api.lua.
--
--   local server = assert(sandbox.start())
--   ... server.base_url, server.account_sid, server.auth_token ...
--   server:stop()
--
-- The process ends with the handle or with this process, however that ends: it
-- reads from a pipe that only this process holds open. (A daemon that was started
-- meanwhile may have inherited the pipe, and then keeps it open; stop() still works.)
--
-- Needs a POSIX shell, mktemp and mkfifo. To run the sandbox by hand, see server.lua.

local cjson = require "cjson"

local sandbox = {}

local Server = {}
Server.__index = Server

local INSTALL = "install it (apt-get install lua5.4 lua-cqueues lua-cjson), "
  .. "or name a Lua 5.4 interpreter in the option lua"

-- What the environment may load into this process but must not into the other:
-- sanitizers and the like, built for this one.
local CLEAN = "unset LD_PRELOAD DYLD_INSERT_LIBRARIES; "

-- --- options ----------------------------------------------------------------

local function is_string(value)
  return type(value) == "string" and value ~= "" and not value:find("[%z\r\n]")
end

local function is_port(value)
  return type(value) == "number" and value >= 0 and value <= 65535 and value % 1 == 0
end

local function is_seconds(value)
  return type(value) == "number" and value > 0 and value < math.huge
end

local STRING = { is_string, "a string of one line" }
local SECONDS = { is_seconds, "a number of seconds" }

local OPTIONS = {
  account_sid = STRING,    -- who may use the API; random when not given
  api_key = STRING,
  api_secret = STRING,
  auth_token = STRING,
  host = STRING,           -- to listen on, "127.0.0.1"
  idle_timeout = SECONDS,  -- for a connection between two requests, 60
  log = STRING,            -- path of the log; a temporary file
  lua = STRING,            -- the interpreter; the first Lua 5.4 on the PATH
  port = { is_port, "an integer from 0 to 65535" }, -- 0: any that is free
  read_timeout = SECONDS,  -- for a request to arrive in, 30
}

local function check(options)
  for name, value in pairs(options) do
    local option = OPTIONS[name]
    if not option then return nil, ("unknown option %s"):format(tostring(name)) end
    if not option[1](value) then return nil, ("option %s must be %s"):format(name, option[2]) end
  end
  return true
end

-- --- the other process ------------------------------------------------------

local function quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

-- Runs a command to its end; what it printed.
local function output_of(command)
  local pipe = assert(io.popen(command, "r"))
  local text = pipe:read("*a")
  pipe:close()
  return text
end

-- Finds an interpreter and makes a private directory with a FIFO in it, in one go.
local PREPARE = CLEAN .. [[
for lua in %s; do
  case $("$lua" -v 2>&1) in "Lua 5.4"*)
    printf '%%s\n' "$lua"
    directory=$(mktemp -d) && mkfifo "$directory/ready" && printf '%%s\n' "$directory"
    exit
  esac
done 2>/dev/null]]

local function prepare(lua)
  local candidates = lua and quote(lua) or "lua5.4 lua54 lua"
  local found, directory = output_of(PREPARE:format(candidates)):match("^([^\n]+)\n([^\n]*)")
  if found and directory ~= "" then return found, directory end
  if found then return nil, "the sandbox cannot make a temporary directory: is TMPDIR writable?" end
  if lua then return nil, ("option lua: %s is not a Lua 5.4 interpreter"):format(lua) end
  return nil, "the sandbox needs Lua 5.4: " .. INSTALL
end

local function server_path()
  local here = debug.getinfo(1, "S").source:match("^@(.*)%.lua$")
  return here .. "/server.lua"
end

-- The FIFO is opened for reading too, which does not wait for this process; it stays
-- the new process's stdout, so that its end, however early, is an end of file here.
-- The first line is the number under which the shell, and then Lua, is known.
local RUN = "exec 3<>%s; echo $$ >&3; " .. CLEAN .. "exec %s %s - >&3 3>&-"

local function launch(lua, directory, settings)
  local fifo = directory .. "/ready"
  local pipe = assert(io.popen(RUN:format(quote(fifo), quote(lua), quote(server_path())), "w"))
  pipe:write(cjson.encode(settings), "\n")
  pipe:flush()
  local replies = assert(io.open(fifo, "r"))
  local pid, reply = replies:read("*l", "*l")
  replies:close()
  return pipe, pid, reply or "error the process ended at once"
end

local function remove(paths)
  for _, path in ipairs(paths) do os.remove(path) end
end

-- --- the handle -------------------------------------------------------------

-- lua-cjson reads every number as a float where Lua has integers.
local function restore_integers(entry)
  for key, value in pairs(entry) do
    if type(value) == "number" then entry[key] = math.tointeger(value) or value end
  end
end

local function decode_entry(json, line)
  local entry = json.decode(line)
  if math.tointeger then restore_integers(entry) end
  if entry.body_hex then
    entry.body = entry.body_hex:gsub("%x%x", function(digits) return string.char(tonumber(digits, 16)) end)
    entry.body_hex = nil
  end
  return entry
end

-- Every request answered so far, in order of arrival, each a table: n, time,
-- connection, status, problem, method, target, version, user, body, headers,
-- header_list. A client that has its answer finds the request here.
function Server:requests()
  local log, why = io.open(self.log, "rb")
  if not log then return nil, why end
  log:seek("set", self.log_read)
  local text = log:read("*a"):match("^.*\n") or ""
  log:close()
  self.log_read = self.log_read + #text
  for line in text:gmatch("[^\n]+") do
    table.insert(self.log_entries, decode_entry(self.json, line))
  end
  local copy = {}
  for i, entry in ipairs(self.log_entries) do copy[i] = entry end
  return copy
end

-- Ends the process and waits for it. A temporary log goes with it. Not by closing
-- the pipe alone, which a daemon may have inherited. The number is still the
-- process's own: nobody has waited for it yet.
function Server:stop()
  if not self.pipe then return true end
  os.execute(("kill -KILL %d 2>/dev/null"):format(self.pid))
  self.pipe:close()
  self.pipe = nil
  remove(self.scratch)
  return true
end

-- --- starting ---------------------------------------------------------------

local function settings_of(options, directory)
  local settings = { port = 0, log = directory .. "/log" }
  for name, value in pairs(options) do settings[name] = value end
  settings.scratch = { directory .. "/ready", directory .. "/log", directory }
  return settings
end

local function new_handle(json, settings, pipe, pid, description)
  local server = json.decode(description)
  server.json, server.pipe, server.pid = json, pipe, tonumber(pid)
  server.log, server.scratch = settings.log, settings.scratch
  server.log_read, server.log_entries = 0, {}
  return setmetatable(server, Server)
end

-- `options`: see OPTIONS. Gives a handle with base_url, account_sid, auth_token,
-- api_key, api_secret, service_sid and channel_sid, or nil and a message.
function sandbox.start(options)
  options = options or {}
  assert(type(options) == "table", "sandbox.start takes a table of options")
  local valid, problem = check(options)
  if not valid then return nil, problem end
  local lua, directory = prepare(options.lua)
  if not lua then return nil, directory end

  local settings = settings_of(options, directory)
  local pipe, pid, reply = launch(lua, directory, settings)
  local outcome, text = reply:match("^(%l+) (.*)$")
  if outcome == "ready" then return new_handle(cjson.new(), settings, pipe, pid, text) end
  pipe:close()
  remove(settings.scratch)
  return nil, text
end

return sandbox
