-- A server that does to a request what a row of faults.lua says, byte for byte,
-- and counts what it received. Each row has a port of its own, so that a fault
-- may come before a request. A process of its own (Lua 5.4, cqueues, luaossl),
-- so that blocking clients on any Lua can be tested; it ends when its stdin does.
--
--   local server = fault_server.start()
--   server:base_url(name)    server:requests(name)    server.ca_file    server:stop()

local cjson = require "cjson"

local SOURCE = debug.getinfo(1, "S").source:match("^@(.*)$")

local fault_server = {}

-- --- in the spec's process ------------------------------------------------------

local Server = {}
Server.__index = Server

local function read_file(path)
  local file = io.open(path, "rb")
  if not file then return nil end
  local text = file:read("*a")
  file:close()
  return text
end

--- Starts the process and waits for its ports.
-- @tparam[opt=30] number most seconds after which a row goes on that waits for await
function fault_server.start(most)
  local directory = io.popen("LD_PRELOAD= mktemp -d"):read("*l")
  local command = ("unset LD_PRELOAD; cd '%s' && exec lua5.4 '%s' '%s' %g >'%s/log' 2>&1")
    :format(SOURCE:match("^(.*)/spec/support/") or ".", SOURCE:match("(spec/support/.*)$"), directory, most or 30, directory)
  local pipe = assert(io.popen(command, "w"))
  local ready
  for _ = 1, 200 do
    ready = read_file(directory .. "/ready")
    if ready then break end
    os.execute "sleep 0.05"
  end
  if not ready then error("the fault server did not start: " .. tostring(read_file(directory .. "/log"))) end
  local server = setmetatable(cjson.decode(ready), Server)
  server.pipe, server.directory, server.ca_file = pipe, directory, directory .. "/ca.pem"
  return server
end

function Server:base_url(name)
  return (assert(self.urls[name], name))
end

-- What the server counts for a row: requests, and connections that are at their end, or wait
-- for nothing but the other side's. Who asks has its answer, so that the row may go on.
local function ask(server, name)
  local socket = require "cqueues.socket"
  local connection = assert(socket.connect("127.0.0.1", ("%d"):format(server.control)))
  connection:settimeout(10)
  connection:write(name, "\n")
  local requests, ended = connection:read("*l"):match "^(%d+) (%d+)$"
  connection:close()
  return tonumber(requests), tonumber(ended)
end

--- How many requests were received whole, or but for a byte, for that row.
function Server:requests(name)
  return (ask(self, name))
end

--- Waits until a connection of that row has done what it does.
function Server:await(name)
  local cqueues = require "cqueues"
  for _ = 1, 500 do
    local _, ended = ask(self, name)
    if ended > 0 then return end
    cqueues.sleep(0.01)
  end
  error("nothing happened: " .. name)
end

function Server:log()
  return read_file(self.directory .. "/log")
end

function Server:stop()
  self.pipe:close() -- the end of its stdin ends it
  os.execute(("rm -rf '%s'"):format(self.directory))
end

-- --- in the server's process ------------------------------------------------------

local cqueues, socket

local Connection = {}
Connection.__index = Connection

-- The next line and header lines, without counting: the length of the body.
local function read_head(connection)
  local line = connection.socket:read("*l")
  local length = 0
  while line and line ~= "" and line ~= "\r" do
    length = tonumber(line:match("^[Cc]ontent%-[Ll]ength: (%d+)")) or length
    line = connection.socket:read("*l")
  end
  return line and length
end

-- Reads a request; nil when there is none more.
function Connection:request()
  local length = read_head(self)
  if not length or length > 0 and not self.socket:read(length) then return nil end
  self.row.count = self.row.count + 1
  return true
end

-- Reads all of it but the last byte, so that a close becomes a reset.
function Connection:request_but_one()
  local length = read_head(self)
  if not length or not self.socket:read(length - 1) then return nil end
  self.row.count = self.row.count + 1
  return true
end

-- Waits until somebody has asked about the row: then what was sent before has been read.
function Connection:later()
  if not self.row.asked then self.row.asking:wait(self.row.most) end
end

