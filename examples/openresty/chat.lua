-- What the locations of nginx.conf run.

local webhooks = require "twilio.webhooks"

local chat = {}

-- init_by_lua reads the environment here, once. Unless the environment names another API, it is
-- the sandbox of `make sandbox`. Your own program leaves base_url out.
local base_url = os.getenv "CHAT_API" or "http://127.0.0.1:8390"
local service_sid = os.getenv "TWILIO_SERVICE_SID"

-- Where Twilio finds this nginx.
local public_url = os.getenv "CHAT_URL" or "https://example.com"

-- How a client sends: by libcurl, waiting in nginx's loop, or by nginx's own proxy.
local ways = {
  wait = { wait = webhooks.wait.openresty },
  subrequest = { transport = webhooks.transport.openresty "/twilio" },
}

-- One client of each kind for a worker, made when it is first needed. All of the worker's
-- requests share it, its connections and its budget for retries.
local clients = {}

local function client_for(way)
  if not clients[way] then
    clients[way] = assert(webhooks.new {
      base_url = base_url,
      service_sid = service_sid,
      deadline = 20,
      wait = ways[way].wait,
      transport = ways[way].transport,
    })
  end
  return clients[way]
end

--- Makes sure that the channel's events come to us, and answers so.
function chat.ensure(way, channel)
  local hook, info = client_for(way):ensure_webhook {
    channel_sid = channel,
    type = "webhook",
    configuration = { url = public_url .. "/hook", filters = { "onMessageSent" } },
  }
  if not hook then
    ngx.log(ngx.ERR, info) -- one line, and no secret in it
    ngx.exit(502)
  end
  ngx.say(info.created and "created " or "found ", hook.sid)
end

--- Lets only requests pass that Twilio has signed. The token is TWILIO_AUTH_TOKEN.
chat.guard = webhooks.guard.openresty { public_url = public_url }

-- What your own program does with an event. It may take its time, and may fail.
local function handle(event)
  ngx.shared.twilio_events:incr("count of " .. event.event_type, 1, 0)
end

-- Twilio sends an event again, with the same token, if it had no answer in time. Marks a new event
-- as begun and gives nil; for a repeat gives its state, "begun" or "done". If a worker dies during
-- an event, the mark ends after half a minute, and a repeat is handled then.
local function begin(token)
  local added, why = ngx.shared.twilio_events:add("token " .. token, "begun", 30)
  if added or why ~= "exists" then return nil end -- without room for the mark, handle the event anyway
  return ngx.shared.twilio_events:get("token " .. token) or "begun"
end

local function finish(token, handled)
  ngx.shared.twilio_events:set("token " .. token, handled and "done" or nil, 3600)
end

--- Handles an event that has passed the guard, once.
function chat.receive()
  local event, token = ngx.ctx.twilio.event, ngx.ctx.twilio.idempotency_token
  if not event then return ngx.say "no event" end
  local before = token and begin(token)
  if before == "done" then return ngx.say "repeat" end
  if before == "begun" then return ngx.exit(503) end -- Twilio sends it again, in case this one fails
  local handled, problem = pcall(handle, event)
  if token then finish(token, handled) end
  if not handled then
    ngx.log(ngx.ERR, problem)
    return ngx.exit(500)
  end
  ngx.say("received ", event.event_type)
end

--- Says how many messages have come.
function chat.report()
  ngx.say(ngx.shared.twilio_events:get "count of onMessageSent" or 0)
end

return chat
