-- The window on the sandbox: a page beside the API that shows the webhooks, each request and each
-- delivery, and sends events. This file decides who may see it, and has its paths:
--
--   GET  /window          the page, page.html; a browser that asks for / is sent there
--   GET  /window/stream   what it shows, as server-sent events: stream.lua
--   POST /window/emit     an event to send: a form with EventType and the event's fields
--
-- Only this machine may see it, and no other page in its browser: an attacker can make any name lead
-- here (DNS rebinding), and any page can send a form. So the connection has to come from loopback,
-- Host has to be one of loopback's own names, and a page's request has to be this page's.

local decode = require "twilio.webhooks.sandbox.decode"
local events = require "twilio.webhooks.events"
local hmac = require "twilio.webhooks.sandbox.hmac"
local http = require "twilio.webhooks.sandbox.http"
local json = require "twilio.webhooks.sandbox.json"
local plain = require "twilio.webhooks.plain"
local stream = require "twilio.webhooks.sandbox.stream"

local window = {}

local Window = {}
Window.__index = Window

local MAX_READERS = 32 -- of the stream
local FORM = "application/x-www-form-urlencoded"
local PATH = "/window"

-- Beside this file, wherever that was installed.
local PAGE_PATH = debug.getinfo(1, "S").source:match("^@(.*/)") .. "page.html"

-- --- who may see it -----------------------------------------------------------

-- By the address that is listened on, the host of the window's URL. Of others, none is loopback.
local HOSTS = { ["127.0.0.1"] = "127.0.0.1", ["0.0.0.0"] = "127.0.0.1", ["::1"] = "[::1]", ["::"] = "[::1]" }

-- The window's URL; nil if loopback does not lead here.
function window.url(address, port)
  return HOSTS[address] and ("http://%s:%d%s"):format(HOSTS[address], port, PATH)
end

local function is_loopback(address)
  return address == "::1" or (address or ""):gsub("^::ffff:", ""):find("^127%.%d+%.%d+%.%d+$") ~= nil
end

-- The names by which a browser on this machine may call it.
local function own_hosts(port)
  local own = {}
  for _, host in ipairs { "127.0.0.1", "localhost", "[::1]" } do
    own[("%s:%d"):format(host, port)] = true
    if port == 80 then own[host] = true end
  end
  return own
end

-- Does the request come from another page? Browsers say so with each request that is no plain visit:
-- older ones by Origin, newer ones by Sec-Fetch-Site.
local function is_foreign(headers, is_visit)
  local site = headers["sec-fetch-site"] or "none"
  if headers.origin and headers.origin:lower() ~= "http://" .. headers.host:lower() then return true end
  return not is_visit and site ~= "none" and site ~= "same-origin"
end

-- The reason to refuse it; nil for none.
local function refusal(self, request, peer, is_visit)
  if not is_loopback(peer) then return "The window is for this machine alone." end
  if not self.hosts[(request.headers.host or ""):lower()] then
    return "The window is at http://127.0.0.1, localhost or [::1], with its port, and has no other name."
  end
  if is_foreign(request.headers, is_visit) then return "The window answers its own page alone." end
end

-- --- the page -----------------------------------------------------------------

local function read(path)
  local file, why = io.open(path, "rb")
  if not file then error("the window's page is missing: " .. why, 0) end
  local text = file:read("*a")
  file:close()
  return text
end

-- Allows its one script and its one style sheet, by their digests, and nothing else.
local POLICY = "default-src 'none'; script-src 'sha256-%s'; style-src 'sha256-%s'; connect-src 'self'; "
  .. "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
  .. "require-trusted-types-for 'script'; trusted-types 'none'"

local function policy_of(page)
  local script, style = page:match "<script>(.-)</script>", page:match "<style>(.-)</style>"
  return POLICY:format(hmac.base64(hmac.sha256(script)), hmac.base64(hmac.sha256(style)))
end

local function load_page(self)
  self.page = self.page or read(PAGE_PATH)
  self.policy = self.policy or policy_of(self.page)
end

-- --- answers ------------------------------------------------------------------

local PLAIN, JSON = "text/plain; charset=utf-8", "application/json"

-- An answer: `status`, `text`, and the headers.
local function answer(status, text, media_type, headers)
  headers = headers or {}
  headers["Cache-Control"] = "no-store"
  headers["Content-Type"] = media_type
  headers["Cross-Origin-Resource-Policy"] = "same-origin"
  headers["Referrer-Policy"] = "no-referrer"
  headers["X-Content-Type-Options"] = "nosniff"
  return { status = status, text = text, headers = headers }
