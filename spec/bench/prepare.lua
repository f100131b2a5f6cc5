-- What has to be there before anything is measured: the C programs, other clients, the newest
-- libcurl, servers. What cannot be had is named with its reason, and costs only its own rows.

local shell = require "spec.support.shell"
local nginx = require "spec.support.nginx"

local HERE, ROCKS, NEWEST = "spec/bench/", "build/bench/rocks", "build/bench/newest"

local prepare = {}

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

local function exists(path)
  local file = io.open(path)
  if file then file:close() end
  return file ~= nil
end

local function last_line(text)
  return text:match "([^\n]+)\n*$" or "no word"
end

-- What LuaRocks says about a failure: its last line is advice.
local function complaint(text)
  return text:match "Failed downloading [^\n ]+" or text:match "Error: [^\n]+" or last_line(text)
end

--- The C programs, with the line that names the client as long as the module's.
function prepare.build(work, agent)
  for _, name in ipairs { "bare", "bare_multi", "measure" } do
    shell.output(("${CC:-cc} -O2 -DAGENT='\"%s\"' -o %s/%s %s%s.c $(pkg-config --cflags --libs lua5.4 libcurl)")
      :format(agent, work, name, HERE, name))
  end
end

-- --- servers ---------------------------------------------------------------------------------

-- A certificate, and the file of those that are trusted: this machine's, and this one.
local function certificate(work)
  shell.output(("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -keyout %s/key.pem"
    .. " -out %s/certificate.pem -subj /CN=bench -addext subjectAltName=IP:127.0.0.1"):format(work, work))
  shell.run(("cat /etc/ssl/certs/ca-certificates.crt %s/certificate.pem >%s/trusted.pem 2>/dev/null"):format(work, work))
end

local function server(work, listen)
  return nginx.run((read(HERE .. "nginx.conf"):gsub("@LISTEN@", listen)), {
    ["answer.conf"] = read(HERE .. "answer.conf"), ["key.pem"] = read(work .. "/key.pem"),
    ["certificate.pem"] = read(work .. "/certificate.pem") })
end

--- nginx over http, and over TLS.
function prepare.servers(work)
  certificate(work)
  return server(work, ";"), server(work, "ssl; ssl_certificate certificate.pem; ssl_certificate_key key.pem;"
    .. " ssl_protocols TLSv1.2 TLSv1.3; ssl_session_cache shared:bench:1m;")
end

-- --- other clients ---------------------------------------------------------------------------

-- Lua-cURL is in no release of Debian: LuaRocks has it.
local function luacurl()
  if exists(ROCKS .. "/share/lua/5.4/cURL.lua") then return end
  local status, said = shell.run(("timeout 60 luarocks --lua-version 5.4 --tree %s install Lua-cURL"):format(ROCKS))
  if status ~= 0 then return "LuaRocks cannot get it here: " .. complaint(said) end
end

-- The vendor's client for Node, as package-lock.json has it.
local function node()
  local status, said = shell.run "node --version"
  if status ~= 0 then return "there is no Node" end
  if tonumber(said:match "v(%d+)") < 20 then return "it needs Node 20, and this is " .. said:match "%S+" end
  if exists(HERE .. "node/node_modules/twilio/package.json") then return end
  status, said = shell.run(("cd %snode && timeout 120 npm ci"):format(HERE))
  if status ~= 0 then return "npm cannot get it here: " .. last_line(said) end
end

-- Debian's, and so Debian's Python, whatever other is first on the path.
local function python()
  for _, name in ipairs { "/usr/bin/python3", "python3" } do
    local status, said = shell.run(name .. " -c 'import twilio; print(twilio.__version__)'")
    if status == 0 then return name, said:match "%S+" end
  end
end

--- The other clients: versions for labels, and for a kind of row why it cannot be run.
function prepare.clients()
  local clients = { why = {} }
  clients.why.cURL = luacurl()
  clients.why.node = node()
  if not clients.why.node then
    clients.node_version = read(HERE .. "node/node_modules/twilio/package.json"):match '"version": *"([^"]+)"'
  end
  clients.python, clients.python_version = python()
  if not clients.python then clients.why.python = "no Python here has the module twilio (Debian's python3-twilio)" end
  return clients
end

--- What a row's program is started by.
function prepare.launcher(row, root)
  if row.needs ~= "cURL" then return ("tools/env build/%s"):format(row.lua) end
  local rocks = root .. "/" .. ROCKS
  return ("env LUA_PATH='%s/?.lua;%s/share/lua/5.4/?.lua;;' LUA_CPATH='%s/lib/lua/5.4/?.so;;'"):format(root, rocks, rocks)
end

-- --- the newest libcurl ------------------------------------------------------------------------

--- Debian's newest libcurl with all that it needs, down to its C library and the loader, which
-- is what a program is then started by. Nothing is installed.
-- @treturn[1] string the words before the program
-- @treturn[1] string the version
-- @treturn[2] nil
-- @treturn[2] string why not
function prepare.newest(root, bare)
  local status, said = shell.run(("timeout 120 tools/fetch %s newest closure libcurl4t64"):format(NEWEST))
  if status ~= 0 then return nil, last_line(said) end
  local loader = shell.output(("find %s/root -name 'ld-linux*.so.*' -o -name 'ld.so' | head -n 1"):format(NEWEST)):match "%S+"
  local library = shell.output(("find %s/root -name 'libcurl.so.4*' | head -n 1"):format(NEWEST)):match "%S+"
  if not (loader and library) then return nil, "the packages have no loader or no libcurl" end
  local directory = root .. "/" .. library:match "^(.*)/"
  local own = "/usr/lib/" .. directory:match "[^/]+$"
  local words = ("%s/%s --library-path %s:%s"):format(root, loader, directory, own)
  local ran, version = shell.run(("%s %s version"):format(words, bare))
  if ran ~= 0 then return nil, "it does not run here: " .. last_line(version) end
  return words, version:match "%S+"
end

return prepare
