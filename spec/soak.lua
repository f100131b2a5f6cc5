-- soak.lua [COUNT]: as many requests (1,000,000), 64 in flight, among faults. What they leave behind:
-- resident memory and descriptors of this process, read at every twentieth of the way, and the slope
-- of the memory over the second half. Fails if either goes on growing. Resident memory grows for the
-- first 10,000 or so, by megabytes, since kept buffers do; leaks.lua counts bytes, and needs fewer.

local among_faults = require "spec.support.among_faults"
local process = require "spec.support.process"

local count = tonumber(arg and arg[1]) or 1000000

-- Growth that is allowed from the first half to the second: what the allocator rounds,
-- and what is open at the moment.
local ALLOWED_KB = 2048
local ALLOWED_DESCRIPTORS = 70 -- connections that are kept, as many as may be in flight
local SAMPLES = 20

local work = among_faults.open { timeout = 2, deadline = 5, max_in_flight = 64 }
local samples = {}

local function sample()
  process.collect()
  local kb, open = process.resident_kb(), process.descriptor_count()
  samples[#samples + 1] = { work.requests, kb, open }
  print(("%8d requests: %6d KB resident, %3d descriptors"):format(work.requests, kb, open))
  io.stdout:flush()
end

local i = 0
while work.requests < count do
  i = i + 1
  work:call(i)
  if work.requests >= (#samples + 1) * count / SAMPLES then sample() end
end
assert(work.client:run())
work:close()
print(work:outcomes())

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
