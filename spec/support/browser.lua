-- A headless Chromium, by the WebDriver protocol of chromedriver (https://www.w3.org/TR/webdriver2/)
-- on loopback. Both end with this process, however that ends: a shell waits for a pipe that only
-- this process holds open, and no session outlives its time.

local cjson = require "cjson"
local cqueues = require "cqueues"
local http_client = require "spec.support.http_client"

local browser = {}

local Browser = {}
Browser.__index = Browser

local LONGEST = 300 -- seconds, for all of a session
local PATIENCE = 30 -- seconds; only a spec that fails waits so long

-- Ends the driver's whole group, which the browser belongs to, and the profile with it. A
-- process in the background would have no stdin: the pipe is descriptor 3.
local COMMAND = [[
unset LD_PRELOAD
directory=$(mktemp -d) && exec 3<&0
HOME=$directory TMPDIR=$directory setsid timeout -k 5 %d chromedriver --port=0 >"$directory/log" 2>&1 </dev/null 3<&- &
echo "$directory $!" >%s
read -r _ <&3
kill -s KILL -- -$! 2>/dev/null
wait $! 2>/dev/null
rm -rf "$directory"]]

local function exists(command)
  local pipe = io.popen(("command -v %s"):format(command))
  local found = pipe:read "*a" ~= ""
  pipe:close()
  return found
end

--- Why there is no browser here; nil if there is one.
function browser.missing()
  for _, command in ipairs { "chromium", "chromedriver", "setsid", "timeout" } do
    if not exists(command) then return ("there is no %s here (Debian: chromium-driver)"):format(command) end
  end
end

local function read(path)
  local file = io.open(path, "rb")
  if not file then return "" end
  local text = file:read "*a"
  file:close()
  return text
end

--- What the function gives once it gives something; else an error.
function browser.eventually(f, what)
  local deadline = cqueues.monotime() + PATIENCE
  repeat
    local value = f()
    if value then return value end
    cqueues.sleep(0.05)
  until cqueues.monotime() > deadline
  error("it never came: " .. (what or "?"), 2)
end

-- --- the protocol -------------------------------------------------------------------------

local function request(self, method, path, body)
  local text = body and cjson.encode(body) or ""
  if text == "[]" then text = "{}" end
  local connection = http_client.connect(self.driver)
  connection.socket:settimeout(PATIENCE * 2)
  connection:send(http_client.format(method, path, {
    "Host: " .. self.driver:match "//(.+)", "Content-Type: application/json", "Connection: close",
    "Content-Length: " .. #text,
  }, text))
  local response = assert(connection:receive(), "chromedriver does not answer")
  connection:close()
  local value = cjson.decode(response.body).value
  if response.status ~= 200 then error(("%s: %s"):format(path, value.message), 2) end
  return value
end

local function command(self, method, path, body)
  return request(self, method, "/session/" .. self.session .. path, body)
end

-- --- the browser --------------------------------------------------------------------------

function Browser:open(url)
  command(self, "POST", "/url", { url = url })
end

--- What the function body gives, run in the page: its arguments are `arguments`. One more is
-- added, since cjson takes a list without any for an object.
function Browser:run(script, ...)
  local arguments = { ... }
  arguments[#arguments + 1] = false
  local value = command(self, "POST", "/execute/sync", { script = script, args = arguments })
  if value == cjson.null then return nil end
  return value
end

-- An element's id, in the protocol's words.
local ELEMENT = "element-6066-11e4-a52e-4f735466cecf"

local function find(self, selector)
  local found = command(self, "POST", "/element", { using = "css selector", value = selector })
  return "/element/" .. found[ELEMENT]
end

function Browser:click(selector)
  command(self, "POST", find(self, selector) .. "/click", {})
end

function Browser:type(selector, text)
  command(self, "POST", find(self, selector) .. "/value", { text = text })
end

function Browser:text(selector)
  return command(self, "GET", find(self, selector) .. "/text")
end

--- Presses keys where the focus is.
function Browser:press(...)
  local actions = {}
  for _, key in ipairs { ... } do
    actions[#actions + 1] = { type = "keyDown", value = key }
    actions[#actions + 1] = { type = "keyUp", value = key }
  end
  command(self, "POST", "/actions", { actions = { { type = "key", id = "keys", actions = actions } } })
end

--- A command of the browser's own (Chrome DevTools Protocol).
function Browser:devtools(name, params)
  return command(self, "POST", "/goog/cdp/execute", { cmd = name, params = params })
end

--- All that the page has written to its console, errors too, since the last time.
function Browser:console()
  return command(self, "POST", "/se/log", { type = "browser" })
end

--- The picture as bytes of base64.
function Browser:screenshot()
  return command(self, "GET", "/screenshot")
end

function Browser:size(width, height)
  command(self, "POST", "/window/rect", { width = width, height = height })
end

function Browser:stop()
  pcall(request, self, "DELETE", "/session/" .. self.session)
  self.pipe:close()
end

-- --- starting -----------------------------------------------------------------------------

-- As root, in CI, Chromium has no sandbox; it sees nothing but this machine. The driver speaks to
-- it by a pipe: a system that is fresh may not know the name localhost.
local OPTIONS = {
  args = {
    "--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu",
    "--disable-dev-shm-usage", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--mute-audio",
    "--no-proxy-server", "--window-size=1440,900", "--host-resolver-rules=MAP foreign.example 127.0.0.1",
  },
}

function browser.start()
  local name = os.tmpname()
  local pipe = assert(io.popen(COMMAND:format(LONGEST, name), "w"))
  local directory = browser.eventually(function() return read(name):match "^(%S+) %d+\n" end, "chromedriver")
  os.remove(name)
  local port = browser.eventually(function()
    return read(directory .. "/log"):match "started successfully on port (%d+)"
  end, "chromedriver's port")
  local self = setmetatable({ pipe = pipe, driver = "http://127.0.0.1:" .. port }, Browser)
  local made = request(self, "POST", "/session", { capabilities = { alwaysMatch = {
    ["goog:chromeOptions"] = OPTIONS, ["goog:loggingPrefs"] = { browser = "ALL" },
  } } })
  self.session = made.sessionId
  return self
end

return browser
