-- What a client takes for the core's handle (csrc/lua/client.h), over functions of a spec's own.

local core = require "twilio.webhooks.core"

local handles = {}

-- A request that can be sent again.
local function draft(operation, params, request)
  return { operation = operation, params = params, request = function() return request end }
end

--- @tparam table operations names of operations to functions (handle, params, seconds)
-- @tparam[opt] function on_close
function handles.new(operations, on_close)
  local handle = { close = on_close or function() end }
  for name, perform in pairs(operations) do handle[name] = perform end
  function handle.request(_, operation, params) return core.request(operation, params) end
  function handle.draft(_, operation, params, skip_unknown)
    local request, message, err = core.request(operation, params)
    if not request and not skip_unknown then return nil, message, err end
    return draft(operation, params, request), 1
  end
  function handle.list(_, create) return draft("list_webhooks", create.params, create:request()) end
  function handle.perform(_, drafted, seconds) return handle[drafted.operation](handle, drafted.params, seconds) end
  return handle
end

--- One attempt of a client's, with no policy above it.
function handles.attempt(client, operation, params, seconds)
  local request, message, err = client.handle:draft(operation, params)
  if not request then return nil, message, err end
  return client.waiting:perform(operation, request, seconds)
end

return handles
