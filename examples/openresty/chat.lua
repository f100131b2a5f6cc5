-- What the locations of nginx.conf run.

local webhooks = require "twilio.webhooks"

local chat = {}

-- The environment is read here, once, in init_by_lua. Where nobody says otherwise, the API is
-- the sandbox of `make sandbox`. Your own program leaves base_url away.
local base_url = os.getenv "CHAT_API" or "http://127.0.0.1:8390"
local service_sid = os.getenv "TWILIO_SERVICE_SID"

-- How a client goes about it: libcurl, waiting as nginx does, or nginx's own proxy.
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

--- Makes sure that the channel's events come to us, and says so.
function chat.ensure(way, channel)
  local hook, info = client_for(way):ensure_webhook {
    channel_sid = channel,
    type = "webhook",
    configuration = { url = "https://example.com/hook", filters = { "onMessageSent" } },
  }
  if not hook then
    ngx.log(ngx.ERR, info) -- one line, and no secret in it
    ngx.exit(502)
  end
  ngx.say(info.created and "created " or "found ", hook.sid)
end

return chat
