-- The sandbox's process: makes its parts, says where it listens, and serves until it must end.
-- The program server.lua calls it.
--
-- What goes from part to part as `server`: api, faults and window; listener, connections and
-- down_until of connections.lua; log; the settings latency, idle_timeout and read_timeout; and
-- go(function, ...), which has it run beside the others, and on_error(problem).

local api = require "twilio.webhooks.sandbox.api"
local connections = require "twilio.webhooks.sandbox.connections"
local cqueues = require "cqueues"
local dispatch = require "twilio.webhooks.sandbox.dispatch"
local faults = require "twilio.webhooks.sandbox.faults"
local feed = require "twilio.webhooks.sandbox.feed"
local json = require "twilio.webhooks.sandbox.json"
local log = require "twilio.webhooks.sandbox.log"
local options = require "twilio.webhooks.sandbox.options"
local signal = require "cqueues.signal"
local window = require "twilio.webhooks.sandbox.window"

local process = {}

local SHOWN_ITEMS, SHOWN_BYTES = 500, 8388608 -- that the window has of the past

-- --- chance -------------------------------------------------------------------

local urandom = io.open("/dev/urandom", "rb")

local function hex(digits)
  local bytes = urandom:read((digits + 1) // 2)
  return (bytes:gsub(".", function(byte) return ("%02x"):format(byte:byte()) end)):sub(1, digits)
end

local function uuid()
  local digits = hex(32)
  return (digits:gsub("^(%x%x%x%x%x%x%x%x)(%x%x%x%x)(%x%x%x%x)(%x%x%x%x)", "%1-%2-%3-%4-"))
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

-- --- the parts ----------------------------------------------------------------

-- Makes random credentials, in the shape of real ones, if none were given.
local function add_credentials(settings)
  settings.account_sid = settings.account_sid or "AC" .. hex(32)
  settings.auth_token = settings.auth_token or hex(32)
  settings.api_key = settings.api_key or "SK" .. hex(32)
  settings.api_secret = settings.api_secret or hex(32)
  settings.service_sid = "IS" .. hex(32)
  settings.clock, settings.monotime, settings.hex = os.time, cqueues.monotime, hex
end

-- Everything that a client needs to know.
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

-- What the window tells of the sandbox: nothing secret.
local TOLD = { "base_url", "account_sid", "service_sid", "channel_sid", "conversation_sid" }

local function tell(description)
  local about = {}
  for _, name in ipairs(TOLD) do about[name] = description[name] end
  return about
end

local function on_error(problem)
  io.stderr:write("sandbox: ", debug.traceback(tostring(problem), 2), "\n")
end

local function new_server(settings)
  add_credentials(settings)
  local rules = new_faults(settings.faults, settings.seed)
  settings.longest_lag = rules:longest_lag()
  local loop, listener = cqueues.new(), connections.listen(settings.host, settings.port)
  return {
    api = api.new(settings),
    connections = {},
    description = describe(listener, settings),
    down_until = 0,
    faults = rules,
    go = function(f, ...) loop:wrap(xpcall, f, on_error, ...) end,
    listener = listener,
    log = assert(log.open(settings.log)),
    loop = loop,
    idle_timeout = settings.idle_timeout,
    latency = settings.latency,
    on_error = on_error,
    read_timeout = settings.read_timeout,
  }
end

-- Sends events, and shows them in the window, with all that is logged.
local function add_window(server, settings)
  local shown = feed.new(SHOWN_ITEMS, SHOWN_BYTES)
  server.log.watch = function(kind, line, entry) shown:add(kind, line, entry.answer) end
  server.dispatch = dispatch.new {
    api = server.api, log = server.log, keys = settings, uuid = uuid, go = server.go, on_error = on_error,
    announce = function(entry)
      entry.time = server.log:now()
      shown:add("event", json.encode(entry))
    end,
  }
  server.window = window.new {
    api = server.api, dispatch = server.dispatch, feed = shown, run = hex(8),
    port = select(3, server.listener:localname()), about = tell(server.description),
  }
end

local function start(settings)
  local server = new_server(settings)
  add_window(server, settings)
  server.go(connections.accept, server)
  return server
end

-- --- until the end ------------------------------------------------------------

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

-- --- by hand ------------------------------------------------------------------

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

-- As of server.lua's command line.
function process.run_by_hand(arguments)
  local given, problem = options.parse(arguments)
  if not given then error((problem and problem .. "\n" or "") .. USAGE, 0) end
  local settings = options.complete(given)
  local server = start(settings)
  local banner = BANNER .. (server.description.window and WINDOW_BANNER or "") .. LOG_BANNER
  io.stderr:write((banner:gsub("%%%((.-)%)", server.description)))
  run(server, { listen_for(signal.SIGINT, signal.SIGTERM) }, {})
end

-- --- for a parent ------------------------------------------------------------

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

-- Ends when the parent closes the pipe, or ends in any way.
function process.run_for_parent()
  print "ready for settings"
  io.stdout:flush()
  local settings = options.complete(json.decode(io.read("l") or "{}"))
  local server = start(settings)
  local terminated = listen_for(signal.SIGTERM)
  signal.block(signal.SIGINT) -- Ctrl-C is for the parent to act upon
  server.go(follow_commands, server)
  print("ready " .. json.encode(server.description))
  io.stdout:flush()
  run(server, { terminated, { pollfd = 0, events = "r" } }, settings.scratch or {})
end

return process
