-- What the sandbox's server logs, and what it does to a connection when a fault or
-- latency is asked for, seen over raw sockets. How it speaks HTTP is in http_spec.lua,
-- starting and stopping in ../sandbox_spec.lua.

local cjson = require "cjson"
local cqueues = require "cqueues"
local http_client = require "spec.support.http_client"
local raw = require "spec.support.raw_sandbox"
local sandbox = require "twilio.webhooks.sandbox"

local ACCOUNT, AUTHORIZATION, HOST, BODY = raw.ACCOUNT, raw.AUTHORIZATION, raw.HOST, raw.BODY
local connect, create_request, last_request = raw.connect, raw.create_request, raw.last_request

describe("twilio.webhooks.sandbox.server", function()
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

  -- A sandbox of its own for one test, and a connection to it.
  local function start(options)
    options.account_sid, options.auth_token = ACCOUNT, "token"
    local other = assert(sandbox.start(options))
    finally(function() other:stop() end)
    return other, function() return http_client.connect(other.base_url) end
  end

  describe("log", function()
    it("has the request when the client has the answer", function()
      local before = #server:requests()
      local connection = connect()
      for i = 1, 20 do
        connection:send(create_request()):receive()
        assert.equal(before + i, #server:requests())
      end
    end)

    it("tells everything about a request but the password", function()
      local seconds = os.time()
      connect():send(create_request { "X-Twice: 1", "x-twice: 2" }):receive()
      local entry = last_request()
      assert.is_true(entry.time >= seconds and entry.time < seconds + 10)
      assert.equal(#server:requests(), entry.n)
      assert.is_number(entry.connection)
      entry.n, entry.time, entry.connection = nil, nil, nil
      assert.truthy(entry.stored.sid:find("^WH"))
      entry.stored = nil
      assert.same({
        operation = "create", processed = true,
        method = "POST", target = target, version = "1.1", user = ACCOUNT, status = 201, body = BODY,
        headers = {
          host = "127.0.0.1", authorization = "Basic (not logged)", ["x-twice"] = "1, 2",
          ["content-type"] = "application/x-www-form-urlencoded", ["content-length"] = tostring(#BODY),
        },
        header_list = {
          { "Host", "127.0.0.1" }, { "Authorization", "Basic (not logged)" },
          { "Content-Type", "application/x-www-form-urlencoded" }, { "Content-Length", tostring(#BODY) },
          { "X-Twice", "1" }, { "x-twice", "2" },
        },
      }, entry)
    end)

    it("tells requests of one connection from those of another", function()
      local one, other = connect(), connect()
      local numbers = {}
      for i, connection in ipairs { one, one, other } do
        connection:send(create_request()):receive()
        numbers[i] = last_request().connection
      end
      assert.equal(numbers[1], numbers[2])
      assert.are_not.equal(numbers[1], numbers[3])
    end)

    it("tells what had its effect from what was refused", function()
      local other, connect_to = start {}
      local connection = connect_to()
      local nowhere = target .. "/WH" .. ("0"):rep(32)
      local rows = {
        { create_request(), true }, { create_request(nil, "Type=x"), false },
        { http_client.format("GET", nowhere, { HOST, AUTHORIZATION }), false },
        { http_client.format("GET", target, { HOST }), false },
        { http_client.format("GET", target, { HOST, AUTHORIZATION }), true },
      }
      for i, row in ipairs(rows) do
        connection:send(row[1]):receive()
        assert.equal(row[2], other:requests()[i].processed)
      end
    end)

    it("keeps every byte of a body", function()
      for _, body in ipairs { "\0\1\r\n\"\\/", "\195\164\226\130\172", "a\255\128b", "\237\160\128" } do
        connect():send(create_request(nil, body)):receive()
        assert.equal(body, last_request().body)
      end
    end)

    it("is valid JSON whatever bytes are in a header", function()
      connect():send(create_request { "X-Latin: caf\233" }):receive()
      assert.equal("caf\195\169", last_request().headers["x-latin"])
    end)

    it("has what is known of a malformed request", function()
      connect():send("POST /a HTTP/1.1\r\nHost: x\r\nbad\r\n\r\n"):receive()
      local entry = last_request()
      assert.same({ "POST", "/a", "1.1", "x", 400, false },
        { entry.method, entry.target, entry.version, entry.headers.host, entry.status, entry.processed })
    end)

    it("gives integers where Lua has them", function()
      connect():send(create_request(nil, BODY .. "&Configuration.RetryCount=2")):receive()
      local entry = last_request()
      assert.equal("201 2", entry.status .. " " .. entry.stored.configuration.retry_count)
    end)

    it("is given as a table of its own each time", function()
      connect():send(create_request()):receive()
      local requests = server:requests()
      requests[1] = nil
      assert.is_table(server:requests()[1])
    end)

    it("tells what a request changed", function()
      local connection = connect():send(create_request())
      local sid = cjson.decode(connection:receive().body).sid
      assert.equal(sid, last_request().stored.sid)
      local item = target .. "/" .. sid
      connection:send(http_client.format("DELETE", item, { HOST, AUTHORIZATION }))
      local response = connection:receive()
      assert.same({ 204, "" , nil }, { response.status, response.body, response.headers["content-length"] })
      local entry = last_request()
      assert.same({ "delete", sid, nil }, { entry.operation, entry.removed, entry.stored })
    end)
  end)

  local function list_request()
    return http_client.format("GET", target, { HOST, AUTHORIZATION })
  end

  describe("a fault", function()
    -- What comes back for a create, in bytes and in the way that it ends; whether it had
    -- an effect; and the status in the log.
    local rows = {
      { "drop_before", "nothing", "closed", false },
      { "drop_after", "nothing", "closed", true },
      { "reset_after", "nothing", "reset", true },
      { "truncate", "a part", "closed", true, 201 },
      { "stall", "nothing", "closed", true, options = { seconds = 0.1 } },
    }
    for _, row in ipairs(rows) do
      local name, received, ending, processed, status = (table.unpack or unpack)(row, 1, 5)
      it(("%s: %s comes back, the connection is %s"):format(name, received, ending), function()
        local rule = { name, times = 1, seconds = row.options and row.options.seconds }
        local other, connect_to = start { faults = { rule } }
        local bytes, how = connect_to():send(create_request()):rest()
        assert.equal(ending, how)
        assert.equal(received, bytes == "" and "nothing" or "a part")
        local entry = other:requests()[1]
        assert.same({ name, processed, status }, { entry.fault, entry.processed, entry.status })
        assert.equal(processed and 1 or 0, #other:webhooks())
        local second = connect_to():send(create_request()):receive()
        assert.equal(201, second.status)
        assert.is_nil(other:requests()[2].fault)
      end)
    end

    local answers = {
      { { "throttle" }, 429, 20429, false },
      { { "throttle", retry_after = 3 }, 429, 20429, false, "3" },
      { { "fail_before" }, 500, 20500, false },
      { { "fail_before", status = 503 }, 503, 20503, false },
      { { "fail_after" }, 500, 20500, true },
      { { "fail_after", status = 503 }, 503, 20503, true },
    }
    for _, row in ipairs(answers) do
      local rule, status, code, processed, retry_after = (table.unpack or unpack)(row, 1, 5)
      it(("%s answers %d, and the connection goes on"):format(rule[1], status), function()
        rule.times = 1
        local other, connect_to = start { faults = { rule } }
        local connection = connect_to():send(create_request())
        local response = connection:receive()
        assert.same({ status, retry_after }, { response.status, response.headers["retry-after"] })
        local body = cjson.decode(response.body)
        assert.same({ status, code }, { body.status, body.code })
        assert.is_string(body.message)
        assert.equal("https://www.twilio.com/docs/errors/" .. code, body.more_info)
        local entry = other:requests()[1]
        assert.same({ rule[1], processed, status }, { entry.fault, entry.processed, entry.status })
        assert.equal(processed and 1 or 0, #other:webhooks())
        assert.equal(201, connection:send(create_request()):receive().status)
      end)
    end

    -- Waits for the sandbox to hold that many webhooks; within seconds, or the spec fails.
    local function await_webhooks(other, count)
      for _ = 1, 500 do
        if #other:webhooks() == count then return true end
        cqueues.sleep(0.02)
      end
      error(("%d webhooks and not %d"):format(#other:webhooks(), count))
    end

    -- What comes back before the request is processed.
    local late = { { "drop_late" }, { "stall_late" }, { "fail_late", 504 }, { "fail_late", 502, status = 502 } }
    for _, row in ipairs(late) do
      it(("%s: %s, and the webhook is there later"):format(row[1], row[2] or "nothing comes back"), function()
        local rule = { row[1], times = 1, seconds = 0.3, status = row.status }
        local other, connect_to = start { faults = { rule } }
        local connection = connect_to():send(create_request())
        if row[2] then
          assert.equal(row[2], connection:receive().status)
        elseif row[1] == "drop_late" then
          assert.is_true(connection:ends())
        end
        await_webhooks(other, 1)
        local entry, lines = other:requests()[1], {}
        assert.same({ row[1], true, row[2], true, other:webhooks()[1].sid },
          { entry.fault, entry.processed, entry.status, entry.late, entry.stored.sid })
        assert.equal(1, #other:requests())
        for line in io.lines(other.log) do lines[#lines + 1] = cjson.decode(line) end -- as it was, and what became of it
        assert.same({ false, nil }, { lines[1].processed, lines[1].stored })
        assert.is_true(lines[2].time - lines[1].time > 0.29, lines[2].time - lines[1].time)
        if row[1] == "stall_late" then assert.is_true(connection:is_silent()) end
      end)
    end

    it("what is processed late is as new as that", function()
      local other, connect_to = start { faults = { { "fail_late", times = 1, seconds = 2 } } }
      local connection = connect_to():send(create_request())
      assert.equal(504, connection:receive().status)
      local second = cjson.decode(connection:send(create_request()):receive().body).sid
      await_webhooks(other, 2)
      assert.equal(second, other:webhooks()[1].sid)
    end)

    it("what is refused late is not processed", function()
      local other, connect_to = start { faults = { { "fail_late", seconds = 0 } } }
      assert.equal(504, connect_to():send(create_request(nil, "Type=x")):receive().status)
      for _ = 1, 500 do
        if other:requests()[1].late then break end
        cqueues.sleep(0.02)
      end
      local entry = other:requests()[1]
      assert.same({ true, false, nil }, { entry.late, entry.processed, entry.stored })
    end)

    it("stray sends the answer once more, on the same connection", function()
      local other, connect_to = start { faults = { { "stray", times = 1, seconds = 0.1 } } }
      local before = cqueues.monotime()
      local connection = connect_to():send(create_request())
      local first = connection:receive()
      assert.same(first, connection:receive())
      assert.equal(201, first.status)
      assert.is_true(cqueues.monotime() - before >= 0.1)
      assert.equal(201, connection:send(create_request()):receive().status)
      assert.equal(2, #other:webhooks())
    end)

    it("close_idle ends a connection after its answer, without a word of it", function()
      local other, connect_to = start { faults = { { "close_idle", times = 1, seconds = 0.1 } } }
      local connection = connect_to():send(create_request())
      local response = connection:receive()
      assert.same({ 201, nil }, { response.status, response.headers.connection })
      assert.is_true(connection:ends())
      assert.equal("close_idle", other:requests()[1].fault)
    end)

    it("close_idle leaves a connection alone that is in use again", function()
      local _, connect_to = start { faults = { { "close_idle", times = 1, seconds = 20 } } }
      local connection = connect_to()
      for _ = 1, 2 do assert.equal(201, connection:send(create_request()):receive().status) end
    end)

    it("restart ends every connection, and processes nothing that was under way", function()
      local other, connect_to = start { latency = 1, faults = { { "restart", after = 1, times = 1 } } }
      local idle, under_way, last = connect_to(), connect_to(), connect_to()
      idle:send(create_request()):receive()
      last:send(list_request())
      cqueues.sleep(0.1)
      under_way:send(create_request())
      for _, connection in ipairs { idle, under_way, last } do assert.is_true(connection:ends()) end
      assert.equal(201, connect_to():send(create_request()):receive().status)
      assert.equal(2, #other:webhooks())
      for i, expected in ipairs { true, false, false, true } do
        local entry = other:requests()[i]
        assert.equal(expected, entry.processed)
        assert.equal(not expected and "restart" or nil, entry.fault)
      end
    end)

    it("restart turns new connections away for a while", function()
      local other, connect_to = start { faults = { { "restart", times = 1, seconds = 2 } } }
      assert.is_true(connect_to():send(list_request()):ends())
      local turned_away, response = 0, nil
      for _ = 1, 500 do
        local connection = connect_to():send(list_request())
        local bytes = connection:line()
        if bytes then
          response = bytes
          break
        end
        turned_away = turned_away + 1
        cqueues.sleep(0.02)
      end
      assert.equal("HTTP/1.1 200 OK", response)
      assert.is_true(turned_away > 0)
      assert.equal(2, #other:requests())
    end)

    it("rate_limit answers 429 to what is too much, with or without Retry-After", function()
      for _, seconds in ipairs { false, 2 } do
        local rule = { "rate_limit", rate = 1, operation = "create", retry_after = seconds or nil }
        local other, connect_to = start { faults = { rule } }
        local connection = connect_to()
        local response
        for _ = 1, 200 do
          response = connection:send(create_request()):receive()
          if response.status == 429 then break end
        end
        assert.same({ 429, seconds and "2" or nil }, { response.status, response.headers["retry-after"] })
        assert.equal(200, connection:send(list_request()):receive().status)
        local requests = other:requests()
        assert.same({ "rate_limit", false }, { requests[#requests - 1].fault, requests[#requests - 1].processed })
      end
    end)

    it("trailers are fields after a chunked answer, which is whole", function()
      local other, connect_to = start { faults = { { "trailers" } } }
      local bytes = connect_to():send(create_request { "Connection: close" }):rest()
      local head, body = bytes:match("^(.-\r\n)\r\n(.*)$")
      assert.truthy(head:find("\r\nTransfer-Encoding: chunked\r\n", 1, true))
      assert.is_nil(head:find("Content-Length", 1, true))
      local chunks, rest = {}, body
      while not rest:find("^0\r\n") do
        local size, after = rest:match("^(%x+)\r\n()")
        chunks[#chunks + 1] = rest:sub(after, after + tonumber(size, 16) - 1)
        rest = rest:sub(after + tonumber(size, 16) + 2)
      end
      assert.is_true(#chunks > 1)
      assert.equal(other:webhooks()[1].sid, cjson.decode(table.concat(chunks)).sid)
      assert.truthy(rest:find("^0\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nRetry%-After: 3600\r\n"
        .. "Twilio%-Request%-Id: RQ%x+\r\n\r\n$"))
      assert.same({ "trailers" }, other:requests()[1].altered)
    end)

    it("trailers are not added to an answer without a body", function()
      local other, connect_to = start { faults = { { "trailers" } } }
      local connection = connect_to():send(create_request { "Connection: close" })
      connection:rest()
      local delete = http_client.format("DELETE", target .. "/" .. other:webhooks()[1].sid, { HOST, AUTHORIZATION })
      local response = connect_to():send(delete):receive()
      assert.same({ 204, nil }, { response.status, response.headers["transfer-encoding"] })
    end)

    it("dates are off, or missing, whatever else happens", function()
      local _, connect_to = start { faults = { { "date_missing", times = 1 }, { "date_off", seconds = 86400, after = 1 },
        { "throttle", times = 2 } } }
      local connection = connect_to():send(create_request())
      local first = connection:receive()
      assert.same({ 429, nil }, { first.status, first.headers.date })
      local second = connection:send(create_request()):receive()
      local tomorrow = os.date("!%a, %d %b %Y", os.time() + 86400)
      local yesterday = os.date("!%a, %d %b %Y", os.time() + 86400 - 60) -- midnight may have passed meanwhile
      local date = second.headers.date:sub(1, 16)
      assert.is_true(second.status == 429 and (date == tomorrow or date == yesterday), date)
    end)

    it("a list lags while a webhook itself does not", function()
      local other, connect_to = start { faults = { { "stale", seconds = 600 } } }
      local connection = connect_to():send(create_request())
      local sid = cjson.decode(connection:receive().body).sid
      assert.same({}, cjson.decode(connection:send(list_request()):receive().body).webhooks)
      local fetch = http_client.format("GET", target .. "/" .. sid, { HOST, AUTHORIZATION })
      assert.equal(200, connection:send(fetch):receive().status)
      local entry = other:requests()[2]
      assert.same({ { "stale" }, nil, true }, { entry.altered, entry.fault, entry.processed })
    end)

    it("truncate sends the share that it is told to", function()
      local _, connect_to = start { faults = { { "truncate", share = 0.9 } } }
      local bytes = connect_to():send(create_request()):rest()
      local head, body = bytes:match("^(.-\r\n\r\n)(.*)$")
      local length = tonumber(head:match("Content%-Length: (%d+)"))
      assert.equal(math.floor((#head + length) * 0.9), #bytes)
      assert.is_true(#body < length)
    end)

    it("stall lasts until the client gives up", function()
      local other, connect_to = start { faults = { { "stall", times = 1 } } }
      local connection = connect_to():send(create_request())
      for _ = 1, 100 do
        if #other:requests() > 0 then break end
        cqueues.sleep(0.02)
      end
      assert.equal(201, connect_to():send(create_request()):receive().status)
      assert.is_true(connection:is_silent())
      assert.equal(2, #other:webhooks())
      connection:finish_sending()
      assert.is_true(connection:ends())
    end)

    it("of one operation leaves the others alone", function()
      local _, connect_to = start { faults = { { "throttle", operation = "create" } } }
      local connection = connect_to()
      assert.equal(200, connection:send(list_request()):receive().status)
      assert.equal(429, connection:send(create_request()):receive().status)
    end)

    it("has no part in a request that is malformed", function()
      local other, connect_to = start { faults = { { "drop_before" } } }
      assert.equal(400, connect_to():send("x\r\n\r\n"):receive().status)
      assert.is_nil(other:requests()[1].fault)
    end)

    -- What 60 requests in a row meet, by chance, with a seed.
    local function chances(seed)
      local rules = { { "throttle", probability = 0.3 }, { "fail_after", probability = 0.3, status = 503 } }
      local _, connect_to = start { faults = rules, seed = seed }
      local connection, statuses = connect_to(), {}
      for i = 1, 60 do statuses[i] = connection:send(list_request()):receive().status end
      return table.concat(statuses, " ")
    end

    it("comes by chance, and with the same seed at the same requests", function()
      local first = chances(7)
      for _, status in ipairs { "200", "429", "503" } do
        assert.truthy(first:find(status, 1, true), status)
      end
      assert.equal(first, chances(7))
      assert.are_not.equal(first, chances(8))
      assert.equal(chances(nil), chances(1))
    end)
  end)

  describe("latency", function()
    it("delays every answer, and keeps nobody else waiting", function()
      local _, connect_to = start { latency = 0.2 }
      local loop, before, answered = cqueues.new(), cqueues.monotime(), 0
      for _ = 1, 20 do
        loop:wrap(function()
          local connection = connect_to()
          assert(connection:send(list_request()):receive().status == 200)
          answered = answered + 1
          connection:close()
        end)
      end
      assert(loop:loop())
      local seconds = cqueues.monotime() - before
      assert.equal(20, answered)
      assert.is_true(seconds >= 0.2 and seconds < 3.9, seconds) -- and not 20 times 0.2
    end)

    it("is no latency of what cannot be read", function()
      local _, connect_to = start { latency = 60 }
      assert.equal(400, connect_to():send("x\r\n\r\n"):receive().status)
    end)
  end)
end)
