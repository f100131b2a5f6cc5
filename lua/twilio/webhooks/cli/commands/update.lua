--- twilio-webhooks update

local flag_tables = require "twilio.webhooks.cli.flags"
local hints = require "twilio.webhooks.cli.hints"
local kinds = require "twilio.webhooks.cli.kinds"
local program = require "twilio.webhooks.cli.program"
local rehearsal = require "twilio.webhooks.cli.rehearsal"

local update = {
  name = "update",
  summary = "Change a webhook",
  text = "Changes what the flags name, and leaves the rest as it is. An empty --filter '' or --trigger '' "
    .. "removes all of them.",
  arguments = { { name = "SID", target = "sid", help = "the webhook's, WH..." } },
  flags = flag_tables.of "update_webhook",
  example = "twilio-webhooks update WH... --channel general --service IS... \\\n"
    .. "  --url https://example.com/new",
}

table.insert(update.flags, program.FIELD)
table.insert(update.flags, program.DRY_RUN)

function update.run(context)
  local params = context:params "update_webhook"
  hints.of_filters(context, params)
  params.sid = context.flags.sid
  if context.flags.dry_run then return rehearsal.show(context, "update_webhook", params) end
  local hook = context:check("update_webhook", context:client():update_webhook(params))
  context:note("updated %s", hook.sid)
  context:write(kinds.webhooks(hook), hook)
end

return update
