--- twilio-webhooks list

local flag_tables = require "twilio.webhooks.cli.flags"
local kinds = require "twilio.webhooks.cli.kinds"

local list = {
  name = "list",
  summary = "List the webhooks of a channel or a conversation",
  flags = flag_tables.of "list_webhooks",
  example = "twilio-webhooks list --conversation CH... -o json | jq '.[].configuration.url'",
}

function list.run(context)
  local params = context:params "list_webhooks"
  local hooks = context:check("list_webhooks", context:client():list_webhooks(params))
  local writer = context:writer(kinds.webhooks(params))
  for _, hook in ipairs(hooks) do writer:add(hook) end
  if writer:finish() == 0 then context:note "no webhooks" end
end

return list
