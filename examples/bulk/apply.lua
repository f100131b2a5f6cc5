-- Makes sure that each row of a file has its webhook. Kill it whenever you like, and call it
-- again with the same arguments: it goes on where it ended.
--
--   lua5.4 examples/bulk/apply.lua ROWS JOURNAL [RATE]
--
-- ROWS is .jsonl, .json, .csv or .lua; JOURNAL is a file that it makes. The environment names account
-- and service (TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN, TWILIO_SERVICE_SID). `run.lua` shows it at work
-- in a sandbox.

local bulk = require "twilio.webhooks.bulk"
local webhooks = require "twilio.webhooks"

local rows_path, journal_path, rate = arg[1], arg[2], tonumber(arg[3])
assert(journal_path, "usage: apply.lua ROWS JOURNAL [RATE]")

-- Ends the program with the error of a function of bulk.
local function check(value, message, err)
  if value then return value end
  for _, problem in ipairs(err.problems or {}) do
    io.stderr:write(("line %s: %s: %s\n"):format(problem.line or "-", problem.field or "-", problem.message))
  end
  io.stderr:write(message, "\n")
  os.exit(1)
end

-- After a crash, apply waits until the requests before it can have no effect any more: `timeout` plus
-- five seconds. So this client gives a request two seconds, and not thirty.
local client = assert(webhooks.new { service_sid = os.getenv "TWILIO_SERVICE_SID", timeout = 2 })

-- 1. What is to be done? Nothing is changed.
local source = check(bulk.source { path = rows_path })
local plan = check(bulk.plan(source, client, { rate = rate }))
print(("plan: %d to create, %d to update, %d in order; %.0f s"):format(plan.counts.create, plan.counts.update,
  plan.counts.keep, plan.seconds))

-- 2. Do it.
local journal = check(bulk.journal(journal_path))
local outcome = check(bulk.apply(plan, client, journal, {
  on_progress = function(progress)
    if progress.done % 100 == 0 then
      print(("%d of %d done, %d failed"):format(progress.done, progress.total, progress.failed))
      io.stdout:flush()
    end
  end,
  on_error = function(problem) io.stderr:write(("line %d: %s\n"):format(problem.line, problem.message)) end,
}))
print(("created %d (%d of them found again), updated %d, done before %d, failed %d, in doubt %d"):format(
  outcome.created, outcome.adopted, outcome.updated, outcome.skipped, outcome.failed, outcome.indeterminate))

-- 3. Once everything is done, nobody needs the journal.
if outcome.complete then check(journal:remove()) end
client:close()
os.exit(outcome.complete and 0 or 1)
