--- The list that is read before a create, so that what it makes is known without a clock.

local record = require "twilio.webhooks.calls.record"
local run = require "twilio.webhooks.calls.run"

local baseline = {}

--- Reads the list before a create, and notes its sids. Gives the list and its info, or nil, message,
-- err.
function baseline.read(self, call)
  local listing = record.new(self, "list_webhooks", self.handle:list(call.request), call.deadline, call.begin)
  listing.life = call.life
  local webhooks, info, err = run.to_end(self, listing)
  if not webhooks then return nil, info, err end
  call.known = {}
  for _, webhook in ipairs(webhooks) do call.known[webhook.sid] = true end
  return webhooks, info
end

--- A create after that.
function baseline.create(self, call)
  local webhooks, info, err = baseline.read(self, call)
  if not webhooks then return nil, info, err end
  return run.to_end(self, call)
end

return baseline
