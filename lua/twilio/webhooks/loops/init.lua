--- Hooks for the option `wait` of a client: how to wait inside of somebody else's event
-- loop. A hook is a function, or a table with these:
--
--   wait(fd, events, seconds, idle)   suspends the running coroutine until the descriptor is
--       readable (events is "r"), or `seconds` have passed. It may come back earlier. The
--       descriptor becomes readable when the seconds have passed, too, so a loop that knows
--       descriptors alone may leave them aside. fd is nil on systems that have nothing like
--       epoll or kqueue: then the seconds are few. `idle` counts the waits in a row that
--       brought nothing, for a loop that can only look from time to time.
--   gate()   optional: something for one coroutine to wait at, with `gate:wait(seconds)` and
--       `gate:signal()`, which does not itself run the other. Of many coroutines that wait, one
--       waits for the descriptor and wakes the others at their gates. Where a hook has no gates,
--       each of the others waits for a descriptor of its own, with wait.
--   longest   optional: the most seconds that wait ever takes. For a loop that ends coroutines
--       at will: the sooner a leader is known to be gone, the sooner another takes over.
--   cancel(fd)   optional: the descriptor is about to be closed; wakes who waits for it.
--   check()   optional: raises an error where nobody can wait. Asked before anything is sent.
--
-- The smallest is three lines. For a loop with a function `wait_readable(fd, seconds)`:
--
--   webhooks.new { wait = function(fd, events, seconds)
--     loop.wait_readable(fd, seconds)
--   end }
--
-- Nothing is required before a hook is used.

local wait = {}

-- Seconds between two looks where nothing can be waited for: more while nothing comes.
local SHORTEST, LONGEST = 0.001, 0.020

local function back_off(seconds, idle)
  return math.min(seconds, LONGEST, SHORTEST * 2 ^ math.min(idle or 0, 10))
end

-- A gate of a loop's own kind: open() makes what await(state, seconds) waits for and
-- wake(state) ends. A signal that comes before the wait is not lost.
local function gates(open, await, wake)
  local Gate = {}
  Gate.__index = Gate
  function Gate:wait(seconds)
    if not self.signaled then await(self, seconds) end
    self.signaled = false
  end
  function Gate:signal()
    self.signaled = true
    wake(self)
  end
  return function() return setmetatable(open(), Gate) end
end

--- cqueues, on any of its versions.
wait.cqueues = {
  wait = function(fd, events, seconds, idle)
    if fd then require "cqueues".poll({ pollfd = fd, events = events }, seconds)
    else require "cqueues".sleep(back_off(seconds, idle)) end
  end,
  gate = gates(
    function() return { condition = require "cqueues.condition".new() } end,
    function(gate, seconds) gate.condition:wait(seconds) end,
    function(gate) gate.condition:signal() end),
  cancel = function(fd) require "cqueues".cancel(fd) end,
}

-- luv: the coroutines that wait for a descriptor, so that they can be woken before it closes.
local luv_waits = {}

--- luv, in coroutines that are resumed from its callbacks.
wait.luv = {
  wait = function(fd, events, seconds, idle)
    local uv = require "luv"
    local thread = coroutine.running()
    local poll = fd and uv.new_poll(fd) -- nil where another coroutine waits for it already
    local handle = poll or uv.new_timer()
    local ended = false
    local function finish()
      ended = true
      if poll then luv_waits[fd] = nil end
      handle:close()
    end
    local function go_on()
      if ended then return end
      finish()
      assert(coroutine.resume(thread))
    end
    if poll then
      luv_waits[fd] = go_on
      poll:start(events, go_on) -- the descriptor tells the time, too
    else
      handle:start(math.ceil(back_off(seconds, idle) * 1000), 0, go_on)
    end
    coroutine.yield()
    if not ended then finish() end -- somebody else has resumed it
  end,
  gate = gates(
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
      timer:start(math.ceil(seconds * 1000), 0, gate.go_on)
      coroutine.yield()
      if gate.timer == timer then finish() end -- somebody else has resumed it
    end,
    -- in the loop's next turn, and not on top of whoever signals
    function(gate) if gate.timer then gate.timer:start(0, 0, gate.go_on) end end),
  cancel = function(fd) if luv_waits[fd] then luv_waits[fd]() end end,
}

-- copas waits for what looks like a socket: this one has something to read when asked again.
local Readable = {}
Readable.__index = Readable
function Readable:getfd() return self.fd end
function Readable:dirty() return self.asked == nil end
function Readable.settimeout() return 1 end
function Readable.close() end -- copas closes what a coroutine waited for when that ends
function Readable:receive()
  if self.asked then return "" end
  self.asked = true
  return nil, "timeout", ""
end

--- copas, on any of its versions.
wait.copas = function(fd, _, seconds, idle)
  local copas = require "copas"
  if fd then copas.receive(setmetatable({ fd = fd }, Readable), 1)
  else copas.sleep(back_off(seconds, idle)) end -- copas 2 or newer
end

-- Phases of nginx in which its Lua module lets nobody wait.
local NGX_NO_WAIT = {}
for phase in ("init init_worker set header_filter body_filter log balancer ssl_session_store exit_worker")
  :gmatch "%S+" do NGX_NO_WAIT[phase] = true end

--- OpenResty, and nginx with its Lua module, in every phase in which ngx.sleep is allowed.
-- nginx lets nobody wait for a descriptor of their own: this looks after 1 ms, and after up
-- to 20 ms while nothing comes. Never less, which nginx would take for no time at all.
wait.openresty = {
  wait = function(_, _, seconds, idle) ngx.sleep(math.max(back_off(seconds, idle), SHORTEST)) end,
  longest = LONGEST,
  check = function()
    local phase = ngx.get_phase()
    if not NGX_NO_WAIT[phase] then return end
    error("nginx lets nobody wait in the phase " .. phase
      .. ": call the client in a function for ngx.timer.at", 0)
  end,
  gate = function()
    local semaphore = require "ngx.semaphore".new()
    return {
      wait = function(_, seconds) semaphore:wait(seconds) end,
      signal = function() semaphore:post(1) end,
    }
  end,
}

return wait
