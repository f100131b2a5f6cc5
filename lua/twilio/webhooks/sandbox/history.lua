-- The webhooks of a channel or conversation as they were some time ago, for lists that lag.
-- Kept only if a rule needs it, and no longer than the longest lag.

local history = {}

local History = {}
History.__index = History

local NOTHING = { webhooks = {}, serials = {} }

local function copy(values)
  local result = {}
  for key, value in pairs(values) do result[key] = value end
  return result
end

-- A configuration is replaced by a change and never changed itself: it need not be copied.
local function copy_of(parent, time)
  local webhooks = {}
  for i, webhook in ipairs(parent.webhooks) do webhooks[i] = copy(webhook) end
  return { time = time, webhooks = webhooks, serials = copy(parent.serials) }
end

-- Notes the parent's present state. Forgets states older than the longest lag, except the newest.
function History:note(parent)
  if self.seconds == 0 then return end
  local states, now = self.states[parent] or {}, self.now()
  self.states[parent] = states
  table.insert(states, copy_of(parent, now))
  while states[2] and states[2].time <= now - self.seconds do table.remove(states, 1) end
end

-- The parent as it was `lag` seconds ago.
function History:past(parent, lag)
  local found
  for _, state in ipairs(self.states[parent] or {}) do
    if state.time <= self.now() - lag then found = state end
  end
  return found or NOTHING
end

-- `now()`: seconds with a fraction. `seconds`: the longest lag, 0 for none.
function history.new(now, seconds)
  return setmetatable({ now = now, seconds = seconds, states = {} }, History)
end

return history
