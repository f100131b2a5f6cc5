-- Debug hooks that come at a certain instruction of one coroutine, as a signal's do at any.

local hooks = {}

--- Has `act` called at the n-th instruction of a coroutine from now, once. LuaJIT calls a hook in each
-- coroutine. `debug.sethook(thread)` takes it back.
function hooks.set(thread, n, act)
  local function hook()
    if coroutine.running() ~= thread then return debug.sethook(thread, hook, "", 1) end
    debug.sethook(thread)
    act()
  end
  debug.sethook(thread, hook, "", n)
end

--- Calls fn in a coroutine, and act at its n-th instruction.
-- @treturn boolean act was called
-- @treturn boolean fn raised no error
-- @return the error, or what it gave
function hooks.call(n, fn, act)
  local thread, called = coroutine.create(fn), false
  hooks.set(thread, n, function()
    called = true
    act()
  end)
  local ok, message = coroutine.resume(thread)
  debug.sethook(thread)
  return called, ok, message
end

--- Raises an error, as Ctrl-C does.
function hooks.interrupt()
  error("interrupted", 0)
end

return hooks
