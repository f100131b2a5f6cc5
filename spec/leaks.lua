-- leaks.lua DIRECTORY [BYTES]: what a call among faults leaves in the heap. One client makes rounds of
-- such calls. After each round nothing is under way and the kept connections are alike, and the bytes
-- in use are counted: the directory has heap.so, built of support/heap.c. Their slope over the rounds
-- is what a call leaves; of all pairs of rounds the median, since the buffers that are kept still grow
-- here and there. Resident memory would not do: that grows by megabytes before it is level. Fails if a
-- call leaves more than 100 bytes, or a client a descriptor. BYTES: what each call is made to lose, for
-- the proof that this would be noticed.

local among_faults = require "spec.support.among_faults"
local process = require "spec.support.process"

local directory, lost = arg[1], tonumber(arg[2]) or 0
package.cpath = directory .. "/?.so;" .. package.cpath
local heap_in_use = require "heap"

local ROUNDS, WARM_UP = 8, 2
local CALLS = among_faults.KINDS -- of a round
local CONNECTIONS = 4
local ALLOWED = 100

-- What LuaJIT compiles is memory, too, and for long more and more.
local jit = rawget(_G, "jit")
if jit then jit.off() end

local descriptors = process.descriptor_count()
local work = among_faults.open {
  timeout = 2, deadline = 0.3, max_in_flight = CONNECTIONS, max_connections = CONNECTIONS,
}

-- Has all kept connections lead to one address, without TLS.
local function settle()
  assert(work.client:run())
  local base_url = work.server:base_url "a webhook under another content type"
  for i = 1, CONNECTIONS do
    work.client:go(function()
      assert(work.client:create_webhook {
        base_url = base_url, channel_sid = "settled " .. i, timeout = 30, deadline = 60,
      })
    end)
  end
  assert(work.client:run())
end

local function in_use()
  process.collect()
  return heap_in_use() + (jit and collectgarbage "count" * 1024 or 0) -- LuaJIT takes none of the C library's
end

local losses = {}

local function lose(bytes)
  losses[#losses + 1] = ("%08d"):format(#losses) .. ("x"):rep(bytes - 8)
end

local bytes = {}
for round = 1, ROUNDS do
  for i = 1, CALLS do
    work:call((round - 1) * CALLS + i)
    if lost > 0 then lose(lost) end
  end
  settle()
  bytes[round] = in_use()
  print(("round %d: %.0f bytes in use"):format(round, bytes[round]))
end
work:close()
print(work:outcomes())

local slopes = {}
for from = WARM_UP + 1, ROUNDS do
  for to = from + 1, ROUNDS do
    slopes[#slopes + 1] = (bytes[to] - bytes[from]) / (to - from) / CALLS
  end
end
table.sort(slopes)
local left = slopes[math.ceil(#slopes / 2)]
print(("a call leaves %.0f bytes"):format(left))
assert(left <= ALLOWED, "memory leaks")
assert(process.descriptor_count() <= descriptors, "descriptors leak")
print "none"
