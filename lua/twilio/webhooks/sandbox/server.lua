-- The sandbox's process, a program for Lua 5.4 and cqueues: accepts connections, hands
-- each request to api.lua, logs it, and answers it, or does what a fault wants instead.
--
--   lua5.4 server.lua [--host HOST] [--port PORT] [--latency SECONDS] [--seed NUMBER]
--                     [--alias BASE] [--fault NAME,OPTION=VALUE,...] [--fault ...]
--                              serves until Ctrl-C, logs to stdout
--   lua5.4 server.lua -        as started by sandbox.lua: settings are a line of JSON on
--                              stdin, for which it asks; the end of stdin ends the process
--
-- How HTTP is spoken is in http.lua, which request meets which fault in faults.lua.

local here = debug.getinfo(1, "S").source:match("^@(.*)/[^/]*$") or "."
package.path = ("%s/../../../?.lua;%s"):format(here, package.path)

local ACCEPT_PAUSE = 0.05 -- seconds, when the process is out of descriptors
local SHOWN_ITEMS, SHOWN_BYTES = 500, 8388608 -- that the window has of what was

local NEEDS = "the sandbox needs Lua 5.4 with cqueues and lua-cjson "
  .. "(apt-get install lua5.4 lua-cqueues lua-cjson, or "
  .. "luarocks --lua-version 5.4 install cqueues lua-cjson): "

local alterations, api, cqueues, dispatch, faults, feed, http, json, log, options, signal, socket, window

-- Later than the head of the file, so that a missing library can be reported in the
-- way that the caller awaits.
local function load_libraries()
  if _VERSION ~= "Lua 5.4" then error("this is " .. _VERSION, 0) end
  cqueues, signal, socket = require "cqueues", require "cqueues.signal", require "cqueues.socket"
  alterations = require "twilio.webhooks.sandbox.alterations"
  api = require "twilio.webhooks.sandbox.api"
  dispatch = require "twilio.webhooks.sandbox.dispatch"
  faults = require "twilio.webhooks.sandbox.faults"
  feed = require "twilio.webhooks.sandbox.feed"
  http = require "twilio.webhooks.sandbox.http"
  json = require "twilio.webhooks.sandbox.json"
  log = require "twilio.webhooks.sandbox.log"
  options = require "twilio.webhooks.sandbox.options"
  window = require "twilio.webhooks.sandbox.window"
end

-- --- what becomes of a request ----------------------------------------------
-- An exchange is a request and what becomes of it: its `operation`; the `fault` that it
-- meets, and the `rules` that alter its answer; whether it was `processed`, so that it had
-- its effect, and the `change` that this made; the `status`, `headers` and `body` of the
-- answer; whether `more` may follow on its connection.

local FAULT_MESSAGES = {
  [429] = "Too many requests", [500] = "Internal server error", [504] = "Gateway timeout",
}

local function on_error(problem)
  io.stderr:write("sandbox: ", debug.traceback(tostring(problem), 2), "\n")
end

local function refuse(server, exchange, status, message)
  exchange.status, exchange.headers, exchange.body = server.api:refuse(status, message)
end

local function process(server, exchange)
  local ok, status, headers, body, change =
    xpcall(server.api.handle, on_error, server.api, exchange.request, exchange.rules)
  exchange.processed = ok and status < 400
  if ok then
    exchange.status, exchange.headers, exchange.body, exchange.change = status, headers, body, change
  else
    exchange.more = false
    refuse(server, exchange, 500, "The sandbox failed, and said why on its stderr")
  end
end

-- A fault may keep a request from the API, and put an answer in the place of the API's. A
-- restart meanwhile keeps it from the API too.
local function decide(server, connection, exchange)
  local request = exchange.request
  exchange.operation = api.operation(request)
  exchange.fault, exchange.rules = server.faults:draw(exchange.operation, request.method)
  if server.latency > 0 then cqueues.sleep(server.latency) end
  if connection.lost then exchange.fault = connection.lost end
  local fault = exchange.fault
  if not fault or fault.processed then process(server, exchange) end
  if fault and fault.status then
    refuse(server, exchange, fault.status, FAULT_MESSAGES[fault.status] or "Service unavailable")
    exchange.headers["Retry-After"] = fault.retry_after and ("%d"):format(fault.retry_after)
  end
end

-- Processes a request of which nobody then learns more than the log says.
local function process_late(server, exchange, number)
  cqueues.sleep(exchange.fault.seconds)
  process(server, exchange)
  local change = exchange.change or {}
  server.log:complete(number, {
    processed = exchange.processed, stored = change.stored, removed = change.removed,
  })
