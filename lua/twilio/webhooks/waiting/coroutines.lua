--- Lua's own coroutines, whatever a host has put in their place.
--
-- nginx's Lua module replaces create, resume, yield and status by functions that tie a
-- coroutine to the current request, and keeps Lua's own under names with an underscore. A task
-- may outlive the request in which it was started, so it runs on Lua's own. Each resume sets
-- anew by what nginx's functions find their request: else a task that logs would write to the
-- log of a request that is gone.

local coroutines = {}

local library = coroutine
local debug = debug -- a host may have left it out

--- Has a host replaced them?
coroutines.are_replaced = rawget(library, "_create") ~= nil

local own = coroutines.are_replaced and "_" or ""
local resume, yield = library[own .. "resume"], library[own .. "yield"]
coroutines.create, coroutines.status = library[own .. "create"], library[own .. "status"]
coroutines.running = library.running

-- --- the host's context -----------------------------------------------------------------

coroutines.resume, coroutines.suspend = resume, yield

if coroutines.are_replaced then
  -- OpenResty's LuaJIT keeps it beside the coroutine, any other in its table of globals.
  local has_data, data = pcall(require, "thread.exdata")
  local context = has_data and data or function() return getfenv(0) end
  local function adopt(value)
    if has_data then data(value) else setfenv(0, value) end
  end

  --- Goes on with a coroutine, in the context of whoever does so.
  function coroutines.resume(thread)
    return resume(thread, context())
  end

  --- Suspends the running one.
  function coroutines.suspend()
    adopt(yield())
  end
end

-- --- where one can wait -------------------------------------------------------------------

-- Functions of C across which LuaJIT and Lua 5.2 can yield.
local TRANSPARENT = (jit or _VERSION == "Lua 5.2") and { [pcall] = true, [xpcall] = true } or {}

-- Is there another function of C on the coroutine's stack? Lua 5.1, 5.2 and LuaJIT have no other
-- way to ask whether a coroutine can yield.
local function is_below_c()
  if not debug then return false end
  local level = 2
  local info = debug.getinfo(level, "Sf")
  while info do
    if info.what == "C" and not TRANSPARENT[info.func] then return true end
    level = level + 1
    info = debug.getinfo(level, "Sf")
  end
  return false
end

--- Can a coroutine wait within pcall? Not in plain Lua 5.1.
coroutines.can_protect = jit ~= nil or _VERSION ~= "Lua 5.1"

--- Can the running coroutine yield? No main program can.
function coroutines.can_yield()
  if library.isyieldable then return library.isyieldable() end
  local thread, is_main = library.running()
  if not thread or is_main then return false end
  return not is_below_c()
end

--- Is that function on the stack of the running coroutine? True where that cannot be known.
function coroutines.is_active(fn)
  if not debug then return true end
  local level = 2
  local info = debug.getinfo(level, "f")
  while info do
    if info.func == fn then return true end
    level = level + 1
    info = debug.getinfo(level, "f")
  end
  return false
end

return coroutines
