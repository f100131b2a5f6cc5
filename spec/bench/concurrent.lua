-- concurrent.lua COUNT BASE_URL [IN_FLIGHT]: as many creates with 64 in flight, from
-- functions that a client's `go` started, those in flight on different channels. Every answer is
-- checked.

local account = require "spec.bench.account"

local count, in_flight = tonumber(arg[1]), tonumber(arg[3] or 64)
local client = account.client(arg[2], in_flight)
local channels = account.channels(2 * in_flight)
local created = 0

local function create(channel)
  account.create(client, channel)
  created = created + 1
end

for i = 1, count do client:go(create, channels[i % #channels + 1]) end
assert(client:run())
assert(created == count)
client:close()
