-- Listens, accepts connections, and serves each, request after request, until it ends. A
-- request goes to the window or to the API (exchange.lua).

local cqueues = require "cqueues"
local endings = require "twilio.webhooks.sandbox.endings"
local exchange = require "twilio.webhooks.sandbox.exchange"
local http = require "twilio.webhooks.sandbox.http"
local socket = require "cqueues.socket"

local connections = {}

local ACCEPT_PAUSE = 0.05 -- seconds, when the process is out of descriptors

-- Ends all connections, with what they waited for, and for a while each new one.
local function restart(server, fault)
  server.down_until = cqueues.monotime() + fault.seconds
  for connection in pairs(server.connections) do
    connection.lost = fault
    connection.socket:shutdown("rw")
  end
end

-- One request and its answer; whether another may follow.
local function serve_one(server, connection)
  local request, refusal = http.read_request(connection.socket, server.read_timeout)
  local more = not refusal and http.wants_more(request)
  if not refusal and server.window:owns(request) then
    return server.window:serve(connection.socket, request, more)
  end
  local made = exchange.perform(server, connection, request, refusal, more)
  if made.fault and made.fault.name == "restart" and not connection.lost then restart(server, made.fault) end
  return endings.finish(connection.socket, made)
end

local function serve(server, connection)
  http.prepare(connection.socket)
  while http.await(connection.socket, server.idle_timeout) do
    if connection.lost or not serve_one(server, connection) then return end
  end
end

-- An error ends its own connection only.
local function serve_to_the_end(server, connection)
  server.connections[connection] = true
  if cqueues.monotime() >= server.down_until then xpcall(serve, server.on_error, server, connection) end
  server.connections[connection] = nil
  connection.socket:close()
end

-- Accepts connections for ever.
function connections.accept(server)
  local number = 0
  while true do
    local client = server.listener:accept { nodelay = true }
    if client then
      number = number + 1
      server.go(serve_to_the_end, server, { socket = client, number = number })
    else
      server.listener:clearerr()
      cqueues.sleep(ACCEPT_PAUSE)
    end
  end
end

function connections.listen(host, port)
  local listener = socket.listen { host = host, port = math.tointeger(port), reuseaddr = true }
  local ok, why = pcall(listener.listen, listener)
  if not ok then
    error(("cannot listen on %s, port %d: %s; choose another, or port 0 for any that is free"):format(
      host, port, tostring(why):gsub("^socket:listen: ", "")), 0)
  end
  http.prepare(listener)
  return listener
end

return connections
