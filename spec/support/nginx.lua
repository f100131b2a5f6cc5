-- A real nginx on loopback, with its Lua module, for as long as the test needs it. It ends
-- with this process, however that ends: a shell waits for a pipe that only this process
-- holds open.

local nginx = {}

local Server = {}
Server.__index = Server

local MODULES = "/usr/lib/nginx/modules"

local function read(path)
  local file = io.open(path, "rb")
  if not file then return "" end
  local text = file:read("*a")
  file:close()
  return text
end

local function output_of(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read("*a")
  pipe:close()
  return text
end

local function write(path, text)
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
end

-- What every configuration has: its directives go before and into http.
local FRAME = [[
load_module @MODULES@/ndk_http_module.so;
load_module @MODULES@/ngx_http_lua_module.so;
worker_processes 1;
worker_rlimit_nofile 8192;
daemon off;
pid nginx.pid;
error_log error.log warn;
@MAIN@
events { worker_connections 4096; }
http {
  access_log off;
  keepalive_requests 100000000;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
@HTTP@
}
]]

-- Ports are tried from a place that differs from run to run.
local function ports()
  local from = tonumber(output_of "sh -c 'echo $$'") % 20000 + 12000
  local port = from
  return function()
    port = port + 1
    if port < from + 50 then return port end
  end
end

--- Starts it. In the texts, @PORT@ is its port, and @DIRECTORY@ its own directory.
-- @tparam string http what goes into http { }
-- @tparam[opt] string main what goes before it
-- @treturn table `base_url`, `port`, `directory`; methods stop, reload, errors, get
function nginx.start(http, main)
  local directory = output_of("mktemp -d"):match("%S+")
  local text = FRAME:gsub("@(%u+)@", { MODULES = MODULES, MAIN = main or "", HTTP = http })
  for port in ports() do
    local self = setmetatable({ directory = directory, port = port, base_url = "http://127.0.0.1:" .. port }, Server)
    write(directory .. "/nginx.conf", (text:gsub("@(%u+)@", { PORT = tostring(port), DIRECTORY = directory })))
    self.pipe = assert(io.popen(([[
      unset LD_PRELOAD
      PATH=$PATH:/usr/sbin nginx -p '%s' -c nginx.conf >'%s/out' 2>&1 &
      cat >/dev/null
      kill -QUIT $! 2>/dev/null
      wait
    ]]):format(directory, directory), "w"))
    for _ = 1, 200 do
      local answer = self:get "/ready-or-not"
      if answer:find("^HTTP/1.1") and read(directory .. "/nginx.pid") ~= "" then return self end
      if read(directory .. "/error.log"):find("%[emerg%]") or read(directory .. "/out"):find("%[emerg%]") then break end
      os.execute "sleep 0.05"
    end
    self.pipe:close()
    local said = read(directory .. "/out") .. read(directory .. "/error.log")
    if not said:find("Address already in use", 1, true) then error("nginx did not start: " .. said, 2) end
    os.remove(directory .. "/error.log")
  end
  error("nginx found no free port", 2)
end

--- The answer to GET, as it comes over the wire.
function Server:get(path, seconds)
  local cqueues = require "cqueues"
  local socket = require "cqueues.socket"
  local _ = cqueues
  local connection = socket.connect("127.0.0.1", self.port)
  connection:settimeout(seconds or 10)
  connection:onerror(function(_, _, code) return code end)
  if not connection:connect() then return "" end
  connection:setmode("b", "bn")
  connection:write("GET " .. path .. " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
  local answer = connection:read("*a") or ""
  connection:close()
  return answer
end

--- The body of it.
function Server:body(path, seconds)
  return (self:get(path, seconds):match("\r\n\r\n(.*)$"))
end

function Server:reload()
  local pid = read(self.directory .. "/nginx.pid"):match("%d+")
  os.execute("kill -HUP " .. pid)
end

--- What it wrote to its error log.
function Server:errors()
  return read(self.directory .. "/error.log")
end

function Server:stop()
  self.pipe:close()
  os.execute("rm -rf '" .. self.directory .. "'")
end

--- Locations that answer like the API, after `seconds`.
function nginx.api(seconds)
  local example = require "spec.support.example"
  return ([[
    server {
      listen 127.0.0.1:@PORT@ backlog=4096;
      location / {
        default_type application/json;
        content_by_lua_block {
          ngx.sleep(%g)
          ngx.status = 201
          ngx.print [==[%s]==]
        }
      }
    }
  ]]):format(seconds, example.answer_json())
end

return nginx
