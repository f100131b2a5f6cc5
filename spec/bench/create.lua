-- create.lua COUNT BASE_URL: as many creates, each from a table made for it, as
-- a user would write them. Every answer is checked.

local webhooks = require "twilio.webhooks"

local count, base_url = tonumber(arg[1]), arg[2]
local connect_timeout = tonumber(os.getenv "CONNECT_TIMEOUT") -- none but where a connection takes long

for _ = 1, count do
  local hook = assert(webhooks.create_webhook {
    account_sid = "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    auth_token = "0123456789abcdef0123456789abcdef",
    base_url = base_url,
    connect_timeout = connect_timeout,
    service_sid = "ISaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
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
