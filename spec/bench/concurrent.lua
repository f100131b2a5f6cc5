-- concurrent.lua COUNT BASE_URL [IN_FLIGHT]: as many creates with 64 in flight, from
-- functions that a client's `go` started, each on a channel of its own (equal creates go one
-- after the other). Every answer is checked.

local account = require "spec.bench.account"

local count = tonumber(arg[1])
local client = account.client(arg[2], tonumber(arg[3] or 64))
local created = 0

local function create(channel)
  account.create(client, channel)
  created = created + 1
end

for i = 1, count do client:go(create, ("CH%032x"):format(i)) end
assert(client:run())
assert(created == count)
client:close()
