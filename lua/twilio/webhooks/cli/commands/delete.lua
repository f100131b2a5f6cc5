--- twilio-webhooks delete

local calls = require "twilio.webhooks.calls"
local flag_tables = require "twilio.webhooks.cli.flags"
local program = require "twilio.webhooks.cli.program"
local rehearsal = require "twilio.webhooks.cli.rehearsal"
local status = require "twilio.webhooks.cli.status"

local delete = {
  name = "delete",
  summary = "Delete webhooks",
  text = "Deletes webhooks of one channel or conversation. Asks first; without a terminal it needs --yes.",
  arguments = { { name = "SID", target = "sids", args = "+", help = "the webhooks', WH..." } },
  flags = flag_tables.of "delete_webhook",
  example = "twilio-webhooks delete WH... --conversation CH... --yes",
}

table.insert(delete.flags, program.YES)
table.insert(delete.flags, program.DRY_RUN)

local function with_sid(params, sid)
  local own = { sid = sid }
  for name, value in pairs(params) do own[name] = value end
  return own
end

-- Refuses invalid parameters before it asks the user or sends anything.
local function check_all(context, params)
  for _, sid in ipairs(context.flags.sids) do
    context:check("delete_webhook", calls.request(context:client(), "delete_webhook", with_sid(params, sid)))
  end
end

function delete.run(context)
  local params, sids = context:params "delete_webhook", context.flags.sids
  check_all(context, params)
  if context.flags.dry_run then
    for _, sid in ipairs(sids) do rehearsal.show(context, "delete_webhook", with_sid(params, sid)) end
    return status.DONE
  end
  context:confirm(#sids == 1 and "Delete " .. sids[1] or ("Delete %d webhooks"):format(#sids))
  local ended = status.DONE
  for _, sid in ipairs(sids) do
    local deleted, _, err = context:client():delete_webhook(with_sid(params, sid))
    if deleted then context:note("deleted %s", sid) else ended = context:fail_by(err, "delete_webhook") end
  end
  return ended
end

return delete
