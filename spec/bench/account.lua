-- What the programs with a client have in common: its account, and one create, checked.

local webhooks = require "twilio.webhooks"

local account = { channel = "CHaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" }

function account.client(base_url, in_flight)
  return assert(webhooks.new {
    account_sid = "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    auth_token = "0123456789abcdef0123456789abcdef",
    base_url = base_url,
    service_sid = "ISaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    max_in_flight = in_flight,
    connect_timeout = tonumber(os.getenv "CONNECT_TIMEOUT"), -- none but where a connection takes long
  })
end

--- As many channels as that, of which a program takes one after the other. Creates on one channel are
-- equal, and equal creates of a client go one after the other; so there are more channels than there
-- are creates in flight. They are made before anything is counted, as the others' one URL is.
function account.channels(count)
  local channels = {}
  for i = 1, count do channels[i] = ("CH%032x"):format(i) end
  return channels
end

function account.create(client, channel)
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
end

return account
