-- A raw HTTP client for specs about a server: what goes out is exactly the bytes
-- that were given, and what comes back is taken apart and not interpreted. Blocking
-- outside of a cqueues loop, and not blocking within one. Knows Content-Length only.

local errno = require "cqueues.errno"
local socket = require "cqueues.socket"

local PATIENCE = 10 -- seconds; only a spec that fails waits so long

local http_client = {}

local Connection = {}
Connection.__index = Connection

-- `base_url` is of the form http://host:port.
function http_client.connect(base_url)
  local host, port = base_url:match("^http://(.+):(%d+)$")
  local connection = assert(socket.connect { host = host, port = tonumber(port), nodelay = true })
  connection:setmode("b", "bn")
  connection:settimeout(PATIENCE)
  connection:onerror(function(_, _, why) return why end)
  return setmetatable({ socket = connection }, Connection)
end

-- The bytes of a request; `headers` is a list of lines, and none is added.
function http_client.format(method, target, headers, body)
  local head = { ("%s %s HTTP/1.1"):format(method, target) }
  for _, line in ipairs(headers) do head[#head + 1] = line end
  return table.concat(head, "\r\n") .. "\r\n\r\n" .. (body or "")
end

function Connection:send(bytes)
  self.socket:write(bytes)
  return self
end

local function read_headers(connection)
  local headers = {}
  for text in function() return connection:read("*l") end do
    local line = text:gsub("\r$", "")
    if line == "" then return headers end
    local name, value = line:match("^([^:]+):[ \t]*(.*)$")
    headers[name:lower()] = value
  end
end

-- The next response: status, headers (lower-case names), body; nil when none comes.
function Connection:receive(without_body)
  local line = self.socket:read("*l")
  if not line then return nil end
  local status = assert(line:match("^HTTP/1%.1 (%d%d%d) [^\r]*\r?$"), line)
  local headers = assert(read_headers(self.socket), "the head was cut off")
  local length = tonumber(headers["content-length"] or 0)
  local body = length > 0 and not without_body and self.socket:read(length) or ""
  return { status = tonumber(status), headers = headers, body = body }
end

-- The next line; nil when the connection ends, in whatever way.
function Connection:line()
  local line = self.socket:read("*l")
  return line and line:gsub("\r$", "") or nil
end

-- Whether the server closes the connection without another byte.
function Connection:ends()
  local bytes, why = self.socket:read(1)
  return bytes == nil and why == nil
end

-- All that comes until the connection ends, and how it ends: "closed" or "reset".
function Connection:rest()
  local parts = {}
  while true do
    local bytes, why = self.socket:read(-4096)
    if not bytes then return table.concat(parts), why == errno.ECONNRESET and "reset" or why or "closed" end
    parts[#parts + 1] = bytes
  end
end

-- Whether neither a byte nor the end has come so far.
function Connection:is_silent()
  local bytes, why = self.socket:xread(1, nil, 0)
  self.socket:clearerr()
  return bytes == nil and why == errno.ETIMEDOUT
end

function Connection:finish_sending()
  self.socket:shutdown("w")
  return self
end

function Connection:close()
  self.socket:close()
end

return http_client
