-- The core, whose clients call a function of the spec's as they begin or end one of their methods: what
-- a finalizer or a debug hook may do there, at a moment that the spec chooses.

local core = require "twilio.webhooks.core"

local cores = {}

local function open_with(wrap, name, ...)
  local handle = assert(core.open(...))
  return setmetatable({}, { __index = function(_, called)
    return function(_, ...)
      if called == name then return wrap(handle[called], handle, ...) end
      return handle[called](handle, ...)
    end
  end })
end

local function core_with(wrap, name)
  return setmetatable({ open = function(...) return open_with(wrap, name, ...) end }, { __index = core })
end

--- Calls `act` before that method of a client's handle.
function cores.before(name, act)
  return core_with(function(method, ...)
    act()
    return method(...)
  end, name)
end

--- Calls `act` after it.
function cores.after(name, act)
  return core_with(function(method, ...)
    local first, second, third = method(...)
    act()
    return first, second, third
  end, name)
end

return cores
