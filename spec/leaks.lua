-- leaks.lua DIRECTORY [BYTES]: what a call among faults leaves in the heap. Rounds of such calls, each
-- by a client that is closed in the end, since a client keeps connections and buffers. After each round
-- the bytes in use are counted: the directory has heap.so, built of support/heap.c. Their slope over the
-- rounds is what a call leaves; of all pairs of rounds the median. Resident memory would not do: that
-- grows by megabytes before it is level. Fails if a call leaves more than 50 bytes, or all of them a
-- descriptor. BYTES: what each call is made to lose, for the proof that this would be noticed.

local among_faults = require "spec.support.among_faults"
local process = require "spec.support.process"

local directory, lost = arg[1], tonumber(arg[2]) or 0
package.cpath = directory .. "/?.so;" .. package.cpath
local heap_in_use = require "heap"

local ROUNDS, WARM_UP = 6, 1
local CALLS = among_faults.KINDS -- of a round
local ALLOWED = 50

-- What LuaJIT compiles is memory, too, and for long more and more.
local jit = rawget(_G, "jit")
if jit then jit.off() end

local descriptors = process.descriptor_count()
local work = among_faults.open { timeout = 2, deadline = 0.3 }

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
  assert(work.client:run())
  work:renew()
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
