-- HTTP/1.1 on a cqueues socket (RFC 9112): reads requests, writes responses, and ends
-- connections properly. It is strict about framing, since the sandbox has to find mistakes in a
-- client. It knows no API: bodies are text.
--
-- Left out: TLS, upgrades, compression, and every transfer coding but chunked.

local cqueues = require "cqueues"
local errno = require "cqueues.errno"
local plain = require "twilio.webhooks.plain"

local http = {}

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

-- --- reading a request ------------------------------------------------------

-- Reading is deep and can fail anywhere, so a refusal is raised, and http.read_request catches
-- it. A reader is a socket and the moment by which everything must be read.
local Refusal = {}

local function refuse(status, message)
  error(setmetatable({ status = status, message = message }, Refusal), 0)
end

-- `format` as of cqueues' xread; `size` is how long a complete result is at least.
local function read(reader, format, size)
  local seconds = math.max(0, reader.deadline - cqueues.monotime())
  local bytes, why = reader.socket:xread(format, nil, seconds)
  if bytes and #bytes >= size then return bytes end
  if why == errno.ETIMEDOUT then refuse(408, "The request took too long") end
  refuse(400, "The connection ended within a request")
end

-- A line without its CRLF; `status` is for one of more than `limit` bytes.
local function read_line(reader, limit, status)
  reader.socket:setmaxline(limit + 2)
  local line = read(reader, "*L", 1)
  if #line == limit + 2 and line:sub(-2) ~= "\r\n" then refuse(status, "A line is too long") end
  if line:sub(-1) ~= "\n" then refuse(400, "The connection ended within a line") end
  if line:sub(-2) ~= "\r\n" then refuse(400, "A line must end in CR LF") end
  line = line:sub(1, -3)
  if line:find("[\0-\8\10-\31\127]") then refuse(400, "A control character in a line") end
  return line
end

local function read_request_line(reader, request)
  local line, blanks = "", -1
  while line == "" do
    blanks = blanks + 1
    if blanks > MAX_BLANK_LINES then refuse(400, "No request line") end
    line = read_line(reader, MAX_REQUEST_LINE, 414)
  end
  local method, target, major, minor = line:match("^([%w!#$%%&'*+.^_`|~-]+) ([!-~]+) HTTP/(%d)%.(%d)$")
  if not method then refuse(400, "The request line is malformed") end
  request.method, request.target = method, target
  request.version = major .. "." .. minor
  if major ~= "1" then refuse(505, "Only HTTP/1.1 is spoken here") end
end

-- Calls `add(name, value)` for each line of a header or trailer section.
local function read_fields(reader, add)
  local left = MAX_HEADER_BYTES
  for _ = 0, MAX_HEADER_FIELDS do
    local line = read_line(reader, left, 431)
    if line == "" then return end
    left = left - #line
    local name, value = line:match("^([%w!#$%%&'*+.^_`|~-]+):[ \t]*(.-)[ \t]*$")
    if not name then refuse(400, "A header line is malformed") end
    add(name, value)
  end
  refuse(431, "Too many header lines")
end

