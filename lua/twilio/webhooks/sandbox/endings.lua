-- How an exchange ends on its connection: with its answer, or as a fault wants it. There is a
-- function for each fault that ends in its own way, by the fault's name. It takes the socket and the
-- exchange (see exchange.lua), and gives true if another request may follow.

local cqueues = require "cqueues"
local http = require "twilio.webhooks.sandbox.http"
local socket = require "cqueues.socket"

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

-- The answer does not announce it: so servers end idle connections.
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

local module = {}

-- Ends the exchange as its fault wants. True if another request may follow.
function module.finish(client, exchange)
  local finish = exchange.fault and endings[exchange.fault.name] or answer
  return finish(client, exchange)
end

return module
