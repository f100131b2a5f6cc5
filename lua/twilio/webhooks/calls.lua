--- One call of a client, from its parameters to its result: tries again where that is safe, ends
-- within the deadline, and makes no second webhook. The pure policy/*.lua decide; waiting/ makes
-- the attempts.

local attempt = require "twilio.webhooks.calls.attempt"
local baseline = require "twilio.webhooks.calls.baseline"
local in_turn = require "twilio.webhooks.calls.in_turn"
local memory = require "twilio.webhooks.calls.memory"
local record = require "twilio.webhooks.calls.record"
local run = require "twilio.webhooks.calls.run"

local calls = {}

-- --- at once -------------------------------------------------------------------------
-- Where nobody is told of a call, and no other code runs while it waits, the first attempt is made
-- from the user's own table, and needs no records. Most calls need no second one.

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

local function run_at_once(self, operation, params, deadline, begin)
  local result, info, err = self.handle[operation](self.handle, params, deadline)
  if not result then return draft_and_go_on(self, operation, params, deadline, begin, info, err) end
  memory.refund(self.memory)
  return result, info
end

local begin_creating, end_creating = in_turn.begin_creating, in_turn.end_creating
local note_created = memory.note_created

local function create_at_once(self, params, deadline, begin)
  begin_creating(self, params)
  local webhook, info, err = self.handle:create_webhook(params, deadline)
  if not webhook then
    return end_creating(self, draft_and_go_on(self, "create_webhook", params, deadline, begin, info, err))
  end
  self.creating = nil
  note_created(self.memory, deadline, begin, webhook, info)
  return webhook, info
end

local function end_turn(self, task, ...)
  self.waiting:give_turn(task)
  return ...
end

--- A create of a task whose client is watched by nobody: false, and nothing was sent, where it has to
-- go the ordinary way. The task has the turn of the aim meanwhile, and an error leaves that to it.
-- @tparam table task see Waiting:open_task
function calls.create_in_task(self, task, params, deadline)
  local pace, waiting = self.pace, self.waiting
  if pace.free ~= 0 or pace.rate or pace.most then return false end
  if task.turn then waiting:give_up_turn(task) end -- which an error has left to it
  local request, begin = waiting.tasks:launch(task, params, deadline, waiting.turns.of)
  if not request then return false end
  pace:note(begin)
  local webhook, info, err = request:result()
  if webhook then
    waiting:give_turn(task)
    note_created(self.memory, deadline, begin, webhook, info)
    return webhook, info
  end
  return end_turn(self, task, go_on(self, "create_webhook", request, task.turn, deadline, begin, info, err))
end

-- --- the operations ----------------------------------------------------------------------

--- The request that a call would send, without credentials: `method`, `url` and `body`. Sends
-- nothing. Or nil, message, err.
function calls.request(self, operation, params)
  return self.handle:request(operation, params)
end

--- An operation that may be sent twice without harm.
-- @tparam[opt] boolean skip_unknown the parameters are another operation's, too
function calls.run(self, operation, params, deadline, skip_unknown)
  if self.unwatched and not skip_unknown and self.waiting:is_simple() then
    local now = self.core.now()
    if self.pace:pass(now) then return run_at_once(self, operation, params, deadline, now) end
  end
  local request, message, err = self.handle:draft(operation, params, skip_unknown)
  if not request then return nil, message, err end
  return run.to_end(self, record.new(self, operation, request, deadline))
end

--- A create.
-- @tparam table self the client
-- @tparam table params
-- @tparam number deadline seconds
-- @tparam[opt] boolean|table known true: the list is to be read before; or a set of the sids that
--   a list has shown just now
-- @tparam[opt] boolean once it is not to be sent again once it may have made a webhook
function calls.create(self, params, deadline, known, once)
  if self.unwatched and not known and self.waiting:is_simple() then
    local now = self.core.now()
    if self.pace:pass(now) then return create_at_once(self, params, deadline, now) end
  end
  local request, aim, err = self.handle:draft("create_webhook", params)
  if not request then return nil, aim, err end
  local call = record.new_create(self, request, aim, deadline)
  if type(known) == "table" then call.known = known end
  call.once = once or false
  return in_turn.create(self, call, known == true and baseline.create or run.to_end)
end

--- The same of a caller that holds the turn of its aim (see in_turn.all), and wants an equal
-- webhook, whoever made it.
-- @tparam table known the sids that a list has shown just now
function calls.create_held(self, params, deadline, known)
  local request, aim, err = self.handle:draft("create_webhook", params)
  if not request then return nil, aim, err end
  local call = record.new_create(self, request, aim, deadline)
  call.known, call.any_equal = known, true
  return in_turn.create_held(self, call, run.to_end)
end

return calls
