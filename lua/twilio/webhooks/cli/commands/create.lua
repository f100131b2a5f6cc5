--- twilio-webhooks create

local flag_tables = require "twilio.webhooks.cli.flags"
local hints = require "twilio.webhooks.cli.hints"
local kinds = require "twilio.webhooks.cli.kinds"
local program = require "twilio.webhooks.cli.program"
local rehearsal = require "twilio.webhooks.cli.rehearsal"

local create = {
  name = "create",
  summary = "Create a webhook",
  text = "Creates a webhook, and never two: if the answer is lost, it looks for the webhook. "
    .. "(If an equal one may exist already, use ensure.)",
  flags = flag_tables.of "create_webhook",
  example = "twilio-webhooks create --channel general --service IS... \\\n"
    .. "  --url https://example.com/hook --filter onMessageSent",
}

table.insert(create.flags, program.FIELD)
table.insert(create.flags, program.DRY_RUN)

function create.run(context)
  local params = context:params "create_webhook"
  hints.of_filters(context, params)
  if context.flags.dry_run then return rehearsal.show(context, "create_webhook", params) end
  local hook, info = context:check("create_webhook", context:client():create_webhook(params))
  context:note(info.adopted and "created %s (its answer was lost; it was found)" or "created %s", hook.sid)
  context:write(kinds.webhooks(hook), hook)
end

return create
