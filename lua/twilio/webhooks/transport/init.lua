--- Functions for the option `transport` of a client, which sends by other means than
-- libcurl. A transport is a function that performs one request:
--
--   response = transport(request)
--       request: `method`, `url`, `headers` (with the credentials), `body`; `timeout` and
--       `connect_timeout` in seconds; `max_response_bytes`
--       response: `status`, `headers` (a value is a text or a list of them), `body`
--   nil, message, sent = transport(request)
--       no response: the reason, and "no" if the request surely did not leave; "timeout" is the
--       message of a timeout
--
-- or a table with that function as `perform`, and with a hook as `wait` (see loops/init.lua), in
-- which the client waits before it tries again. Its answers are judged as strictly as libcurl's.

local wait = require "twilio.webhooks.loops"

local transport = {}

-- --- OpenResty, and nginx with its Lua module --------------------------------------------
-- A subrequest to an internal location whose proxy_pass leads to the API, so that nginx's own TLS and
-- pool of connections do the work. The subrequest's ngx.ctx, which nobody else sees, takes the request
-- to the location, and its outcome back.

-- The names of nginx's constants for the methods.
local METHODS = { GET = "HTTP_GET", POST = "HTTP_POST", DELETE = "HTTP_DELETE" }

-- Phases in which nginx makes subrequests.
local PHASES = { rewrite = true, access = true, content = true }

-- The status with which nginx reports its own timeout.
local GATEWAY_TIMEOUT = 504

-- Raises an error in a phase without subrequests, since a second attempt would not help.
local function check_place()
  local phase = ngx.get_phase()
  local why = not PHASES[phase] and "in the phase " .. phase
    or ngx.req.http_version() == 2 and "in a request that came by HTTP/2"
  if not why then return end
  error(("nginx makes no subrequests %s: use a client with wait = webhooks.wait.openresty and without "
    .. "this transport there"):format(why), 0)
end

-- Makes the subrequest; nil if it takes too long. nginx cannot end a subrequest, so it then goes on by
-- itself.
local function capture(location, options, seconds)
  local subrequest = ngx.thread.spawn(function() return ngx.location.capture(location, options) end)
  local clock = ngx.thread.spawn(function() ngx.sleep(seconds) end)
  local _, response = ngx.thread.wait(subrequest, clock)
  ngx.thread.kill(clock)
  return response
end

-- The reason why an exchange brought no answer of the API, and "no" if it was not sent.
local function failure(exchange, response, location)
  if not exchange.begun then
    return ("the location %s is not for the API (status %d)"):format(location, response.status), "no"
  end
  local unsent = exchange.unsent and "no" or nil
  if exchange.status == GATEWAY_TIMEOUT then return "timeout", unsent end
  return ("nginx got no answer (status %d; see its error log)"):format(response.status), unsent
end

-- Is the body complete? nginx also passes on a body that broke off.
local function is_whole(exchange, response)
  local length = tonumber(response.header["Content-Length"])
  return not response.truncated
    and (not length or response.status == 204 or length == exchange.received)
end

--- In rewrite, access and content phases.
-- @tparam[opt="/twilio"] string location the internal one, as in examples/openresty/nginx.conf
-- @treturn table a transport
function transport.openresty(location)
  location = location == nil and "/twilio" or location
  if type(location) ~= "string" then
    error(("bad argument to 'openresty' (string expected, got %s)"):format(type(location)), 2)
  end
  local function perform(request)
    check_place()
    local exchange = { request = request, received = 0 }
    local response = capture(location, {
      method = ngx[METHODS[request.method]],
      body = request.method == "POST" and request.body or nil,
      ctx = { twilio_webhooks = exchange },
    }, request.timeout)
    if not response then return nil, "timeout" end
    if not exchange.answered then return nil, failure(exchange, response, location) end
    if not is_whole(exchange, response) then return nil, "the answer broke off" end
    return { status = response.status, headers = response.header, body = response.body }
  end
  return { perform = perform, wait = wait.openresty }
end

-- The functions that the location runs, in the phases of their names. The filters also see nginx's
-- answers to other requests.
transport.location = {}

--- In rewrite_by_lua: sets the URL and headers of the client's request, and drops the headers that
-- the subrequest has from the outer request, which keeps its own.
function transport.location.rewrite()
  local exchange = ngx.ctx.twilio_webhooks
  if not exchange then error("this location is for subrequests of transport.openresty", 0) end
  for name in pairs(ngx.req.get_headers(0)) do
    -- kept: it is that of the subrequest's own body
    if name ~= "content-length" then ngx.req.clear_header(name) end
  end
  for name, value in pairs(exchange.request.headers) do ngx.req.set_header(name, value) end
  ngx.var.twilio_url = exchange.request.url
  exchange.begun = true
end

-- Has the last server that nginx tried sent a whole head? The list has a dash for an unknown time.
local function is_answered(header_times)
  return (header_times or ""):find "%d%s*$" ~= nil
end

-- Is it sure that no byte was sent? If nginx tried no server, there is no list.
local function is_unsent(addresses, bytes_sent)
  if not addresses then return true end
  return bytes_sent ~= nil and bytes_sent:find "^[0,: ]+$" ~= nil
end

--- In header_filter_by_lua: notes whether the head is the API's or nginx's own, and whether a byte
-- of the request was sent.
function transport.location.header_filter()
  local exchange = ngx.ctx.twilio_webhooks
  if not exchange then return end
  exchange.status = ngx.status
  exchange.answered = is_answered(ngx.var.upstream_header_time)
  exchange.unsent = is_unsent(ngx.var.upstream_addr, ngx.var.upstream_bytes_sent)
end

--- In body_filter_by_lua: keeps as many bytes as the client takes, and one more to show that there
-- were more.
function transport.location.body_filter()
  local exchange = ngx.ctx.twilio_webhooks
  if not exchange then return end
  local chunk, received = ngx.arg[1], exchange.received
  local room = exchange.request.max_response_bytes + 1 - received
  if #chunk > room then ngx.arg[1] = chunk:sub(1, math.max(room, 0)) end
  exchange.received = received + #chunk
end

return transport
