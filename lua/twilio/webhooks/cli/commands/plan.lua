--- twilio-webhooks plan

local flag_tables = require "twilio.webhooks.cli.flags"
local planning = require "twilio.webhooks.cli.planning"
local status = require "twilio.webhooks.cli.status"

local plan = {
  name = "plan",
  summary = "Show what apply would do for a file of webhooks",
  text = "Compares the rows with what is there, and shows the fewest changes. Changes nothing.",
  arguments = { planning.FILE },
  flags = planning.flags(),
  more = planning.TEMPLATE,
  example = "twilio-webhooks plan rooms.csv --service IS... --out rooms.plan",
}

table.insert(plan.flags, 1, { name = "--out", target = "out", metavar = "PLAN",
  help = "write the plan to a file, for apply --plan" })
flag_tables.add_template(plan.flags)

function plan.run(context)
  local made = planning.make(context)
  planning.write(context, made)
  planning.summarize(context, made)
  if context.flags.out then
    local written, message = made:write(context.flags.out)
    if not written then return context:fail(status.FAILED, message) end
    context:note("written to %s: twilio-webhooks apply --plan %s", context.flags.out, context.flags.out)
  end
  made:close()
  if made.counts.failed > 0 then return status.FAILED end
  return context.flags.expect_no_changes and made.writes > 0 and status.PENDING or status.DONE
end

return plan