-- As a proxy: reads what it asks for in front of a request, and counts nothing.
function Connection:connect()
  return read_head(self)
end

-- What the other side says next, whatever that is; nil at its end.
function Connection:some()
  return self.socket:read(-4096)
end

-- TLS from here on.
function Connection:secure()
  return self.socket:starttls(self.row.context)
end

-- Writes no more, which the other side can read.
function Connection:half_close()
  self.socket:shutdown "w"
end

-- Where this connection's client thinks it is.
function Connection:origin()
  local _, _, port = self.socket:localname()
  return "http://127.0.0.1:" .. port
end

function Connection:send(bytes)
  self.socket:write(bytes)
  self.socket:flush()
end

function Connection:drip(bytes, seconds)
  for i = 1, #bytes do
    if not self.socket:write(bytes:sub(i, i)) or not self.socket:flush() then return end
    cqueues.sleep(seconds)
  end
end

-- Sends the same without end, or nearly: 64 MB at most.
function Connection:flood(bytes)
  for _ = 1, 64 * 1024 * 1024 / #bytes do
    if not self.socket:write(bytes) or not self.socket:flush() then return end
  end
end

-- Says nothing until the other side has gone.
function Connection:stall()
  self.socket:settimeout(30)
  self.row.ended = self.row.ended + 1
  repeat until not self.socket:read(1)
end

-- With a byte unread, Linux answers a close with a reset.
function Connection:reset()
  cqueues.sleep(0.02) -- let what was sent arrive first
  self.socket:close()
end

function Connection:close()
  self.socket:close()
  self.row.ended = self.row.ended + 1
end

local function serve(row, accepted, number)
  accepted:setmode("b", "bn")
  accepted:settimeout(20)
  accepted:onerror(function(_, _, why) return why end)
  if row.context and not row.proxy and not accepted:starttls(row.context) then return end
  row.serve(setmetatable({ socket = accepted, row = row }, Connection), number)
end

local function listen(loop, on_connection, on_end)
  local listener = assert(socket.listen("127.0.0.1", 0))
  assert(listener:listen())
  local _, _, port = listener:localname()
  loop:wrap(function()
    local number = 0
    -- Without delay: a second answer must not wait in this machine until the first is acknowledged.
    for accepted in listener.accept, listener, { nodelay = true } do
      number = number + 1
      loop:wrap(function()
        pcall(on_connection, accepted, number)
        pcall(accepted.close, accepted)
        if on_end then on_end() end
      end)
    end
  end)
  return port
end

