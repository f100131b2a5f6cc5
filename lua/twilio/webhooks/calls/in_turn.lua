--- What a call does while no other call of its client does the same: equal creates go one after the
-- other. A turn is released after an error too, and then the aim of the create is noted: what that may
-- have made must not pass for another's.

local coroutines = require "twilio.webhooks.waiting.coroutines"
local memory = require "twilio.webhooks.calls.memory"
local record = require "twilio.webhooks.calls.record"

local in_turn = {}

-- May a function that waits be called by pcall? Where not, a turn is released after an error with the
-- task, or when its time is over.
local function may_protect()
  return coroutines.can_protect or not coroutine.running()
end

-- Passes results on. An error may come between a create and its answer.
local function pass(self, call, ok, ...)
  if ok then return ... end
  memory.note_unresolved(self.memory, call.aim)
  error((...), 0)
end

local function release_and_pass(self, call, key, turn, ...)
  self.waiting:release(key, turn)
  return pass(self, call, ...)
end

--- Calls act(self, call) and then releases the turn, after an error too.
function in_turn.hold(self, key, turn, act, call)
  if may_protect() then return release_and_pass(self, call, key, turn, pcall(act, self, call)) end
  return release_and_pass(self, call, key, turn, true, act(self, call))
end

-- --- where nothing else runs ----------------------------------------------------------
-- Then nobody can have the turn, and `creating` says what is under way.

-- What `creating` holds says of the aim: it may be the parameters of a create.
local function aim_of(self, creating)
  if type(creating) ~= "table" then return creating end
  local request, aim = self.handle:draft("create_webhook", creating)
  return request and aim
end

--- Notes what a client that runs nothing else creates: an aim, or the parameters of a create. A call
-- that `creating` still holds was ended by an error, or is interrupted by a hook or a finalizer: what
-- its attempts made must not pass for this one's.
function in_turn.begin_creating(self, what)
  if self.creating then memory.note_unresolved(self.memory, aim_of(self, self.creating)) end
  self.creating = what
end

--- Notes that it has ended, and passes its results on.
function in_turn.end_creating(self, ...)
  self.creating = nil
  return ...
end

local function act_alone(self, call, act)
  in_turn.begin_creating(self, call.aim)
  return in_turn.end_creating(self, act(self, call))
end

-- --- creates --------------------------------------------------------------------------

--- Calls act(self, call) for a call that creates, while no other call of the client creates an equal
-- webhook.
function in_turn.create(self, call, act)
  if self.waiting:is_alone() then return act_alone(self, call, act) end
  self.waiting:check_place()
  self.waiting:give_up_lost_turn()
  call.life = self.waiting:new_life()
  local turn = self.waiting:acquire(call.aim, call.begin + call.deadline, call.life)
  if turn then
    turn.creating, call.place = call.request, turn
    return in_turn.hold(self, call.aim, turn, act, call)
  end
  if record.elapsed(self, call) >= call.deadline then
    return record.give_up_waiting(self, call, "an equal create of this client is under way")
  end
  -- Where this one cannot wait for its turn, neither of the two adopts anything.
  memory.note_unresolved(self.memory, call.aim)
  return act(self, call)
end

--- Has nobody else had the turn since the call got it? A hook, which the call itself calls, may have
-- called the client, too.
function in_turn.is_held(self, call)
  if self.waiting:is_alone() then return self.creating == call.aim end
  return not call.place or self.waiting:holds(call.aim, call.place)
end

--- Calls act(self, call) for a caller that holds the turn of its aim: see in_turn.all.
function in_turn.create_held(self, call, act)
  if self.waiting:is_alone() then return act_alone(self, call, act) end
  self.waiting:note_creating(call.aim, call.request)
  if may_protect() then return pass(self, call, pcall(act, self, call)) end
  return act(self, call)
end

-- --- many turns -----------------------------------------------------------------------

local function release_all(self, keys, turns)
  for i, turn in ipairs(turns) do self.waiting:release(keys[i], turn) end
end

local function release_all_and_pass(self, keys, turns, ok, ...)
  release_all(self, keys, turns)
  if ok then return ... end
  error((...), 0)
end

--- Calls act(life, ...) while no other call of this client creates what has one of these aims. False
-- alone: they cannot be had before the moment `stop`. `life`: see record.lua.
-- @tparam table keys in an order that all callers have, so that no two wait for each other; each once
function in_turn.all(self, keys, stop, act, ...)
  if self.waiting:is_alone() then return act(nil, ...) end
  local turns, life = {}, self.waiting:new_life()
  self.waiting:check_place()
  self.waiting:give_up_lost_turn()
  for i, key in ipairs(keys) do
    turns[i] = self.waiting:acquire(key, stop, life)
    if not turns[i] then
      release_all(self, keys, turns)
      return false
    end
  end
  if may_protect() then return release_all_and_pass(self, keys, turns, pcall(act, life, ...)) end
  return release_all_and_pass(self, keys, turns, true, act(life, ...))
end

return in_turn
