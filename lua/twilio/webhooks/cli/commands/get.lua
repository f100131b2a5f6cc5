--- twilio-webhooks get

local flag_tables = require "twilio.webhooks.cli.flags"
local kinds = require "twilio.webhooks.cli.kinds"

local get = {
  name = "get",
  summary = "Show a webhook",
  arguments = { { name = "SID", target = "sid", help = "the webhook's, WH..." } },
  flags = flag_tables.of "fetch_webhook",
  example = "twilio-webhooks get WH... --channel general --service IS... -o json",
}

function get.run(context)
  local params = context:params "fetch_webhook"
  params.sid = context.flags.sid
  local hook = context:check("fetch_webhook", context:client():fetch_webhook(params))
  context:write(kinds.webhooks(hook), hook)
end

return get
