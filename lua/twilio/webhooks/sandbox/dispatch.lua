-- Sends an event to the webhooks that want it, to each independently, and again if that fails.
-- delivery.lua chooses the webhooks and makes the requests; sender.lua sends them.

local cqueues = require "cqueues"
local delivery = require "twilio.webhooks.sandbox.delivery"
local events = require "twilio.webhooks.events"
local json = require "twilio.webhooks.sandbox.json"
local sender = require "twilio.webhooks.sandbox.sender"

local dispatch = {}

local Dispatch = {}
Dispatch.__index = Dispatch

local DELIVERY_SECONDS = 5 -- as long as Twilio waits for a conversation's webhook
local RETRY_PAUSE = 0.1    -- ours
local MAX_UNDER_WAY = 128  -- more would use up the process's descriptors; the others wait

-- Makes one attempt. True if it was a success.
local function send_once(self, webhook, event, fields, attempt, token)
  local request = delivery.request(webhook, event, fields, attempt, self.keys, token)
  local status, problem, answer = sender.send(request, DELIVERY_SECONDS)
  self.log:deliver {
    event = event, webhook = webhook.sid, method = request.method, url = request.url,
    attempt = attempt, status = status, problem = problem, answer = answer, body = request.body,
    signature = request.headers["X-Twilio-Signature"],
    settings = request.headers["X-Twilio-Webhooks-Signature-Settings"], idempotency_token = token,
  }
  return status and status >= 200 and status < 300
end

-- Delivers to one webhook, until it answers with success or has no retries left. All attempts
-- have the same token.
local function deliver(self, webhook, event, fields)
  local token, attempts = self.uuid(), delivery.attempts(webhook)
  for attempt = 0, attempts - 1 do
    if attempt > 0 then cqueues.sleep(RETRY_PAUSE) end
    if send_once(self, webhook, event, fields, attempt, token) then return end
  end
end

-- Makes the deliveries that wait, one after the other; an error ends its own alone.
local function work(self)
  while self.waiting[self.first] do
    local job = self.waiting[self.first]
    self.waiting[self.first] = nil
    self.first = self.first + 1
    xpcall(deliver, self.on_error, self, job.webhook, job.event, job.fields)
  end
  self.under_way = self.under_way - 1
end

local function queue(self, webhook, event, fields)
  self.last = self.last + 1
  self.waiting[self.last] = { webhook = webhook, event = event, fields = fields }
  if self.under_way < MAX_UNDER_WAY then
    self.under_way = self.under_way + 1
    self.go(work, self)
  end
end

-- Begins the deliveries. Gives the sids of their webhooks; or nil and a message.
function Dispatch:emit(event, fields)
  if not events.channel[event] and not events.conversation[event] then
    return nil, ("unknown event %s"):format(event)
  end
  local sids = json.list()
  for _, webhook in ipairs(self.api:webhooks()) do
    if delivery.matches(webhook, event, fields) then
      sids[#sids + 1] = webhook.sid
      queue(self, webhook, event, fields)
    end
  end
  self.announce { event = event, fields = fields, webhooks = sids }
  return sids
end

-- `parts`: api, log, keys (auth_token; or shared_key and shared_secret), uuid(), announce(entry),
-- on_error(problem), and go(function, ...), which has it run beside the others.
function dispatch.new(parts)
  parts.waiting, parts.first, parts.last, parts.under_way = {}, 1, 0, 0
  return setmetatable(parts, Dispatch)
end

return dispatch
