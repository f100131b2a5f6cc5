-- The three sandboxes of one account that specs of waiting calls go by: one that answers at
-- once, one that answers late, one that never does; and what is opened against them.

local webhooks = require "twilio.webhooks"
local sandbox = require "twilio.webhooks.sandbox"
local example = require "spec.support.example"

local sandboxes = {}
local running, opened, channels = {}, {}, 0

local function start(options)
  options.account_sid, options.auth_token = example.account_sid, example.auth_token
  running[#running + 1] = assert(sandbox.start(options))
  return running[#running]
end

--- For setup. The sandboxes: at once, late, never.
function sandboxes.start()
  return start {}, start { latency = 0.3 }, start { faults = { { "stall" } } }
end

--- For teardown.
function sandboxes.stop()
  for i = #running, 1, -1 do table.remove(running, i):stop() end
end

--- Has something closed after the test. Gives it.
function sandboxes.closing(client)
  opened[#opened + 1] = client
  return client
end

--- Leaves to the collector what is open.
function sandboxes.forget()
  opened = {}
end

--- For after_each.
function sandboxes.close()
  for i = #opened, 1, -1 do table.remove(opened, i):close() end
end

--- A client of a sandbox.
function sandboxes.client(where, options)
  local params = example.params { base_url = where.base_url }
  for name, value in pairs(options or {}) do params[name] = value end
  return sandboxes.closing(assert(webhooks.new(params)))
end

--- The parameters of a create on a channel of its own; `fields` go before.
function sandboxes.webhook(fields)
  channels = channels + 1
  local params = example.webhook { channel_sid = "channel " .. channels, account_sid = false, auth_token = false }
  for name, value in pairs(fields or {}) do params[name] = value end
  return params
end

return sandboxes
