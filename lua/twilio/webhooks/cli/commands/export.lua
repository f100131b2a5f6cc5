--- twilio-webhooks export

local flag_tables = require "twilio.webhooks.cli.flags"
local interrupt = require "twilio.webhooks.cli.interrupt"
local kinds = require "twilio.webhooks.cli.kinds"
local progress = require "twilio.webhooks.cli.progress"
local rows = require "twilio.webhooks.cli.rows"
local scope = require "twilio.webhooks.cli.scope"
local status = require "twilio.webhooks.cli.status"

local WORKERS = 16
-- How many lists may be read before an earlier one, and wait for it in memory.
local AHEAD = 256

local export = {
  name = "export",
  summary = "Write webhooks as rows that apply takes",
  text = "Writes a row for each webhook of the channels or conversations, as JSONL unless -o says "
    .. "otherwise. Later, apply --prune of that file gives these channels back what they had. (A channel "
    .. "without a webhook has no row.)",
  flags = flag_tables.of "delete_webhook",
  example = "twilio-webhooks export --all-channels --service IS... > before.jsonl",
}

for _, flag in ipairs(scope.FLAGS) do table.insert(export.flags, flag) end

-- Writes the rows of lists in the order of their numbers, in whatever order they come.
local function new_sequence(writer)
  local waiting, next_number = {}, 1
  return {
    add = function(number, list)
      waiting[number] = list
      while waiting[next_number] do
        for _, row in ipairs(waiting[next_number]) do writer:add(row) end
        waiting[next_number] = nil
        next_number = next_number + 1
      end
    end,
    is_ahead = function(number) return number - next_number > AHEAD end,
  }
end

-- Reads one list, and gives its rows; none if it cannot be read.
local function read_rows(context, run, parent)
  local hooks, _, err = context:client():list_webhooks(parent)
  if not hooks then
    run.ended = context:fail_by(err, "list_webhooks")
    return {}
  end
  local list = {}
  for i, hook in ipairs(hooks) do list[i] = rows.of(hook, parent) end
  return list
end

-- Gives items with their numbers. Ends once the credentials were refused, a signal came, or nothing
-- more can be written.
local function numbered(items, run)
  local number = 0
  return function()
    if run.broken or run.ended == status.CREDENTIALS or interrupt.is_caught() then return nil end
    local item = items()
    number = number + 1
    return item, number
  end
end

local function export_all(context, writer, run)
  local client, sequence = context:client(), new_sequence(writer)
  interrupt.catch(context)
  local items, parent_of, done = scope.each(context), scope.parent(context), 0
  local mapped, why = client:map(numbered(items, run), WORKERS, function(item, number)
    while sequence.is_ahead(number) and not run.broken do client:sleep(0.01) end
    local list = read_rows(context, run, parent_of(item))
    if run.broken then return end
    local written, why = pcall(sequence.add, number, list)
    if not written then run.broken = why end
    done = done + 1
    run.progress:show { phase = "export", done = done }
  end)
  run.progress:clear()
  if run.broken then error(run.broken, 0) end
  if not mapped then error(why, 0) end
  if items.err then run.ended = context:fail_by(items.err, items.operation) end
  run.ended = interrupt.status() or run.ended
end

function export.run(context)
  local all, parent = scope.is_all(context.flags), nil
  if not all then parent = context:params "list_webhooks" end
  local writer = context:writer(kinds.rows(context.flags), false, "jsonl")
  local run = { ended = status.DONE, progress = progress.new(context, true), broken = nil }
  if all then
    export_all(context, writer, run)
  else
    for _, row in ipairs(read_rows(context, run, parent)) do writer:add(row) end
  end
  local count = writer:finish()
  context:note("%d %s", count, count == 1 and "webhook" or "webhooks")
  return run.ended
end

return export
