--- Ready functions for the option `transport` of a client: HTTP by other means than
-- libcurl. A transport is a function that performs one request:
--
--   response = transport(request)
--       request: `method`, `url`, `headers` (with the credentials), `body`; `timeout` and
--       `connect_timeout` in seconds; `max_response_bytes`
--       response: `status`, `headers` (a value is a text or a list of them), `body`
--   nil, message, sent = transport(request)
--       no response: why, and "no" where the request surely did not leave; "timeout" is the
--       message of a timeout
--
-- What it answers is judged as strictly as what libcurl brings.

local transport = {}

-- Methods by the names that nginx has for them.
local NGX_METHODS = { GET = "HTTP_GET", POST = "HTTP_POST", DELETE = "HTTP_DELETE" }

--- OpenResty, and nginx with its Lua module, without any further library: a subrequest to
-- an internal location whose proxy_pass leads to the API. nginx's own TLS and pool of
-- connections do the work. The location, see examples/openresty/nginx.conf, has to clear
-- what a subrequest inherits, and takes its timeouts from nginx's settings.
-- @tparam[opt="/twilio"] string location
-- @treturn function a transport, for phases in which ngx.location.capture is allowed
function transport.openresty(location)
  location = location or "/twilio"
  return function(request)
    local scheme, host, path = request.url:match("^(https?)://([^/]+)(.*)$")
    local response = ngx.location.capture(location, {
      method = ngx[NGX_METHODS[request.method]],
      body = request.body,
      vars = { twilio_scheme = scheme, twilio_host = host, twilio_path = path },
    })
    return response
  end
end

return transport
