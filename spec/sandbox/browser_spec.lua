-- The window's page in a real browser, headless. #browser: Chromium is large, and only
-- `make verify` installs it, which has a run of its own for this (tools/run window); `make test`
-- leaves it out. What the server does is in window_spec.lua. #once: it is about no interpreter.

local browser = require "spec.support.browser"
local sandbox = require "twilio.webhooks.sandbox"
local socket = require "cqueues.socket"
local webhooks = require "twilio.webhooks"

local HOSTILE = "<img src=x onerror=\"window.hacked = 1\"><script>window.hacked = 2</script>\226\128\174gpj.\27[31m"
local PATIENCE = 20 -- seconds; only a spec that fails waits so long
local KEYS = { down = "\238\128\149", escape = "\238\128\140", home = "\238\128\145" }

local unpack = table.unpack or unpack
local missing = browser.missing()

describe("the window's page #once #browser", function()
  if missing then
    pending("needs a browser: " .. missing)
    return
  end

  local page, server, listener, receiver

  setup(function()
    page = browser.start()
    listener = socket.listen { host = "127.0.0.1", port = 0 }
    listener:listen()
    receiver = ("http://127.0.0.1:%d/hook"):format((select(3, listener:localname())))
  end)

  teardown(function()
    page:stop()
    listener:close()
  end)

  local function start(options)
    server = assert(sandbox.start(options or {}))
  end

  local function eventually(script, ...)
    local arguments = { ... }
    return browser.eventually(function() return page:run(script, unpack(arguments)) end, script)
  end

  local function open()
    page:open(server.window)
    eventually "return document.querySelector('#state').textContent === 'Live' && live"
  end

  before_each(function()
    start()
    open()
    page:console()
  end)

  after_each(function()
    server:stop()
  end)

  local function create(channel, configuration, kind)
    return assert(webhooks.create_webhook { base_url = server.base_url, account_sid = server.account_sid,
      auth_token = server.auth_token, service_sid = server.service_sid, channel_sid = channel, type = kind or "webhook",
      configuration = configuration or { url = receiver, filters = { "onMessageSent" } } })
  end

  -- Takes one request and answers it.
  local function receive(text)
    local connection = assert(listener:accept({ nodelay = true }, PATIENCE))
    connection:setmode("b", "bn")
    connection:settimeout(PATIENCE)
    for line in function() return connection:read "*l" end do
      if line == "\r" then break end
    end
    connection:write(("HTTP/1.1 200 x\r\nContent-Length: %d\r\n\r\n%s"):format(#text, text))
    connection:shutdown "w"
    connection:read "*a"
    connection:close()
  end

  local function count(selector)
    return page:run("return document.querySelectorAll(arguments[0]).length", selector)
  end

  local function await_count(selector, n)
    eventually("return document.querySelectorAll(arguments[0]).length === arguments[1]", selector, n)
  end

  local function has_text(selector, text)
    eventually("return document.querySelector(arguments[0]).textContent.includes(arguments[1])", selector, text)
  end

  -- Nothing of the page is wider than its place.
  local function assert_layout(what)
    assert.same("", page:run [[
      const places = document.querySelectorAll("html, main, section, .scroll, .head, .webhook, dialog[open]")
      const wide = [...places].filter(one => one.scrollWidth > one.clientWidth + 1)
      return wide.map(one => one.id || one.className || one.tagName).join(" ")]], what)
  end

  it("says what to do where there is nothing yet", function()
    has_text("#groups", "No webhook yet")
    has_text("#no-items", "Nothing has happened yet")
    has_text("#no-items", server.service_sid)
    assert_layout()
    assert.same({}, page:console())
  end)

  it("shows webhooks as they come, change and go", function()
    local hook = create "general"
    await_count(".webhook", 1)
    has_text("details.group summary", "general")
    has_text(".webhook", receiver)
    has_text(".webhook", "onMessageSent")
    local access = { base_url = server.base_url, account_sid = server.account_sid, auth_token = server.auth_token,
      service_sid = server.service_sid, channel_sid = "general", sid = hook.sid }
    access.configuration = { url = receiver .. "/changed" }
    assert(webhooks.update_webhook(access))
    has_text(".webhook", receiver .. "/changed")
    assert.equal("1", page:text "#webhook-count")
    access.configuration = nil
    assert(webhooks.delete_webhook(access))
    await_count(".webhook", 0)
    has_text("#groups", "No webhook yet")
    await_count("#items > button", 3)
  end)

  it("sends an event by its button, and shows the delivery and its signature", function()
    local hook = create "general"
    await_count(".webhook", 1)
    page:click(".webhook button")
    assert.equal(hook.channel_sid, page:run "return document.querySelector('#parent').value")
    page:run "document.querySelector('#body').value = ''"
    page:type("#body", "two words")
    page:type("#fields", "Author=ann\nIndex=2")
    assert_layout "the dialog"
    page:click "#submit"
    receive "thank you"
    has_text("#toast", "sent to 1 webhook")
    await_count("#items > button[data-kind=delivery]", 1)
    page:click "#items > button[data-kind=delivery]"
    local delivery = server:deliveries()[1]
    assert.equal("thank you", delivery.answer)
    for _, text in ipairs { delivery.signature, delivery.idempotency_token, "thank you", "two words", hook.sid } do
      has_text("#shown", text)
    end
    -- what the page says was signed is what was signed
    local signed = page:run "return [...document.querySelectorAll('#shown pre')].at(-1).textContent"
    local fields = webhooks.event(delivery.body)
    assert.same({ "two words", "ann", 2 }, { fields.body, fields.author, fields.index })
    assert.equal(receiver, signed:sub(1, #receiver))
    local command = ("printf %%s '%s' | openssl dgst -sha1 -hmac '%s' -binary | base64"):format(signed, server.auth_token)
    local pipe = io.popen(command)
    assert.equal(delivery.signature .. "\n", pipe:read "*a")
    pipe:close()
  end)

  it("says what is wrong with an event, and that nobody wants one", function()
    page:click "#send"
    page:type("#fields", "nonsense")
    page:click "#submit"
    has_text("#said", "is no field")
    page:run "document.querySelector('#fields').value = 'Body=again'"
    page:click "#submit"
    has_text("#said", "Body is given more than once")
    page:run "document.querySelector('#fields').value = ''"
    page:click "#submit"
    has_text("#toast", "no webhook wants it")
    await_count("#items > button[data-kind=event]", 1)
    page:click "#items > button"
    has_text("#shown", "No webhook wants it")
  end)

  it("shows hostile text as text", function()
    create(HOSTILE:gsub("%c", ""), { url = "http://" .. HOSTILE:gsub("%c", "") .. "/", filters = { "onMessageSent" } })
    create("words", { url = "x", triggers = { HOSTILE:gsub("%c", "") } }, "trigger")
    assert(server:emit("onMessageSent", { Body = HOSTILE, [HOSTILE] = HOSTILE }))
    await_count(".webhook", 2)
    browser.eventually(function() return #server:deliveries() == 2 end)
    await_count("#items > button", 5)
    for i = 1, 5 do
      page:click(("#items > button:nth-child(%d)"):format(i))
      has_text("#shown", "onerror=")
      has_text("#shown", "<img src=x")
      assert.same({ 0, 1 }, { count "img", count "script" })
    end
    assert.is_nil(page:run "return document.body.innerText.match(/[\\u202e\\u001b]/)")
    assert.truthy(page:run "return document.body.innerText.includes('⟨U+202E⟩')")
    assert.is_nil(page:run "return window.hacked")
    assert_layout()
  end)

  it("runs no other script, whatever gets into it", function()
    page:run [[
      const script = document.createElement("script")
      try { script.textContent = "window.hacked = 1" } catch { }
      document.body.append(script)
      try { document.body.insertAdjacentHTML("beforeend", "<img src=x onerror='window.hacked = 2'>") } catch { }]]
    assert.is_nil(page:run "return window.hacked")
    assert.equal(0, count "img")
  end)

  it("shows all of it again when it is opened anew", function()
    create "general"
    assert(server:emit "onMemberAdded")
    await_count("#items > button", 2)
    open()
    await_count("#items > button", 2)
    await_count(".webhook", 1)
    has_text("details.group summary", "general")
  end)

  it("works by keyboard", function()
    create "one"
    create "two"
    await_count("#items > button", 2)
    page:press(KEYS.down)
    assert.equal(1, count "#items > button:nth-child(1):focus[aria-current=true]")
    page:press(KEYS.down)
    assert.equal(1, count "#items > button:nth-child(2):focus[aria-current=true]")
    has_text("#shown", "/Channels/one/")
    assert.equal(1, count "#items > button[tabindex='0']")
    page:press(KEYS.home)
    assert.equal(1, count "#items > button:nth-child(1):focus")
    page:press "/"
    assert.equal(1, count "#item-filter:focus")
    page:type("#item-filter", "channels/ONE")
    assert.equal(1, count "#items > button:not([hidden])")
    page:run "document.activeElement.blur()"
    page:press "s"
    assert.equal(1, count "dialog[open]")
    page:press(KEYS.escape)
    assert.equal(0, count "dialog[open]")
  end)

  it("filters by kind and by failure", function()
    create "general"
    webhooks.list_webhooks { base_url = server.base_url, account_sid = server.account_sid, auth_token = "x",
      service_sid = server.service_sid, channel_sid = "general" }
    assert(server:emit "onMemberAdded")
    await_count("#items > button", 3)
    for i, title in ipairs { "onMemberAdded", "List webhooks", "Create a webhook" } do
      has_text(("#items > button:nth-child(%d) .what"):format(i), title)
    end
    for kind, n in pairs { all = 3, request = 2, event = 1, failed = 2 } do
      page:click(("#tabs [data-show=%s]"):format(kind))
      assert.equal(n, count "#items > button:not([hidden])", kind)
    end
    page:click "#clear"
    assert.equal(0, count "#items > button")
  end)

  it("stays readable with a thousand channels and long URLs, and keeps 500 lines", function()
    for i = 1, 1000 do
      create("channel-" .. i, { url = "http://127.0.0.1/" .. ("very-long-"):rep(i % 150) .. i, filters = { "onMessageSent" } })
    end
    eventually "return document.querySelector('#webhook-count').textContent === '1,000'"
    await_count("details.group", 1000)
    await_count("#items > button", 500)
    assert_layout()
    assert.is_true(count "details.group[open]" <= 25)
    page:type("#webhook-filter", "-777")
    eventually "return document.querySelectorAll('details.group:not([hidden])').length === 1"
    page:click "details.group:not([hidden]) summary"
    has_text("details.group:not([hidden]) .webhook", "-777")
    for _, width in ipairs { 1100, 600 } do
      page:size(width, 800)
      assert_layout(width .. " wide")
    end
    page:size(1440, 900)
  end)

  it("keeps no more while it is hidden, where a browser draws nothing", function()
    page:run "window.requestAnimationFrame = () => { }"
    for i = 1, 1200 do
      local hook = create("channel-" .. i)
      if i % 2 == 0 then
        assert(webhooks.delete_webhook { base_url = server.base_url, account_sid = server.account_sid,
          auth_token = server.auth_token, service_sid = server.service_sid, channel_sid = "channel-" .. i, sid = hook.sid })
      end
    end
    eventually "return items.length === 500 && items.at(-1).entry.n === 1800"
    local kept = page:run "return [fresh.length, dirty.size, groups.size, webhooks.size]"
    assert.is_true(kept[1] <= 1000)
    assert.same({ 600, 600, 600 }, { kept[2], kept[3], kept[4] })
  end)

  it("comes in light and in dark", function()
    local grounds = {}
    for i, scheme in ipairs { "light", "dark" } do
      page:devtools("Emulation.setEmulatedMedia", { features = { { name = "prefers-color-scheme", value = scheme } } })
      grounds[i] = page:run "return getComputedStyle(document.body).backgroundColor"
    end
    assert.are_not.equal(grounds[1], grounds[2])
  end)

  it("comes back when the sandbox does", function()
    create "general"
    await_count(".webhook", 1)
    local port = tonumber(server.base_url:match "%d+$")
    server:stop()
    has_text("#state", "Reconnecting")
    start { port = port }
    has_text("#state", "Live")
    has_text("#groups", "No webhook yet")
    await_count("#items > button", 0)
    create "other"
    await_count(".webhook", 1)
  end)

  it("is not to be had by another name, nor can another page send an event", function()
    local window = server.window
    page:open((window:gsub("127%.0%.0%.1", "foreign.example")))
    has_text("body", "has no other name")
    page:open "data:text/html,<title>elsewhere</title>"
    page:run([[
      const done = () => { document.title = "done" }
      const body = new URLSearchParams({ EventType: "onMemberAdded" })
      fetch(arguments[0] + "/emit", { method: "POST", mode: "no-cors", body }).then(done, done)
      new EventSource(arguments[0] + "/stream").onmessage = () => { window.hacked = 1 }]], window)
    eventually "return document.title === 'done'"
    assert.is_nil(page:run "return window.hacked")
    open()
    assert.equal(0, count "#items > button[data-kind=event]")
  end)
end)
