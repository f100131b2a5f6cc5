-- hold.lua COUNT BASE_URL: as many creates in flight at once, to a server that answers
-- late. Prints how many bytes of resident memory they take while they wait. Every answer
-- is checked.

local account = require "spec.bench.account"

local count = tonumber(arg[1])

-- Bytes. A page has 4 KiB on every machine on which this is run.
local function resident()
  local file = assert(io.open("/proc/self/statm"))
  local pages = file:read("*l"):match("^%d+ (%d+)")
  file:close()
  return pages * 4096
end

local client = account.client(arg[2], count)
local created = 0

local function create(channel)
  account.create(client, channel)
  created = created + 1
end

local before = resident()
for i = 1, count do client:go(create, ("CH%032x"):format(i)) end
local settled = os.time() + 3 -- all are sent by then, and none is answered
while os.time() < settled do client:step(0.05) end
assert(created == 0, "the server answers too early")
collectgarbage()
local during = resident()
assert(client:run())
assert(created == count)
client:close()
io.stderr:write(("held %d\n"):format(during - before))
