-- The sandbox's process, a program for Lua 5.4: an HTTP/1.1 server (RFC 9112) on
-- cqueues in front of api.lua, strict about framing, since what it is for is to
-- find mistakes in a client, and with a log of every request, so that tests can
-- ask what was really sent.
--
--   lua5.4 server.lua [--host HOST] [--port PORT]   serves until Ctrl-C, logs to stdout
--   lua5.4 server.lua -        as started by sandbox.lua: settings are a line of JSON on
--                              stdin, and the end of stdin ends the process
--
-- Left out: TLS, upgrades, compression, and every transfer coding but chunked.

local here = debug.getinfo(1, "S").source:match("^@(.*)/[^/]*$") or "."
package.path = ("%s/../../../?.lua;%s"):format(here, package.path)

-- Each cap is far above what a client of this API sends, and far below what would
-- trouble the machine.
local MAX_REQUEST_LINE = 8192    -- RFC 9112 asks for 8000 at least
local MAX_HEADER_BYTES = 32768   -- of all header lines together
local MAX_HEADER_FIELDS = 100
local MAX_BODY_BYTES = 1048576   -- a form with every field filled takes some 12 KB
local MAX_CHUNK_LINE = 256       -- the digits and a few extensions
local MAX_CHUNK_DIGITS = 15      -- more would not fit an integer
local MAX_BLANK_LINES = 4        -- before a request line: old clients end a body with one
local MAX_DRAIN_BYTES = 4194304  -- of what a client goes on sending after a refusal
local MAX_DRAIN_SECONDS = 2
local WRITE_SECONDS = 30         -- for a client that does not read its answer
local LOG_BUFFER_BYTES = 65536   -- nearly every entry is then written in one piece
local ACCEPT_PAUSE = 0.05        -- seconds, when the process is out of descriptors

local DEFAULT_HOST, DEFAULT_PORT = "127.0.0.1", 8390
local DEFAULT_IDLE_SECONDS, DEFAULT_READ_SECONDS = 60, 30

local NEEDS = "the sandbox needs Lua 5.4 with cqueues and lua-cjson "
  .. "(apt-get install lua5.4 lua-cqueues lua-cjson, or "
  .. "luarocks --lua-version 5.4 install cqueues lua-cjson): "

local api, cqueues, errno, json, signal, socket

-- Later than the head of the file, so that a missing library can be reported in the
-- way that the caller awaits.
local function load_libraries()
  if _VERSION ~= "Lua 5.4" then error("this is " .. _VERSION, 0) end
  cqueues, errno = require "cqueues", require "cqueues.errno"
  signal, socket = require "cqueues.signal", require "cqueues.socket"
  json = require "cjson".new()
  api = require "twilio.webhooks.sandbox.api"
end

-- --- JSON -------------------------------------------------------------------

-- Always valid JSON: text that is not UTF-8 is read as ISO 8859-1. Slashes stay as they are.
local function encode_text(text)
  if not utf8.len(text) then
    text = text:gsub("[\x80-\xff]", function(byte) return utf8.char(byte:byte()) end)
  end
  return (json.encode(text):gsub("\\/", "/"))
end

