-- frame.lua COUNT BASE_URL: what a program with 30 frames a second pays in them for so many
-- creates that are started at once, to a server that answers late: the longest and the middle
-- step, and a step that has nothing to do, in milliseconds of the process's own time. (The wall
-- clock would count what else the machine does.) Every answer is checked.

local core = require "twilio.webhooks.core"
local account = require "spec.bench.account"

local IDLE = 10000 -- steps

local count = tonumber(arg[1])
local client = account.client(arg[2], count)
local created = 0

local function create(channel)
  account.create(client, channel)
  created = created + 1
end

local function start(number)
  for i = 1, number do client:go(create, ("CH%032x"):format(i)) end
end

local function frames()
  local own, moment = {}, core.now()
  repeat
    local begin = os.clock()
    local left = client:step()
    own[#own + 1] = os.clock() - begin
    moment = moment + 1 / 30
    if left > 0 and moment > core.now() then core.sleep(moment - core.now()) end
  until left == 0
  table.sort(own)
  return own
end

-- While one request waits for its answer.
local function idle()
  start(1)
  for _ = 1, 5 do
    client:step()
    core.sleep(0.02)
  end
  local begin = os.clock()
  for _ = 1, IDLE do client:step() end
  local cost = (os.clock() - begin) / IDLE
  assert(created == count, "the server answers too early")
  return cost
end

start(count)
local own = frames()
assert(created == count)
local cost = idle()
assert(client:run())
client:close()
print(("longest %.3f middle %.3f idle %.6f"):format(own[#own] * 1e3, own[math.ceil(#own / 2)] * 1e3, cost * 1e3))
