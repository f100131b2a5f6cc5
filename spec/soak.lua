-- soak.lua [COUNT]: as many faulty requests (10,000), one row of support/faults.lua
-- after the other, and what they leave behind: resident memory and descriptors of
-- this process, read at every tenth of the way. Fails if either goes on growing.

local webhooks = require "twilio.webhooks"
local example = require "spec.support.example"
local fault_server = require "spec.support.fault_server"
local faults = require "spec.support.faults"

local count = tonumber(arg and arg[1]) or 10000

-- Growth that is allowed over the second half: what the allocator rounds, and
-- what is open at the moment.
local ALLOWED_KB = 512
local ALLOWED_DESCRIPTORS = 2

-- Those rows that do not end by waiting, and do not send megabytes.
local quick = {}
for _, row in ipairs(faults) do
  local heavy = row.name:find "without an end" or row.name:find "20,000" or row.name:find "does not resolve"
  if not row.slow and not heavy and not row.operation then quick[#quick + 1] = row end
end

local function resident_kb()
  local file = assert(io.open "/proc/self/status")
  local kb = file:read("*a"):match("VmRSS:%s*(%d+)")
  file:close()
  return tonumber(kb)
end

local function descriptors()
  local pipe = io.popen("ls /proc/$PPID/fd | wc -l")
  local number = pipe:read("*n")
  pipe:close()
  return number
end

local server = fault_server.start()
local params = example.webhook { ca_file = server.ca_file, timeout = 2 }
local kinds, samples = {}, {}

local function call(i)
  local row = quick[i % #quick + 1]
  params.base_url = server:base_url(row.name)
  for name, value in pairs(row.fields or {}) do params[name] = value end
  local hook, _, err = webhooks.create_webhook(params)
  for name in pairs(row.fields or {}) do
    if name ~= "base_url" then params[name] = nil end
  end
  local kind = hook and "ok" or err.kind
  kinds[kind] = (kinds[kind] or 0) + 1
end

for i = 1, count do
  call(i)
  if i % math.floor(count / 10) == 0 then
    collectgarbage()
    collectgarbage()
    samples[#samples + 1] = { resident_kb(), descriptors() }
    print(("%7d requests: %6d KB resident, %3d descriptors"):format(i, samples[#samples][1], samples[#samples][2]))
  end
end
server:stop()

local names = {}
for kind, number in pairs(kinds) do names[#names + 1] = kind .. " " .. number end
table.sort(names)
print(#quick .. " kinds of fault: " .. table.concat(names, ", "))

-- The most of the first half, against the most of the second. The number of idle
-- connections differs by one or two from moment to moment.
local function most(from, to, index)
  local value = 0
  for i = from, to do value = math.max(value, samples[i][index]) end
  return value
end
assert(most(6, 10, 1) - most(1, 5, 1) <= ALLOWED_KB, "memory grows")
assert(most(6, 10, 2) - most(1, 5, 2) <= ALLOWED_DESCRIPTORS, "descriptors grow")
print "flat"
