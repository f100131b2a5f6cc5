-- Clients of specs that wait: with an account, in whatever loop, and closed when asked.

local example = require "spec.support.example"
local webhooks = require "twilio.webhooks"

local clients = {}

--- An address at which nobody listens, for what sends nothing.
clients.NOWHERE = "http://127.0.0.1:1"

--- @tparam[opt] table options over the account of the example
function clients.open(options)
  local params = example.params { base_url = clients.NOWHERE }
  for name, value in pairs(options or {}) do params[name] = value end
  return assert(webhooks.new(params))
end

local channels = 0

--- A create's parameters, for a channel that nobody has used.
function clients.webhook(fields)
  channels = channels + 1
  local params = example.webhook { channel_sid = "client " .. channels, account_sid = false, auth_token = false }
  for name, value in pairs(fields or {}) do params[name] = value end
  return params
end

--- A sandbox for that account.
function clients.serve(options)
  options = options or {}
  options.account_sid, options.auth_token = example.account_sid, example.auth_token
  return assert(require "twilio.webhooks.sandbox".start(options))
end

--- What a transport gives for a list without webhooks.
clients.EMPTY_LIST = { status = 200, headers = {}, body = '{"meta":{"key":"webhooks","next_page_url":null},"webhooks":[]}' }

--- The kilobytes that are in use.
function clients.memory()
  collectgarbage()
  collectgarbage()
  return collectgarbage "count"
end

return clients
