-- The Twilio API on this machine: for the first try, for tests, for faults. It runs
-- in a process of its own (sandbox/server.lua, on Lua 5.4 and cqueues), so that any
-- Lua can talk to it with blocking calls; this file starts it, stops it and reads
-- its log. What the API answers is in sandbox/api.lua, what it can be made to do wrong
-- in sandbox/faults.lua, which options there are in sandbox/options.lua.
--
--   local server = assert(sandbox.start { latency = 0.1, faults = { { "drop_after", probability = 0.1 } } })
--   ... server.base_url, server.account_sid, server.auth_token ...
--   server:stop()
--
-- The process ends with the handle or with this process, however that ends: it
-- reads from a pipe that only this process holds open. (A daemon that was started
-- meanwhile may have inherited the pipe, and then keeps it open; stop() still works.)
--
-- Needs a POSIX shell, mktemp and mkfifo. To run the sandbox by hand, see server.lua.

local cjson = require "cjson"
local events = require "twilio.webhooks.events"
local sandbox_options = require "twilio.webhooks.sandbox.options"

local sandbox = {}

local Server = {}
Server.__index = Server

local INSTALL = "install it (apt-get install lua5.4 lua-cqueues lua-cjson), "
  .. "or name a Lua 5.4 interpreter in the option lua"

-- What the environment may load into this process but must not into the other:
-- sanitizers and the like, built for this one.
local CLEAN = "unset LD_PRELOAD DYLD_INSERT_LIBRARIES; "

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

-- What points a Lua at its libraries is taken away too, since it may be meant for this
-- process's Lua; unless the libraries are found with it alone.
local STANDARD = "unset LUA_INIT LUA_PATH LUA_CPATH LUA_PATH_5_4 LUA_CPATH_5_4; "
local FOUND = [["$lua" -e 'require "cqueues" require "cjson"']]

-- Finds an interpreter, one with the libraries before others, and how to start it; and makes a
-- private directory with a FIFO in it, in one go.
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
    return nil, "the sandbox needs Lua 5.4: " .. INSTALL
  elseif directory == "" then
    return nil, "the sandbox cannot make a temporary directory: is TMPDIR writable?"
  end
  return (paths == "standard" and STANDARD or "") .. "exec " .. quote(found), directory
end

local function server_path()
  local here = debug.getinfo(1, "S").source:match("^@(.*)%.lua$")
  return here .. "/server.lua"
end

-- To open the FIFO waits until this process opens it, too, so what the other says is here
-- however soon it ends. It stays the new process's stdout: its end is an end of file here.
-- The first line is the number under which the shell, and then Lua, is known.
local RUN = "exec 3>%s 4<>%s; echo $$ >&3; " .. CLEAN .. "%s %s - >&3 3>&-"

local function launch(lua, directory, settings)
  local fifo = directory .. "/ready"
  local command = RUN:format(quote(fifo), quote(settings.commands), lua, quote(server_path()))
  local pipe = assert(io.popen(command, "w"))
  local replies = assert(io.open(fifo, "r"))
  local pid, reply = replies:read("*l", "*l")
  if reply == "ready for settings" then -- and not sooner: to write to one that has ended is SIGPIPE
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

-- --- the handle -------------------------------------------------------------

-- lua-cjson reads every number as a float where Lua has integers.
local function restore_integers(object)
  for key, value in pairs(object) do
    if type(value) == "table" then restore_integers(value) end
    if type(value) == "number" then object[key] = math.tointeger(value) or value end
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

-- What a request changed: `stored` is a webhook as it then was, `removed` the sid of one.
local function apply_change(server, entry)
  if entry.stored then
    local sid = entry.stored.sid
    local known = server.stored[sid]
    server.changes = server.changes + 1
    server.stored[sid] = { webhook = entry.stored, made = known and known.made or server.changes }
  elseif entry.removed then
    server.stored[entry.removed] = nil
  end
end

