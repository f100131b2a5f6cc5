--- twilio-webhooks conversations

local flag_tables = require "twilio.webhooks.cli.flags"
local kinds = require "twilio.webhooks.cli.kinds"
local listing = require "twilio.webhooks.cli.listing"

local conversations = {
  name = "conversations",
  summary = "List all conversations of an account or a service",
  flags = flag_tables.of "list_conversations",
  example = "twilio-webhooks conversations --state active -o jsonl",
}

function conversations.run(context)
  local params = context:params "list_conversations"
  local items = context:client():conversations(params)
  return listing.write(context, items, kinds.conversations, "list_conversations")
end

return conversations
