-- The sandbox delivers: what was created in it is called, signed, again where it failed. Each
-- request is received over a raw socket here, and verified as an application would.

local cqueues = require "cqueues"
local sandbox = require "twilio.webhooks.sandbox"
local socket = require "cqueues.socket"
local webhooks = require "twilio.webhooks"

local PATIENCE = 20 -- seconds; only a spec that fails waits so long
local unpack = table.unpack or unpack

describe("server:emit", function()
  local server, listener, address

  local function start(options)
    options = options or {}
    server = assert(sandbox.start(options))
  end

  before_each(function()
    listener = socket.listen { host = "127.0.0.1", port = 0 }
    listener:listen()
    listener:setmode("b", "b")
    local _, _, port = listener:localname()
    address = "http://127.0.0.1:" .. port
  end)

  after_each(function()
    server:stop()
    listener:close()
  end)

  local function access(fields)
    for name, value in pairs { base_url = server.base_url, account_sid = server.account_sid,
      auth_token = server.auth_token } do fields[name] = value end
    return fields
  end

  local function channel_webhook(configuration, kind, channel)
    configuration.url = configuration.url or address .. "/hook?a=b"
    return assert(webhooks.create_webhook(access { service_sid = server.service_sid,
      channel_sid = channel or server.channel_sid, type = kind or "webhook", configuration = configuration }))
  end

  -- The next request; answered with that status, or with those bytes, or not at all. `lasting`:
  -- the connection is left open, and given back.
  local function receive(status, lasting)
    local connection = assert(listener:accept({ nodelay = true }, PATIENCE))
    connection:setmode("b", "bn")
    connection:settimeout(PATIENCE)
    connection:onerror(function(_, _, code) return code end) -- the sandbox may have read enough, and reset it
    local request = { headers = {} }
    request.method, request.target = connection:read("*l"):match "^(%u+) (%S+) HTTP/1.1\r$"
    for line in function() return connection:read "*l" end do
      local name, value = line:match "^([^:]+): (.*)\r$"
      if not name then break end
      request.headers[name:lower()] = value
    end
    local length = tonumber(request.headers["content-length"] or 0)
    request.body = length > 0 and connection:read(length) or nil
    if type(status) == "number" then status = ("HTTP/1.1 %d x\r\nContent-Length: 0\r\n\r\n"):format(status) end
    if status then connection:write(status) end
    if lasting then return request, connection end
    connection:close()
    return request
  end

  local function verify(request, changes)
    local options = { url = "http://" .. request.headers.host .. request.target, body = request.body,
      content_type = request.headers["content-type"], signature = request.headers["x-twilio-signature"],
      settings = request.headers["x-twilio-webhooks-signature-settings"], auth_token = server.auth_token }
    for name, value in pairs(changes or {}) do options[name] = value end
    return webhooks.verify(options)
  end

  local function await_deliveries(count)
    for _ = 1, PATIENCE * 50 do
      local deliveries = server:deliveries()
      if #deliveries >= count then return deliveries end
      cqueues.sleep(0.02)
    end
    error(("%d deliveries and not %d"):format(#server:deliveries(), count))
  end

  it("sends the event to a webhook whose filters have it, signed", function()
    start()
    local hook = channel_webhook { filters = { "onMessageSent" } }
    assert(server:emit("onMessageSent", { Body = "two words & ä", Index = 2, Attributes = { mood = "good" } }))
    local request = receive(200)
    assert.same({ "POST", "/hook?a=b" }, { request.method, request.target })
    assert.is_true(verify(request))
    assert.is_nil((verify(request, { auth_token = "other" })))
    assert.same({
      event_type = "onMessageSent", account_sid = server.account_sid, source = "API", retry_count = 0,
      channel_sid = server.channel_sid, instance_sid = server.service_sid,
      body = "two words & ä", index = 2, attributes = { mood = "good" },
    }, webhooks.event(request.body))
    local delivery = await_deliveries(1)[1]
    assert.is_number(delivery.time)
    delivery.time = nil
    assert.same({
      delivery = 1, event = "onMessageSent", webhook = hook.sid, method = "POST", url = address .. "/hook?a=b",
      attempt = 0, status = 200, body = request.body, signature = request.headers["x-twilio-signature"],
      idempotency_token = request.headers["i-twilio-idempotency-token"],
    }, delivery)
    assert.same({}, { select(3, unpack(server:requests())) }) -- deliveries are no requests
  end)

  it("puts the fields into the query of a GET", function()
    start()
    channel_webhook { filters = { "onChannelUpdated" }, method = "GET" }
    assert(server:emit("onChannelUpdated", { FriendlyName = "a b" }))
    local request = receive(204)
    assert.same({ "GET", nil }, { request.method, request.body })
    assert.is_true(verify(request))
    assert.equal("a b", webhooks.event(request.target:match "%?(.*)$").friendly_name)
  end)

  it("signs by SHA-256 with a shared key", function()
    start { shared_key = "SK1", shared_secret = "secret" }
    channel_webhook { filters = { "onMessageSent" } }
    assert(server:emit "onMessageSent")
    local request = receive(200)
    assert.is_true(verify(request, { shared_keys = { SK1 = "secret" } }))
    assert.same({ nil, "unknown_key" }, { (verify(request)), (select(2, verify(request))) })
  end)

  it("tries again as often as retry_count says, with the same token", function()
    start()
    channel_webhook { filters = { "onMessageSent" }, retry_count = 2 }
    assert(server:emit "onMessageSent")
    local requests = { receive(500), receive(nil), receive(503) }
    local tokens = {}
    for i, request in ipairs(requests) do
      assert.is_true(verify(request))
      assert.equal(i - 1, webhooks.event(request.body).retry_count)
      tokens[request.headers["i-twilio-idempotency-token"]] = true
    end
    assert.truthy(next(tokens):find "^%x+%-%x+%-%x+%-%x+%-%x+$")
    assert.is_nil(next(tokens, (next(tokens))))
    local deliveries = await_deliveries(3)
    assert.same({ 500, nil, 503 }, { deliveries[1].status, deliveries[2].status, deliveries[3].status })
    assert.is_string(deliveries[2].problem)
    cqueues.sleep(0.5)
    assert.equal(3, #server:deliveries())
  end)

  it("keeps the beginning of what was answered, and waits no longer than the answer lasts #plain", function()
    start()
    channel_webhook { filters = { "onMessageSent" } }
    local rows = {
      { "HTTP/1.1 403 x\r\nContent-Length: 3\r\n\r\nnoX", "noX" }, { "HTTP/1.1 204 x\r\n\r\n" }, { "HTTP/1.1 200 x\r\n" },
      { "HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", "2\r\nok\r\n0\r\n\r\n" },
      { ("HTTP/1.1 200 x\r\n\r\n%s"):format(("x"):rep(100000)), ("x"):rep(4096) },
    }
    for i, row in ipairs(rows) do
      assert(server:emit "onMessageSent")
      local before = cqueues.monotime()
      local _, connection = receive(row[1], i ~= 3)
      local delivery = await_deliveries(i)[i]
      if i ~= 3 then assert.is_true(cqueues.monotime() - before < 4) end -- not until it gives up
      if connection then connection:close() end
      assert.same({ tonumber(row[1]:match " (%d+)"), row[2] }, { delivery.status, delivery.answer })
    end
  end)

  it("stops at the first success", function()
    start()
    channel_webhook { filters = { "onMessageSent" }, retry_count = 3 }
    assert(server:emit "onMessageSent")
    receive(500)
    receive(201)
    await_deliveries(2)
    cqueues.sleep(0.5)
    assert.equal(2, #server:deliveries())
  end)

  it("matches filters, triggers, channels and conversations", function()
    start()
    local other = "CH" .. ("e"):rep(32)
    local sids = {
      filter = channel_webhook({ filters = { "onMessageSent" } }).sid,
      trigger = channel_webhook({ triggers = { "help", "stop" } }, "trigger").sid,
      other = channel_webhook({ filters = { "onMessageSent", "onMemberAdded" } }, nil, other).sid,
      flow = assert(webhooks.create_webhook(access { service_sid = server.service_sid, channel_sid = other,
        type = "studio", configuration = { flow_sid = "FW" .. ("0"):rep(32), filters = { "onMessageSent" } } })).sid,
      conversation = assert(webhooks.create_webhook(access { conversation_sid = server.conversation_sid,
        target = "webhook", configuration = { url = address, filters = { "onMessageAdded" } } })).sid,
      words = assert(webhooks.create_webhook(access { conversation_sid = server.conversation_sid,
        target = "trigger", configuration = { url = address, triggers = { "help" } } })).sid,
    }
    local names = {}
    for name, sid in pairs(sids) do names[sid] = name end
    local rows = {
      { "onMessageSent", { Body = "x" }, "filter other" },
      { "onMessageSent", { Body = "please help!" }, "filter other trigger" },
      { "onMessageSent", { Body = "Help" }, "filter other" }, { "onMemberAdded", {}, "other" },
      { "onMessageSent", { ChannelSid = server.channel_sid, Body = "stop" }, "filter trigger" },
      { "onMessageAdded", { Body = "help" }, "conversation words" }, { "onMessageUpdated", { Body = "help" }, "" },
      { "onMessageAdded", { ConversationSid = "CH" .. ("f"):rep(32), Body = "help" }, "" },
    }
    for _, row in ipairs(rows) do
      local before, count = #server:deliveries(), select(2, row[3]:gsub("%a+", ""))
      assert(server:emit(row[1], row[2]))
      for _ = 1, count do receive(200) end
      local called = {}
      for i, one in ipairs(await_deliveries(before + count)) do
        if i > before then called[#called + 1] = names[one.webhook] end
      end
      table.sort(called)
      assert.equal(row[3], table.concat(called, " "), row[1])
    end
  end)

  it("has so many deliveries under way, and the others wait for them", function()
    start()
    for i = 1, 150 do channel_webhook({ filters = { "onMessageSent" } }, nil, "channel-" .. math.floor((i - 1) / 5)) end
    assert(server:emit "onMessageSent")
    local open = {}
    for i = 1, 128 do open[i] = select(2, receive(nil, true)) end
    assert.is_nil((listener:accept({}, 0.5)))
    listener:clearerr()
    for _, connection in ipairs(open) do
      connection:write "HTTP/1.1 204 x\r\n\r\n"
      connection:close()
    end
    for _ = 129, 150 do receive(204) end
    await_deliveries(150)
    for _, delivery in ipairs(server:deliveries()) do assert.equal(204, delivery.status) end
  end)

  it("calls http on this machine, and nothing else", function()
    start()
    for _, url in ipairs { "https://127.0.0.1/", "http://example.com/", "http://127.0.0.1.example.com/", "dummy",
      "http://127.0.0.1@example.com/" } do
      channel_webhook { filters = { "onMessageSent" }, url = url }
    end
    assert(server:emit "onMessageSent")
    for _, delivery in ipairs(await_deliveries(5)) do
      assert.same({ nil, "not sent: the sandbox calls http on this machine only" }, { delivery.status, delivery.problem })
    end
  end)

  it("sends nothing to a URL that is none, and says so", function()
    start()
    local rows = {
      { address .. "/a b", "not sent: the URL has a space or a control character" },
      { "http://127.0.0.1:99999/", "not sent: the sandbox calls http on this machine only" },
      { "http://127.0.0.1:0/", "the connection failed" },
      { "http://127.0.0.1:/", "not sent: the sandbox calls http on this machine only" },
    }
    for _, row in ipairs(rows) do channel_webhook { filters = { "onMessageSent" }, url = row[1] } end
    assert(server:emit "onMessageSent")
    local problems = {}
    for _, delivery in ipairs(await_deliveries(#rows)) do problems[delivery.url] = delivery.problem end
    for _, row in ipairs(rows) do assert.equal(row[2], problems[row[1]]) end
  end)

  it("says what cannot be sent", function()
    start()
    local rows = {
      { "unknown event onMessageSnt", "onMessageSnt" }, { "unknown event nil", nil },
      { "fields must be a table", "onMessageSent", "x" },
      { "the names of fields must be strings", "onMessageSent", { "x" } },
      { "field Index must be", "onMessageSent", { Index = 1.5 } }, { "field Body must be", "onMessageSent", { Body = print } },
      { "too large", "onMessageSent", { Body = ("x"):rep(60000) } },
    }
    for _, row in ipairs(rows) do
      local sent, message = server:emit(row[2], row[3])
      assert.is_nil(sent)
      assert.truthy(message:find(row[1], 1, true), message)
    end
    server:stop()
    assert.same({ nil, "the sandbox was stopped" }, { server:emit "onMessageSent" })
  end)

  it("is no signal where the process has ended", function()
    start()
    os.execute(("kill -9 %d; sleep 0.1"):format(server.pid))
    assert.is_true(server:emit "onMessageSent")
  end)
end)