local function read_headers(reader, request)
  local headers, list = request.headers, request.header_list
  read_fields(reader, function(name, value)
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
local function read_chunk_size(reader)
  local line = read_line(reader, MAX_CHUNK_LINE, 400)
  local digits, rest = line:match("^(%x+)[ \t]*(.*)$")
  if not digits or not rest:find("^;") and rest ~= "" then refuse(400, "A chunk size is malformed") end
  if #digits > MAX_CHUNK_DIGITS then refuse(413, "A chunk is too large") end
  return tonumber(digits, 16)
end

local function read_chunks(reader)
  local chunks, total = {}, 0
  while true do
    local size = read_chunk_size(reader)
    if size == 0 then break end
    total = total + size
    if total > MAX_BODY_BYTES then refuse(413, "The body is too large") end
    chunks[#chunks + 1] = read(reader, size, size)
    if read(reader, 2, 2) ~= "\r\n" then refuse(400, "A chunk is longer than its size") end
  end
  read_fields(reader, function() end)
  return table.concat(chunks)
end

local function await_body(reader, request)
  local expect = request.version ~= "1.0" and request.headers.expect
  if not expect then return end
  if expect:lower() ~= "100-continue" then refuse(417, "An unknown expectation") end
  reader.socket:xwrite("HTTP/1.1 100 Continue\r\n\r\n", nil, WRITE_SECONDS)
end

local function read_body(reader, request)
  local length = framing(request)
  if length == 0 then return end
  if length ~= "chunked" and length > MAX_BODY_BYTES then refuse(413, "The body is too large") end
  await_body(reader, request)
  request.body = length == "chunked" and read_chunks(reader) or read(reader, length, length)
end

local function read_all(reader, request)
  read_request_line(reader, request)
  read_headers(reader, request)
  check_host(request)
  read_body(reader, request)
end

local function on_error(problem)
  return getmetatable(problem) == Refusal and problem or debug.traceback(tostring(problem), 2)
end

-- A request: method, target, version, headers (by lower-case name), header_list (in order, as they
-- came) and body. If it is malformed, gives what is known of it, and a refusal (`status` and
-- `message`); then the connection must end.
function http.read_request(socket, seconds)
  local reader = { socket = socket, deadline = cqueues.monotime() + seconds }
  local request = { headers = {}, header_list = {}, body = "" }
  local ok, problem = xpcall(read_all, on_error, reader, request)
  if ok then return request end
  if getmetatable(problem) ~= Refusal then error(problem, 0) end
  return request, problem
end

local function has_token(list, token)
  return ("," .. (list or ""):lower():gsub("[ \t]", "") .. ","):find("," .. token .. ",", 1, true) ~= nil
end

-- Does the client allow another request on the connection?
function http.wants_more(request)
  local options = request.headers.connection
  if has_token(options, "close") then return false end
  return request.version ~= "1.0" or has_token(options, "keep-alive")
end

-- --- answering --------------------------------------------------------------

local REASONS = {
  [200] = "OK", [201] = "Created", [202] = "Accepted", [204] = "No Content", [303] = "See Other",
  [400] = "Bad Request", [401] = "Unauthorized", [403] = "Forbidden", [404] = "Not Found",
  [405] = "Method Not Allowed",
  [408] = "Request Timeout", [413] = "Content Too Large", [414] = "URI Too Long",
  [415] = "Unsupported Media Type", [417] = "Expectation Failed", [429] = "Too Many Requests",
  [431] = "Request Header Fields Too Large", [500] = "Internal Server Error",
  [501] = "Not Implemented", [503] = "Service Unavailable", [505] = "HTTP Version Not Supported",
}

-- Two chunks, so that there is more than one, and the fields after them.
local function format_chunked(text, trailers)
  local half, lines = #text // 2, {}
  for _, chunk in ipairs { text:sub(1, half), text:sub(half + 1) } do
    if chunk ~= "" then lines[#lines + 1] = ("%x\r\n%s"):format(#chunk, chunk) end
  end
  lines[#lines + 1] = "0"
  for _, name in ipairs(plain.names(trailers)) do lines[#lines + 1] = name .. ": " .. trailers[name] end
  return table.concat(lines, "\r\n") .. "\r\n\r\n"
end

-- The bytes of a response before its body.
function http.format_head(status, headers)
  local lines = { ("HTTP/1.1 %d %s"):format(status, REASONS[status] or "") }
  for _, name in ipairs(plain.names(headers)) do
    lines[#lines + 1] = name .. ": " .. headers[name]
  end
  return table.concat(lines, "\r\n") .. "\r\n\r\n"
end

-- The bytes of the response to `request`. `headers`, by name, gets those that frame the
-- text; `more` tells whether another request may follow. With `trailers`, by name too, the
-- text is chunked; not in HTTP/1.0, which has no chunks.
function http.format_response(request, status, headers, text, more, trailers)
  headers.Connection = not more and "close" or request.version == "1.0" and "keep-alive" or nil
  if trailers and text ~= "" and request.version ~= "1.0" then
    headers["Transfer-Encoding"] = "chunked"
    text = format_chunked(text, trailers)
  else
    headers["Content-Length"] = status ~= 204 and #text or nil
  end
  return http.format_head(status, headers) .. (request.method ~= "HEAD" and text or "")
end

-- --- a connection -----------------------------------------------------------

-- Returns errors; cqueues by default raises most of them.
local function return_error(_, _, why)
  return why
end

function http.prepare(socket)
  socket:setmode("b", "bn")
  socket:onerror(return_error)
end

-- Waits for the first byte of a request. True if one came.
function http.await(socket, seconds)
  return socket:fill(1, seconds)
end

-- True if everything was written.
function http.write(socket, bytes)
  return socket:xwrite(bytes, nil, WRITE_SECONDS) and true or false
end

-- Reads and discards until the client ends the connection, or `seconds` or `limit` bytes have passed.
function http.discard(socket, seconds, limit)
  local left, deadline = limit or math.huge, cqueues.monotime() + seconds
  while left > 0 do
    local bytes = socket:xread(-4096, nil, math.max(0, deadline - cqueues.monotime()))
    if not bytes then return end
    left = left - #bytes
  end
end

-- Ends the connection, without closing the socket. A close with unread bytes resets the connection,
-- which can destroy the answer on its way; so this reads them first, up to a limit.
function http.finish(socket)
  socket:shutdown("w")
  http.discard(socket, MAX_DRAIN_SECONDS, MAX_DRAIN_BYTES)
end

return http
