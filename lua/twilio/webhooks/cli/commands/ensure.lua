--- twilio-webhooks ensure

local calls = require "twilio.webhooks.calls"
local difference = require "twilio.webhooks.policy.difference"
local flag_tables = require "twilio.webhooks.cli.flags"
local hints = require "twilio.webhooks.cli.hints"
local kinds = require "twilio.webhooks.cli.kinds"
local parameters = require "twilio.webhooks.cli.parameters"
local program = require "twilio.webhooks.cli.program"

local ensure = {
  name = "ensure",
  summary = "Make sure that a webhook like this exists",
  text = "Finds an equal webhook; else updates the one with the same type and URL, or flow; else creates it. "
    .. "You may run it again and again.",
  flags = flag_tables.of "create_webhook",
  example = "twilio-webhooks ensure --conversation CH... \\\n"
    .. "  --url https://example.com/hook --filter onMessageAdded",
}

table.insert(ensure.flags, program.FIELD)
table.insert(ensure.flags, program.DRY_RUN)

local WORDS = { keep = "found", update = "would update" }

-- Shows what it would do, by the present list.
local function rehearse(context, params)
  local client = context:client()
  local request = context:check("create_webhook", calls.request(client, "create_webhook", params))
  local hooks = context:check("list_webhooks", client:list_webhooks(parameters.parent(params)))
  local action = difference.actions({ request.body }, hooks, difference.owner(nil))[1]
  if not action.webhook then return context:note "would create it" end
  context:note("%s %s", WORDS[action.action], action.webhook.sid)
  context:write(kinds.webhooks(action.webhook), action.webhook)
end

function ensure.run(context)
  local params = context:params "create_webhook"
  hints.of_filters(context, params)
  if context.flags.dry_run then return rehearse(context, params) end
  local hook, info = context:check("create_webhook", context:client():ensure_webhook(params))
  context:note("%s %s", info.created and "created" or info.updated and "updated" or "found", hook.sid)
  context:write(kinds.webhooks(hook), hook)
end

return ensure
