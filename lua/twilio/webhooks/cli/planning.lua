--- The common part of plan and apply: their flags, the rows, the plan, and its summary.

local bulk = require "twilio.webhooks.bulk"
local interrupt = require "twilio.webhooks.cli.interrupt"
local parameters = require "twilio.webhooks.cli.parameters"
local progress = require "twilio.webhooks.cli.progress"
local scope = require "twilio.webhooks.cli.scope"
local status = require "twilio.webhooks.cli.status"

local planning = {}

-- --- flags --------------------------------------------------------------------------

planning.FILE = { name = "FILE", target = "file", args = "?",
  help = "rows: .jsonl, .json, .csv or .lua; - is standard input" }

planning.TEMPLATE = { "--url URL ...", "with --all-...: what each gets, by the flags of create" }

--- The flags of both commands. With --all-channels the flags of a create describe each channel's webhook.
function planning.flags()
  local flags = {
    { name = "--format", target = "format", metavar = "FORMAT", values = { "jsonl", "json", "csv", "lua" },
      help = "FILE's format, if its name does not say it" },
    { name = "--prune", target = "prune", help = "delete these channels' webhooks that no row asks for" },
    { name = "--prune-url", target = "prune_url", metavar = "PREFIX",
      help = "the same, but only webhooks whose URL begins so" },
    { name = "--expect-no-changes", target = "expect_no_changes", help = "exit with 6 if there are changes" },
  }
  for _, flag in ipairs(scope.FLAGS) do flags[#flags + 1] = flag end
  return flags
end

-- --- rows ---------------------------------------------------------------------------

-- The row that the flags describe, for each channel.
local function template(context)
  local row, problem = parameters.read_row(context.flags, context.flags.all_conversations)
  if not row then context:stop(status.USAGE, problem) end
  return row
end

local function source_options(context)
  local flags = context.flags
  if scope.is_all(flags) then
    if flags.file then context:stop(status.USAGE, "FILE and --all-...: give one of them") end
    return { channels = scope.each(context), row = template(context) }
  end
  if not flags.file then
    context:stop(status.USAGE, "FILE is missing (or --all-channels, --all-conversations)")
  elseif flags.where[1] or parameters.read_row(flags) then
    context:stop(status.USAGE,
      "--where, and the flags of create, go with --all-channels or --all-conversations")
  end
  return { path = flags.file, format = flags.format }
end

-- --- errors -------------------------------------------------------------------------

--- Says what is wrong with rows, line by line. Gives the status.
function planning.fail(context, message, err)
  local name = context.flags.plan or context.flags.file or "row"
  local first = err.kind == "invalid" and err.problems and err.problems[1]
  if first and not first.line then return context:fail_by(err) end
  if not first then return context:fail(status.of(err), message) end
  for _, problem in ipairs(err.problems) do
    local field = problem.field and problem.field .. ": " or ""
    context:note("%s:%d: %s%s", name, problem.line, field, problem.message)
  end
  if first.field == "service_sid" then
    context:note("--service SID names it for all rows, and so does TWILIO_SERVICE_SID")
  end
  local count = err.count or #err.problems
  return context:fail(status.USAGE, ("%s: %d %s, and nothing was sent"):format(name, count,
    count == 1 and "mistake" or "mistakes"))
end

-- --- the plan -----------------------------------------------------------------------

local function prune_of(context)
  local flags = context.flags
  if flags.prune and flags.prune_url then
    context:stop(status.USAGE, "--prune and --prune-url: give one of them")
  end
  return flags.prune_url or flags.prune and function() return true end or false
end

--- A client with the service of the flags, for rows that name none. --rate limits writes, so it is an
-- option of bulk and not of the client: lists are read ahead of writes.
function planning.client(context)
  return context:client { service_sid = context.flags.service_sid or parameters.default_service(),
    chat_service_sid = context.flags.chat_service_sid, rate = false }
end

--- The plan of the rows that the flags name.
function planning.make(context)
  planning.client(context)
  local prune = prune_of(context)
  local source, message = bulk.source(source_options(context))
  if not source then context:stop(status.USAGE, message) end
  local shown, flags = progress.new(context), context.flags
  interrupt.catch(context)
  local plan, problem, err = bulk.plan(source, context:client(), {
    prune = prune, rate = flags.rate, stop = interrupt.is_caught,
    on_progress = function(state) shown:show(state) end,
  })
  shown:clear()
  source:close()
  if interrupt.status() then context:stop(interrupt.status(), "stopped; nothing was changed") end
  if not plan then context:stop(planning.fail(context, problem, err)) end
  return plan
end

--- Writes the summary in one line, and then which lists could not be read.
function planning.summarize(context, plan)
  local counts = plan.counts
  for _, problem in ipairs(plan.errors or {}) do
    context:note("line %d: %s", problem.line, problem.message)
  end
  local text = ("%d to create, %d to update, %d to delete, %d as they should be")
    :format(counts.create, counts.update, counts.delete, counts.keep)
  if counts.failed > 0 then text = ("%s, %d failed"):format(text, counts.failed) end
  if plan.writes > 0 then text = text .. "; takes " .. progress.duration(plan.seconds) end
  context:note(text)
end

local COLORS = { create = "green", update = "yellow", delete = "red", failed = "red" }

local function parent_of(action)
  local parent = action.parent or {}
  return parent.channel_sid or parent.conversation_sid
end

local function aim_of(action)
  return action.err and action.err.message or action.target
end

local KIND = {
  name = "actions",
  fields = { "action", "line", "parent.service_sid", "parent.channel_sid", "parent.chat_service_sid",
    "parent.conversation_sid", "sid", "target" },
  columns = {
    { name = "ACTION", value = "action" }, { name = "LINE", value = "line" },
    { name = "CHANNEL", value = parent_of }, { name = "SID", value = "sid" },
    { name = "CALLS", value = aim_of },
  },
  paint = function(paint, text, column)
    return column == 1 and COLORS[text] and paint(COLORS[text], text) or text
  end,
}

--- Writes the actions.
function planning.write(context, plan)
  local writer, each = context:writer(KIND), plan:actions()
  local action, message = each()
  while action do
    writer:add(action)
    action, message = each()
  end
  writer:finish()
  if message then context:stop(status.FAILED, message) end
end

return planning
