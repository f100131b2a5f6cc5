-- Transports of the user's own: the same policy over them, and answers that are judged as
-- strictly as libcurl's.

local webhooks = require "twilio.webhooks"
local core = require "twilio.webhooks.core"
local sandbox = require "twilio.webhooks.sandbox"
local example = require "spec.support.example"
local handles = require "spec.support.handles"
local http_client = require "spec.support.http_client"
local loops = require "spec.support.loops"

-- A client whose requests go to that function, and what it was asked for.
local function open(transport, options)
  local params = example.params { base_url = "http://127.0.0.1:9" } -- where nobody listens
  for name, value in pairs(options or {}) do params[name] = value end
  local asked = {}
  params.transport = function(request)
    asked[#asked + 1] = request
    return transport(request, #asked)
  end
  return assert(webhooks.new(params)), asked
end

local function created(fields)
  local response = { status = 201, headers = { ["Content-Type"] = "application/json" }, body = example.answer_json() }
  for name, value in pairs(fields or {}) do response[name] = value end
  return response
end

local WEBHOOK = example.webhook { account_sid = false, auth_token = false }

-- One for another channel: equal ones would wait for each other.
local function another(i)
  return example.webhook { account_sid = false, auth_token = false, channel_sid = "channel-" .. i }
end

describe("relay", function()
  describe("request", function()
    it("is what libcurl would send", function()
      local client, asked = open(function() return created() end)
      assert(client:create_webhook(WEBHOOK))
      local request = asked[1]
      assert.equal("POST", request.method)
      assert.equal("http://127.0.0.1:9" .. example.path, request.url)
      assert.equal(example.form, request.body)
      assert.equal("application/json", request.headers.Accept)
      assert.equal("application/x-www-form-urlencoded", request.headers["Content-Type"])
      assert.truthy(request.headers["User-Agent"]:find("^twilio%-webhooks/"))
      -- base64 of the example's account and token
      assert.equal("Basic QUNhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYTowMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZg==",
        request.headers.Authorization)
      assert.equal(2 ^ 20, request.max_response_bytes)
      assert.equal(5, request.connect_timeout)
      assert.is_true(request.timeout > 20 and request.timeout <= 30)
    end)

    it("whose call has ended, or was sent by libcurl, takes no answer any more", function()
      local handle = assert(core.open(example.params { base_url = "http://127.0.0.1:9" }))
      local canceled = assert(handle:prepare("create_webhook", WEBHOOK))
      canceled:cancel()
      canceled:answer(created())
      assert.equal("canceled", select(3, canceled:result()).kind)
      canceled:answer(created())
      assert.has_error(function() canceled:result() end)
      local sent = assert(handle:submit("create_webhook", WEBHOOK))
      sent:answer(created())
      handle:close()
      assert.equal("canceled", select(3, sent:result()).kind)
    end)

    it("has no body and no content type where there is none to send", function()
      local client, asked = open(function() return { status = 204 } end)
      assert.is_true((client:delete_webhook(example.params { sid = "WH" .. ("a"):rep(32) })))
      assert.equal("DELETE", asked[1].method)
      assert.equal("", asked[1].body)
      assert.is_nil(asked[1].headers["Content-Type"])
    end)

    it("may take no longer than the call has left", function()
      local client, asked = open(function() return created() end)
      local params = { deadline = 2 }
      for name, value in pairs(WEBHOOK) do params[name] = value end
      assert(client:create_webhook(params))
      assert.is_true(asked[1].timeout <= 2.01)
    end)

    it("is not made of parameters that are refused", function()
      local client, asked = open(function() return created() end)
      local _, _, err = client:create_webhook { type = "hook" }
      assert.equal("invalid", err.kind)
      assert.equal(0, #asked)
    end)
  end)

  describe("answer", function()
    it("gives the results of the blocking function", function()
      local client = open(function() return created { headers = { ["X-One"] = "1", ["X-Two"] = { "a", "b" }, n = 3 } } end)
      local hook, info = client:create_webhook(WEBHOOK)
      assert.equal(example.answer.sid, hook.sid)
      assert.same({ url = "dummy", method = "GET", filters = { "onMessageSent", "onChannelDestroyed" },
        retry_count = 2 }, hook.configuration)
      assert.same({ ["x-one"] = "1", ["x-two"] = "a, b", n = "3" }, info.headers)
      assert.same({ 201, 1 }, { info.status, info.attempts })
    end)

    it("takes a status as a text, and no headers at all", function()
      local client = open(function() return { status = "201", body = example.answer_json() } end)
      assert.same({}, select(2, assert(client:create_webhook(WEBHOOK))).headers)
    end)

    it("has no header of what is neither text nor number", function()
      local client = open(function()
        return created { headers = { "first", [2.5] = "x", [true] = "x", no = true, list = { {}, "a", 2 } } }
      end)
      assert.same({ list = "a, 2" }, select(2, assert(client:create_webhook(WEBHOOK))).headers)
    end)

    local long = {}
    for i = 1, 300 do long["x-" .. i] = "v" end

    -- { what is wrong, the response, kind, sent, what the message has }
    local rows = {
      { "no status", created { status = false }, "parse", "unknown", "no status from 100 to 599" },
      { "status 0", created { status = 0 }, "parse", "unknown", "no status from 100 to 599" },
      { "status 99", created { status = 99 }, "parse", "unknown", "no status from 100 to 599" },
      { "status 600", created { status = 600 }, "parse", "unknown", "no status from 100 to 599" },
      { "status 201.5", created { status = 201.5 }, "parse", "unknown", "no status from 100 to 599" },
      { "status NaN", created { status = 0 / 0 }, "parse", "unknown", "no status from 100 to 599" },
      { "a status that is no number", created { status = "fine" }, "parse", "unknown", "no status" },
      { "another success than was promised", created { status = 200 }, "parse", "yes", "" },
      { "an empty table", {}, "parse", "unknown", "no status" },
      { "no body", created { body = false }, "parse", "yes", "" },
      { "a body that is a table", created { body = {} }, "parse", "yes", "" },
      { "a body that is cut off", created { body = example.answer_json():sub(1, -2) }, "parse", "yes", "" },
      { "a body without a SID", created { body = "{}" }, "parse", "yes", "not what was asked for" },
      { "a body that is too large", created { body = (" "):rep(2 ^ 20) .. example.answer_json() }, "parse", "yes",
        "body is too large" },
      { "headers that are too large", created { headers = { x = ("v"):rep(70000) } }, "parse", "yes",
        "header is too large" },
      { "too many headers", created { headers = long }, "parse", "yes", "header is too large" },
      { "LF in a value", created { headers = { x = "a\nSet-Cookie: b" } }, "parse", "yes", "header" },
      { "CR in a value", created { headers = { x = "a\rb" } }, "parse", "yes", "header" },
      { "NUL in a value", created { headers = { x = "a\0b" } }, "parse", "yes", "header" },
      { "LF in a value of a list", created { headers = { x = { "a", "b\n" } } }, "parse", "yes", "header" },
      { "LF in a name", created { headers = { ["a\nb"] = "c" } }, "parse", "yes", "header" },
      { "a colon in a name", created { headers = { ["a:b"] = "c" } }, "parse", "yes", "header" },
      { "an empty name", created { headers = { [""] = "c" } }, "parse", "yes", "header" },
      { "a refusal", { status = 400, body = '{"code":50321,"message":"no"}' }, "http", "yes", "HTTP 400: no" },
      { "a redirect", { status = 302, headers = { Location = "https://example.com/x" } }, "http", "yes", "not followed" },
    }
    for _, row in ipairs(rows) do
      it("is judged: " .. row[1], function()
        local client, asked = open(function() return row[2] end, { max_attempts = 1 })
        local hook, message, err
        client:go(function() hook, message, err = handles.attempt(client, "create_webhook", WEBHOOK, 30) end)
        assert(client:run())
        assert.is_nil(hook)
        assert.same({ row[3], row[4] }, { err.kind, err.sent })
        assert.truthy(message:find(row[5], 1, true), message)
        assert.is_nil(message:find("%c"))
        assert.equal(1, #asked)
        assert.is_nil(err.curl_code)
      end)
    end
  end)

  describe("failure", function()
    -- { what, what the transport gives, kind, sent, retryable, what the message has }
    local rows = {
      { "says why", { nil, "connection refused" }, "network", "unknown", false, "connection refused" },
      { "that is a timeout", { nil, "timeout" }, "timeout", "unknown", false, "timeout" },
      { "that was not sent", { nil, "connection refused", "no" }, "network", "no", true, "connection refused" },
      { "that is a timeout and was not sent", { nil, "timeout", "no" }, "timeout", "no", true, "timeout" },
      { "that says nothing", {}, "network", "unknown", false, "gave no response" },
      { "that is false", { false }, "network", "unknown", false, "gave no response" },
      { "that is no table", { "x" }, "network", "unknown", false, "gave no response" },
      { "whose words are a table", { nil, {} }, "network", "unknown", false, "gave no response" },
      { "in many words", { nil, ("w"):rep(1000) }, "network", "unknown", false, ("w"):rep(200) },
      { "in words with line breaks", { nil, "one\r\ntwo\0three" }, "network", "unknown", false, "one" },
      { "sent as it may be", { nil, "x", "yes" }, "network", "unknown", false, "x" },
    }
    for _, row in ipairs(rows) do
      it(row[1], function()
        local client = open(function() return row[2][1], row[2][2], row[2][3] end)
        local hook, message, err = handles.attempt(client, "create_webhook", WEBHOOK, 30)
        assert.is_nil(hook)
        assert.same({ row[3], row[4], row[5] }, { err.kind, err.sent, err.retryable })
        assert.truthy(message:find(row[6], 1, true), message)
        assert.is_nil(message:find("%c"))
        assert.is_true(#message < 600)
        client:close()
      end)
    end

    it("raised in it reaches the caller, and does not hold a place", function()
      local client, asked = open(function(_, count)
        if count <= 3 then error("of the transport", 0) end
        return created()
      end, { max_in_flight = 1, on_event = function() end })
      assert.has_error(function() client:create_webhook(WEBHOOK) end, "of the transport")
      local made = 0
      for i = 1, 4 do
        client:go(function()
          if i == 2 and (jit or _VERSION ~= "Lua 5.1") then
            assert.same({ false, "of the transport" }, { pcall(client.create_webhook, client, WEBHOOK) })
            client:sleep(0.01)
          end
          assert(client:create_webhook(WEBHOOK))
          made = made + 1
        end)
      end
      local ok, message = client:run()
      assert.is_nil(ok)
      assert.truthy(message:find("of the transport", 1, true))
      assert.equal((jit or _VERSION ~= "Lua 5.1") and 3 or 2, made)
      assert.is_true(#asked >= 5)
    end)
  end)

  describe("policy", function()
    it("sends again what was not sent", function()
      local client, asked = open(function(_, count)
        if count < 3 then return nil, "refused", "no" end
        return created()
      end)
      assert.equal(3, select(2, assert(client:create_webhook(WEBHOOK))).attempts)
      assert.equal(3, #asked)
    end)

    it("looks after an ambiguous create, and adopts what it made", function()
      local events = {}
      local client, asked = open(function(request, count)
        if count == 1 then return nil, "broken pipe" end
        assert.equal("GET", request.method)
        local made = {}
        for name, value in pairs(example.answer) do made[name] = value end
        made.date_created = os.date "!%Y-%m-%dT%H:%M:%SZ"
        return { status = 200, headers = { Date = os.date "!%a, %d %b %Y %H:%M:%S GMT" },
          body = require "cjson".encode { meta = {}, webhooks = { made } } }
      end, { on_event = function(event) events[#events + 1] = event.type end })
      local hook, info = assert(client:create_webhook(WEBHOOK))
      assert.equal(example.answer.sid, hook.sid)
      assert.is_true(info.adopted)
      assert.same({ "attempt", "reconcile", "attempt", "adopt" }, events)
      assert.equal(2, #asked)
    end)

    it("looks no more after a create where the list is refused", function()
      local client, asked = open(function(request)
        if request.method == "POST" then return nil, "timeout" end
        return { status = 404, body = '{"code":20404,"message":"gone"}' }
      end)
      local _, _, err = client:create_webhook(WEBHOOK)
      assert.equal("indeterminate", err.kind)
      assert.equal(2, #asked)
    end)

    it("works over a real client, against the sandbox", function()
      local server = assert(sandbox.start { account_sid = example.account_sid, auth_token = example.auth_token })
      local client = open(function(request)
        local path = request.url:match "^http://[^/]+(.*)$"
        local connection = http_client.connect(server.base_url)
        local headers = { "Host: localhost", "Content-Length: " .. #request.body, "Connection: close" }
        for name, value in pairs(request.headers) do headers[#headers + 1] = name .. ": " .. value end
        connection:send(http_client.format(request.method, path, headers, request.body))
        local answer = connection:receive()
        return { status = answer.status, headers = answer.headers, body = answer.body }
      end, { base_url = server.base_url })
      local hook, info = client:ensure_webhook(WEBHOOK)
      assert.is_true(info.created)
      assert.is_false(select(2, assert(client:ensure_webhook(WEBHOOK))).created)
      assert.is_true((assert(client:delete_webhook { sid = hook.sid })))
      assert.equal(0, #assert(client:list_webhooks {}))
      server:stop()
    end)
  end)

  describe("that yields", function()
    it("goes on in tasks, max_in_flight of them at once, in order, after a pause too", function()
      local inside, most, begun = 0, 0, {}
      local client = open(function(_, count)
        inside = inside + 1
        most = math.max(most, inside)
        for _ = 1, 2 do coroutine.yield() end
        inside = inside - 1
        if count <= 6 then return nil, "refused", "no" end -- each has to pause once
        return created()
      end, { max_in_flight = 2 })
      local made = 0
      for i = 1, 6 do
        client:go(function()
          begun[#begun + 1] = i
          assert(client:create_webhook(example.webhook { channel_sid = "channel " .. i }))
          made = made + 1
        end)
      end
      assert(client:run())
      assert.equal(6, made)
      assert.equal(2, most)
      assert.same({ 1, 2, 3, 4, 5, 6 }, begun)
    end)

    it("does not wait for its turn for longer than its time", function()
      local client = open(function()
        local stop = core.now() + 1
        while core.now() < stop do coroutine.yield() end
        return created()
      end, { max_in_flight = 1, max_attempts = 1 })
      local err
      client:go(function()
        client:sleep(0.05)
        err = select(3, handles.attempt(client, "create_webhook", WEBHOOK, 0.3))
      end)
      client:go(function() assert(client:create_webhook(WEBHOOK)) end)
      assert(client:run())
      assert.same({ "timeout", "no", true }, { err.kind, err.sent, err.retryable })
    end)

    it("is canceled at its door, and let go inside", function()
      local client, asked = open(function()
        for _ = 1, 5 do coroutine.yield() end
        return created()
      end, { max_in_flight = 1 })
      local kind, hook
      local waits = client:go(function()
        client:sleep(0.02)
        kind = select(3, client:create_webhook(another(1))).kind
      end)
      client:go(function() hook = client:create_webhook(WEBHOOK) end)
      client:step()
      core.sleep(0.03)
      client:step()
      waits:cancel()
      assert(client:run())
      assert.equal("canceled", kind)
      assert.truthy(hook.sid)
      assert.equal(1, #asked)
    end)

    -- One inside until `shared.open`, and then three at the door.
    local function crowd(act)
      local shared = { kinds = {}, arrived = 0 }
      local client, asked = open(function()
        while not shared.open do coroutine.yield() end
        return created()
      end, { max_in_flight = 1, timeout = 60 })
      local tasks = {}
      for i = 1, 4 do
        tasks[i] = client:go(function()
          client:sleep(0.01)
          shared.arrived = shared.arrived + 1
          local hook, _, err = client:create_webhook(another(i))
          shared.kinds[i] = hook and "made" or err.kind
          if i == 1 then act(client, tasks) end
        end)
      end
      repeat client:step(0.01) until #asked == 1 and shared.arrived == 4
      return client, tasks, shared
    end

    it("lets the next in where the one whose turn it is was canceled just then", function()
      local client, _, shared = crowd(function(_, tasks) tasks[2]:cancel() end)
      shared.open = true
      local begin = core.now()
      assert(client:run())
      assert.is_true(core.now() - begin < 20)
      assert.same({ "made", "canceled", "made", "made" }, shared.kinds)
    end)

    it("keeps nobody at its door whose client is closed", function()
      local client, _, shared = crowd(function() end)
      client:close()
      local stop = core.now() + 10
      repeat until client:step(0.01) == 1 or core.now() > stop
      assert.same({ [2] = "canceled", [3] = "canceled", [4] = "canceled" }, shared.kinds)
      shared.open = true
      while client:step() > 0 do end
    end)

    for _, loop in ipairs { loops.cqueues, loops.luv, loops.own } do
      it("waits in " .. loop.name .. ", with no hook", function()
        local inside, most = 0, 0
        local client = open(function()
          inside = inside + 1
          most = math.max(most, inside)
          loop.sleep(0.05)
          inside = inside - 1
          return created()
        end)
        local made = 0
        local function call()
          assert(client:create_webhook(WEBHOOK))
          made = made + 1
        end
        loop.run { call, call, call, call, call, call, call, call, call, call }
        assert.equal(10, made)
        assert.is_true(most > 1) -- not one after the other
      end)
    end
  end)
end)
