-- What the guard costs in nginx: the same event, signed, to a location with the guard and to
-- one without it, in a server with one worker. Prints requests a second and how long they take
-- (wrk), the worker's own CPU a request, and its instructions (callgrind).
--
--   make bench-openresty [SECONDS=10]
--   tools/env build/lua5.4 lua5.4 spec/bench/guard.lua [SECONDS]

local socket = require "cqueues.socket"
local nginx = require "spec.support.nginx"
local openresty = require "spec.support.openresty"
local webhooks = require "twilio.webhooks"

local SECONDS = tonumber(arg[1]) or 10
local ROUNDS, CONNECTIONS = 5, 4
local FEW, MANY = 1000, 3000 -- requests whose instructions are compared
local TOKEN, FORM = "0123456789abcdef0123456789abcdef", "application/x-www-form-urlencoded"

-- A message as a channel's webhook sends it.
local BODY = "EventType=onMessageSent&InstanceSid=ISaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa&Attributes=%7B%7D"
  .. "&DateCreated=2021-04-17T12%3A52%3A31.295Z&Index=1&From=someuser%40email.domain"
  .. "&MessageSid=IMaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa&AccountSid=ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa&Source=SDK"
  .. "&ChannelSid=CHaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa&ClientIdentity=someuser%40email.domain&RetryCount=0"
  .. "&Body=The+quick+brown+fox+jumps+over+the+lazy+dog%21"

-- The handler looks at the event, as one does; `read` does all that nginx has to, and judges nothing.
local ROWS = {
  { "no guard", "open", [[content_by_lua_block { ngx.exit(204) }]] },
  { "no guard, the body read", "read", [[content_by_lua_block {
      ngx.req.read_body()
      if not ngx.req.get_body_data() then ngx.exit(500) end
      ngx.exit(204)
    }]] },
  { "guard", "guarded", [[
    access_by_lua_block { guard() }
    content_by_lua_block { ngx.exit(204) }]] },
  { "guard, the event used", "used", [[
    access_by_lua_block { guard() }
    content_by_lua_block { ngx.exit(ngx.ctx.twilio.event.event_type == "onMessageSent" and 204 or 500) }]] },
}

local function configuration()
  local locations = {}
  for i, row in ipairs(ROWS) do locations[i] = ("location = /%s { %s }"):format(row[2], row[3]) end
  return openresty.HTTP .. ([[
    init_by_lua_block {
      guard = require "twilio.webhooks".guard.openresty { public_url = "https://example.com", auth_token = "%s" }
    }
    server { listen 127.0.0.1:@PORT@; %s }]]):format(TOKEN, table.concat(locations, "\n"))
end

local function headers_of(path)
  local signed = assert(webhooks.sign { url = "https://example.com/" .. path, body = BODY, content_type = FORM,
    auth_token = TOKEN })
  return {
    ["Content-Type"] = FORM .. "; charset=utf-8", ["X-Twilio-Signature"] = signed.signature,
    ["I-Twilio-Idempotency-Token"] = "0e5c6d18-7f3c-4c2f-9f5d-000000000000", ["User-Agent"] = "TwilioProxy/1.1",
    Accept = "*/*", ["X-Home-Region"] = "us1",
  }
end

-- --- time -------------------------------------------------------------------

local function wrk_script(path)
  local lines = { 'wrk.method = "POST"', ("wrk.body = %q"):format(BODY) }
  for name, value in pairs(headers_of(path)) do lines[#lines + 1] = ("wrk.headers[%q] = %q"):format(name, value) end
  local name = os.tmpname()
  local file = assert(io.open(name, "w"))
  file:write(table.concat(lines, "\n"))
  file:close()
  return name
end

-- Nanoseconds that the process has been on a processor.
local function cpu_of(pid)
  return tonumber(openresty.read("/proc/" .. pid .. "/schedstat"):match "%d+")
end

-- Requests a second, p99 and microseconds of CPU a request, of one round.
local function measure(server, path, script, seconds)
  local pid = server:workers()[1]
  local before = cpu_of(pid)
  local pipe = assert(io.popen(("wrk --latency -t1 -c%d -d%gs -s %s %s/%s 2>&1"):format(CONNECTIONS, seconds, script,
    server.base_url, path)))
  local report = pipe:read "*a"
  pipe:close()
  if report:find "Non%-2xx" or report:find "Socket errors" then error(report) end
  local count = tonumber(report:match "(%d+) requests in")
  return { rate = tonumber(report:match "Requests/sec:%s+(%S+)"), p99 = report:match "\n%s+99%%%s+(%S+)",
    cpu = (cpu_of(pid) - before) / count / 1000 }
end

-- The round with the least CPU of each row. They take turns, so that what else the machine does
-- falls on all of them.
local function measure_rows(server)
  local least, scripts = {}, {}
  for i, row in ipairs(ROWS) do scripts[i] = wrk_script(row[2]) end
  for round = 0, ROUNDS do
    for i, row in ipairs(ROWS) do
      local one = measure(server, row[2], scripts[i], round == 0 and 1 or SECONDS / ROUNDS)
      if round > 0 and (not least[i] or one.cpu < least[i].cpu) then least[i] = one end
    end
  end
  for _, name in ipairs(scripts) do os.remove(name) end
  return least
end

-- --- instructions -----------------------------------------------------------

local function request_of(path)
  local lines = { ("POST /%s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n"):format(path, #BODY) }
  for name, value in pairs(headers_of(path)) do lines[#lines + 1] = ("%s: %s\r\n"):format(name, value) end
  return table.concat(lines) .. "\r\n" .. BODY
end

local function send(server, path, count)
  local connection = assert(socket.connect("127.0.0.1", server.port))
  connection:settimeout(60)
  connection:setmode("b", "bn")
  local bytes = request_of(path)
  for _ = 1, count do
    connection:write(bytes)
    assert(assert(connection:read "*l"):find "^HTTP/1.1 204")
    repeat local line = assert(connection:read "*l") until line == "\r" or line == ""
  end
  connection:close()
end

-- Of one nginx, from its beginning to its end, with so many requests.
local function count(path, requests)
  local out = os.tmpname()
  local server = nginx.start(configuration(), "master_process off;", 1,
    "valgrind --tool=callgrind --callgrind-out-file=" .. out)
  send(server, path, requests)
  server:stop()
  local total
  for line in io.lines(out) do total = total or line:match "^summary: (%d+)" or line:match "^totals: (%d+)" end
  os.remove(out)
  return assert(tonumber(total), "callgrind said nothing")
end

local function instructions(path)
  return (count(path, MANY) - count(path, FEW)) / (MANY - FEW)
end

-- --- the table --------------------------------------------------------------

openresty.build()
local server = nginx.start(configuration())
local rows = measure_rows(server)
local alarms = server:alarms()
server:stop()
assert(alarms == "", alarms)

print(("one worker, %d connections, %d rounds in %d s; load %s"):format(CONNECTIONS, ROUNDS, SECONDS,
  openresty.read "/proc/loadavg":match "%S+"))
print()
print("| location                | requests/s |      p99 | µs of CPU | more | instructions |   more |")
print("|-------------------------|-----------:|---------:|----------:|-----:|-------------:|-------:|")
local base
for i, row in ipairs(ROWS) do
  local one, cost = rows[i], instructions(row[2])
  base = base or { cpu = one.cpu, cost = cost }
  print(("| %-23s | %10.0f | %8s | %9.1f | %4.1f | %12.0f | %6.0f |"):format(row[1], one.rate, one.p99, one.cpu,
    one.cpu - base.cpu, cost, cost - base.cost))
end
