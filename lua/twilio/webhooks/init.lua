--- The public face of twilio-webhooks: what `require "twilio.webhooks"` gives.

local client = require "twilio.webhooks.client"
local loading = require "twilio.webhooks.loading"
local plain = require "twilio.webhooks.plain"
local core = loading.core()
local guard = require "twilio.webhooks.guard"
local transport = require "twilio.webhooks.transport"
local wait = require "twilio.webhooks.loops"

local webhooks = {
  _VERSION = core._VERSION,

  -- Functions that let only what Twilio signed reach a handler. See guard/init.lua.
  guard = guard,

  -- Functions that send by other HTTP clients. See transport/init.lua.
  transport = transport,

  -- Hooks for other event loops. See loops/init.lua.
  wait = wait,
}

-- A misspelt transport would be nil, and nil is libcurl.
local function refuse_unknown(table_name, functions)
  local names = plain.names(functions)
  setmetatable(functions, { __index = function(_, name)
    if name == "wait" or name == "perform" then return nil end -- client.new asks whether it is one itself
    loading.refuse(table_name, name, names)
  end })
end

refuse_unknown("transport", transport)

local function check_table(name, params)
  if params == webhooks then
    error(("use a dot: webhooks.%s { ... }"):format(name), 3)
  elseif type(params) ~= "table" then
    error(("bad argument to '%s' (table expected, got %s)"):format(name, type(params)), 3)
  end
end

-- Each takes one table and makes one attempt, for which the caller waits:
--
--   result, info = f(params)           the webhook (a list of them; true) and
--                                      `status`, `headers`, `request_id`, `attempts`
--   nil, message, err = f(params)      one printable line, and a plain table with
--                                      `kind`, `sent`, `retryable`, `problems` and more
--
-- They raise an error only if params is no table. Its fields: doc/reference.md.
for _, name in ipairs(core.operations) do
  local perform = core[name]
  webhooks[name] = function(params)
    check_table(name, params)
    return perform(params)
  end
end

--- A client, whose methods of the same names, and ensure_webhook, try again where that is
-- safe. See client.lua.
function webhooks.new(options)
  check_table("new", options)
  return client.new(options, core)
end

--- Is an incoming request Twilio's? `true`; or nil, a reason (one word), a message (one line).
-- And what Twilio would send, for tests. See incoming/init.lua, which is loaded when it is first used.
for _, name in ipairs { "sign", "verify" } do
  webhooks[name] = function(options)
    check_table(name, options)
    return loading.module "twilio.webhooks.incoming"[name](options)
  end
end

--- The event in a request's body, as a table. See incoming/event.lua.
function webhooks.event(...)
  return loading.module "twilio.webhooks.incoming.event".read(...)
end

--- webhooks.bulk: webhooks by the thousand, loaded when it is first used. See bulk/init.lua.
return setmetatable(webhooks, { __index = function(_, name)
  if name ~= "bulk" then return nil end
  local bulk = loading.module "twilio.webhooks.bulk"
  rawset(webhooks, name, bulk)
  return bulk
end })
