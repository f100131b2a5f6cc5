--- The hook for cqueues, on any of its versions. Outside of every loop it blocks, as
-- cqueues.poll does.

local coroutines = require "twilio.webhooks.waiting.coroutines"
local gates = require "twilio.webhooks.loops.gates"

local function is_inside() return (require "cqueues".running()) ~= nil end

local function wait(fd, events, seconds)
  require "cqueues".poll({ pollfd = fd, events = events }, seconds)
end

-- Seconds between two looks outside of a loop, where nobody signals.
local LOOK = 0.02

return {
  wait = wait,
  gate = gates.new(
    function() return { condition = require "cqueues.condition".new() } end,
    function(gate, seconds)
      if is_inside() then gate.condition:wait(seconds)
      else require "cqueues".sleep(math.min(seconds, LOOK)) end
    end,
    function(gate) gate.condition:signal() end),
  cancel = function(fd) require "cqueues".cancel(fd) end,
  check = function()
    if is_inside() and not coroutines.can_yield() then
      error("nobody can wait in cqueues here: not below a function of C, which pcall is in Lua 5.1", 0)
    end
  end,
}
