--- ensure_webhook: one list, and then nothing, an update or a create.

local baseline = require "twilio.webhooks.calls.baseline"
local in_turn = require "twilio.webhooks.calls.in_turn"
local match = require "twilio.webhooks.policy.match"
local record = require "twilio.webhooks.calls.record"
local run = require "twilio.webhooks.calls.run"

local ensure = {}

-- Chooses the webhook to ensure: an equal one, else one that an update can make equal, with what
-- the update has to say beside the form.
local function choose(webhooks, form)
  local asked, shown = match.asked(form), {}
  for i, webhook in ipairs(webhooks) do
    shown[i] = match.shown(webhook)
    if match.equal(asked, shown[i]) then return webhook end
  end
  for i, webhook in ipairs(webhooks) do
    local changes = match.changes(asked, shown[i])
    if changes then return webhook, changes end
  end
  return nil
end

--- Updates a webhook to what the parameters of a create ask for. `changes`: see match.changes; `life`:
-- see record.lua.
function ensure.update(self, params, webhook, changes, deadline, begin, life)
  local fields = {}
  for name, value in next, params do fields[name] = value end
  for name, value in next, changes do fields[name] = value end
  fields.sid = webhook.sid
  local request, message, err = self.handle:draft("update_webhook", fields, true)
  if not request then return nil, message, err end
  local call = record.new(self, "update_webhook", request, deadline, begin)
  call.life = life
  return run.to_end(self, call)
end

local ensure_in_turn

function ensure_in_turn(self, call)
  local form = call.request:request().body
  local webhooks, info, err = baseline.read(self, call)
  if not webhooks then return nil, info, err end
  if not call.reread and not in_turn.is_held(self, call) then -- the list may not show what was made since
    call.reread = true
    return in_turn.create(self, call, ensure_in_turn)
  end
  local webhook, changes = choose(webhooks, form)
  local created, updated = false, false
  if changes then
    webhook, info, err = ensure.update(self, call.params, webhook, changes, call.deadline, call.begin,
      call.life)
    updated = webhook ~= nil
    if err and err.status ~= 404 then return nil, info, err end -- 404: somebody deleted it
  end
  if not webhook then
    webhook, info, err = run.to_end(self, call)
    if not webhook then return nil, info, err end
    created = not info.adopted
  end
  info.created, info.updated = created, updated
  return webhook, info
end

--- Makes sure that there is an equal webhook.
-- @tparam table params which nobody changes meanwhile
function ensure.run(self, params, deadline)
  local request, aim, err = self.handle:draft("create_webhook", params, false, "ensure_webhook")
  if not request then return nil, aim, err end
  local call = record.new_create(self, request, aim, deadline)
  call.any_equal, call.params = true, params
  return in_turn.create(self, call, ensure_in_turn)
end

return ensure
