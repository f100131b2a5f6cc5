--- twilio-webhooks channels

local kinds = require "twilio.webhooks.cli.kinds"
local parameters = require "twilio.webhooks.cli.parameters"
local listing = require "twilio.webhooks.cli.listing"

local channels = {
  name = "channels",
  summary = "List all channels of a Chat service",
  flags = parameters.of "list_channels",
  example = "twilio-webhooks channels --service IS... --type private -o tsv | cut -f 1",
}

function channels.run(context)
  local params = context:params "list_channels"
  return listing.write(context, context:client():channels(params), kinds.channels, "list_channels")
end

return channels
