-- workers.lua COUNT BASE_URL [IN_FLIGHT]: as many creates by 64 workers of a client's `map`,
-- those in flight on different channels. Every answer is checked.

local account = require "spec.bench.account"

local count, in_flight = tonumber(arg[1]), tonumber(arg[3] or 64)
local client = account.client(arg[2], in_flight)
local channels = account.channels(2 * in_flight)
local started, created = 0, 0

local function next_channel()
  if started == count then return nil end
  started = started + 1
  return channels[started % #channels + 1]
end

assert(client:map(next_channel, in_flight, function(channel)
  account.create(client, channel)
  created = created + 1
end))
assert(created == count)
client:close()
