--- The guard for OpenResty, and nginx with its Lua module: a function for access_by_lua. It lets a
-- request pass that Twilio has signed, and answers any other itself.
--
-- It judges what came over the wire: the target of the request line and the bytes of the body. It does
-- not use nginx's decoded arguments: those are a hundred at most, and cannot be encoded again exactly
-- as they were.

local check_options = require "twilio.webhooks.incoming.options"
local event = require "twilio.webhooks.incoming.event"
local incoming = require "twilio.webhooks.incoming"
local loading = require "twilio.webhooks.loading"

local MAX_BODY_BYTES = loading.core().form_bytes
local MAX_TOKEN_BYTES = 256 -- of an idempotency token, which has 36
local METHODS = { GET = true, POST = true } -- those that a webhook has

-- Reasons that are the server's fault, and not the request's.
local FAULTS = { body_lost = true, failed = true, invalid = true, unconfigured = true }
local LOST = "the file that nginx has written the body to cannot be read"

-- The status for other reasons, if it is not 403.
local STATUS = { body_too_large = 413, body_without_length = 411 }

-- --- options ----------------------------------------------------------------

local function is_public_url(value)
  return type(value) == "string" and value:find "^https?://[^/?#%s%c]+[^?#%s%c]*$" ~= nil
end

local function is_boolean(value)
  return type(value) == "boolean"
end

local function is_anything()
  return true -- verify judges the keys
end

local OPTIONS = {
  auth_token = { is_anything }, auth_tokens = { is_anything }, shared_keys = { is_anything },
  forwarded = { is_boolean, "true or false" },
  public_url = { is_public_url, "scheme and host as Twilio knows them, such as https://example.com" },
}

local function keys_of(options)
  return { auth_token = options.auth_token, auth_tokens = options.auth_tokens,
    shared_keys = options.shared_keys }
end

-- What is wrong with the options, for people; nil if nothing is.
local function find_problem(options)
  local problem = check_options(OPTIONS, options)
  if problem then return problem end
  if options.forwarded and options.public_url then return "forwarded: is there beside public_url" end
  local _, reason, message = incoming.verify(keys_of(options))
  return reason == "invalid" and message or nil
end

-- --- the URL ----------------------------------------------------------------

local function has_port(host)
  return host:find "^[^%[:]*:%d+$" or host:find "%]:%d+$"
end

-- Scheme and host of the request, or those that a proxy reports; or nil. It refuses a header that
-- appears twice (a table) or has more than one value (a comma), since either value may be wrong.
local function authority_of(headers, forwarded)
  local scheme = forwarded and headers["x-forwarded-proto"] or ngx.var.scheme
  local host = forwarded and headers["x-forwarded-host"] or headers.host
  local port = forwarded and headers["x-forwarded-port"]
  if scheme ~= "http" and scheme ~= "https" then return nil end
  if type(host) ~= "string" or not host:find "^[%w.%-_:%[%]]+$" then return nil end
  if not port or has_port(host) then return scheme .. "://" .. host end
  if type(port) ~= "string" or not port:find "^%d+$" then return nil end
  return ("%s://%s:%s"):format(scheme, host, port)
end

-- The URL that Twilio called, or nil.
local function url_of(options, headers)
  local before = options.public_url or authority_of(headers, options.forwarded)
  local target = ngx.var.request_uri
  if not before or not target or target:sub(1, 1) ~= "/" or target:find("#", 1, true) then return nil end
  return before .. target
end

-- --- the body ---------------------------------------------------------------

local function read_file(path)
  local file = io.open(path, "rb")
  if not file then return nil end
  local text = file:read(MAX_BODY_BYTES + 1)
  file:close()
  return text or ""
end

-- The body, wherever nginx has it; or nil and a reason.
local function read_body(headers)
  local announced = tonumber(headers["content-length"] or 0)
  if not announced or announced > MAX_BODY_BYTES then return nil, "body_too_large" end
  if not pcall(ngx.req.read_body) then return nil, "body_without_length" end -- some versions, of HTTP/2
  local path = ngx.req.get_body_file()
  local body = path and read_file(path) or not path and (ngx.req.get_body_data() or "")
  if not body then return nil, "body_lost" end
  if #body > MAX_BODY_BYTES then return nil, "body_too_large" end
  return body
end

-- --- the guard --------------------------------------------------------------

-- Refuses the request. The reason goes only to the log, in a line without anything of the request or
-- of a key.
local function refuse(reason, message)
  local is_fault = FAULTS[reason]
  ngx.log(is_fault and ngx.ERR or ngx.NOTICE, "webhooks.guard.openresty: ",
    is_fault and message or "refused: " .. reason)
  return ngx.exit(is_fault and 500 or STATUS[reason] or 403)
end

-- Twilio does not sign this header, so it is read only once the request is verified.
local function idempotency_token(headers)
  local token = headers["i-twilio-idempotency-token"]
  return type(token) == "string" and token ~= "" and #token <= MAX_TOKEN_BYTES and token or nil
end

local function note(url, body, headers)
  local form = ngx.req.get_method() == "GET" and (url:match "%?(.*)$" or "") or body
  ngx.ctx.twilio = { body = body, event = (event.read(form)), idempotency_token = idempotency_token(headers) }
end

-- The arguments for verify, or nil and a reason. Does not read the body of a request without a signature.
local function read_request(options, headers)
  local signature, body, reason = headers["x-twilio-signature"], "", nil
  if signature then body, reason = read_body(headers) end
  if not body then return nil, reason end
  return { url = url_of(options, headers), body = body, content_type = headers["content-type"],
    signature = signature, settings = headers["x-twilio-webhooks-signature-settings"],
    auth_token = options.auth_token, auth_tokens = options.auth_tokens, shared_keys = options.shared_keys }
end

local function check(options)
  -- All headers, since nginx limits their bytes; without the metatable, which tries other names.
  local headers = setmetatable(ngx.req.get_headers(0), nil)
  local request, unread = read_request(options, headers)
  if not request then return refuse(unread, LOST) end
  local verified, reason, message = incoming.verify(request)
  if not verified then return refuse(reason, message) end
  if not METHODS[ngx.req.get_method()] then return refuse "method" end
  note(request.url, request.body, headers)
end

--- Makes a guard. Raises an error if an option is wrong, or libcrypto's part is missing.
-- @tparam table options public_url, forwarded; auth_token or auth_tokens, and shared_keys
-- @treturn function for access_by_lua: returns if Twilio has signed the request, with its parts in
-- ngx.ctx.twilio; else ends the request
return function(options)
  if type(options) ~= "table" then
    error(("bad argument to 'openresty' (table expected, got %s)"):format(type(options)), 2)
  end
  loading.signature()
  local problem = find_problem(options)
  if problem then error("webhooks.guard.openresty: " .. problem, 2) end
  local own = keys_of(options)
  own.forwarded, own.public_url = options.forwarded, options.public_url and options.public_url:gsub("/+$", "")
  return function() return check(own) end
end