end

local function show_page(self)
  load_page(self)
  return answer(200, self.page, "text/html; charset=utf-8", { ["Content-Security-Policy"] = self.policy })
end

local function redirect()
  return answer(303, "", PLAIN, { Location = PATH })
end

local function answer_json(status, value)
  return answer(status, json.encode(value) .. "\n", JSON)
end

-- The event and its fields, or nil and what is wrong.
local function read_event(request)
  local media_type = (request.headers["content-type"] or ""):match("^[^;%s]*"):lower()
  local form = media_type == FORM and decode.form(request.body)
  if not form then return nil, "an event is a form, such as EventType=onMessageSent&Body=Hello" end
  local fields = {}
  for name, values in pairs(form) do
    if #values > 1 then return nil, ("%s is given more than once"):format(name) end
    fields[name] = values[1]
  end
  local event = fields.EventType
  fields.EventType = nil
  if not event then return nil, "EventType is missing: the name of the event, such as onMessageSent" end
  return event, fields
end

local function emit(self, request)
  local event, fields = read_event(request)
  if not event then return answer_json(400, { message = fields }) end
  local sids, problem = self.dispatch:emit(event, fields)
  if not sids then return answer_json(400, { message = problem }) end
  return answer_json(202, { event = event, webhooks = sids })
end

local function open_stream(self)
  if self.readers >= MAX_READERS then return answer(503, "Too many windows are open.\n", PLAIN) end
  local opened = answer(200, "", "text/event-stream", { Connection = "close" })
  opened.is_stream = true
  return opened
end

-- By path: what gives the answer, by method; and whether people go there, from elsewhere too.
local PAGE = { methods = { GET = show_page, HEAD = show_page }, allow = "GET, HEAD", is_visit = true }
local ROUTES = {
  ["/"] = { methods = { GET = redirect, HEAD = redirect }, allow = "GET, HEAD", is_visit = true },
  [PATH] = PAGE,
  [PATH .. "/"] = PAGE,
  [PATH .. "/stream"] = { methods = { GET = open_stream }, allow = "GET" },
  [PATH .. "/emit"] = { methods = { POST = emit }, allow = "POST" },
}

local function path_of(request)
  return request.target:match("^[^?]*")
end

local function answer_to(self, request, peer)
  local route = ROUTES[path_of(request)]
  local problem = refusal(self, request, peer, route and route.is_visit)
  if problem then return answer(403, problem .. "\n", PLAIN) end
  if not route then return answer(404, "The window has no such page.\n", PLAIN) end
  local handle = route.methods[request.method]
  if not handle then return answer(405, "Not by this method.\n", PLAIN, { Allow = route.allow }) end
  return handle(self, request)
end

-- --- serving ------------------------------------------------------------------

-- Whether another request may follow.
local function write(socket, request, answered, more)
  local bytes = http.format_response(request, answered.status, answered.headers, answered.text, more)
  if http.write(socket, bytes) and more then return true end
  http.finish(socket)
end

local function serve_stream(self, socket, request, opened)
  self.readers = self.readers + 1
  local head = http.format_head(opened.status, opened.headers)
  local ok, problem = pcall(stream.serve, self, socket, head, request.headers["last-event-id"])
  self.readers = self.readers - 1
  if not ok then error(problem, 0) end
end

-- A browser that opens the bare address wants the window, and no error of the API.
local function wants_page(self, request)
  local headers = request.headers
  return request.target == "/" and self.hosts[(headers.host or ""):lower()] ~= nil
    and (headers.accept or ""):find("text/html", 1, true) ~= nil
end

-- Is the request for the window, and not for the API?
function Window:owns(request)
  local path = path_of(request)
  return path == PATH or path:find("^/window/") ~= nil or wants_page(self, request)
end

-- Answers a request for the window. True if another may follow. `more`: does the client allow that?
function Window:serve(socket, request, more)
  local _, peer = socket:peername()
  local answered = answer_to(self, request, peer)
  if answered.is_stream then return serve_stream(self, socket, request, answered) end
  return write(socket, request, answered, more)
end

-- `parts`: feed, api, dispatch, port; run, a word for this process; about, what the page says of
-- the sandbox.
function window.new(parts)
  parts.hosts, parts.readers = own_hosts(parts.port), 0
  parts.about.events = {
    channel = json.list(plain.names(events.channel)),
    conversation = json.list(plain.names(events.conversation)),
  }
  return setmetatable(parts, Window)
end

return window
