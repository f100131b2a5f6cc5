-- concurrent.lua COUNT BASE_URL [IN_FLIGHT]: as many creates with 64 in flight, from
-- functions that a client's `go` started, each on a channel of its own (equal creates go one
-- after the other). Every answer is checked.

local webhooks = require "twilio.webhooks"

local count = tonumber(arg[1])

local client = assert(webhooks.new {
  account_sid = "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
  auth_token = "0123456789abcdef0123456789abcdef",
  base_url = arg[2],
  service_sid = "ISaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
  max_in_flight = tonumber(arg[3] or 64),
})

local created = 0

local function create(channel)
  local hook = assert(client:create_webhook {
    channel_sid = channel,
    type = "webhook",
    configuration = {
      url = "dummy",
      method = "GET",
      filters = { "onMessageSent", "onChannelDestroyed" },
      retry_count = 2,
    },
  })
  assert(hook.configuration.retry_count == 2)
  created = created + 1
end

for i = 1, count do client:go(create, ("CH%032x"):format(i)) end
assert(client:run())
assert(created == count)
client:close()
