-- What the programs send, byte for byte: a server on a raw socket that keeps each request as it
-- came, and what one differs in from another.
--
-- As a program (lua5.4 wire.lua DIRECTORY) it is the server: a process of its own, so that
-- clients that block can be tried. It keeps the requests as files 1, 2, ... in the directory,
-- its port in the file `port`, and ends with its stdin.

local files = require "spec.support.files"

local HEAD = "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"

local wire = {}

local function read(path)
  local file = io.open(path, "rb")
  if not file then return nil end
  local text = file:read "*a"
  file:close()
  return text
end

local write = files.write

-- --- the server ------------------------------------------------------------------------------

-- Head and body of the next request; nil once the client has closed.
local function receive(connection)
  local head = {}
  repeat
    local line = connection:read "*L"
    if not line then return nil end
    head[#head + 1] = line
  until line == "\r\n"
  head = table.concat(head)
  local length = head:lower():match "\r\ncontent%-length: *(%d+)"
  return head .. (length and connection:read(tonumber(length)) or "")
end

local function serve(directory)
  local cqueues, socket = require "cqueues", require "cqueues.socket"
  local answer = read "spec/bench/answer.conf":match "return 201 '(.-)';"
  local loop, count = cqueues.new(), 0

  local function talk(connection)
    connection:setmode("b", "bf")
    connection:settimeout(60)
    connection:onerror(function(_, _, code) return code end)
    for request in receive, connection do
      count = count + 1
      write(directory .. "/" .. count, request)
      connection:write(HEAD:format(#answer), answer)
      connection:flush()
    end
    connection:close()
  end

  local server = assert(socket.listen("127.0.0.1", 0))
  assert(server:listen())
  write(directory .. "/port", tostring((select(3, server:localname()))))
  loop:wrap(function()
    for connection in server:clients() do loop:wrap(talk, connection) end
  end)
  loop:wrap(function()
    local stdin = socket.fdopen(0)
    stdin:settimeout(3600)
    stdin:read "*a"
    os.exit(0)
  end)
  assert(loop:loop())
end

-- --- requests --------------------------------------------------------------------------------

-- A request in parts: method, target, headers by lower-case name, body.
local function parse(request)
  local first, lines, body = request:match "^(.-)\r\n(.-)\r\n\r\n(.*)$"
  local method, target = first:match "^(%S+) (%S+) HTTP/1%.1$"
  local headers = {}
  for name, value in (lines .. "\r\n"):gmatch "([^:\r\n]+): *(.-)\r\n" do
    headers[name:lower()] = headers[name:lower()] and headers[name:lower()] .. ", " .. value or value
  end
  return { method = method, target = target, headers = headers, body = body }
end

-- Each request has a channel of its own where creates go side by side.
local function without_channel(text)
  return (text:gsub("CH%x+", "CH"))
end

-- What the API acts by, besides method, target and body.
local MATTERS = { "authorization", "accept", "content-type", "content-length" }

--- What a request lacks to be the one that was asked for; nil: nothing.
-- @tparam string request
-- @tparam string reference one that is right
function wire.wrong(request, reference)
  local is, ought = parse(without_channel(request)), parse(without_channel(reference))
  for _, part in ipairs { "method", "target", "body" } do
    if is[part] ~= ought[part] then return ("%s is %s, not %s"):format(part, is[part], ought[part]) end
  end
  for _, name in ipairs(MATTERS) do
    if is.headers[name] ~= ought.headers[name] then
      return ("%s is %s, not %s"):format(name, is.headers[name], ought.headers[name])
    end
  end
end

--- What it is beside one that is right: "the same bytes", or the headers that are not.
function wire.difference(request, reference)
  if without_channel(request) == without_channel(reference) then return "the same bytes" end
  local is, ought = parse(request).headers, parse(reference).headers
  local names, said = {}, {}
  for name in pairs(is) do names[name] = true end
  for name in pairs(ought) do names[name] = true end
  for name in pairs(names) do
    if name ~= "host" and is[name] ~= ought[name] then
      said[#said + 1] = (is[name] and "" or "no ") .. "`" .. name .. "`"
    end
  end
  table.sort(said)
  return #said > 0 and "other headers: " .. table.concat(said, ", ") or "the order or the case of headers"
end

-- --- its use ---------------------------------------------------------------------------------

local Server = {}
Server.__index = Server

--- Starts it, with an empty directory of the caller's.
-- @treturn table `base_url`; methods take, stop
function wire.start(directory)
  local pipe = assert(io.popen(("lua5.4 spec/bench/wire.lua '%s' 2>&1"):format(directory), "w"))
  for _ = 1, 600 do
    local port = read(directory .. "/port")
    if port and port ~= "" then
      return setmetatable({ directory = directory, pipe = pipe, base_url = "http://127.0.0.1:" .. port, taken = 0 }, Server)
    end
    os.execute "sleep 0.05"
  end
  error "the server that keeps requests did not start"
end

--- The requests since the last time.
function Server:take()
  local requests = {}
  while true do
    local request = read(self.directory .. "/" .. self.taken + 1)
    if not request then return requests end
    self.taken = self.taken + 1
    requests[#requests + 1] = request
  end
end

function Server:stop()
  self.pipe:close()
end

if arg and arg[0]:find "wire%.lua$" then serve(arg[1]) end
return wire
