-- client.lua COUNT BASE_URL: as many creates by a client, one after the other, each waited
-- for. Every answer is checked.

local webhooks = require "twilio.webhooks"

local client = assert(webhooks.new {
  account_sid = "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
  auth_token = "0123456789abcdef0123456789abcdef",
  base_url = arg[2],
  service_sid = "ISaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
})

for _ = 1, tonumber(arg[1]) do
  local hook = assert(client:create_webhook {
    channel_sid = "CHaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    type = "webhook",
    configuration = {
      url = "dummy",
      method = "GET",
      filters = { "onMessageSent", "onChannelDestroyed" },
      retry_count = 2,
    },
  })
  assert(hook.configuration.retry_count == 2)
end
client:close()
