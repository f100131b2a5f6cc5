--- The public face of twilio-webhooks: what `require "twilio.webhooks"` gives.
-- The functions are the C core's own; nothing is done here.

local client = require "twilio.webhooks.client"
local core = require "twilio.webhooks.core"
local transport = require "twilio.webhooks.transport"
local wait = require "twilio.webhooks.loops"

local engine = { alarm = core.alarm, now = core.now, open = core.open, random = core.random,
  sleep = core.sleep }

-- Each takes one table and makes one attempt, for which the caller waits:
--
--   result, info = f(params)           the webhook (a list of them; true) and
--                                      `status`, `headers`, `request_id`, `attempts`
--   nil, message, err = f(params)      one printable line, and a plain table with
--                                      `kind`, `sent`, `retryable`, `problems` and more
--
-- They raise only if params is not a table. What goes into it: README.md.
return {
  _VERSION = core._VERSION,
  create_webhook = core.create_webhook,
  delete_webhook = core.delete_webhook,
  fetch_webhook = core.fetch_webhook,
  list_webhooks = core.list_webhooks,

  -- new(options): a client, whose methods of the same names, and ensure_webhook,
  -- try again where that is safe. See client.lua.
  new = function(options) return client.new(options, engine) end,

  -- Functions for other ways to HTTP. See transport.lua.
  transport = transport,

  update_webhook = core.update_webhook,

  -- Hooks for other people's event loops. See wait.lua.
  wait = wait,
}
