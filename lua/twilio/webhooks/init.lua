--- The public face of twilio-webhooks: what `require "twilio.webhooks"` gives.
-- The functions are the C core's own; nothing is done here.

local core = require "twilio.webhooks.core"

return {
  _VERSION = core._VERSION,

  --- Creates a webhook of a Chat channel: one attempt, and the caller waits for it.
  -- @tparam table params credentials, channel and the webhook's fields (see README)
  -- @treturn[1] table the webhook, as the API answered
  -- @treturn[1] table info: `status`, `headers`, `request_id`, `attempts`
  -- @treturn[2] nil
  -- @treturn[2] string what went wrong, one printable line
  -- @treturn[2] table err: `kind`, `message`, `sent`, `problems` and more (see README)
  -- @raise only if params is not a table
  create_webhook = core.create_webhook,
}
