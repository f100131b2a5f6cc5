--- The hook for copas, on any of its versions.
--
-- copas waits for an object like a socket: for its descriptor, and before that it asks whether there
-- is something to read already. Gates answer that question themselves. So they all share one
-- descriptor, for the time, since select takes no more than about a thousand.

local coroutines = require "twilio.webhooks.waiting.coroutines"
local gates = require "twilio.webhooks.loops.gates"

-- An object that copas takes for a socket. It has something to read when copas asks again.
local Readable = {}
Readable.__index = Readable
function Readable:getfd() return self.fd end
function Readable:dirty() return self.woken or self.is_ready ~= nil and self.is_ready() end
function Readable.settimeout() return 1 end
function Readable.close() end -- copas closes the object when the coroutine ends
function Readable:receive()
  if self.asked then return "" end
  self.asked = true
  return nil, "timeout", ""
end

-- The waiting objects of each descriptor. If there are several, luasocket's select reports only one,
-- perhaps the same each time. So that one wakes the others.
local waiting = {}

local function wake_others(others)
  for other in pairs(others) do other.woken = true end
end

-- Suspends the running coroutine until the descriptor is readable, or is_ready says so.
local function wait_for(fd, is_ready)
  local readable = setmetatable({ fd = fd, is_ready = is_ready, asked = false, woken = false }, Readable)
  waiting[fd] = waiting[fd] or setmetatable({}, { __mode = "k" }) -- copas may drop a coroutine
  waiting[fd][readable] = true
  require "copas".receive(readable, 1)
  waiting[fd][readable] = nil
  if not readable:dirty() then wake_others(waiting[fd]) end
end

-- Sets the alarm of all gates to so many seconds, or less.
local function set_alarm(clock, seconds)
  local now = require "twilio.webhooks.core".now()
  if not clock.at or clock.at <= now or now + seconds < clock.at then
    clock.at = now + seconds
    clock.fd = clock.alarm(seconds)
  end
  return clock.fd
end

return {
  wait = function(fd) wait_for(fd) end,
  gate = gates.new(
    function(clock) return { clock = clock } end,
    function(gate, seconds)
      wait_for(set_alarm(gate.clock, seconds), function() return gate.signaled end)
    end,
    function() end), -- copas asks before it waits next
  check = function()
    if not coroutines.can_yield() then
      error("nobody can wait in copas here: call the client in a function for copas.addthread, not below a "
        .. "function of C, which pcall is in Lua 5.1", 0)
    end
  end,
}
