-- The contract's example, and parameters that are right but for what a test
-- changes in them.

local cjson = require "cjson"

local example = {
  account_sid = "AC" .. ("a"):rep(32),
  auth_token = "0123456789abcdef0123456789abcdef",
  service_sid = "IS" .. ("a"):rep(32),
  channel_sid = "CH" .. ("a"):rep(32),
}

example.path = "/v2/Services/" .. example.service_sid .. "/Channels/" .. example.channel_sid .. "/Webhooks"

example.form = "Type=webhook&Configuration.Url=dummy&Configuration.Method=GET"
  .. "&Configuration.Filters=onMessageSent&Configuration.Filters=onChannelDestroyed"
  .. "&Configuration.RetryCount=2"

-- The published answer to it (201), but for the order of its keys.
example.answer = {
  sid = "WH" .. ("a"):rep(32),
  url = "https://ip-messaging.twilio.com" .. example.path .. "/WH" .. ("a"):rep(32),
  type = "webhook",
  account_sid = example.account_sid,
  channel_sid = example.channel_sid,
  service_sid = example.service_sid,
  date_created = "2016-03-24T21:05:50Z",
  date_updated = "2016-03-24T21:05:50Z",
  configuration = {
    url = "dummy",
    method = "GET",
    filters = { "onMessageSent", "onChannelDestroyed" },
    retry_count = 2,
  },
}

function example.answer_json()
  return cjson.encode(example.answer)
end

-- Puts `fields` over the parameters; `false` takes one away.
local function with(params, fields)
  for name, value in pairs(fields or {}) do
    if value == false then params[name] = nil else params[name] = value end
  end
  return params
end

--- Credentials and channel, and the fields that are given.
function example.params(fields)
  return with({
    account_sid = example.account_sid,
    auth_token = example.auth_token,
    service_sid = example.service_sid,
    channel_sid = example.channel_sid,
  }, fields)
end

--- The whole example as a user writes it, and the fields that are given.
function example.webhook(fields)
  return with(example.params {
    type = "webhook",
    configuration = {
      url = "dummy",
      method = "GET",
      filters = { "onMessageSent", "onChannelDestroyed" },
      retry_count = 2,
    },
  }, fields)
end

return example