local function sorted_keys(object)
  local keys = {}
  for key in pairs(object) do keys[#keys + 1] = key end
  table.sort(keys)
  return keys
end

-- Unlike cjson it knows an empty list from an empty object, and orders the keys:
-- those of the outermost object as `keys` says, otherwise alphabetically.
local function encode(value, keys)
  if type(value) == "string" then return encode_text(value) end
  if type(value) ~= "table" then return json.encode(value) end
  local parts = {}
  if #value > 0 or getmetatable(value) == api.LIST then
    for i, item in ipairs(value) do parts[i] = encode(item) end
    return "[" .. table.concat(parts, ",") .. "]"
  end
  for _, key in ipairs(keys or sorted_keys(value)) do
    if value[key] ~= nil then
      parts[#parts + 1] = encode_text(key) .. ":" .. encode(value[key])
    end
  end
  return "{" .. table.concat(parts, ",") .. "}"
end

-- --- reading a request ------------------------------------------------------

-- Reading is deep and can end anywhere: a refusal is raised, and caught by `exchange`.
local Refusal = {}

local function refuse(status, message)
  error(setmetatable({ status = status, message = message }, Refusal), 0)
end

-- `format` as of cqueues' xread; `size` is how long a complete result is at least.
local function read(connection, format, size)
  local seconds = math.max(0, connection.deadline - cqueues.monotime())
  local bytes, why = connection.socket:xread(format, nil, seconds)
  if bytes and #bytes >= size then return bytes end
  if why == errno.ETIMEDOUT then refuse(408, "The request took too long") end
  refuse(400, "The connection ended within a request")
end

-- A line without its CRLF; `status` is for one of more than `limit` bytes.
local function read_line(connection, limit, status)
  connection.socket:setmaxline(limit + 2)
  local line = read(connection, "*L", 1)
  if #line == limit + 2 and line:sub(-2) ~= "\r\n" then refuse(status, "A line is too long") end
  if line:sub(-1) ~= "\n" then refuse(400, "The connection ended within a line") end
  if line:sub(-2) ~= "\r\n" then refuse(400, "A line must end in CR LF") end
  line = line:sub(1, -3)
  if line:find("[\0-\8\10-\31\127]") then refuse(400, "A control character in a line") end
  return line
end

local function read_request_line(connection, request)
  local line, blanks = "", -1
  while line == "" do
    blanks = blanks + 1
    if blanks > MAX_BLANK_LINES then refuse(400, "No request line") end
    line = read_line(connection, MAX_REQUEST_LINE, 414)
  end
  local method, target, major, minor = line:match("^([%w!#$%%&'*+.^_`|~-]+) ([!-~]+) HTTP/(%d)%.(%d)$")
  if not method then refuse(400, "The request line is malformed") end
  request.method, request.target = method, target
  request.version = major .. "." .. minor
  if major ~= "1" then refuse(505, "Only HTTP/1.1 is spoken here") end
end

-- Calls `add(name, value)` for each line of a header or trailer section.
local function read_fields(connection, add)
  local left = MAX_HEADER_BYTES
  for _ = 0, MAX_HEADER_FIELDS do
    local line = read_line(connection, left, 431)
    if line == "" then return end
    left = left - #line
    local name, value = line:match("^([%w!#$%%&'*+.^_`|~-]+):[ \t]*(.-)[ \t]*$")
    if not name then refuse(400, "A header line is malformed") end
    add(name, value)
  end
  refuse(431, "Too many header lines")
end

local function read_headers(connection, request)
  local headers, list = request.headers, request.header_list
  read_fields(connection, function(name, value)
    local key = name:lower()
    list[#list + 1] = { name, value }
    headers[key] = headers[key] and headers[key] .. ", " .. value or value
  end)
end

-- Two hosts have been joined by a comma and a space, and so are malformed too.
local function check_host(request)
  local host = request.headers.host
  if not host and request.version ~= "1.0" then refuse(400, "There is no Host header") end
  if host and host:find("[^%w%-._~%%!$&'()*+,;=:%[%]]") then refuse(400, "The Host is malformed") end
end

-- How the body is delimited: "chunked", or its length.
local function framing(request)
  local coding, length = request.headers["transfer-encoding"], request.headers["content-length"]
  if coding and length then refuse(400, "Both Transfer-Encoding and Content-Length") end
  if coding and request.version == "1.0" then refuse(400, "Transfer-Encoding in HTTP/1.0") end
  if coding and coding:lower() == "chunked" then return "chunked" end
  if coding then refuse(501, "Of the transfer codings only chunked is known") end
  if not (length or "0"):find("^%d+$") then refuse(400, "The Content-Length is malformed") end
  return tonumber(length or 0)
end

-- Anything may follow a semicolon: no chunk extension is known here.
local function read_chunk_size(connection)
  local line = read_line(connection, MAX_CHUNK_LINE, 400)
  local digits, rest = line:match("^(%x+)[ \t]*(.*)$")
  if not digits or not rest:find("^;") and rest ~= "" then refuse(400, "A chunk size is malformed") end
  if #digits > MAX_CHUNK_DIGITS then refuse(413, "A chunk is too large") end
  return tonumber(digits, 16)
end

local function read_chunks(connection)
  local chunks, total = {}, 0
  while true do
    local size = read_chunk_size(connection)
    if size == 0 then break end
    total = total + size
    if total > MAX_BODY_BYTES then refuse(413, "The body is too large") end
    chunks[#chunks + 1] = read(connection, size, size)
    if read(connection, 2, 2) ~= "\r\n" then refuse(400, "A chunk is longer than its size") end
  end
  read_fields(connection, function() end)
  return table.concat(chunks)
end

local function await_body(connection, request)
  local expect = request.version ~= "1.0" and request.headers.expect
  if not expect then return end
  if expect:lower() ~= "100-continue" then refuse(417, "An unknown expectation") end
  connection.socket:xwrite("HTTP/1.1 100 Continue\r\n\r\n", nil, WRITE_SECONDS)
end

local function read_body(connection, request)
  local length = framing(request)
  if length == 0 then return end
  if length ~= "chunked" and length > MAX_BODY_BYTES then refuse(413, "The body is too large") end
  await_body(connection, request)
  request.body = length == "chunked" and read_chunks(connection) or read(connection, length, length)
end

local function has_token(list, token)
  return ("," .. (list or ""):lower():gsub("[ \t]", "") .. ","):find("," .. token .. ",", 1, true) ~= nil
end

-- Whether the connection outlives the exchange, as far as the client is concerned.
local function wants_more(request)
  local options = request.headers.connection
  if has_token(options, "close") then return false end
  return request.version ~= "1.0" or has_token(options, "keep-alive")
end

-- --- answering --------------------------------------------------------------

local REASONS = {
  [200] = "OK", [201] = "Created", [204] = "No Content", [400] = "Bad Request",
  [401] = "Unauthorized", [404] = "Not Found", [405] = "Method Not Allowed",
  [408] = "Request Timeout", [413] = "Content Too Large", [414] = "URI Too Long",
  [415] = "Unsupported Media Type", [417] = "Expectation Failed", [429] = "Too Many Requests",
  [431] = "Request Header Fields Too Large", [500] = "Internal Server Error",
  [501] = "Not Implemented", [503] = "Service Unavailable", [505] = "HTTP Version Not Supported",
}

local function format_response(request, status, headers, body)
  local text = body and encode(body) or ""
  headers.Date = os.date("!%a, %d %b %Y %H:%M:%S GMT")
  headers["Content-Length"] = status ~= 204 and #text or nil
  local lines = { ("HTTP/1.1 %d %s"):format(status, REASONS[status] or "") }
  for _, name in ipairs(sorted_keys(headers)) do
    lines[#lines + 1] = name .. ": " .. headers[name]
  end
  lines[#lines + 1] = "\r\n" .. (request.method ~= "HEAD" and text or "")
  return table.concat(lines, "\r\n")
end

local function to_hex(bytes)
  return (bytes:gsub(".", function(byte) return ("%02x"):format(byte:byte()) end))
end

local function hide_credentials(name, value)
  if not name:lower():find("authorization$") then return value end
  return (value:match("^%a+") or "") .. " (not logged)"
end

local LOG_KEYS = {
  "n", "time", "connection", "status", "problem", "method", "target", "version", "user",
  "body", "body_hex", "headers", "header_list",
}

-- Seconds since 1970 with a fraction. os.time has none, and monotime another zero;
-- the largest difference of the two seen so far is the best guess at their distance.
local function now(server)
  local monotime = cqueues.monotime()
  server.epoch = math.max(server.epoch or 0, os.time() - monotime)
  return server.epoch + monotime
end

-- A body that is not UTF-8 is logged as body_hex instead.
local function log(server, connection, request, status, problem)
  server.count = server.count + 1
  local headers, list = {}, setmetatable({}, api.LIST)
  for name, value in pairs(request.headers) do headers[name] = hide_credentials(name, value) end
  for i, field in ipairs(request.header_list) do
    list[i] = { field[1], hide_credentials(field[1], field[2]) }
  end
  local is_text = utf8.len(request.body)
  server.log:write(encode({
    n = server.count, time = now(server), connection = connection.number,
    status = status, problem = problem,
    method = request.method, target = request.target, version = request.version,
    user = api.credentials(request.headers.authorization),
    body = is_text and request.body or nil,
    body_hex = not is_text and to_hex(request.body) or nil,
    headers = headers, header_list = list,
  }, LOG_KEYS), "\n")
  server.log:flush()
end

-- --- connections ------------------------------------------------------------

local function on_error(problem)
  if getmetatable(problem) == Refusal then return problem end
  io.stderr:write("sandbox: ", debug.traceback(tostring(problem), 2), "\n")
  return { status = 500, message = "The sandbox failed, and said why on its stderr" }
end

local function answer(server, connection, request)
  read_request_line(connection, request)
  read_headers(connection, request)
  check_host(request)
  read_body(connection, request)
  return server.api:handle(request)
end

-- One request and its answer, logged in between; whether another may follow.
local function exchange(server, connection)
  connection.deadline = cqueues.monotime() + server.read_timeout
  local request = { headers = {}, header_list = {}, body = "" }
  local ok, status, headers, body = xpcall(answer, on_error, server, connection, request)
  if not ok then
    local refusal = status
    status, headers = refusal.status, server.api:headers()
    body = api.failure(status, refusal.message)
  end
  local more = ok and wants_more(request)
  headers.Connection = not more and "close" or request.version == "1.0" and "keep-alive" or nil
  log(server, connection, request, status, status >= 400 and body.message or nil)
  local response = format_response(request, status, headers, body)
  return connection.socket:xwrite(response, nil, WRITE_SECONDS) and more
end

-- To close with bytes unread resets the connection, which can destroy the answer on
-- its way: they are read first, within bounds.
local function drain(connection)
  connection.socket:shutdown("w")
  local left, deadline = MAX_DRAIN_BYTES, cqueues.monotime() + MAX_DRAIN_SECONDS
  while left > 0 do
    local bytes = connection.socket:xread(-4096, nil, math.max(0, deadline - cqueues.monotime()))
    if not bytes then return end
    left = left - #bytes
  end
end

-- In place of cqueues' own way, which is to raise most errors.
local function return_error(_, _, why)
  return why
end

local function serve(server, connection)
  connection.socket:setmode("b", "bn")
  connection.socket:onerror(return_error)
  repeat
    if not connection.socket:fill(1, server.idle_timeout) then return end
  until not exchange(server, connection)
  drain(connection)
end

-- An error ends its own connection only.
local function accept(server)
  local number = 0
  while true do
    local client = server.listener:accept { nodelay = true }
    if client then
      number = number + 1
      local connection = { socket = client, number = number }
      server.loop:wrap(function()
        xpcall(serve, on_error, server, connection)
        client:close()
      end)
    else
      server.listener:clearerr()
      cqueues.sleep(ACCEPT_PAUSE)
    end
  end
end

-- --- the program ------------------------------------------------------------

local urandom = io.open("/dev/urandom", "rb")

local function hex(digits)
  return to_hex(urandom:read(digits)):sub(1, digits)
end

-- What was not chosen is random, in the shape of the real thing.
local function add_credentials(settings)
  settings.account_sid = settings.account_sid or "AC" .. hex(32)
  settings.auth_token = settings.auth_token or hex(32)
  settings.api_key = settings.api_key or "SK" .. hex(32)
  settings.api_secret = settings.api_secret or hex(32)
  settings.clock, settings.hex = os.time, hex
end

local function listen(host, port)
  local listener = socket.listen { host = host, port = math.tointeger(port), reuseaddr = true }
  local ok, why = pcall(listener.listen, listener)
  if not ok then
    error(("cannot listen on %s, port %d: %s; choose another, or port 0 for any that is free"):format(
      host, port, tostring(why):gsub("^socket:listen: ", "")), 0)
  end
  listener:onerror(return_error)
  return listener
end

local function open_log(path)
  local file, why = io.stdout, nil
  if path then file, why = io.open(path, "w") end
  if not file then error("cannot write the log: " .. why, 0) end
  file:setvbuf("full", LOG_BUFFER_BYTES)
  return file
end

local function new_server(settings)
  add_credentials(settings)
  local server = {
    api = api.new(settings),
    listener = listen(settings.host or DEFAULT_HOST, settings.port or DEFAULT_PORT),
    log = open_log(settings.log),
    loop = cqueues.new(),
    count = 0,
    idle_timeout = settings.idle_timeout or DEFAULT_IDLE_SECONDS,
    read_timeout = settings.read_timeout or DEFAULT_READ_SECONDS,
  }
  server.loop:wrap(accept, server)
  return server
end

-- All that a client needs to know.
local function describe(server, settings)
  local _, host, port = server.listener:localname()
  if host:find(":", 1, true) then host = "[" .. host .. "]" end
  return {
    base_url = ("http://%s:%d"):format(host, port),
    account_sid = settings.account_sid, auth_token = settings.auth_token,
    api_key = settings.api_key, api_secret = settings.api_secret,
    service_sid = "IS" .. hex(32), channel_sid = "CH" .. hex(32),
  }
end

local BANNER = [[
The sandbox of the Chat API answers at %(base_url) until Ctrl-C. In another shell:

  export TWILIO_ACCOUNT_SID=%(account_sid) TWILIO_AUTH_TOKEN=%(auth_token)
  export TWILIO_WEBHOOKS_BASE_URL=%(base_url)
  export TWILIO_SERVICE_SID=%(service_sid) TWILIO_CHANNEL_SID=%(channel_sid)
  make demo

Each request is a line of JSON on standard output:

]]

local USAGE = "usage: lua5.4 server.lua [--host HOST] [--port PORT]"

local function is_port(number)
  return math.type(number) == "integer" and number >= 0 and number <= 65535
end

local function parse_arguments(arguments)
  local settings = {}
  for i = 1, #arguments, 2 do
    local name, value = arguments[i]:match("^%-%-(%l+)$"), arguments[i + 1]
    if name == "port" then value = is_port(tonumber(value)) and tonumber(value) end
    if name ~= "host" and name ~= "port" or not value then error(USAGE, 0) end
    settings[name] = value
  end
  return settings
end

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
  local settings = parse_arguments(arguments)
  local server = new_server(settings)
  io.stderr:write((BANNER:gsub("%%%((.-)%)", describe(server, settings))))
  run(server, { listen_for(signal.SIGINT, signal.SIGTERM) }, {})
end

-- Ends when the parent closes the pipe, or ends itself in whatever way.
local function run_for_parent()
  local settings = json.decode(io.read("l") or "{}")
  local server = new_server(settings)
  local terminated = listen_for(signal.SIGTERM)
  signal.block(signal.SIGINT) -- Ctrl-C is for the parent to act upon
  print("ready " .. json.encode(describe(server, settings)))
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