-- Ports that cqueues cannot make, held by a process of Perl's for as long as this one lives:
-- its code gets a socket S that is bound to the port $port.
local function held_port(kept, code)
  local pipe = assert(io.popen([[exec perl -MSocket -MFcntl -e '
    $| = 1;
    socket(S, PF_INET, SOCK_STREAM, 0) and bind(S, sockaddr_in(0, INADDR_LOOPBACK)) or die;
    $port = (sockaddr_in(getsockname S))[0];
    ]] .. code .. [[
    print "$port\n";
    sleep 1 while getppid != 1 and -d $ARGV[0]' ']] .. arg[1] .. "'", "r"))
  kept[#kept + 1] = pipe
  return tonumber(pipe:read("*l"))
end

-- Nobody listens, and nobody else can.
local CLOSED = ""

-- No connect is ever answered: the queue is full, since nobody accepts.
local FULL = [[
    listen(S, 0) or die;
    for (1 .. 4) {
      socket($c[$_], PF_INET, SOCK_STREAM, 0);
      fcntl($c[$_], F_SETFL, O_NONBLOCK);
      connect($c[$_], sockaddr_in($port, INADDR_LOOPBACK));
    }
]]

-- --- certificates, made anew ---------------------------------------------------------

local CERTIFICATES = [[
set -e
cd '%s'
EC="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
make() { # name, host, days...
  name=$1 san=$2; shift 2
  openssl req $EC -subj /CN=$name -keyout $name.key -out $name.csr 2>/dev/null
  echo "subjectAltName=$san" >$name.ext
  openssl x509 -req -in $name.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile $name.ext -out $name.pem "$@" 2>/dev/null
}
openssl req -x509 $EC -subj /CN=spec-ca -days 2 -keyout ca.key -out ca.pem 2>/dev/null
make good IP:127.0.0.1 -days 2
make expired IP:127.0.0.1 -days 2
make other DNS:elsewhere.example -days 2
openssl req -x509 $EC -subj /CN=self -addext subjectAltName=IP:127.0.0.1 -days 2 \
  -keyout self.key -out self.pem 2>/dev/null
cp good.pem old.pem; cp good.key old.key
]]

-- Newer versions of the openssl command make none that has expired already.
local function expire(certificate, ca_key)
  local now = os.time()
  certificate:setLifetime(now - 172800, now - 86400)
  certificate:sign(require "openssl.pkey".new(ca_key), "sha256")
end

-- The CA's own certificate as it was before it was renewed: the same key, and a time that is over.
local function write_lapsed_ca(directory)
  local key = assert(read_file(directory .. "/ca.key"))
  local certificate = require "openssl.x509".new(assert(read_file(directory .. "/ca.pem")))
  expire(certificate, key)
  local file = assert(io.open(directory .. "/lapsed-ca.pem", "w"))
  file:write(certificate:toPEM())
  file:close()
end

local function tls_context(directory, name)
  local context = require "openssl.ssl.context"
  local made = context.new(name == "old" and "TLSv1_1" or "TLS", true)
  if name == "old" then made:setCipherList "DEFAULT@SECLEVEL=0" end
  local function pem(suffix) return assert(read_file(directory .. "/" .. name .. suffix)) end
  local certificate = require "openssl.x509".new(pem ".pem")
  if name == "expired" then expire(certificate, assert(read_file(directory .. "/ca.key"))) end
  made:setCertificate(certificate)
  made:setPrivateKey(require "openssl.pkey".new(pem ".key"))
  return made
end

local function url_of(loop, row, directory, kept)
  if row.closed then return "http://127.0.0.1:" .. held_port(kept, CLOSED) end
  if row.full then return "http://127.0.0.1:" .. held_port(kept, FULL) end
  if row.tls then row.context = tls_context(directory, row.tls) end
  local port = listen(loop, function(accepted, number) serve(row, accepted, number) end,
    function() row.ended = row.ended + 1 end)
  return ((row.tls and not row.proxy or row.plain_tls) and "https" or "http") .. "://127.0.0.1:" .. port
end

local function main(directory, most)
  package.path = "./?.lua;" .. package.path
  cqueues, socket = require "cqueues", require "cqueues.socket"
  require "cqueues.signal".ignore(require "cqueues.signal".SIGPIPE)
  assert(os.execute(CERTIFICATES:format(directory)))
  write_lapsed_ca(directory)
  local loop, kept, ready, by_name = cqueues.new(), {}, { urls = {} }, {}
  for _, row in ipairs(require "spec.support.faults") do
    row.count, row.ended, row.asking, row.most = 0, 0, require "cqueues.condition".new(), most
    by_name[row.name] = row
    ready.urls[row.name] = url_of(loop, row, directory, kept)
  end
  ready.control = listen(loop, function(accepted)
    local row = by_name[accepted:read("*l")]
    row.asked = true
    row.asking:signal()
    accepted:write(("%d %d\n"):format(row.count, row.ended))
    accepted:flush()
  end)
  loop:wrap(function()
    local stdin = socket.fdopen(0)
    repeat until not stdin:read(1)
    os.execute(("rm -rf '%s'"):format(directory)) -- also the sign for the one that holds the full port
    os.exit(0)
  end)
  local file = assert(io.open(directory .. "/ready.new", "w"))
  file:write(cjson.encode(ready))
  file:close()
  assert(os.rename(directory .. "/ready.new", directory .. "/ready"))
  local ended, why, _, thread = loop:loop()
  assert(ended, tostring(why) .. tostring(thread and debug.traceback(thread)))
end

if arg and arg[0] and arg[0]:find("fault_server.lua", 1, true) and arg[1] then main(arg[1], tonumber(arg[2])) end

return fault_server
