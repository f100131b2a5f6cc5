-- The Twilio API on this machine: for the first try, for tests, for faults. It runs in a
-- separate process (sandbox/server.lua, on Lua 5.4 and cqueues), so that any Lua can call it
-- with blocking calls; this file has the handle on that process. sandbox/api.lua has the
-- answers, sandbox/faults.lua the faults, and sandbox/options.lua the options.
--
--   local server = assert(sandbox.start { latency = 0.1, faults = { { "drop_after", probability = 0.1 } } })
--   ... server.base_url, server.account_sid, server.auth_token, server.window ...
--   server:stop()
--
-- The process ends with the handle or with this process, however that ends.

local cjson = require "cjson"
local entries = require "twilio.webhooks.sandbox.entries"
local events = require "twilio.webhooks.events"
local faults = require "twilio.webhooks.sandbox.faults"
local launch = require "twilio.webhooks.sandbox.launch"
local sandbox_options = require "twilio.webhooks.sandbox.options"

local sandbox = {}

local Server = {}
Server.__index = Server

-- --- what was logged ----------------------------------------------------------

-- What `get` gives of the entries, once they are read.
local function look(server, get)
  local read, why = server.entries:read()
  if not read then return nil, why end
  return get(server.entries)
end

local function copy(list)
  local copied = {}
  for i, one in ipairs(list) do copied[i] = one end
  return copied
end

-- Every request so far, in the order in which they were decided, each a table: n, time,
-- connection, operation, fault, altered, late, processed, status, problem, method, target,
-- version, user, body, headers, header_list, stored, removed. A client that has its answer
-- finds the request here. No `status`: no answer went out.
function Server:requests()
  return look(self, function(all) return copy(all.requests) end)
end

-- Every webhook that exists, of any channel or conversation, the oldest first, each as the
-- API shows it. This is read from the log, without a request.
function Server:webhooks()
  return look(self, function(all) return all:webhooks() end)
end

-- Every attempt to deliver an event so far, each a table: delivery, time, event, webhook,
-- method, url, attempt, status, problem, signature, settings, idempotency_token, body, answer.
function Server:deliveries()
  return look(self, function(all) return copy(all.deliveries) end)
end

-- --- events ------------------------------------------------------------------

-- A field's text; nil if the value has none. A table is written as JSON, as Attributes are.
local function to_text(value)
  if type(value) == "string" then return value end
  if type(value) == "boolean" then return tostring(value) end
  if type(value) == "number" and value % 1 == 0 and math.abs(value) < 2 ^ 53 then
    return ("%d"):format(value)
  elseif type(value) == "table" then
    local encoded, text = pcall(cjson.encode, value)
    return encoded and text or nil
  end
end

local function read_fields(given)
  local fields = {}
  for name, value in pairs(given) do
    if type(name) ~= "string" then return nil, "the names of fields must be strings" end
    fields[name] = to_text(value)
    if not fields[name] then
      return nil, ("field %s must be a string, an integer, a boolean or a table"):format(name)
    end
  end
  return fields
end

-- Sends the event, signed, to each webhook whose filters or triggers match it. Returns before
-- it is delivered: see deliveries. `fields`: by their names on the wire, such as Body; with
-- ChannelSid or ConversationSid only to the webhooks of that one. True, or nil and a message.
function Server:emit(event, fields)
  if not events.channel[event] and not events.conversation[event] then
    return nil, ("unknown event %s%s"):format(tostring(event),
      faults.hint(event, events.channel, events.conversation))
  end
  if fields ~= nil and type(fields) ~= "table" then return nil, "fields must be a table" end
  local texts, problem = read_fields(fields or {})
  if not texts then return nil, problem end
  local encoded, line = pcall(cjson.encode, { event = event, fields = next(texts) and texts or nil })
  if not encoded then return nil, "the fields cannot be written" end
  return launch.tell(self.process, line)
end

-- --- starting and stopping ----------------------------------------------------

-- Ends the process and waits for it. A temporary log goes with it.
function Server:stop()
  launch.stop(self.process)
  return true
end

local function new_handle(process, settings)
  local server = cjson.new().decode(process.description)
  server.process, server.pid = process, process.pid
  server.log, server.entries = settings.log, entries.of(settings.log)
  return setmetatable(server, Server)
end

-- `options`: see sandbox/options.lua. Gives a handle with base_url, account_sid, auth_token,
-- api_key, api_secret, service_sid, channel_sid and window, or nil and a message.
function sandbox.start(options)
  if options == sandbox then error("use a dot: sandbox.start { ... }", 2) end
  if options ~= nil and type(options) ~= "table" then
    error(("bad argument to 'start' (table expected, got %s)"):format(type(options)), 2)
  end
  local settings, problem = sandbox_options.read(options or {})
  if not settings then return nil, problem end
  local process, why = launch.start(settings)
  if not process then return nil, why end
  return new_handle(process, settings)
end

return sandbox
