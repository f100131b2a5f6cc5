--- The calls of a client, from their parameters to their results. A call is made at once where it can
-- be, and else has a record; a create waits for its turn, and makes no second webhook.

local at_once = require "twilio.webhooks.calls.at_once"
local baseline = require "twilio.webhooks.calls.baseline"
local in_turn = require "twilio.webhooks.calls.in_turn"
local record = require "twilio.webhooks.calls.record"
local run = require "twilio.webhooks.calls.run"

local calls = {}

local create_at_once, run_at_once = at_once.create, at_once.run

--- The request that a call would send, without credentials: `method`, `url` and `body`. Sends
-- nothing. Or nil, message, err, of which `name` tells the function that was called, if that is
-- another.
function calls.request(self, operation, params, name)
  return self.handle:request(operation, params, name)
end

--- An operation that may be sent twice without harm.
-- @tparam[opt] boolean skip_unknown the parameters are another operation's, too
-- @tparam[opt] table life of a caller that holds turns: see record.lua
function calls.run(self, operation, params, deadline, skip_unknown, life)
  if self.unwatched and not skip_unknown and self.waiting:is_simple() then
    local now = self.core.now()
    if self.pace:pass(now) then return run_at_once(self, operation, params, deadline, now) end
  end
  local request, message, err = self.handle:draft(operation, params, skip_unknown)
  if not request then return nil, message, err end
  local call = record.new(self, operation, request, deadline)
  call.life = life
  return run.to_end(self, call)
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
-- @tparam[opt] table life see record.lua
function calls.create_held(self, params, deadline, known, life)
  local request, aim, err = self.handle:draft("create_webhook", params)
  if not request then return nil, aim, err end
  local call = record.new_create(self, request, aim, deadline)
  call.known, call.any_equal, call.life = known, true, life
  return in_turn.create_held(self, call, run.to_end)
end

return calls
