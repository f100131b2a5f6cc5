-- How the sandbox speaks HTTP/1.1, over real sockets.

local cqueues = require "cqueues"
local http_client = require "spec.support.http_client"
local raw = require "spec.support.raw_sandbox"
local sandbox = require "twilio.webhooks.sandbox"

local AUTHORIZATION, FORM, HOST, BODY = raw.AUTHORIZATION, raw.FORM, raw.HOST, raw.BODY
local connect, create_request, last_request = raw.connect, raw.create_request, raw.last_request

describe("twilio.webhooks.sandbox.http", function()
  local server, target

  setup(function()
    server = raw.start()
  end)

  teardown(function()
    server:stop()
  end)

  before_each(function()
    target = raw.fresh_channel()
  end)

  it("creates a webhook", function()
    local response = connect():send(create_request()):receive()
    assert.equal(201, response.status)
    assert.equal("application/json", response.headers["content-type"])
    assert.truthy(response.headers.date:find("^%a%a%a, %d%d %a%a%a %d%d%d%d %d%d:%d%d:%d%d GMT$"))
    assert.truthy(response.headers["twilio-request-id"]:find("^RQ%x+$"))
    assert.truthy(response.body:find('"filters":["onMessageSent"]', 1, true), response.body)
    assert.truthy(response.body:find('"retry_count":0', 1, true), response.body)
  end)

  describe("connections", function()
    it("stay open for another request", function()
      local connection = connect()
      for _ = 1, 3 do
        local response = connection:send(create_request()):receive()
        assert.same({ 201, nil }, { response.status, response.headers.connection })
      end
    end)

    it("are closed after the answer when the client says so", function()
      local connection = connect():send(create_request { "Connection: foo, Close" })
      assert.equal("close", connection:receive().headers.connection)
      assert.is_true(connection:ends())
    end)

    it("of HTTP/1.0 are closed, unless the client says otherwise", function()
      local request = create_request():gsub("HTTP/1.1", "HTTP/1.0")
      local connection = connect():send(request)
      assert.equal("close", connection:receive().headers.connection)
      assert.is_true(connection:ends())
      connection = connect():send((request:gsub("\r\n", "\r\nConnection: keep-alive\r\n", 1)))
      assert.equal("keep-alive", connection:receive().headers.connection)
      assert.equal(201, connection:send(create_request()):receive().status)
    end)

    it("answer pipelined requests in order", function()
      local good, bad = create_request(), create_request(nil, "Type=x")
      local connection = connect():send(good .. bad .. good)
      assert.equal(201, connection:receive().status)
      assert.equal(400, connection:receive().status)
      assert.equal(201, connection:receive().status)
    end)

    it("are many at once, each served while others wait", function()
      local loop, statuses = cqueues.new(), {}
      local idle = {}
      for i = 1, 50 do idle[i] = connect():send("POST ") end
      for _ = 1, 50 do
        loop:wrap(function()
          local connection = connect()
          for _ = 1, 4 do
            local status = connection:send(create_request(nil, "Type=x")):receive().status
            statuses[status] = (statuses[status] or 0) + 1
          end
          connection:close()
        end)
      end
      assert(loop:loop())
      for _, connection in ipairs(idle) do
        assert.equal(400, connection:finish_sending():receive().status)
      end
      assert.same({ [400] = 200 }, statuses)
    end)

    it("are closed quietly when nothing comes, and with 408 when a request does not end", function()
      local impatient = assert(sandbox.start { idle_timeout = 0.1, read_timeout = 0.2 })
      finally(function() impatient:stop() end)
      assert.is_true(http_client.connect(impatient.base_url):ends())
      local head = "POST / HTTP/1.1\r\nHost: x\r\n"
      for _, part in ipairs { head, head .. "Content-Length: 9\r\n\r\n1" } do
        local connection = http_client.connect(impatient.base_url):send(part)
        assert.equal(408, connection:receive().status)
        assert.is_true(connection:ends())
      end
      assert.equal(2, #impatient:requests())
    end)
  end)

  describe("requests", function()
    it("may arrive byte by byte, after empty lines", function()
      local connection = connect()
      for byte in ("\r\n\r\n" .. create_request()):gmatch(".") do connection:send(byte) end
      assert.equal(201, connection:receive().status)
      assert.equal(BODY, last_request().body)
    end)

    it("may have a target in absolute form", function()
      target = "http://example.com:80" .. target
      assert.equal(201, connect():send(create_request()):receive().status)
    end)

    it("may have a chunked body, with extensions and trailers", function()
      local head = http_client.format("POST", target,
        { HOST, AUTHORIZATION, FORM, "Transfer-Encoding: Chunked" })
      local body = ('4\r\n%s\r\n0%x ;a="b"\r\n%s\r\n000\r\nTrailer: x\r\n\r\n')
        :format(BODY:sub(1, 4), #BODY - 4, BODY:sub(5))
      local connection = connect():send(head .. body)
      assert.equal(201, connection:receive().status)
      assert.equal(BODY, last_request().body)
      assert.equal(201, connection:send(create_request()):receive().status)
    end)

    it("may have a body of a megabyte and no more", function()
      local body = "Type=studio&Configuration.FlowSid=FW" .. ("0"):rep(32) .. "&x="
      body = body .. ("x"):rep(2 ^ 20 - #body)
      assert.equal(201, connect():send(create_request(nil, body)):receive().status)
      local connection = connect():send(create_request(nil, body .. "x"))
      assert.equal(413, connection:receive().status)
      assert.is_true(connection:ends())
    end)

    it("may await 100 Continue before the body", function()
      local request = create_request { "Expect: 100-Continue" }
      local connection = connect():send(request:sub(1, -#BODY - 1))
      assert.equal(100, connection:receive().status)
      assert.equal(201, connection:send(BODY):receive().status)
    end)

    it("of method HEAD get no body, but its length", function()
      local connection = connect():send(http_client.format("HEAD", target, { HOST, AUTHORIZATION }))
      local response = connection:receive(true)
      assert.equal(405, response.status)
      assert.is_true(tonumber(response.headers["content-length"]) > 0)
      assert.equal(201, connection:send(create_request()):receive().status)
    end)

    local line = "POST / HTTP/1.1\r\n"
    local head = line .. "Host: x\r\n"
    local chunked = head .. "Transfer-Encoding: chunked\r\n\r\n"
    local malformed = {
      { "no version", "GET /\r\n\r\n", 400 },
      { "a version that is none", "GET / HTTP/one\r\n\r\n", 400 },
      { "HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505 },
      { "two spaces in the request line", "GET  / HTTP/1.1\r\nHost: x\r\n\r\n", 400 },
      { "bytes that are not ASCII in the target", "GET /\195\164 HTTP/1.1\r\nHost: x\r\n\r\n", 400 },
      { "a method that is no token", "G{}T / HTTP/1.1\r\nHost: x\r\n\r\n", 400 },
      { "a bare LF", "GET / HTTP/1.1\nHost: x\n\n", 400 },
      { "a bare CR", head .. "A: b\rc\r\n\r\n", 400 },
      { "a NUL", head .. "A: b\0c\r\n\r\n", 400 },
      { "too many empty lines", ("\r\n"):rep(5) .. head .. "\r\n", 400 },
      { "a request line of 8193 bytes", "GET /" .. ("x"):rep(8193 - 14) .. " HTTP/1.1\r\n\r\n", 414 },
      { "a header line without a colon", head .. "A\r\n\r\n", 400 },
      { "a space before the colon", head .. "A : b\r\n\r\n", 400 },
      { "a folded header line", head .. "A: b\r\n c\r\n\r\n", 400 },
      { "a header name that is no token", head .. "A{}: b\r\n\r\n", 400 },
      { "a header of 33 KB", head .. "A: " .. ("x"):rep(33000) .. "\r\n\r\n", 431 },
      { "101 header lines", line .. ("Host: x\r\n"):rep(101) .. "\r\n", 431 },
      { "no Host", line .. "\r\n", 400 },
      { "two Hosts", head .. "host: x\r\n\r\n", 400 },
      { "a malformed Host", line .. "Host: a b\r\n\r\n", 400 },
      { "a length that is no number", head .. "Content-Length: +1\r\n\r\nx", 400 },
      { "two lengths", head .. "Content-Length: 1\r\nContent-Length: 1\r\n\r\nx", 400 },
      { "a huge length", head .. "Content-Length: " .. ("9"):rep(40) .. "\r\n\r\n", 413 },
      { "a length beside a transfer coding",
        head .. "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400 },
      { "an unknown transfer coding", head .. "Transfer-Encoding: gzip, chunked\r\n\r\n", 501 },
      { "a transfer coding in HTTP/1.0",
        "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400 },
      { "an unknown expectation", head .. "Expect: x\r\nContent-Length: 1\r\n\r\n", 417 },
      { "a chunk size that is no number", chunked .. "x\r\n", 400 },
      { "a chunk size with junk", chunked .. "1 x\r\n", 400 },
      { "a huge chunk", chunked .. ("f"):rep(16) .. "\r\n", 413 },
      { "chunks of more than a megabyte", chunked .. "100001\r\n", 413 },
      { "a chunk longer than its size", chunked .. "1\r\nabc\r\n0\r\n\r\n", 400 },
      { "a long chunk line", chunked .. "1;" .. ("x"):rep(300) .. "\r\n", 400 },
      { "a malformed trailer", chunked .. "0\r\nA : b\r\n\r\n", 400 },
    }
    for _, row in ipairs(malformed) do
      it(("with %s get %d and the connection's end"):format(row[1], row[3]), function()
        local connection = connect():send(row[2])
        local response = connection:receive()
        assert.equal(row[3], response.status)
        assert.equal("close", response.headers.connection)
        assert.truthy(response.body:find('"status":' .. row[3], 1, true), response.body)
        assert.is_true(connection:ends())
        assert.equal(row[3], last_request().status)
        assert.is_string(last_request().problem)
      end)
    end

    for _, part in ipairs { "PO", line, head .. "Content-Length: 9\r\n\r\nx", chunked .. "9\r\nx" } do
      it(("that end early, after %d bytes, get 400"):format(#part), function()
        assert.equal(400, connect():send(part):finish_sending():receive().status)
      end)
    end

    it("from a client that has gone do no harm", function()
      local other = assert(sandbox.start())
      finally(function() other:stop() end)
      for _ = 1, 20 do http_client.connect(other.base_url):send(create_request()):close() end
      assert.equal(401, http_client.connect(other.base_url):send(create_request()):receive().status)
    end)
  end)
end)
