-- Calls of all operations, each against one fault of faults.lua; every tenth is a blocking one. For
-- programs that watch what many of them leave behind.

local core = require "twilio.webhooks.core"
local webhooks = require "twilio.webhooks"
local example = require "spec.support.example"
local fault_server = require "spec.support.fault_server"
local faults = require "spec.support.faults"
local tally = require "spec.support.tally"

local among_faults = {}
among_faults.__index = among_faults

local OPERATIONS = { "create_webhook", "fetch_webhook", "update_webhook", "list_webhooks", "delete_webhook" }
-- Functions under way: those that wait before they try again do not count as in flight.
local TASKS = 1000
-- Of each kind of fault: equal creates of one client go one after the other.
local CHANNELS = 8

-- Those rows that do not end by waiting, and do not send megabytes.
local quick = {}
for _, row in ipairs(faults) do
  local heavy = row.name:find "without an end" or row.name:find "20,000" or row.name:find "does not resolve"
  if not row.slow and not heavy and not row.operation then quick[#quick + 1] = row end
end

--- How many kinds of fault there are.
among_faults.KINDS = #quick

-- Opens a client, and a handle as the module's functions have one.
local function open_clients(self)
  self.client = assert(webhooks.new(self.params))
  self.handle = assert(core.open({}, 1, 1))
end

local function close_clients(self)
  self.client:close()
  self.handle:close()
  self.client, self.handle = nil, nil
end

--- @tparam table options of the client
function among_faults.open(options)
  local self = setmetatable({ server = fault_server.start(0.12), kinds = {}, requests = 0 }, among_faults)
  self.params = {
    max_attempts = 2, ca_file = self.server.ca_file,
    account_sid = example.account_sid, auth_token = example.auth_token, service_sid = example.service_sid,
    channel_sid = example.channel_sid, type = "webhook", configuration = { url = "u" },
    on_event = function(event)
      if event.type == "attempt" then self.requests = self.requests + 1 end
      if event.type == "error" then error(event.message) end
    end,
  }
  for name, value in pairs(options) do self.params[name] = value end
  open_clients(self)
  return self
end

--- Goes on with another client, and closes the one before.
function among_faults:renew()
  close_clients(self)
  open_clients(self)
end

local function count(self, hook, err)
  local kind = hook and "ok" or err.kind
  tally.add(self.kinds, kind)
end

local function params_of(self, row, operation)
  local params = { base_url = self.server:base_url(row.name) }
  for name, value in pairs(row.fields or {}) do params[name] = value end
  if operation == "fetch_webhook" or operation == "update_webhook" or operation == "delete_webhook" then
    params.sid = example.answer.sid
  end
  if operation == "create_webhook" or operation == "update_webhook" then return params end
  params.configuration = nil
  return params
end

-- Each kind of fault meets each operation in turn.
local function call(self, i)
  local round = math.floor(i / #quick)
  local operation = OPERATIONS[(i + round) % #OPERATIONS + 1]
  local params = params_of(self, quick[i % #quick + 1], operation)
  params.channel_sid = "channel " .. round % CHANNELS
  local hook, _, err = self.client[operation](self.client, params)
  count(self, hook, err)
end

local function blocking_call(self, i)
  local params = example.webhook { ca_file = self.server.ca_file, timeout = 2 }
  for name, value in pairs(params_of(self, quick[i % #quick + 1], "create_webhook")) do params[name] = value end
  local hook, _, err = self.handle:create_webhook(params)
  self.requests = self.requests + 1
  count(self, hook, err)
end

--- Begins call number `i`; goes on with others where too many are under way.
function among_faults:call(i)
  -- A 429 pauses a client as a whole, for as long as it says.
  if i % 10 == 0 or quick[i % #quick + 1].pauses then blocking_call(self, i)
  else self.client:go(call, self, i) end
  while self.client:step() > TASKS do self.client:step(0.01) end
end

--- What has come of them, in words.
function among_faults:outcomes()
  return #quick .. " kinds of fault: " .. tally.words(self.kinds)
end

--- Ends the client and the server.
function among_faults:close()
  close_clients(self)
  self.server:stop()
end

return among_faults