-- An entry of the log is a request, or completes that of one which was processed late.
local function add_entry(server, entry)
  local entries = server.log_entries
  if entry.delivery then
    table.insert(server.delivery_entries, entry)
    return
  elseif entry.late then
    local earlier = entries[entry.n]
    earlier.late, earlier.processed = true, entry.processed
    earlier.stored, earlier.removed = entry.stored, entry.removed
  else
    entries[#entries + 1] = entry
  end
  apply_change(server, entry)
end

-- Reads what was added to the log since the last time.
local function read_log(server)
  local log, why = io.open(server.log, "rb")
  if not log then return nil, why end
  log:seek("set", server.log_read)
  local text = log:read("*a"):match("^.*\n") or ""
  log:close()
  server.log_read = server.log_read + #text
  for line in text:gmatch("[^\n]+") do
    add_entry(server, decode_entry(server.json, line))
  end
  return true
end

-- Every request so far, in the order in which they were decided, each a table: n, time,
-- connection, operation, fault, altered, late, processed, status, problem, method, target,
-- version, user, body, headers, header_list, stored, removed. A client that has its answer
-- finds the request here. No `status`: no answer went out.
function Server:requests()
  local read, why = read_log(self)
  if not read then return nil, why end
  local copy = {}
  for i, entry in ipairs(self.log_entries) do copy[i] = entry end
  return copy
end

-- Every webhook that exists, of whatever channel or conversation, the oldest first, each
-- as the API shows it. This is told from the log, and so is no request.
function Server:webhooks()
  local read, why = read_log(self)
  if not read then return nil, why end
  local all, webhooks = {}, {}
  for _, one in pairs(self.stored) do all[#all + 1] = one end
  table.sort(all, function(a, b) return a.made < b.made end)
  for i, one in ipairs(all) do webhooks[i] = one.webhook end
  return webhooks
end

-- --- events ------------------------------------------------------------------

-- A field's text, or nil for what is none. A table is written as JSON, as Attributes are.
local function to_text(value)
  if type(value) == "string" then return value end
  if type(value) == "boolean" then return tostring(value) end
  if type(value) == "number" and value % 1 == 0 and math.abs(value) < 2 ^ 53 then
    return ("%d"):format(value)
  elseif type(value) == "table" then
    local encoded, text = pcall(cjson.encode, value)
    return encoded and text or nil
  end
end

local function read_fields(given)
  local fields = {}
  for name, value in pairs(given) do
    if type(name) ~= "string" then return nil, "the names of fields must be strings" end
    fields[name] = to_text(value)
    if not fields[name] then
      return nil, ("field %s must be a string, an integer, a boolean or a table"):format(name)
    end
  end
  return fields
end

-- Sends the event, signed, to each webhook whose filters or triggers it matches. It is under
-- way when this returns: see deliveries. `fields`: by their names on the wire, such as Body;
-- with ChannelSid or ConversationSid to the webhooks of that alone. True, or nil and a message.
function Server:emit(event, fields)
  if not events.channel[event] and not events.conversation[event] then
    return nil, ("unknown event %s"):format(tostring(event))
  end
  if fields ~= nil and type(fields) ~= "table" then return nil, "fields must be a table" end
  local texts, problem = read_fields(fields or {})
  if not texts then return nil, problem end
  local encoded, line = pcall(cjson.encode, { event = event, fields = next(texts) and texts or nil })
  if not encoded then return nil, "the fields cannot be written" end
  if not self.pipe then return nil, "the sandbox was stopped" end
  return self.send(line)
end

-- Every attempt to deliver an event so far, each a table: delivery, time, event, webhook,
-- method, url, attempt, status, problem, signature, settings, idempotency_token, body.
function Server:deliveries()
  local read, why = read_log(self)
  if not read then return nil, why end
  local copy = {}
  for i, entry in ipairs(self.delivery_entries) do copy[i] = entry end
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

local function add_files(settings, directory)
  settings.port = settings.port or 0
  settings.log = settings.log or directory .. "/log"
  settings.commands = directory .. "/commands"
  settings.scratch = { directory .. "/ready", settings.commands, directory .. "/log", directory }
end

-- Opened for reading too: this neither waits for the process nor is a signal if it has ended.
-- A line that does not fit into a FIFO would wait for ever.
local MAX_COMMAND_BYTES = 60000

local function new_sender(path)
  return function(line)
    if #line > MAX_COMMAND_BYTES then return nil, "the event is too large" end
    local commands, why = io.open(path, "r+b")
    if not commands then return nil, why end
    commands:write(line, "\n")
    commands:close()
    return true
  end
end

local function new_handle(json, settings, pipe, pid, description)
  local server = json.decode(description)
  server.json, server.pipe, server.pid = json, pipe, tonumber(pid)
  server.log, server.scratch = settings.log, settings.scratch
  server.send = new_sender(settings.commands)
  server.delivery_entries = {}
  server.log_read, server.log_entries, server.stored, server.changes = 0, {}, {}, 0
  return setmetatable(server, Server)
end

--- The shell command that runs the sandbox in the foreground, with words such as --port 8390: see
-- server.lua. Or nil and a message.
function sandbox.command(words)
  local lua, directory = prepare()
  if not lua then return nil, directory end
  remove { directory .. "/ready", directory .. "/commands", directory }
  local command = { CLEAN .. lua, quote(server_path()) }
  for _, word in ipairs(words) do command[#command + 1] = quote(word) end
  return table.concat(command, " ")
end

-- `options`: see sandbox/options.lua. Gives a handle with base_url, account_sid,
-- auth_token, api_key, api_secret, service_sid and channel_sid, or nil and a message.
function sandbox.start(options)
  if options == sandbox then error("use a dot: sandbox.start { ... }", 2) end
  if options ~= nil and type(options) ~= "table" then
    error(("bad argument to 'start' (table expected, got %s)"):format(type(options)), 2)
  end
  local settings, problem = sandbox_options.read(options or {})
  if not settings then return nil, problem end
  local lua, directory = prepare(settings.lua)
  if not lua then return nil, directory end

  add_files(settings, directory)
  local pipe, pid, reply = launch(lua, directory, settings)
  local outcome, text = reply:match("^(%l+) (.*)$")
  if outcome == "ready" then return new_handle(cjson.new(), settings, pipe, pid, text) end
  pipe:close()
  remove(settings.scratch)
  return nil, text
end

return sandbox
