--- Calls whose first attempt needs no record, and is made from the user's own table: nobody is told of
-- them, and no other code runs meanwhile that could change that table, or create the same. Most calls
-- need no second attempt; one that does gets a record.

local attempt = require "twilio.webhooks.calls.attempt"
local in_turn = require "twilio.webhooks.calls.in_turn"
local memory = require "twilio.webhooks.calls.memory"
local record = require "twilio.webhooks.calls.record"
local run = require "twilio.webhooks.calls.run"

local at_once = {}

local begin_creating, end_creating = in_turn.begin_creating, in_turn.end_creating
local note_created = memory.note_created

-- What a create has made is noted before others may create the same: an error may come in between (of a
-- debug hook, or for lack of memory), and then it is in doubt.

-- Goes on after a first attempt that failed.
local function go_on(self, operation, request, aim, deadline, begin, message, err)
  local call = record.new(self, operation, request, deadline, begin)
  call.aim, call.sent, call.attempts = aim, begin, 1
  if aim then self.waiting:note_creating(aim, request) end
  attempt.count(self, call, operation, begin, err)
  return run.on(self, call, message, err)
end

-- The same where there is no request yet that can be sent again.
local function draft_and_go_on(self, operation, params, deadline, begin, message, err)
  if err.kind == "invalid" then return nil, message, err end
  local request, aim = self.handle:draft(operation, params)
  if not request then return nil, message, err end -- a finalizer or a hook has closed the client
  return go_on(self, operation, request, aim, deadline, begin, message, err)
end

--- An operation that may be sent twice without harm.
function at_once.run(self, operation, params, deadline, begin)
  local result, info, err = self.handle[operation](self.handle, params, deadline)
  if not result then return draft_and_go_on(self, operation, params, deadline, begin, info, err) end
  memory.refund(self.memory)
  return result, info
end

--- A create.
function at_once.create(self, params, deadline, begin)
  begin_creating(self, params)
  local webhook, info, err = self.handle:create_webhook(params, deadline)
  if not webhook then
    return end_creating(self, draft_and_go_on(self, "create_webhook", params, deadline, begin, info, err))
  end
  note_created(self.memory, deadline, begin, webhook, info)
  self.creating = nil
  return webhook, info
end

local function end_turn(self, task, ...)
  self.waiting:give_turn(task)
  return ...
end

--- The same of a task whose client is watched by nobody: false, and nothing was sent, where it has to
-- go the ordinary way. The task has the turn of the aim meanwhile, and an error leaves that to it.
-- @tparam table task see Waiting:open_task
function at_once.create_in_task(self, task, params, deadline)
  local pace, waiting = self.pace, self.waiting
  if pace.free ~= 0 or pace.rate or pace.most then return false end
  if task.turn then waiting:give_up_turn(task) end -- which an error has left to it
  local request, begin = waiting.tasks:launch(task, params, deadline, waiting.turns.of)
  if not request then return false end
  pace:note(begin)
  local webhook, info, err = request:result()
  if webhook then
    note_created(self.memory, deadline, begin, webhook, info)
    waiting:give_turn(task)
    return webhook, info
  end
  return end_turn(self, task, go_on(self, "create_webhook", request, task.turn, deadline, begin, info, err))
end

return at_once
