-- A real nginx on loopback, with its Lua module, for as long as the test needs it. It ends
-- with this process, however that ends: a shell waits for a pipe that only this process
-- holds open.

local write = require "spec.support.files".write

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

-- What every configuration has: its directives go before and into http.
local FRAME = [[
@USER@
load_module @MODULES@/ndk_http_module.so;
load_module @MODULES@/ngx_http_lua_module.so;
worker_processes @WORKERS@;
worker_rlimit_nofile 8192;
daemon off;
env COVERAGE_LINES; # see tools/coverage
env COVERAGE_HITS;
pid nginx.pid;
error_log error.log warn;
@MAIN@
events { worker_connections 4096; }
http {
  access_log off;
  keepalive_requests 100000000;
  client_body_buffer_size 1m;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
@HTTP@
}
]]

-- Where it is measured which lines are run (tools/coverage), a worker's are from its begin on.
local COUNT = [[ if os.getenv "COVERAGE_LINES" then
  jit.off()
  assert(package.loadlib(os.getenv "COVERAGE_LINES", "luaopen_lines"))()
end ]]

local function counted(text)
  if not os.getenv "COVERAGE_LINES" or not text:find "_by_lua" then return text end
  local with, count = text:gsub("init_by_lua_block {", "%0" .. COUNT, 1)
  return count > 0 and with or (text:gsub("\nhttp {", "%0 init_by_lua_block {" .. COUNT .. "}", 1))
end

-- Ports are tried from a place that differs from run to run.
local function ports()
  local from = tonumber(output_of "sh -c 'echo $$'") % 20000 + 12000
  local port = from
  return function()
    port = port + 1
    if port < from + 50 then return port end
  end
end

-- nginx's workers would be somebody who may not read this tree, nor the directory.
local function user()
  return output_of("id -u"):find "^0" and "user root;" or ""
end

-- Runs until the pipe that it gives is closed. Starting as root, nginx keeps its environment.
local RUN = [[
  unset LD_PRELOAD
  PATH=$PATH:/usr/sbin
  %s nginx -p '%s' -c nginx.conf >'%s/out' 2>&1 &
  cat >/dev/null
  kill -QUIT $! 2>/dev/null
  for _ in 1 2 3 4 5 6 7 8 9 10; do kill -0 $! 2>/dev/null || break; sleep 0.1; done
  kill -TERM $! 2>/dev/null
  wait
]]

local function said(directory)
  return read(directory .. "/out") .. read(directory .. "/error.log")
end

-- True once it has the port. It writes its pid only then.
local function is_up(self)
  for _ = 1, 1200 do
    if read(self.directory .. "/nginx.pid") ~= "" and self:get("/ready-or-not"):find "^HTTP/1.1" then return true end
    if said(self.directory):find "%[emerg%]" then return false end
    os.execute "sleep 0.05"
  end
end

--- One that somebody else runs on that port: to be asked, and no more.
function nginx.at(port)
  return setmetatable({ port = port, base_url = "http://127.0.0.1:" .. port }, Server)
end

--- Starts it with a whole configuration, in which @PORT@ is its port, and @DIRECTORY@ its own
-- directory.
-- @tparam string text
-- @tparam[opt] table files that its directory is to have: names to contents
-- @tparam[opt] string before assignments, as a shell has them, or a command that runs others
-- @treturn table `base_url`, `port`, `directory`; methods stop, reload, errors, get, ...
function nginx.run(text, files, before)
  text = counted(text)
  local directory = output_of("mktemp -d"):match("%S+")
  for name, content in pairs(files or {}) do write(directory .. "/" .. name, content) end
  for port in ports() do
    local self = setmetatable({ directory = directory, port = port, base_url = "http://127.0.0.1:" .. port }, Server)
    write(directory .. "/nginx.conf", (text:gsub("@(%u+)@", { PORT = tostring(port), DIRECTORY = directory })))
    self.pipe = assert(io.popen(RUN:format(before or "", directory, directory), "w"))
    if is_up(self) then return self end
    self.pipe:close()
    local why = said(directory)
    if not why:find("Address already in use", 1, true) then error("nginx did not start: " .. why, 2) end
    os.remove(directory .. "/error.log")
  end
  error("nginx found no free port", 2)
end

