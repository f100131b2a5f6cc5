--- The hook for luv, in coroutines that are resumed from its callbacks.

local coroutines = require "twilio.webhooks.waiting.coroutines"
local gates = require "twilio.webhooks.loops.gates"

-- luv takes the coroutine that loads it for the main program, and crashes once that is collected.
local loader, is_main = coroutine.running()
if not loader or is_main then pcall(require, "luv") end -- if it is missing, check says so

-- For each descriptor the function that ends the wait for it.
local waits = {}

local function milliseconds(seconds) return math.ceil(seconds * 1000) end

-- Calls f in the loop's next turn.
local function soon(f)
  local timer = require "luv".new_timer()
  timer:start(0, 0, function()
    timer:close()
    f()
  end)
end

local function wait(fd, events, seconds)
  local uv = require "luv"
  local thread = coroutine.running()
  local poll = uv.new_poll(fd) -- nil where another coroutine waits for it already
  local handle = poll or uv.new_timer()
  local ended, cancel = false, nil
  local function finish()
    ended = true
    if poll and waits[fd] == cancel then waits[fd] = nil end
    handle:close()
  end
  local function go_on()
    if ended then return end
    finish()
    assert(coroutine.resume(thread))
  end
  if poll then
    function cancel()
      poll:stop() -- the descriptor is closed before the next turn
      soon(go_on)
    end
    waits[fd] = cancel
    poll:start(events, go_on) -- the descriptor also becomes readable after `seconds`
  else
    handle:start(milliseconds(seconds), 0, go_on)
  end
  coroutine.yield()
  if not ended then finish() end -- somebody else has resumed it
end

return {
  wait = wait,
  gate = gates.new(
    function() return {} end,
    function(gate, seconds)
      local thread = coroutine.running()
      local timer = require "luv".new_timer()
      local function finish()
        timer:close()
        gate.timer = nil
      end
      function gate.go_on()
        if gate.timer ~= timer then return end
        finish()
        assert(coroutine.resume(thread))
      end
      gate.timer = timer
      timer:start(milliseconds(seconds), 0, gate.go_on)
      coroutine.yield()
      if gate.timer == timer then finish() end -- somebody else has resumed it
    end,
    function(gate) if gate.timer then gate.timer:start(0, 0, gate.go_on) end end),
  cancel = function(fd) if waits[fd] then waits[fd]() end end,
  check = function()
    if not package.loaded.luv then
      error("luv has to be loaded by the main program, or it crashes: say require \"luv\" there first", 0)
    end
    if not coroutines.can_yield() then
      error("nobody can wait in luv here: call the client in a coroutine that luv's callbacks resume, not in "
        .. "the main program, nor below a function of C, which pcall is in Lua 5.1", 0)
    end
  end,
}
