-- loops.lua [COUNT]: what a program with a loop of its own pays for so many creates (1,000) that
-- are started at once, against an nginx of its own that answers after 0.2 s. Default settings.
-- A table, and no verdict:
--
--   lua5.4 spec/bench/loops.lua       after `make`; needs what `make setup-test` installs
--
-- tick: the longest and the middle client:step() of a loop with 30 ticks a second, by the wall
-- clock (which counts what else the machine does meanwhile) and by this process's own time.
-- waits: how often the hook waited, and so how often the loop had to wake it.
-- descriptors: the most that were open beyond those at the start; own: this process's time.

package.path = "./?.lua;" .. package.path

local core = require "twilio.webhooks.core"
local webhooks = require "twilio.webhooks"
local example = require "spec.support.example"
local loops = require "spec.support.loops"
local nginx = require "spec.support.nginx"
local process = require "spec.support.process"

local count = tonumber(arg[1] or 1000)
local server = nginx.start(nginx.api(0.2))
local now = core.now

local waits, made, most

local function open(hook)
  local counted
  if hook then
    counted = {}
    for name, value in pairs(type(hook) == "table" and hook or { wait = hook }) do counted[name] = value end
    local wait = counted.wait
    function counted.wait(...)
      waits = waits + 1
      return wait(...)
    end
  end
  return assert(webhooks.new(example.params { base_url = server.base_url, wait = counted }))
end

local function create(client, i)
  assert(client:create_webhook(example.webhook { base_url = server.base_url, channel_sid = "channel " .. i }))
  made = made + 1
  if made % 100 == 50 then most = math.max(most, process.descriptor_count()) end
end

local function start(client)
  for i = 1, count do client:go(create, client, i) end
end

-- --- the tick loop ------------------------------------------------------------------------

local function tick()
  local client = open()
  start(client)
  local wall, own = {}, {}
  local moment = now()
  repeat
    local begin, begin_own = now(), os.clock()
    local left = client:step()
    own[#own + 1], wall[#wall + 1] = os.clock() - begin_own, now() - begin
    moment = moment + 1 / 30
    if left > 0 and moment > now() then core.sleep(moment - now()) end
  until left == 0
  client:close()
  table.sort(wall)
  table.sort(own)
  return ("longest step %.2f ms (%.2f ms own time), middle %.2f ms, %d ticks")
    :format(wall[#wall] * 1e3, own[#own] * 1e3, wall[math.ceil(#wall / 2)] * 1e3, #wall)
end

-- --- the others ---------------------------------------------------------------------------

local function run()
  local client = open()
  start(client)
  assert(client:run())
  client:close()
end

-- Each create in a coroutine of the loop's.
local function direct(loop)
  local client = open(loop.hook)
  local functions = {}
  for i = 1, count do functions[i] = function() create(client, i) end end
  loop.run(functions)
  client:close()
  return waits .. " waits"
end

-- One coroutine of the loop's that runs what go started.
local function go(loop)
  local client = open(loop.hook)
  loop.run { function()
    start(client)
    assert(client:run())
  end }
  client:close()
  return waits .. " waits"
end

local rows = { { "tick loop, 30 Hz", tick }, { "client:run()", run } }
for _, name in ipairs { "cqueues", "luv", "copas" } do
  local loop = loops[name]
  if loop then
    rows[#rows + 1] = { name .. ", a coroutine each", direct, loop }
    rows[#rows + 1] = { name .. ", go and run", go, loop }
  end
end

print(("%s, libcurl %s, %d creates"):format(jit and jit.version or _VERSION,
  io.popen("pkg-config --modversion libcurl"):read "*l", count))
for _, row in ipairs(rows) do
  waits, made, most = 0, 0, 0
  local before = process.descriptor_count()
  local begin, own = now(), os.clock()
  local said = row[2](row[3])
  assert(made == count)
  print(("%-28s %5.2f s, own %5.2f s, %4d descriptors  %s"):format(row[1], now() - begin, os.clock() - own,
    most - before, said or ""))
end
server:stop()
