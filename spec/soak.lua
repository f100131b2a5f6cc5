-- soak.lua [COUNT]: as many requests (1,000,000), 64 in flight, of all operations and
-- against one fault of support/faults.lua after the other; every tenth call is a blocking
-- one in between. What they leave behind: resident memory and descriptors of this process,
-- read at every twentieth of the way, and the slope of the memory over the second half.
-- Fails if either goes on growing.

local webhooks = require "twilio.webhooks"
local example = require "spec.support.example"
local fault_server = require "spec.support.fault_server"
local faults = require "spec.support.faults"

local count = tonumber(arg and arg[1]) or 1000000

-- Growth that is allowed from the first half to the second: what the allocator rounds,
-- and what is open at the moment.
local ALLOWED_KB = 2048
local ALLOWED_DESCRIPTORS = 70 -- connections that are kept, as many as may be in flight
-- Functions under way: those that wait before they try again do not count as in flight.
local TASKS = 1000
local SAMPLES = 20
-- Of each kind of fault: equal creates of one client go one after the other.
local CHANNELS = 8

-- Those rows that do not end by waiting, and do not send megabytes.
local quick = {}
for _, row in ipairs(faults) do
  local heavy = row.name:find "without an end" or row.name:find "20,000" or row.name:find "does not resolve"
  if not row.slow and not heavy and not row.operation then quick[#quick + 1] = row end
end

local OPERATIONS = { "create_webhook", "fetch_webhook", "update_webhook", "list_webhooks", "delete_webhook" }

local function read_status(pattern)
  local file = assert(io.open "/proc/self/status")
  local number = file:read("*a"):match(pattern)
  file:close()
  return tonumber(number)
end

local function descriptors()
  local pipe = io.popen("ls /proc/$PPID/fd | wc -l")
  local number = pipe:read("*n")
  pipe:close()
  return number
end

local server = fault_server.start()
local kinds, requests = {}, 0

local function tell(hook, err)
  local kind = hook and "ok" or err.kind
  kinds[kind] = (kinds[kind] or 0) + 1
end

local client = assert(webhooks.new {
  timeout = 2, deadline = 5, max_attempts = 2, max_in_flight = 64, ca_file = server.ca_file,
  account_sid = example.account_sid, auth_token = example.auth_token, service_sid = example.service_sid,
  channel_sid = example.channel_sid, type = "webhook", configuration = { url = "u" },
  on_event = function(event)
    if event.type == "attempt" then requests = requests + 1 end
    if event.type == "error" then error(event.message) end
  end,
})

local function params_of(row, operation)
  local params = { base_url = server:base_url(row.name) }
  for name, value in pairs(row.fields or {}) do params[name] = value end
  if operation == "fetch_webhook" or operation == "update_webhook" or operation == "delete_webhook" then
    params.sid = example.answer.sid
  end
  if operation == "create_webhook" or operation == "update_webhook" then return params end
  params.configuration = nil
  return params
end

local function call(i)
  local row = quick[i % #quick + 1]
  local operation = OPERATIONS[i % #OPERATIONS + 1]
  local params = params_of(row, operation)
  params.channel_sid = "soak " .. math.floor(i / #quick) % CHANNELS
  local hook, _, err = client[operation](client, params)
  tell(hook, err)
end

-- A 429 pauses a client as a whole, for as long as it says.
local function is_pause(i)
  return quick[i % #quick + 1].pauses
end

local function blocking_call(i)
  local row = quick[i % #quick + 1]
  local params = example.webhook { ca_file = server.ca_file, timeout = 2 }
  for name, value in pairs(params_of(row, "create_webhook")) do params[name] = value end
  local hook, _, err = webhooks.create_webhook(params)
  requests = requests + 1
  tell(hook, err)
end

local samples = {}

local function sample()
  collectgarbage()
  collectgarbage()
  local kb, open = read_status "VmRSS:%s*(%d+)", descriptors()
  samples[#samples + 1] = { requests, kb, open }
  print(("%8d requests: %6d KB resident, %3d descriptors"):format(requests, kb, open))
  io.stdout:flush()
end

local i = 0
while requests < count do
  i = i + 1
  if i % 10 == 0 or is_pause(i) then blocking_call(i) else client:go(call, i) end
  while client:step() > TASKS do client:step(0.01) end
  if requests >= (#samples + 1) * count / SAMPLES then sample() end
end
assert(client:run())
client:close()
server:stop()

local names = {}
for kind, number in pairs(kinds) do names[#names + 1] = kind .. " " .. number end
table.sort(names)
print(#quick .. " kinds of fault: " .. table.concat(names, ", "))

-- The most of the first half, against the most of the second.
local half = math.floor(#samples / 2)
local function most(from, to, index)
  local value = 0
  for n = from, to do value = math.max(value, samples[n][index]) end
  return value
end

-- Least squares, in KB for a million requests.
local function slope(from, to)
  local n, x, y, xx, xy = 0, 0, 0, 0, 0
  for at = from, to do
    local millions, kb = samples[at][1] / 1e6, samples[at][2]
    n, x, y, xx, xy = n + 1, x + millions, y + kb, xx + millions * millions, xy + millions * kb
  end
  return (n * xy - x * y) / (n * xx - x * x)
end

print(("resident memory: %+.0f KB for a million requests, over the second half"):format(slope(half + 1, #samples)))
assert(most(half + 1, #samples, 2) - most(1, half, 2) <= ALLOWED_KB, "memory grows")
assert(most(half + 1, #samples, 3) - most(1, half, 3) <= ALLOWED_DESCRIPTORS, "descriptors grow")
print "flat"
