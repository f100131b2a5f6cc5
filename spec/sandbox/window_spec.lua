-- The window on the sandbox, over raw sockets: whom it answers, what its stream says, and that
-- no reader of that stream costs the sandbox anything. The page itself is in browser_spec.lua.

local cjson = require "cjson"
local cqueues = require "cqueues"
local http_client = require "spec.support.http_client"
local sandbox = require "twilio.webhooks.sandbox"
local webhooks = require "twilio.webhooks"

local PATIENCE = 120 -- seconds; only a spec that fails waits so long

describe("twilio.webhooks.sandbox.window", function()
  local server, port

  local function start(options)
    server = assert(sandbox.start(options))
    port = server.base_url:match "%d+$"
  end

  before_each(function() start() end)
  after_each(function() server:stop() end)

  local function own_host() return "Host: 127.0.0.1:" .. port end

  local function ask(method, target, headers, body)
    local lines = { own_host() }
    for _, line in ipairs(headers or {}) do
      if line:find "^Host:" then lines[1] = line else lines[#lines + 1] = line end
    end
    if body then lines[#lines + 1] = "Content-Length: " .. #body end
    local connection = http_client.connect(server.base_url)
    connection:send(http_client.format(method, target, lines, body))
    local response = connection:receive(method == "HEAD")
    connection:close()
    return response
  end

  local function emit(body, ...)
    return ask("POST", "/window/emit", { "Content-Type: application/x-www-form-urlencoded", ... }, body)
  end

  local function create(channel, configuration)
    return webhooks.create_webhook { base_url = server.base_url, account_sid = server.account_sid,
      auth_token = server.auth_token, service_sid = server.service_sid, channel_sid = channel, type = "webhook",
      configuration = configuration or { url = "http://127.0.0.1:1/hook", filters = { "onMessageSent" } } }
  end

  -- A reader of the stream: `next` gives the next event, `kind`, `id` and `data`.
  local function read_stream(last_id)
    local connection = http_client.connect(server.base_url)
    local lines = { own_host(), "Accept: text/event-stream" }
    if last_id then lines[#lines + 1] = "Last-Event-ID: " .. last_id end
    connection:send(http_client.format("GET", "/window/stream", lines))
    connection.socket:setmaxline(2 ^ 21)
    local reader = { connection = connection, head = connection:receive(true), bytes = 0 }
    if reader.head.status == 200 then assert.same({ "retry: 1000", "" }, { connection:line(), connection:line() }) end
    function reader.next()
      local event = {}
      for line in function() return connection:line() end do
        reader.bytes = reader.bytes + #line + 1
        local name, value = line:match "^(%l+): (.*)$"
        if name == "event" then event.kind = value elseif name then event[name] = value end
        if line == "" and event.kind then
          event.data = cjson.decode(event.data)
          return event
        end
      end
    end
    function reader.await(kind)
      for event in reader.next do
        if event.kind == kind then return event end
      end
      error("the stream ended")
    end
    return reader
  end

  -- All events of a kind until the stream is live, and all of it as one text.
  local function replay(kind)
    local reader, found = read_stream(), {}
    for event in reader.next do
      if event.kind == kind then found[#found + 1] = event end
      if event.kind == "live" then break end
    end
    reader.connection:close()
    return found, reader.bytes
  end

  describe("the page", function()
    it("is at the address that the handle and the program name", function()
      assert.equal(server.base_url .. "/window", server.window)
      local response = ask("GET", "/window")
      assert.equal(200, response.status)
      assert.equal("text/html; charset=utf-8", response.headers["content-type"])
      assert.truthy(response.body:find "^<!doctype html>")
      assert.equal(response.body, ask("GET", "/window/").body)
      assert.equal(tostring(#response.body), ask("HEAD", "/window").headers["content-length"])
    end)

    it("is one file, runs its own script alone, and takes nothing from elsewhere", function()
      local response = ask("GET", "/window")
      local policy = response.headers["content-security-policy"]
      assert.truthy(policy:find("^default%-src 'none'; script%-src 'sha256%-[%w+/]+='; style%-src 'sha256%-[%w+/]+='; "))
      assert.truthy(policy:find("frame-ancestors 'none'", 1, true))
      assert.is_nil(policy:find "unsafe")
      for attribute in response.body:gmatch "[%s]([%w-]+)=[\"']?https?:" do assert.equal("xmlns", attribute) end
      for _, forbidden in ipairs { "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", " src=",
        "@import", "url(" } do
        assert.is_nil(response.body:find(forbidden, 1, true), forbidden)
      end
    end)

    it("is where a browser gets that asks for the address alone, while / is the API's for others", function()
      local response = ask("GET", "/", { "Accept: text/html,*/*;q=0.8" })
      assert.same({ 303, "/window" }, { response.status, response.headers.location })
      assert.equal(401, ask("GET", "/").status)
      assert.equal(401, ask("GET", "/", { "Accept: text/html", "Host: foreign.example" }).status)
      assert.equal(2, #server:requests())
    end)

    it("may be kept by nobody, and taken by no other page", function()
      for _, target in ipairs { "/window", "/window/stream", "/window/emit", "/window/x", "/window/emit?" } do
        for _, headers in ipairs { {}, { "Origin: http://foreign.example" }, { "Host: foreign.example" } } do
          local response = ask("OPTIONS", target, headers)
          assert.is_true(response.status >= 400, target)
          for name in pairs(response.headers) do assert.is_nil(name:find "^access%-control", name) end
          assert.same({ "no-store", "nosniff", "same-origin", "no-referrer" }, {
            response.headers["cache-control"], response.headers["x-content-type-options"],
            response.headers["cross-origin-resource-policy"], response.headers["referrer-policy"] })
        end
      end
    end)
  end)

  describe("whom it answers", function()
    local PATHS = { { "GET", "/window" }, { "GET", "/window/stream" }, { "POST", "/window/emit" }, { "GET", "/window/x" } }

    it("is who calls it by a name of loopback", function()
      for _, host in ipairs { "127.0.0.1", "localhost", "LocalHost", "[::1]" } do
        assert.equal(200, ask("GET", "/window", { ("Host: %s:%s"):format(host, port) }).status, host)
        local origin = ("Origin: http://%s:%s"):format(host, port)
        assert.equal(202, emit("EventType=onMessageSent", ("Host: %s:%s"):format(host, port), origin).status, host)
      end
    end)

    it("is nobody who calls it by another name, port or none", function()
      for _, host in ipairs { "foreign.example:" .. port, "127.0.0.1", "localhost", "127.0.0.1:1",
        "127.0.0.1.foreign.example:" .. port,
        "127.0.0.2:" .. port, "localhost.:" .. port, "foreign.example", "localhost:" .. port .. "0", "[::2]:" .. port,
        "0.0.0.0:" .. port, "x@127.0.0.1:" .. port } do
        for _, path in ipairs(PATHS) do
          local response = ask(path[1], path[2], { "Host: " .. host })
          assert.is_true(response.status == 403 or host:find "@" and response.status == 400, host .. path[2])
          assert.is_nil(response.body:find("foreign", 1, true))
        end
      end
      local connection = http_client.connect(server.base_url):send("GET /window HTTP/1.0\r\n\r\n")
      assert.equal(403, connection:receive().status)
    end)

    it("is no other page", function()
      for _, line in ipairs { "Origin: http://foreign.example", "Origin: null", "Origin: https://127.0.0.1:" .. port,
        "Origin: http://127.0.0.1:1", "Origin: http://localhost:" .. port,
        "Origin: http://127.0.0.1:" .. port .. ".foreign.example" } do
        for _, path in ipairs(PATHS) do assert.equal(403, ask(path[1], path[2], { line }).status, line .. path[2]) end
      end
      for _, site in ipairs { "cross-site", "same-site" } do
        for i, path in ipairs(PATHS) do -- to be led to the page from elsewhere does no harm
          assert.equal(i == 1 and 200 or 403, ask(path[1], path[2], { "Sec-Fetch-Site: " .. site }).status, path[2])
        end
      end
      assert.equal(403, emit("EventType=onMessageSent", "Origin: http://foreign.example").status)
      assert.same({}, replay "event")
    end)

    it("is nobody on another machine #once", function()
      local window = require "twilio.webhooks.sandbox.window"
      local feed = { port = 80, about = {} }
      for address, status in pairs { ["127.0.0.1"] = 200, ["127.8.0.1"] = 200, ["::1"] = 200, ["::ffff:127.0.0.1"] = 200,
        ["192.0.2.1"] = 403, ["::ffff:192.0.2.1"] = 403, ["2001:db8::1"] = 403, [""] = 403 } do
        local written
        local socket = { peername = function() return 2, address, 1 end, shutdown = function() end,
          xread = function() end, xwrite = function(_, bytes) written = bytes return true end }
        local request = { method = "GET", target = "/window", version = "1.1", headers = { host = "127.0.0.1" } }
        window.new(feed):serve(socket, request, false)
        assert.truthy(written:find("^HTTP/1.1 " .. status), address .. written:sub(1, 30))
      end
      assert.equal("http://127.0.0.1:8390/window", window.url("0.0.0.0", 8390))
      assert.equal("http://[::1]:8390/window", window.url("::1", 8390))
      assert.is_nil(window.url("192.0.2.1", 8390))
    end)

    it("is also who asks while the API is slow and fails, and is not logged", function()
      server:stop()
      start { latency = 60, faults = { { "drop_before" } } }
      assert.equal(200, ask("GET", "/window").status)
      assert.equal(202, emit("EventType=onMessageSent").status)
      assert.same({}, server:requests())
    end)

    it("gets by the methods and paths that there are", function()
      for _, row in ipairs { { "POST", "/window", 405, "GET, HEAD" }, { "GET", "/window/emit", 405, "POST" },
        { "POST", "/window/stream", 405, "GET" }, { "GET", "/window/page.html", 404 }, { "GET", "/window/../v2", 404 } } do
        local response = ask(row[1], row[2])
        assert.same({ row[3], row[4] }, { response.status, response.headers.allow })
      end
      assert.equal(401, ask("GET", "/windows").status) -- the API's
    end)
  end)

  describe("emit", function()
    it("sends the event to whom it is for, and says to whom", function()
      local one, other = assert(create "one"), assert(create "other")
      local response = emit("EventType=onMessageSent&Body=two+words&Attributes=%7B%7D")
      assert.equal(202, response.status)
      assert.same({ event = "onMessageSent", webhooks = { one.sid, other.sid } }, cjson.decode(response.body))
      response = emit("EventType=onMessageSent&ChannelSid=" .. other.channel_sid)
      assert.same({ other.sid }, cjson.decode(response.body).webhooks)
      for _ = 1, PATIENCE * 50 do
        if #server:deliveries() == 3 then break end
        cqueues.sleep(0.02)
      end
      assert.equal("two words", webhooks.event(server:deliveries()[1].body).body)
      assert.equal('{"event":"onMemberAdded","webhooks":[]}\n', emit("EventType=onMemberAdded").body)
    end)

    it("is what curl does by hand #once", function()
      local pipe = io.popen(("curl -s --noproxy '*' -d EventType=onMessageSent -d Body=x %s/emit"):format(server.window))
      assert.equal('{"event":"onMessageSent","webhooks":[]}\n', pipe:read "*a")
      pipe:close()
    end)

    it("says what is wrong", function()
      for _, row in ipairs { { "", "EventType is missing" }, { "Body=x", "EventType is missing" },
        { "EventType=onMessageSnt", "unknown event onMessageSnt" },
        { "EventType=onMessageSent&Body=%zz", "an event is a form" },
        { "EventType=onMessageSent&Body=1&Body=2", "Body is given more than once" } } do
        local response = emit(row[1])
        assert.equal(400, response.status)
        assert.truthy(cjson.decode(response.body).message:find(row[2], 1, true), response.body)
      end
      assert.equal(400, ask("POST", "/window/emit", { "Content-Type: text/plain" }, "EventType=onMessageSent").status)
      assert.equal(413, emit("Body=" .. ("x"):rep(2 ^ 21)).status)
      assert.same({}, replay "event")
    end)
  end)

  describe("the stream", function()
    it("says hello, and nothing secret", function()
      local reader = read_stream()
      assert.same({ 200, "text/event-stream", nil }, { reader.head.status, reader.head.headers["content-type"],
        reader.head.headers["content-length"] })
      local hello = reader.next()
      assert.equal("hello", hello.kind)
      assert.same({ server.base_url, server.account_sid, server.service_sid, server.channel_sid, server.conversation_sid },
        { hello.data.base_url, hello.data.account_sid, hello.data.service_sid, hello.data.channel_sid,
          hello.data.conversation_sid })
      assert.equal("onChannelAdd", hello.data.events.channel[1])
      assert.equal("live", reader.next().kind)
    end)

    it("has what was, the webhooks that exist, then each thing as it comes", function()
      local first, second = assert(create "one"), assert(create "two")
      emit("EventType=onMemberAdded&Body=x")
      local reader = read_stream()
      local kinds = {}
      for event in reader.next do
        kinds[#kinds + 1] = event.kind
        if event.kind == "request" then assert.equal(#kinds - 1, event.data.n) end
        if event.kind == "event" then
          assert.same({ "onMemberAdded", { Body = "x" }, {} }, { event.data.event, event.data.fields, event.data.webhooks })
        end
        if event.kind == "webhooks" then
          assert.same({ first.sid, second.sid }, { event.data[1].sid, event.data[2].sid })
        end
        if event.kind == "live" then assert.equal(2, event.data.total) break end
      end
      assert.same({ "hello", "request", "request", "event", "webhooks", "live" }, kinds)
      assert(create "three")
      local request = reader.next()
      assert.same({ "request", 3, 201 }, { request.kind, request.data.n, request.data.status })
      assert.equal(request.data.stored.sid, cjson.decode(request.data.answer).sid)
      assert.equal(request.data.body:match "Url=(%w+)", "http")
      emit("EventType=onMessageSent&ChannelSid=" .. first.channel_sid)
      local event, delivery = reader.next(), reader.next()
      assert.same({ "event", { first.sid } }, { event.kind, event.data.webhooks })
      assert.same({ "delivery", first.sid, 0 }, { delivery.kind, delivery.data.webhook, delivery.data.attempt })
      assert.is_string(delivery.data.signature)
    end)

    it("has the fault that a request met, and what became of it later", function()
      server:stop()
      start { faults = { { "fail_late", seconds = 0.1, times = 1 } } }
      local reader = read_stream()
      create "one"
      local request, late = reader.await "request", reader.await "late"
      assert.same({ "fail_late", 504, false }, { request.data.fault, request.data.status, request.data.processed })
      assert.same({ request.data.n, true }, { late.data.n, late.data.processed })
      assert.truthy(late.data.stored.sid)
    end)

    it("goes on after the item that a reader has, or begins again", function()
      create "one"; create "two"
      local requests = replay "request"
      local reader = read_stream(requests[1].id)
      assert.same({ "request", requests[2].id }, { reader.next().kind, requests[2].id })
      create "three"
      local third = reader.next()
      assert.equal(3, third.data.n)
      local far = requests[1].id:gsub("%d+$", "99999999999999999999")
      for _, id in ipairs { "0-1", "x", "-", requests[1].id .. "0", far, "" } do
        assert.equal("hello", read_stream(id).next().kind, id)
      end
      reader = read_stream(third.id)
      assert.is_true(reader.connection:is_silent())
      create "four"
      assert.equal(4, reader.next().data.n)
    end)

    it("ends with all connections at a restart, and is there afterwards", function()
      server:stop()
      start { faults = { { "restart", seconds = 0, times = 1 } } }
      local reader = read_stream()
      assert.equal("live", reader.await "live".kind)
      assert.is_nil((create "one"))
      while reader.next() do end -- to its end
      local two = assert(create "two")
      reader = read_stream()
      assert.same({ "restart", nil }, { reader.await "request".data.fault })
      assert.equal(two.sid, reader.await "request".data.stored.sid)
    end)

    it("shows no credentials", function()
      local reader = read_stream()
      create "one"
      ask("GET", "/v1/Conversations/x/Webhooks", { "Authorization: Basic c2VjcmV0OnNlY3JldA==",
        "Proxy-Authorization: Bearer abc123" })
      emit("EventType=onMessageSent")
      local text = ""
      for _ = 1, 6 do
        local event = reader.next()
        text = text .. cjson.encode(event.data)
        if event.kind == "delivery" then break end
      end
      for _, secret in ipairs { server.auth_token, server.api_secret, "c2VjcmV0", "abc123" } do
        assert.is_nil(text:find(secret, 1, true))
      end
      assert.truthy(text:find("Basic (not logged)", 1, true))
    end)

    it("has hostile text as text, in one line each", function()
      local hostile = "</script><img src=x onerror=alert(1)>\r\n\r\nevent: live\ndata: {}\n\n\226\128\168\0"
      local reader = read_stream()
      reader.await "live"
      emit("EventType=onMessageSent&Body=" .. hostile:gsub("[^%w]", function(c) return ("%%%02X"):format(c:byte()) end))
      ask("POST", "/v1/Conversations/x/Webhooks", {}, hostile)
      ask("POST", "/v1/Conversations/x/Webhooks", {}, "\255\254" .. hostile)
      assert.equal(hostile, reader.next().data.fields.Body)
      assert.equal(hostile, reader.next().data.body)
      assert.equal("fffe3c2f", reader.next().data.body_hex:sub(1, 8))
    end)
  end)

  describe("what it keeps", function()
    -- So many requests, one after the other on a connection.
    local function request_often(count, body)
      local connection = http_client.connect(server.base_url)
      local bytes = http_client.format("POST", "/v1/Conversations/x/Webhooks",
        { own_host(), "Content-Length: " .. #body }, body)
      for _ = 1, count do assert.equal(401, connection:send(bytes):receive().status) end
      connection:close()
    end

    local function resident_kb()
      local file = assert(io.open(("/proc/%d/status"):format(server.pid)))
      local kb = file:read "*a":match "VmRSS:%s*(%d+)"
      file:close()
      return tonumber(kb)
    end

    it("is the newest 500", function()
      request_often(620, "x")
      local requests = replay "request"
      assert.same({ 500, 121, 620 }, { #requests, requests[1].data.n, requests[500].data.n })
    end)

    it("is no more than some megabytes, with long bodies cut", function()
      request_often(40, ("\195\164"):rep(500000))
      local requests, bytes = replay "request"
      assert.equal(40, requests[#requests].data.n)
      assert.is_true(#requests < 20)
      assert.is_true(bytes < 20 * 40000)
      for _, request in ipairs(requests) do
        assert.is_true(request.data.cut)
        assert.equal(("\195\164"):rep(8192), request.data.body)
      end
    end)

    it("is no more for readers that do not read, and they keep nobody waiting #plain", function()
      local readers = {}
      for i = 1, 10 do readers[i] = read_stream() end
      request_often(50, ("x"):rep(10000)) -- what a first wave takes, buffers of the system's too
      local before = resident_kb()
      request_often(3000, ("x"):rep(10000)) -- 10 readers of all this would be 300 MB
      assert.is_true(resident_kb() - before < 40000, resident_kb() - before)
      assert.equal("hello", read_stream().next().kind)
      assert(create "still there")
      for _, reader in ipairs(readers) do reader.connection:close() end
    end)

    it("is written once for all readers, however many and long #once", function()
      local stream = require "twilio.webhooks.sandbox.stream"
      local json = require "twilio.webhooks.sandbox.json"
      local feed = require "twilio.webhooks.sandbox.feed".new(10, 1000000)
      feed:add("request", json.encode { body = ("x"):rep(100000) }, ("y"):rep(100000))
      local decode, decoded, seen = json.decode, 0, {}
      json.decode = function(...)
        decoded = decoded + 1
        return decode(...)
      end
      finally(function() json.decode = decode end)
      for reader = 1, 3 do
        local parts = {}
        local socket = { pollfd = function() return 0 end, xwrite = function(_, bytes)
          parts[#parts + 1] = bytes
          return not bytes:find("event: live", 1, true)
        end }
        stream.serve({ feed = feed, about = {}, run = "r", api = { webhooks = function() return {} end } }, socket, "", nil)
        seen[reader] = table.concat(parts)
      end
      assert.equal(1, decoded)
      assert.truthy(seen[1]:find(("x"):rep(16384) .. '"', 1, true) and seen[1]:find(("y"):rep(16384) .. '"}', 1, true))
      assert.same({ seen[1], seen[1], seen[1] }, seen)
    end)

    it("is not written to one that does not take it in time #once", function()
      local stream = require "twilio.webhooks.sandbox.stream"
      local feed = require "twilio.webhooks.sandbox.feed".new(10, 1000)
      feed:add("event", "{}")
      for taken = 0, 2 do
        local left, writes = taken, 0
        local socket = { pollfd = function() return 0 end, xwrite = function(_, _, _, seconds)
          assert(seconds <= 10)
          writes, left = writes + 1, left - 1
          if left == 0 then feed:add("event", "{}") end
          return left >= 0
        end }
        stream.serve({ feed = feed, about = {}, run = "r", api = { webhooks = function() return {} end } }, socket, "", nil)
        assert.equal(taken + 1, writes)
      end
    end)

    it("is not kept for more than 32 readers, nor for those that have left", function()
      local readers = {}
      for i = 1, 32 do
        readers[i] = read_stream()
        assert.equal(200, readers[i].head.status)
      end
      assert.equal(503, read_stream().head.status)
      for _, reader in ipairs(readers) do reader.connection:close() end
      for _ = 1, PATIENCE * 50 do
        local reader = read_stream()
        if reader.head.status == 200 then return end
        cqueues.sleep(0.02)
      end
      error "those that left are still counted"
    end)

    it("is all there again for a reader that fell behind #plain", function()
      local reader = read_stream()
      reader.await "live"
      request_often(1500, ("x"):rep(10000)) -- more than the system's buffers hold
      local last, again = 0, false
      while last < 1500 do
        local event = reader.next()
        if event.kind == "hello" then last, again = 0, true end
        if event.kind == "request" then
          assert.is_true(event.data.n == last + 1 or last == 0, event.data.n .. " after " .. last)
          last = event.data.n
        end
      end
      assert.is_true(again)
      assert(create "afterwards")
      assert.equal(1501, reader.await "request".data.n)
    end)
  end)
end)
