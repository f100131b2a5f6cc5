-- Sends one request over HTTP/1.1 by cqueues and gives the status of its answer. It sends only to
-- this machine: a webhook may name anybody's server, and this is a sandbox.

local cqueues = require "cqueues"
local socket = require "cqueues.socket"

local sender = {}

local MAX_HEAD_BYTES = 8192 -- of a line
local MAX_HEAD_LINES = 100
local MAX_BODY_BYTES = 4096 -- that are kept

-- Host, port and target of an http URL on this machine; else nil and the reason.
local function read_url(url)
  if url:find("[%c ]") then return nil, "not sent: the URL has a space or a control character" end
  local authority, rest = url:match("^[hH][tT][tT][pP]://([^/?#]*)([^#]*)")
  authority = (authority or ""):gsub("^.*@", "")
  local host, port = authority:match("^(%[[%x:.]+%])(.*)$")
  if not host then host, port = authority:match("^([^:]*)(.*)$") end
  port = port == "" and 80 or tonumber(port:match("^:(%d+)$"))
  local is_loopback = host == "localhost" or host == "[::1]" or host:find("^127%.%d+%.%d+%.%d+$")
  if not port or port > 65535 or not is_loopback then
    return nil, "not sent: the sandbox calls http on this machine only"
  end
  if rest:sub(1, 1) ~= "/" then rest = "/" .. rest end
  return { host = host:match("[^%[%]]+"), port = port, authority = authority, target = rest }
end

local function format(request, place)
  local lines = { ("%s %s HTTP/1.1"):format(request.method, place.target), "Host: " .. place.authority,
    "Connection: close", "User-Agent: TwilioProxy/1.1" }
  for name, value in pairs(request.headers) do lines[#lines + 1] = name .. ": " .. value end
  if request.body then lines[#lines + 1] = ("Content-Length: %d"):format(#request.body) end
  return table.concat(lines, "\r\n") .. "\r\n\r\n" .. (request.body or "")
end

-- --- the answer -------------------------------------------------------------

-- The length of the body by its head; infinite if the connection's end or the last chunk ends it. Nil
-- if the head is incomplete.
local function read_head(connection, left)
  local length
  for _ = 1, MAX_HEAD_LINES do
    local line = connection:xread("*l", "b", left())
    if not line then return nil end
    if line:find("^\r?$") then return length or math.huge end
    length = length or tonumber(line:lower():match("^content%-length:%s*(%d+)%s*$"))
  end
end

-- The beginning of the body, which may tell people the reason. Chunks are left as they are.
local function read_body(connection, left)
  local length = math.min(read_head(connection, left) or 0, MAX_BODY_BYTES)
  local body = ""
  while #body < length and not body:find("0\r\n\r\n$") do
    local bytes = connection:xread(#body - length, "b", left()) -- as many as there are
    if not bytes then break end
    body = body .. bytes
  end
  return body ~= "" and body or nil
end

local HAS_NO_BODY = { [204] = true, [304] = true }

local function exchange(connection, bytes, deadline)
  local function left() return math.max(0, deadline - cqueues.monotime()) end
  if not connection:xwrite(bytes, "bn", left()) then return nil, "the connection failed" end
  connection:setmaxline(MAX_HEAD_BYTES)
  local line = connection:xread("*l", "b", left())
  if not line then
    return nil, left() == 0 and "no answer in time" or "the connection ended without an answer"
  end
  local status = line:match("^HTTP/1%.%d (%d%d%d)")
  if not status then return nil, "the answer is no HTTP" end
  status = tonumber(status)
  return status, nil, not HAS_NO_BODY[status] and read_body(connection, left) or nil
end

-- The status, or nil and a problem; and the beginning of the answer's body, if it has one.
function sender.send(request, seconds)
  local place, problem = read_url(request.url)
  if not place then return nil, problem end
  local connection = socket.connect { host = place.host, port = place.port, nodelay = true }
  connection:onerror(function(_, _, why) return why end)
  local status, answer
  status, problem, answer = exchange(connection, format(request, place), cqueues.monotime() + seconds)
  connection:close()
  return status, problem, answer
end

return sender
