--- twilio-webhooks channels

local flag_tables = require "twilio.webhooks.cli.flags"
local kinds = require "twilio.webhooks.cli.kinds"
local listing = require "twilio.webhooks.cli.listing"

local channels = {
  name = "channels",
  summary = "List all channels of a Chat service",
  flags = flag_tables.of "list_channels",
  example = "twilio-webhooks channels --service IS... --type private -o tsv | cut -f 1",
}

function channels.run(context)
  local params = context:params "list_channels"
  return listing.write(context, context:client():channels(params), kinds.channels, "list_channels")
end

return channels
