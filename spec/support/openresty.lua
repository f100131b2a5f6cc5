-- What the specs about nginx's workers share: its configuration, the locations of worker.lua,
-- and ways to ask them.

local cjson = require "cjson"
local cqueues = require "cqueues"
local example = require "spec.support.example"
local sandbox = require "twilio.webhooks.sandbox"

local openresty = {}

local root = io.popen("pwd"):read "*l"

function openresty.read(path)
  local file = assert(io.open(path))
  local text = file:read "*a"
  file:close()
  return text
end

-- The location that the transport needs is the example's own.
openresty.LOCATION = openresty.read "examples/openresty/nginx.conf":match "\n    location = /twilio %b{}"

openresty.HTTP = [[
  lua_package_path "]] .. root .. [[/?.lua;]] .. root .. [[/lua/?.lua;]] .. root .. [[/lua/?/init.lua;;";
  lua_package_cpath "]] .. root .. [[/build/luajit/?.so;;";
  lua_check_client_abort on;
  lua_socket_log_errors off;
]]

local LOCATIONS = [[
  location = /before/rewrite {
    rewrite_by_lua_block { require("spec.support.worker").before() }
    content_by_lua_block { require("spec.support.worker").say_before() }
  }
  location = /before/access {
    access_by_lua_block { require("spec.support.worker").before() }
    content_by_lua_block { require("spec.support.worker").say_before() }
  }
  location = /in/header_filter {
    content_by_lua_block { ngx.say "done" }
    header_filter_by_lua_block { require("spec.support.worker").log_created() }
  }
  location = /in/log {
    content_by_lua_block { ngx.say "done" }
    log_by_lua_block { require("spec.support.worker").log_created() }
  }
  location ~ ^/do/(?<what>\w+)$ {
    content_by_lua_block { require("spec.support.worker")[ngx.var.what]() }
  }
]]

--- Builds the module for LuaJIT, if that has not been done.
function openresty.build()
  local pipe = io.popen "make --no-print-directory LUA=luajit build 2>&1"
  local output = pipe:read "*a"
  assert(pipe:close(), output)
end

function openresty.server_of(listen, location)
  return ("server { listen 127.0.0.1:@PORT@ %s; %s %s }"):format(listen or "", LOCATIONS, location or openresty.LOCATION)
end

local channels = 0

-- A channel that nobody has used.
function openresty.fresh()
  channels = channels + 1
  return "channel-" .. channels
end

local function escaped(text)
  return (text:gsub("[^%w.-]", function(c) return ("%%%02X"):format(c:byte()) end))
end

function openresty.start_api(options)
  options = options or {}
  options.account_sid, options.auth_token = example.account_sid, example.auth_token
  return assert(sandbox.start(options))
end

-- A path of the worker's, for one of its clients and that API.
function openresty.path(what, api, query)
  query.base, query.service = api.base_url, api.service_sid
  query.channel = query.channel or openresty.fresh()
  local parts = {}
  for name, value in pairs(query) do parts[#parts + 1] = name .. "=" .. escaped(tostring(value)) end
  return "/" .. what .. "?" .. table.concat(parts, "&")
end

-- The results of it.
function openresty.ask(server, what, api, query)
  local body = server:body(openresty.path(what, api, query))
  local ok, outcome = pcall(cjson.decode, body)
  assert(ok, body)
  return outcome
end

openresty.now = cqueues.monotime

-- Waits until the condition holds.
function openresty.eventually(condition)
  local stop = openresty.now() + 10
  while not condition() do
    assert(openresty.now() < stop, "waited in vain")
    cqueues.sleep(0.05)
  end
end

-- How many webhooks the channel has.
function openresty.count(api, channel)
  local n = 0
  for _, webhook in ipairs(api:webhooks()) do
    if webhook.configuration.url == "https://example.com/" .. channel then n = n + 1 end
  end
  return n
end

return openresty
