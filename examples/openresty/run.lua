-- Runs nginx.conf on this machine, with a sandbox in place of the API, until Ctrl-C. First it makes
-- a webhook, and sends to it a signed event, the same event again, and a request without a
-- signature. With --api it uses your account, see ../account.lua: Twilio then finds nginx at
-- CHAT_URL, and nginx's own proxy needs the upstream block of nginx.conf.
--
--   lua5.4 examples/openresty/run.lua       any Lua will do; nginx brings its own
--
-- nginx finds this module where it is installed for LuaJIT, or by LUA_PATH and LUA_CPATH.

local here = arg[0]:match "^.*/" or "./"
local account, sandbox = dofile(here .. "../account.lua").find { "service_sid" }

local function read(path)
  local file = assert(io.open(path))
  local text = file:read "*a"
  file:close()
  return text
end

local url = "http://" .. read(here .. "nginx.conf"):match "listen ([%d.:]+);"

local function quoted(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

-- --- nginx --------------------------------------------------------------------------------

-- What chat.lua asks of its environment. With --api the credentials are there already.
local environment = {
  CHAT_API = account.base_url or os.getenv "TWILIO_WEBHOOKS_BASE_URL" or "https://ip-messaging.twilio.com",
  CHAT_URL = sandbox and url,
  TWILIO_SERVICE_SID = account.service_sid,
  TWILIO_ACCOUNT_SID = account.account_sid,
  TWILIO_AUTH_TOKEN = account.auth_token,
}

local function start_nginx()
  local words = { "unset LD_PRELOAD; PATH=$PATH:/usr/sbin" }
  for name, value in pairs(environment) do words[#words + 1] = name .. "=" .. quoted(value) end
  words[#words + 1] = ("nginx -p %s -c nginx.conf -e stderr &"):format(quoted(here))
  os.execute(table.concat(words, " "))
end

-- Waits until nginx ends; Ctrl-C ends it, too.
local function wait_for_nginx()
  os.execute(("while kill -0 $(cat %s); do sleep 0.2; done 2>/dev/null"):format(quoted(here .. "nginx.pid")))
end

-- --- from the webhook to its events -------------------------------------------------------

-- The answer's status and its body's first line.
local function curl(path, words)
  local command = "curl -s --noproxy '*' -w '\\n%%{http_code}' %s %s%s"
  local pipe = assert(io.popen(command:format(words or "", url, path)))
  local text = pipe:read "*a"
  pipe:close()
  return text:match "(%d+)$", text:match "^[^\n]*"
end

-- Calls the function until it gives a value, and gives that; nil after ten seconds.
local function eventually(f)
  for _ = 1, 100 do
    local value = f()
    if value then return value end
    os.execute "sleep 0.1"
  end
end

local function delivered()
  return sandbox:deliveries()[1]
end

-- Sends the sandbox's request again.
local function send_again(delivery)
  return curl("/hook", ("-H 'X-Twilio-Signature: %s' -H 'I-Twilio-Idempotency-Token: %s' -d %s"):format(
    delivery.signature, delivery.idempotency_token, quoted(delivery.body)))
end

local function go_round()
  print("a webhook:       ", select(2, curl("/wait/general", "-X POST")))
  assert(sandbox:emit("onMessageSent", { Author = "ann", Body = "Hello" }))
  local delivery = assert(eventually(delivered), "no event came")
  print("an event:        ", delivery.event, delivery.status)
  print("the same again:  ", send_again(delivery))
  print("without a signature:", (curl("/hook", "-d EventType=onMessageSent")))
  print("received in all: ", select(2, curl "/received"))
end

-- --- the program --------------------------------------------------------------------------

local nobody = assert(curl "/", "this asks nginx by the command curl: please install it")
assert(nobody == "000", "somebody else is at " .. url)
start_nginx()
if eventually(function() return curl "/received" == "200" end) then
  if sandbox then go_round() end
  print(([[

In another shell:

  curl -X POST %s/wait/general          the channel's webhook, by libcurl
  curl -X POST %s/subrequest/general    the same by nginx's own proxy
]]):format(url, url))
  io.stdout:flush()
  wait_for_nginx()
end
if sandbox then sandbox:stop() end
