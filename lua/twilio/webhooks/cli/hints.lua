--- Hints about the names of events. The server judges the names, and accepts some events that it never
-- sends to such a webhook.

local events = require "twilio.webhooks.events"
local nearest = require "twilio.webhooks.cli.nearest"
local plain = require "twilio.webhooks.plain"

local hints = {}

--- Names the nearest event for each filter that is not an event of a channel, or of a conversation.
function hints.of_filters(context, params)
  local filters = params["configuration.filters"]
  if type(filters) ~= "table" then return end
  local known = events[params.conversation_sid and "conversation" or "channel"]
  for _, name in ipairs(filters) do
    if name ~= "" and not known[name] then
      context:note("hint: --filter %s: no event is known by this name%s", name,
        nearest.hint(name, plain.names(known)))
    end
  end
end

--- All names, of channels and conversations.
function hints.names()
  local all = {}
  for _, list in ipairs { events.channel, events.conversation } do
    for name in pairs(list) do all[name] = true end
  end
  return plain.names(all)
end

return hints