--- Starts it with what goes into http { }, and before it, into the frame above. `under`: words
-- that go before the command, such as valgrind's.
function nginx.start(http, main, workers, under)
  local text = FRAME:gsub("@(%u+)@", { MODULES = MODULES, USER = user(), MAIN = main or "", HTTP = http,
    WORKERS = workers or 1 })
  return nginx.run(text, nil, under)
end

-- A connection to it, and what `bytes` are answered with until it closes.
-- `place`, if not its port, is as cqueues.socket.connect has it.
function Server:send(bytes, seconds, place)
  local connection = require "cqueues.socket".connect(place or { host = "127.0.0.1", port = self.port })
  connection:settimeout(seconds or 60)
  connection:onerror(function(_, _, code) return code end)
  if not connection:connect() then return "" end
  connection:setmode("b", "bn")
  connection:write(bytes)
  connection:flush()
  local answer = connection:read "*a" or ""
  connection:close()
  return answer
end

--- The answer to GET, as it comes over the wire.
function Server:get(path, seconds)
  return self:send("GET " .. path .. " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", seconds)
end

local function unchunked(body)
  local parts, at = {}, 1
  while true do
    local _, stop, size = body:find("^(%x+)\r\n", at)
    size = tonumber(size or "0", 16)
    if size == 0 then return table.concat(parts) end
    parts[#parts + 1] = body:sub(stop + 1, stop + size)
    at = stop + size + 3
  end
end

--- The body of an answer.
function nginx.body(answer)
  local head, body = answer:match "^(.-)\r\n\r\n(.*)$"
  if head and head:find "Transfer%-Encoding: chunked" then return unchunked(body) end
  return body
end

--- The body of the answer to GET.
function Server:body(path, seconds)
  return nginx.body(self:get(path, seconds))
end

--- The bodies of the answers to many GETs, all under way at the same time.
function Server:bodies(paths, seconds)
  local loop, bodies = require "cqueues".new(), {}
  for i, path in ipairs(paths) do
    loop:wrap(function() bodies[i] = self:body(path, seconds) or "" end)
  end
  assert(loop:loop())
  return bodies
end

function Server:reload()
  local pid = read(self.directory .. "/nginx.pid"):match("%d+")
  os.execute("kill -HUP " .. pid)
end

--- What it wrote to its error log, and to stderr before it had one.
function Server:errors()
  return said(self.directory)
end

-- What tells of a fault of nginx's, or of what runs in it.
local ALARMS = { "%[alert%]", "%[crit%]", "%[emerg%]", "exited on signal", "ngx%.sleep%(0%)" }

local function is_alarm(line)
  if line:find "lua_code_cache is off" then return false end -- what nginx says about the setting itself
  for _, pattern in ipairs(ALARMS) do
    if line:find(pattern) then return true end
  end
  return false
end

--- The lines of its log that should not be there.
function Server:alarms()
  local lines = {}
  for line in self:errors():gmatch "[^\n]+" do
    if is_alarm(line) then lines[#lines + 1] = line end
  end
  return table.concat(lines, "\n")
end

--- The process ids of its workers.
function Server:workers()
  local master = read(self.directory .. "/nginx.pid"):match "%d+"
  local pids = {}
  local list = "grep -lsx 'PPid:[[:space:]]*%s' /proc/[0-9]*/status"
  for pid in output_of(list:format(master)):gmatch "/proc/(%d+)/" do pids[#pids + 1] = pid end
  return pids
end

function Server:stop()
  self.pipe:close()
  os.execute("rm -rf '" .. self.directory .. "'")
end

--- Its version, such as 122 for 1.22.
function nginx.version()
  local major, minor = output_of("PATH=$PATH:/usr/sbin nginx -v 2>&1"):match "nginx/(%d+)%.(%d+)"
  return major * 100 + minor
end

--- Locations that answer like the API, after `seconds`, or up to `spread` more or less.
function nginx.api(seconds, spread)
  local example = require "spec.support.example"
  return ([[
    server {
      listen 127.0.0.1:@PORT@ backlog=4096;
      location / {
        default_type application/json;
        content_by_lua_block {
          ngx.sleep(%g + %g * (2 * math.random() - 1))
          ngx.status = 201
          ngx.print [==[%s]==]
        }
      }
    }
  ]]):format(seconds, spread or 0, example.answer_json())
end

return nginx
