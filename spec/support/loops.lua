-- Other people's event loops behind one face, and one of our own, for specs that run the same
-- in each. A loop is a table:
--
--   name, hook      hook: the option `wait` of a client
--   run(functions)  runs each function in a coroutine of the loop's, until all have ended; an
--                   error in one is raised. Gives how often the loop went round meanwhile.
--   sleep(seconds)  for such functions; nil where the loop has none
--   drop()          for such a function: its coroutine is never resumed again

local wait = require "twilio.webhooks.loops"

local loops = {}

-- Calls each function in `spawn`ed coroutines, and counts those that have not ended.
local function spawn_all(functions, spawn)
  local state = { left = #functions }
  for _, fn in ipairs(functions) do
    spawn(function()
      local ok, message = xpcall(fn, debug.traceback)
      state.left = state.left - 1
      if not ok then state.message = message end
    end)
  end
  return state
end

-- Where nothing yields across pcall, an error is the coroutine's end instead.
if _VERSION == "Lua 5.1" and not jit then
  function spawn_all(functions, spawn)
    local state = { left = #functions }
    for _, fn in ipairs(functions) do
      spawn(function()
        fn()
        state.left = state.left - 1
      end)
    end
    return state
  end
end

-- --- cqueues ------------------------------------------------------------------------

local cqueues = require "cqueues"

loops.cqueues = { name = "cqueues", hook = wait.cqueues, sleep = cqueues.sleep }

function loops.cqueues.run(functions)
  local loop, rounds = cqueues.new(), 0
  local state = spawn_all(functions, function(fn) loop:wrap(fn) end)
  while state.left > 0 and not loop:empty() do
    assert(loop:step(1))
    rounds = rounds + 1
  end
  if state.message then error(state.message, 0) end
  return rounds
end

function loops.cqueues.drop()
  cqueues.poll() -- for nothing: it would never be resumed
end

-- --- luv ----------------------------------------------------------------------------

-- Busted forgets what a file has loaded, and luv's loop goes with luv, which crashes where it
-- is loaded anew.
local kept = debug.getregistry()
kept["spec.support.loops.luv"] = kept["spec.support.loops.luv"] or require "luv"
local uv = kept["spec.support.loops.luv"]
package.loaded.luv = uv

loops.luv = { name = "luv", hook = wait.luv }

function loops.luv.run(functions)
  local rounds = 0
  local prepare = uv.new_prepare()
  prepare:start(function() rounds = rounds + 1 end)
  prepare:unref()
  local state = spawn_all(functions, function(fn) assert(coroutine.resume(coroutine.create(fn))) end)
  while state.left > 0 and uv.run "once" do end
  prepare:close()
  uv.run "nowait"
  if state.message then error(state.message, 0) end
  return rounds
end

function loops.luv.sleep(seconds)
  local thread, timer = coroutine.running(), uv.new_timer()
  timer:start(math.ceil(seconds * 1000), 0, function()
    timer:close()
    assert(coroutine.resume(thread))
  end)
  coroutine.yield()
end

function loops.luv.drop()
  coroutine.yield()
end

-- --- copas: Debian's is one for Lua 5.1 and LuaJIT alone ---------------------------------

if _VERSION == "Lua 5.1" then
  local copas = require "copas"
  loops.copas = { name = "copas", hook = wait.copas }

  function loops.copas.run(functions)
    local rounds = 0
    local state = spawn_all(functions, copas.addthread)
    while state.left > 0 do
      copas.step(0.05)
      rounds = rounds + 1
    end
    if state.message then error(state.message, 0) end
    return rounds
  end
end

-- --- one of our own, on select ----------------------------------------------------------

local socket = require "socket"
local now = require "twilio.webhooks.core".now

local waiting = {} -- coroutine to {fd, moment}; fd may be nil

local function wait_readable(fd, seconds)
  waiting[coroutine.running()] = { fd = fd, moment = now() + seconds,
    getfd = function(self) return self.fd end, dirty = function() return false end }
  coroutine.yield()
end

-- What README.md and wait.lua show: a hook of three lines.
loops.own = { name = "a loop of one's own", hook = function(fd, _, seconds) wait_readable(fd, seconds) end }

-- The same, which knows no descriptors, as nginx does not: it looks from time to time.
loops.timed = { name = "a loop that knows no descriptors", hook = {
  wait = function(_, _, seconds, idle)
    wait_readable(nil, math.min(seconds, 0.001 * 2 ^ math.min(idle, 4)))
  end,
  longest = 0.016,
} }

function loops.own.sleep(seconds) wait_readable(nil, seconds) end
function loops.own.drop() coroutine.yield() end
loops.timed.sleep, loops.timed.drop = loops.own.sleep, loops.own.drop

local function resume(thread)
  waiting[thread] = nil
  assert(coroutine.resume(thread))
end

local function turn()
  local readers, threads, nearest = {}, {}, now() + 1
  for thread, wanted in pairs(waiting) do
    threads[#threads + 1] = thread
    if wanted.fd then readers[#readers + 1] = wanted end
    nearest = math.min(nearest, wanted.moment)
  end
  local ready, left = {}, math.max(nearest - now(), 0)
  if readers[1] then ready = socket.select(readers, nil, left) else socket.sleep(left) end
  for _, thread in ipairs(threads) do
    local wanted = waiting[thread]
    if wanted and (ready[wanted] or wanted.moment <= now()) then resume(thread) end
  end
end

function loops.own.run(functions)
  local rounds = 0
  local state = spawn_all(functions, function(fn) resume(coroutine.create(fn)) end)
  while state.left > 0 and next(waiting) do
    turn()
    rounds = rounds + 1
  end
  if state.message then error(state.message, 0) end
  return rounds
end
loops.timed.run = loops.own.run

--- All that this interpreter has.
function loops.all()
  local list = {}
  for _, name in ipairs { "cqueues", "luv", "copas", "own", "timed" } do list[#list + 1] = loops[name] end
  return list
end

return loops
