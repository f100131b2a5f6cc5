--- twilio-webhooks apply

local bulk = require "twilio.webhooks.bulk"
local flag_tables = require "twilio.webhooks.cli.flags"
local interrupt = require "twilio.webhooks.cli.interrupt"
local parameters = require "twilio.webhooks.cli.parameters"
local planning = require "twilio.webhooks.cli.planning"
local program = require "twilio.webhooks.cli.program"
local progress = require "twilio.webhooks.cli.progress"
local status = require "twilio.webhooks.cli.status"

local apply = {
  name = "apply",
  summary = "Give channels the webhooks that a file lists",
  text = "Makes the changes that plan shows. If it is stopped or killed, the same command goes on where it "
    .. "ended. Asks before it deletes, or changes many.",
  arguments = { planning.FILE },
  flags = planning.flags(),
  more = planning.TEMPLATE,
  example = "twilio-webhooks apply rooms.csv --service IS...",
}

table.insert(apply.flags, 1, { name = "--plan", target = "plan", metavar = "PLAN",
  help = "instead of FILE: exactly the changes of plan --out, or none" })
table.insert(apply.flags, 2, { name = "--journal", target = "journal", metavar = "PATH",
  help = "the file that records what was done (FILE.journal)" })
table.insert(apply.flags, program.YES)
table.insert(apply.flags, program.DRY_RUN)
flag_tables.add_template(apply.flags)

-- --- the guard ----------------------------------------------------------------------

-- The share and the number of updates above which a yes is needed. Each delete needs one.
local SHARE, LEAST = 0.3, 10

-- The question for the user; nil if none is needed.
local function question_for(plan)
  local counts = plan.counts
  local changed = counts.update + counts.delete
  local there = changed + counts.keep
  if counts.delete > 0 then
    local updates = counts.update > 0 and (" and update %d"):format(counts.update) or ""
    return ("Delete %d%s of %d webhooks"):format(counts.delete, updates, there)
  elseif changed >= LEAST and changed > SHARE * there then
    return ("Update %d of %d webhooks"):format(counts.update, there)
  end
end

-- --- the run ------------------------------------------------------------------------

local function journal_path(flags)
  if flags.journal then return flags.journal end
  local input = flags.plan or flags.file
  return (input and input ~= "-" and input or "twilio-webhooks") .. ".journal"
end

local function quote(word)
  return word:find "^[%w%-_./:=,@+]+$" and word or "'" .. word:gsub("'", "'\\''") .. "'"
end

-- The command that goes on with the run, without a URL's password, which logs would keep.
local function resume_command(context)
  local words = { program.name }
  for _, word in ipairs(context.words) do words[#words + 1] = quote((word:gsub("://[^/?#]*@", "://...@"))) end
  return table.concat(words, " ")
end

-- A plan that was made just now wants what its lists did not show.
local SKIPPED = ", %d done before"
local UNLISTED = SKIPPED .. ", though not listed now: the next run makes what was deleted since"

local function report(context, plan, outcome)
  context:note("%d created, %d updated, %d deleted, %d as they should be%s%s%s",
    outcome.created, outcome.updated, outcome.deleted, outcome.kept,
    outcome.skipped > 0 and (plan.from_file and SKIPPED or UNLISTED):format(outcome.skipped) or "",
    outcome.failed > 0 and (", %d failed"):format(outcome.failed) or "",
    outcome.indeterminate > 0 and (", of %d it cannot be told"):format(outcome.indeterminate) or "")
end

-- The status for an outcome.
local function judge(outcome)
  local halted = outcome.halted and status.of(outcome.halted)
  return interrupt.status() or halted == status.CREDENTIALS and halted
    or outcome.indeterminate > 0 and status.INDETERMINATE
    or outcome.complete and status.DONE or status.FAILED
end

local function show_error(context, problem)
  local parent = problem.parent or {}
  local name = parent.channel_sid or parent.conversation_sid or "?"
  context:note("line %s: %s: %s", tostring(problem.line or "?"), name, problem.message)
end

-- The lines whose lists could not be read. The summary of the plan has named them.
local function lines_told(plan)
  local told = {}
  for _, problem in ipairs(plan.errors) do told[problem.line] = true end
  return told
end

-- Closes the journal, and removes it where nobody needs it any more.
local function put_away(context, journal, complete)
  if not complete and not journal:is_blank() then return journal:close() end
  local removed, why = journal:remove()
  if not removed then context:note(why) end
end

-- Carries the plan out. Gives the status.
local function carry_out(context, plan, journal)
  local shown, told = progress.new(context), lines_told(plan)
  interrupt.catch(context)
  local outcome, message, err = bulk.apply(plan, context:client(), journal, {
    rate = context.flags.rate, stop = interrupt.is_caught,
    on_progress = function(state) shown:show(state) end,
    on_error = function(problem)
      if problem.action ~= "list" or not told[problem.line] then show_error(context, problem) end
    end,
  })
  shown:clear()
  if not outcome then
    if err.outcome then report(context, plan, err.outcome) end
    local failed = planning.fail(context, message, err)
    if err.kind == "journal" then context:note("to go on: %s", resume_command(context)) end
    put_away(context, journal, false)
    return interrupt.status() or failed
  end
  report(context, plan, outcome)
  if outcome.halted then context:fail(status.FAILED, "given up: " .. outcome.halted.message) end
  put_away(context, journal, outcome.complete)
  if not outcome.complete then context:note("to go on: %s", resume_command(context)) end
  return judge(outcome)
end

local function read_plan(context)
  local flags = context.flags
  if flags.file or flags.all_channels or flags.all_conversations or flags.prune or flags.prune_url
    or flags.format or flags.where[1] or parameters.read_row(flags) then
    context:stop(status.USAGE, "--plan does what was seen: what says what shall be (FILE, --all-..., "
      .. "--prune, --url ...) is for plan")
  end
  local plan, message = bulk.read_plan(context.flags.plan)
  if not plan then context:stop(status.USAGE, message) end
  planning.client(context)
  return plan
end

function apply.run(context)
  local flags = context.flags
  local plan = flags.plan and read_plan(context) or planning.make(context)
  planning.summarize(context, plan)
  if flags.dry_run then
    planning.write(context, plan)
    return flags.expect_no_changes and plan.writes > 0 and status.PENDING or status.DONE
  end
  if plan.writes > 0 and flags.expect_no_changes then return status.PENDING end
  local question = question_for(plan)
  if question then context:confirm(question) end
  local journal, message, err = bulk.journal(journal_path(flags))
  if not journal then
    -- not if there is a journal: beside it a second run would make webhooks twice
    local hint = err.error_name and not flags.journal and "\n  (--journal PATH puts it elsewhere)" or ""
    context:stop(status.of(err), message .. hint)
  end
  return carry_out(context, plan, journal)
end

return apply
