-- How long nginx's other requests take while one worker has 50 creates in flight at an API that
-- answers after 400 to 600 ms: with the hook, with the transport, with calls that block, and with none.
-- For calls that block, one in flight as well: 50 leave the others no turn at all.
-- wrk asks for both, the creates by one process and the others by another. Prints a row each.
--
--   make bench-openresty [SECONDS=10]

local example = require "spec.support.example"
local nginx = require "spec.support.nginx"
local openresty = require "spec.support.openresty"

local SECONDS = tonumber(arg[1]) or 10
local LATENCY, SPREAD, OTHERS = 0.5, 0.1, 4 -- seconds, seconds more or less, connections

local CREATE = [[
  init_worker_by_lua_block {
    local webhooks = require "twilio.webhooks"
    local function client(options)
      options.account_sid, options.auth_token, options.base_url = "%s", "%s", "%s"
      return assert(webhooks.new(options))
    end
    local clients = {
      wait = client { wait = webhooks.wait.openresty },
      transport = client { transport = webhooks.transport.openresty() },
      blocking = client {},
    }
    function create(way)
      local hook, message = clients[way]:create_webhook { service_sid = "%s", channel_sid = ngx.var.request_id,
        type = "webhook",
        configuration = { url = "dummy", filters = { "onMessageSent" } } }
      if not hook then ngx.log(ngx.CRIT, message) ngx.exit(500) end
      ngx.say(hook.sid)
    end
  }
]]

local LOCATIONS = [[
  location = /other { content_by_lua_block { ngx.say "other" } }
  location ~ ^/create/(?<way>\w+)$ { content_by_lua_block { create(ngx.var.way) } }
]]

-- wrk's report on a location, in the background until `finish`.
local function begin_wrk(url, connections, seconds)
  local pipe = assert(io.popen(("wrk --latency -t1 -c%d -d%ds --timeout 60s %s 2>&1"):format(connections, seconds, url)))
  return function()
    local report = pipe:read "*a"
    pipe:close()
    if report:find "Non%-2xx" or report:find "Socket errors" then error(report) end
    return report
  end
end

local function figures(report)
  return report:match "\n%s+50%%%s+(%S+)", report:match "\n%s+99%%%s+(%S+)", report:match "Latency%s+%S+%s+%S+%s+(%S+)",
    report:match "Requests/sec:%s+(%S+)"
end

openresty.build()
local api = nginx.start(nginx.api(LATENCY, SPREAD))
local server = nginx.start(openresty.HTTP
  .. CREATE:format(example.account_sid, example.auth_token, api.base_url, example.service_sid)
  .. ("server { listen 127.0.0.1:@PORT@; %s %s }"):format(LOCATIONS, openresty.LOCATION))

print(("one worker, creates at %g s, %d connections for the other location, %d s"):format(LATENCY, OTHERS, SECONDS))
print()
print("| creates     | in flight | creates/s | other: p50 |      p99 |      max | requests/s |")
print("|-------------|----------:|----------:|-----------:|---------:|---------:|-----------:|")
for _, row in ipairs { { "none", 0 }, { "wait", 50 }, { "transport", 50 }, { "blocking", 1 }, { "blocking", 50 } } do
  local way, in_flight = row[1], row[2]
  local creates = in_flight > 0 and begin_wrk(server.base_url .. "/create/" .. way, in_flight, SECONDS + 2)
  os.execute "sleep 1"
  local p50, p99, max, rate = figures(begin_wrk(server.base_url .. "/other", OTHERS, SECONDS)())
  if tonumber(rate) == 0 then p50, p99, max = "no answer", "-", "-" end
  local _, _, _, made = figures(creates and creates() or "")
  print(("| %-11s | %9d | %9s | %10s | %8s | %8s | %10s |"):format(way, in_flight, made or "-", p50, p99, max, rate))
end

local alarms = server:alarms()
server:stop()
api:stop()
assert(alarms == "", alarms)