end

-- --- the answer -------------------------------------------------------------
-- Ways to end an exchange, by the name of the fault; each gives true when another
-- request may follow.

local endings = {}

local function answer(client, exchange)
  if http.write(client, exchange.response) and exchange.more then return true end
  http.finish(client)
end

function endings.drop_after(client)
  http.finish(client)
end

endings.drop_before = endings.drop_after
endings.drop_late = endings.drop_after
endings.restart = endings.drop_after -- see `restart`: with all the others

function endings.stall(client, exchange)
  http.discard(client, exchange.fault.seconds)
end

function endings.stall_late(client)
  http.discard(client, 3600)
end

function endings.stray(client, exchange)
  if not answer(client, exchange) then return nil end
  cqueues.sleep(exchange.fault.seconds)
  return http.write(client, exchange.response)
end

-- The answer says nothing of it: this is how a server ends a connection that was idle.
function endings.close_idle(client, exchange)
  return answer(client, exchange) and http.await(client, exchange.fault.seconds)
end

function endings.truncate(client, exchange)
  local length = math.floor(#exchange.response * exchange.fault.share)
  http.write(client, exchange.response:sub(1, length))
  http.finish(client)
end

-- With SO_LINGER at no time, to close the socket resets the connection. cqueues does
-- not set that. Perl, which nearly every Unix has, does, on a socket that it inherits.
local LINGER = [[perl -MSocket -e '
  open($s, "+<&=", %d) and setsockopt($s, SOL_SOCKET, SO_LINGER, pack("ii", 1, 0)) or die $!']]

function endings.reset_after(client)
  local inherited = socket.dup { fd = client:pollfd(), cloexec = false }
  os.execute(LINGER:format(inherited:pollfd()))
  inherited:close()
end

-- Fields that would mislead a client which took them for headers.
local function new_trailers(server)
  return {
    ["Date"] = alterations.http_date(0), ["Retry-After"] = "3600",
    ["Twilio-Request-Id"] = server.api:sid("RQ"),
  }
end

local function format_response(server, exchange)
  local text, rules = exchange.body and json.encode(exchange.body) or "", exchange.rules or {}
  exchange.text = text
  alterations.of_headers(exchange.headers, rules, server.api.clock())
  local trailers = alterations.find(rules, "trailers") and new_trailers(server)
  return http.format_response(exchange.request, exchange.status, exchange.headers, text,
    exchange.more, trailers)
end

local function names_of(rules)
  if not rules or #rules == 0 then return nil end
  local names = json.list()
  for i, rule in ipairs(rules) do names[i] = rule.name end
  return names
end

-- The status in the log is that of an answer which went out, be it in part. Gives the
-- number of the entry.
local function write_log(server, connection, exchange)
  local fault, change = exchange.fault or {}, exchange.change or {}
  local status = not fault.silent and exchange.status or nil
  return server.log:write({
    connection = connection.number, operation = exchange.operation,
    fault = fault.name, altered = names_of(exchange.rules), processed = exchange.processed,
    status = status, problem = status and status >= 400 and exchange.body.message or nil,
    stored = change.stored, removed = change.removed, answer = status and exchange.text,
  }, exchange.request)
end

-- --- connections ------------------------------------------------------------

-- Ends all connections, and for a while the new ones. What they waited for ends with them.
local function restart(server, fault)
  server.down_until = cqueues.monotime() + fault.seconds
  for connection in pairs(server.connections) do
    connection.lost = fault
    connection.socket:shutdown("rw")
  end
end

-- What goes on after a request was logged, whatever becomes of its connection.
local function act(server, connection, exchange, number)
  local fault = exchange.fault
  if not fault or connection.lost then return end
  if fault.late then server.loop:wrap(process_late, server, exchange, number) end
  if fault.name == "restart" then restart(server, fault) end
end

-- One request and its answer, logged in between; whether another may follow.
local function serve_one(server, connection)
  local request, refusal = http.read_request(connection.socket, server.read_timeout)
  local more = not refusal and http.wants_more(request)
  if not refusal and server.window:owns(request) then
    return server.window:serve(connection.socket, request, more)
  end
  local exchange = { request = request, processed = false, more = more }
  if refusal then
    refuse(server, exchange, refusal.status, refusal.message)
  else
    decide(server, connection, exchange)
  end
  exchange.response = exchange.status and format_response(server, exchange)
  act(server, connection, exchange, write_log(server, connection, exchange))
  local ending = exchange.fault and endings[exchange.fault.name] or answer
  return ending(connection.socket, exchange)
end

local function serve(server, connection)
  http.prepare(connection.socket)
  while http.await(connection.socket, server.idle_timeout) do
    if connection.lost or not serve_one(server, connection) then return end
  end
end

local function serve_to_the_end(server, connection)
  server.connections[connection] = true
  if cqueues.monotime() >= server.down_until then xpcall(serve, on_error, server, connection) end
  server.connections[connection] = nil
  connection.socket:close()
end

-- An error ends its own connection only.
local function accept(server)
  local number = 0
  while true do
    local client = server.listener:accept { nodelay = true }
    if client then
      number = number + 1
      server.loop:wrap(serve_to_the_end, server, { socket = client, number = number })
    else
      server.listener:clearerr()
      cqueues.sleep(ACCEPT_PAUSE)
    end
  end
end

-- --- events ---------------------------------------------------------------------

local urandom = io.open("/dev/urandom", "rb")

local function hex(digits)
  local bytes = urandom:read((digits + 1) // 2)
  return (bytes:gsub(".", function(byte) return ("%02x"):format(byte:byte()) end)):sub(1, digits)
end

local function uuid()
  local digits = hex(32)
  return (digits:gsub("^(%x%x%x%x%x%x%x%x)(%x%x%x%x)(%x%x%x%x)(%x%x%x%x)", "%1-%2-%3-%4-"))
end

-- Runs it beside the others; an error ends that alone.
local function go(server, ...)
  local call = table.pack(...)
  server.loop:wrap(function() xpcall(call[1], on_error, table.unpack(call, 2, call.n)) end)
end

-- Reads what the parent's handle writes to the FIFO, a line of JSON each. Descriptor 4 is the
-- FIFO, open for reading and writing: it never ends.
local function follow_commands(server)
  local commands = assert(io.open("/dev/fd/4", "rb"))
  commands:setvbuf("no") -- so that poll sees all that was not read
  while true do
    cqueues.poll { pollfd = 4, events = "r" }
    local command = json.decode(commands:read("l"))
    server.dispatch:emit(command.event, command.fields or {})
  end
end

-- --- the program ------------------------------------------------------------

-- What was not chosen is random, in the shape of the real thing.
local function add_credentials(settings)
  settings.account_sid = settings.account_sid or "AC" .. hex(32)
  settings.auth_token = settings.auth_token or hex(32)
  settings.api_key = settings.api_key or "SK" .. hex(32)
  settings.api_secret = settings.api_secret or hex(32)
  settings.service_sid = "IS" .. hex(32)
  settings.clock, settings.monotime, settings.hex = os.time, cqueues.monotime, hex
end

local function listen(host, port)
  local listener = socket.listen { host = host, port = math.tointeger(port), reuseaddr = true }
  local ok, why = pcall(listener.listen, listener)
  if not ok then
    error(("cannot listen on %s, port %d: %s; choose another, or port 0 for any that is free"):format(
      host, port, tostring(why):gsub("^socket:listen: ", "")), 0)
  end
  http.prepare(listener)
  return listener
end

local function new_faults(rules, seed)
  for _, rule in ipairs(rules) do
    if rule.name == "reset_after" and not os.execute("perl -MSocket -e 1 2>/dev/null") then
      error("the fault reset_after needs perl", 0)
    end
  end
  math.randomseed(math.tointeger(seed))
  return faults.new(rules, math.random, cqueues.monotime)
end

-- All that a client needs to know.
local function describe(listener, settings)
  local _, address, port = listener:localname()
  local host = address:find(":", 1, true) and "[" .. address .. "]" or address
  return {
    base_url = ("http://%s:%d"):format(host, port), window = window.url(address, port),
    account_sid = settings.account_sid, auth_token = settings.auth_token,
    api_key = settings.api_key, api_secret = settings.api_secret,
    service_sid = settings.service_sid, channel_sid = "CH" .. hex(32), conversation_sid = "CH" .. hex(32),
  }
end

-- What the window tells: nothing secret.
local function about(description)
  return {
    base_url = description.base_url, account_sid = description.account_sid,
    service_sid = description.service_sid, channel_sid = description.channel_sid,
    conversation_sid = description.conversation_sid,
  }
end

-- Events, and the window on all that goes on.
local function add_window(server, settings)
  local shown = feed.new(SHOWN_ITEMS, SHOWN_BYTES)
  local function webhooks() return server.api:webhooks() end
  server.log.watch = function(kind, line, entry) shown:add(kind, line, entry.answer) end
  server.dispatch = dispatch.new {
    log = server.log, keys = settings, webhooks = webhooks, uuid = uuid,
    announce = function(entry)
      entry.time = server.log:now()
      shown:add("event", json.encode(entry))
    end,
    go = function(...) go(server, ...) end,
  }
  server.window = window.new {
    feed = shown, webhooks = webhooks, path = here .. "/page.html", run = hex(8),
    emit = function(...) return server.dispatch:emit(...) end,
    port = select(3, server.listener:localname()), about = about(server.description),
  }
end

local function new_server(settings)
  add_credentials(settings)
  local rules = new_faults(settings.faults, settings.seed)
  settings.longest_lag = rules:longest_lag()
  local listener = listen(settings.host, settings.port)
  local server = {
    api = api.new(settings),
    connections = {},
    description = describe(listener, settings),
    down_until = 0,
    faults = rules,
    listener = listener,
    log = assert(log.open(settings.log)),
    loop = cqueues.new(),
    idle_timeout = settings.idle_timeout,
    latency = settings.latency,
    read_timeout = settings.read_timeout,
  }
  add_window(server, settings)
  server.loop:wrap(accept, server)
  return server
end

local BANNER = [[
The sandbox of the Chat and Conversations APIs answers at %(base_url) until Ctrl-C.
These lines point a program in another shell at it, such as README's snippets and, with the
argument --api, the examples. (No key is set: it would go before the account's token.)

  export TWILIO_WEBHOOKS_BASE_URL=%(base_url)
  export TWILIO_ACCOUNT_SID=%(account_sid) TWILIO_AUTH_TOKEN=%(auth_token)
  export TWILIO_API_KEY= TWILIO_API_SECRET=
  export TWILIO_CONVERSATION_SID=%(conversation_sid)
  export TWILIO_SERVICE_SID=%(service_sid) TWILIO_CHANNEL_SID=%(channel_sid)

]]

local WINDOW_BANNER = [[
Open in a browser what goes on here, webhooks, requests and events:  %(window)
From there, or from a shell, an event is sent to the webhooks that want it:

  curl -d EventType=onMessageSent -d Body=Hello %(window)/emit

]]

local LOG_BANNER = "Each request is a line of JSON on standard output:\n\n"

local USAGE = [[
usage: lua5.4 server.lua [--host HOST] [--port PORT] [--latency SECONDS] [--seed NUMBER]
                         [--channels NUMBER] [--conversations NUMBER] [--addresses NUMBER]
                         [--alias BASE] [--fault NAME,OPTION=VALUE,...] [--fault ...]
]]

local function listen_for(...)
  signal.block(...)
  return signal.listen(...)
end

-- Serves until one of `ends` can be read from, then removes the `scratch` files.
local function run(server, ends, scratch)
  server.loop:wrap(function()
    cqueues.poll(table.unpack(ends))
    for _, path in ipairs(scratch) do os.remove(path) end
    os.exit(0)
  end)
  assert(server.loop:loop())
end

local function run_in_foreground(arguments)
  local given, problem = options.parse(arguments)
  if not given then error((problem and problem .. "\n" or "") .. USAGE, 0) end
  local settings = options.complete(given)
  local server = new_server(settings)
  local banner = BANNER .. (server.description.window and WINDOW_BANNER or "") .. LOG_BANNER
  io.stderr:write((banner:gsub("%%%((.-)%)", server.description)))
  run(server, { listen_for(signal.SIGINT, signal.SIGTERM) }, {})
end

-- Ends when the parent closes the pipe, or ends itself in whatever way.
local function run_for_parent()
  print "ready for settings"
  io.stdout:flush()
  local settings = options.complete(json.decode(io.read("l") or "{}"))
  local server = new_server(settings)
  local terminated = listen_for(signal.SIGTERM)
  signal.block(signal.SIGINT) -- Ctrl-C is for the parent to act upon
  server.loop:wrap(follow_commands, server)
  print("ready " .. json.encode(server.description))
  io.stdout:flush()
  run(server, { terminated, { pollfd = 0, events = "r" } }, settings.scratch or {})
end

local function main(...)
  local loaded, why = pcall(load_libraries)
  if not loaded then error(NEEDS .. why:match("^[^\n]*"), 0) end
  if ... == "-" then run_for_parent() else run_in_foreground { ... } end
end

local ok, problem = xpcall(main, tostring, ...)
if not ok and ... == "-" then
  print("error " .. problem:gsub("%s+", " ")) -- in one line, for the parent
elseif not ok then
  io.stderr:write(problem, "\n")
end
os.exit(ok and 0 or 1)
