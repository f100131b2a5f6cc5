-- Makes doc/window.png, the picture of the sandbox's window that README shows: a sandbox, a few
-- webhooks and events, an application that answers them, and Chromium. Wants chromium-driver, and
-- ImageMagick's convert for a small file.
--
--   tools/env build/lua5.4 lua5.4 tools/picture.lua [FILE [light|dark]]

local browser = require "spec.support.browser"
local cqueues = require "cqueues"
local sandbox = require "twilio.webhooks.sandbox"
local socket = require "cqueues.socket"
local webhooks = require "twilio.webhooks"

local file, scheme = arg[1] or "doc/window.png", arg[2] or "light"

local ANSWERS = {
  ["/hooks/messages"] = "200 OK\r\nContent-Length: 15\r\n\r\n{\"stored\":true}",
  ["/moderation"] = "503 Service Unavailable\r\nContent-Length: 19\r\n\r\ndatabase is locked\n",
  ["/alerts"] = "204 No Content\r\n\r\n",
}

-- The application; for each event that it is sent it takes one request.
local function serve(listener, count)
  for _ = 1, count do
    local connection = assert(listener:accept({}, 20))
    connection:setmode("b", "bn")
    local path = connection:read("*l"):match "^%u+ ([^ ?]+)"
    for line in connection:lines "*l" do
      if line == "\r" then break end
    end
    connection:write("HTTP/1.1 ", ANSWERS[path])
    connection:shutdown "w"
    connection:read "*a"
    connection:close()
  end
end

local function fill(server, address)
  local client = assert(webhooks.new { base_url = server.base_url, account_sid = server.account_sid,
    auth_token = server.auth_token, service_sid = server.service_sid })
  local function create(channel, kind, configuration)
    assert(client:create_webhook { channel_sid = channel, type = kind, configuration = configuration })
  end
  create("support", "studio", { flow_sid = "FW" .. ("a1b2c3d4"):rep(4), filters = { "onChannelAdded" } })
  create("support", "trigger", { url = address .. "/alerts", triggers = { "refund", "help" } })
  local sent, added = { "onMessageSent" }, { "onMessageSent", "onMemberAdded" }
  create("general", "webhook", { url = address .. "/moderation", filters = sent, retry_count = 1 })
  create("general", "webhook", { url = address .. "/hooks/messages", filters = added })
  client:list_webhooks { channel_sid = "general" }
  client:fetch_webhook { channel_sid = "general", sid = "WH" .. ("0"):rep(32) }
  client:close()
end

local function picture(server)
  local page = browser.start()
  page:size(1280, 860)
  page:devtools("Emulation.setEmulatedMedia",
    { features = { { name = "prefers-color-scheme", value = scheme } } })
  page:open(server.window)
  browser.eventually(function() return page:run "return document.querySelectorAll('.item.delivery')[3]" end)
  page:run [[
    const deliveries = [...document.querySelectorAll('.item.delivery')]
    deliveries.find(one => one.textContent.includes('/hooks')).click()]]
  cqueues.sleep(2) -- what is new has lost its colour
  local name = os.tmpname()
  local pipe = io.popen("base64 -d >" .. name, "w")
  pipe:write(page:screenshot())
  pipe:close()
  page:stop()
  return name
end

local listener = socket.listen { host = "127.0.0.1", port = 9000 }
local faults = { { "drop_after", operation = "create", after = 3, times = 1 } }
local server = assert(sandbox.start { port = 8390, faults = faults })
fill(server, "http://127.0.0.1:9000")
assert(server:emit("onMessageSent", { Author = "ann", Body = "I would like a refund, please.", Index = 4 }))
serve(listener, 4)
local name = picture(server)
server:stop()
local shrink = "convert %s +dither -colors 128 -define png:compression-level=9 -strip %s"
if not os.execute(shrink:format(name, file)) then
  os.execute(("cp %s %s"):format(name, file))
end
os.remove(name)
