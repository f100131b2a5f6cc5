-- Makes a webhook, receives its events, verifies each and handles it once, all in one program with
-- a cqueues loop. In a sandbox on this machine it shows what may come, and ends: an event; the same
-- event again, because the first answer was lost; and a request that nobody has signed. With --api
-- in your account, see account.lua, it runs until Ctrl-C. Twilio then has to reach port 8392 of this
-- machine at PUBLIC_URL, for example through a tunnel.
--
--   lua5.4 examples/receive.lua
--
-- It reads HTTP in as few lines as possible. A real program needs a server with limits in front of
-- it, such as nginx (examples/openresty), or a library, such as lua-http.

local cqueues = require "cqueues"
local socket = require "cqueues.socket"
local webhooks = require "twilio.webhooks"
local account = dofile((arg[0]:match "^.*/" or "") .. "account.lua")

local params, sandbox = account.find { "service_sid", "channel_sid" }
local listener = socket.listen("127.0.0.1", sandbox and 0 or 8392)
local public_url = sandbox and ("http://127.0.0.1:%d"):format(select(3, listener:localname()))
  or assert(os.getenv "PUBLIC_URL", "set PUBLIC_URL to where Twilio finds this program")

-- --- what comes in ------------------------------------------------------------------------

local handled = {} -- all tokens; a program that goes on keeps those of the last hour

-- The answer's status, and a word for this program's own output.
local function receive(request)
  local headers = request.headers
  local verified, reason = webhooks.verify {
    url = public_url .. request.target,
    signature = headers["x-twilio-signature"],
    settings = headers["x-twilio-webhooks-signature-settings"],
    content_type = headers["content-type"],
    body = request.body,
    auth_token = params.auth_token, -- nil: TWILIO_AUTH_TOKEN
  }
  if not verified then return 403, "refused: " .. reason end
  local token = headers["i-twilio-idempotency-token"]
  if token and handled[token] then return 204, "a repeat, dropped" end
  local event = webhooks.event(request.body)
  if not event then return 204, "no event" end
  if token then handled[token] = true end
  return 204, ("%s: %s"):format(event.event_type, event.body or "")
end

-- --- HTTP ---------------------------------------------------------------------------------

local MAX_BODY_BYTES = 524288

-- A request, or nil. It joins a repeated header by a comma, which verify then refuses.
local function read_request(connection)
  local target = (connection:read "*l" or ""):match "^POST (/%S*) HTTP/1%.1"
  if not target then return nil end
  local headers = {}
  for line in connection:lines "*h" do
    local name, value = line:match "^([^:]+):%s*(.-)%s*$"
    if not name then return nil end
    name = name:lower()
    headers[name] = headers[name] and headers[name] .. "," .. value or value
  end
  connection:read "*l" -- the empty line
  local length = tonumber(headers["content-length"] or 0)
  if not length or length > MAX_BODY_BYTES then return nil end
  return { target = target, headers = headers, body = length > 0 and connection:read(length) or "" }
end

local count = 0

-- In the sandbox it loses the first answer, as a network may.
local function serve(connection)
  connection:setmode("b", "b")
  connection:settimeout(10)
  connection:onerror(function(_, _, why) return why end)
  local request = read_request(connection)
  local status, what = 400, "no request"
  if request then status, what = receive(request) end
  count = count + 1
  print(("request %d\t%d\t%s"):format(count, status, what))
  if not (sandbox and count == 1) then
    connection:write(("HTTP/1.1 %d -\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"):format(status))
  end
  connection:close()
end

-- --- from the webhook to its events -------------------------------------------------------

-- Sends as somebody who knows the URL, and not the token.
local function forge()
  local connection = socket.connect("127.0.0.1", select(3, listener:localname()))
  local body = "EventType=onMessageSent&Body=I+am+nobody"
  local head = "POST /hook HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n"
  connection:write(head:format(#body) .. body)
  connection:flush()
  print("answer to the forger\t" .. connection:read "*l")
  connection:close()
end

local function go_round()
  params.wait = webhooks.wait.cqueues
  local client = assert(webhooks.new(params))
  local hook, info = assert(client:ensure_webhook {
    type = "webhook",
    configuration = { url = public_url .. "/hook", filters = { "onMessageSent" }, retry_count = 2 },
  })
  print((info.created and "created" or "found") .. "\t" .. hook.sid)
  client:close()
  if not sandbox then return end
  assert(sandbox:emit("onMessageSent", { Author = "ann", Body = "Hello" }))
  while count < 2 do cqueues.sleep(0.01) end
  forge()
end

local loop = cqueues.new()
loop:wrap(go_round)
loop:wrap(function()
  for _ = 1, sandbox and 3 or math.huge do
    local connection = listener:accept()
    loop:wrap(function() serve(connection) end)
  end
  listener:close()
end)
assert(loop:loop())
if sandbox then sandbox:stop() end
