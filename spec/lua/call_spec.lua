-- Blocking calls against the sandbox: what goes over the wire, what comes back,
-- how connections live, how a call is interrupted.

local webhooks = require "twilio.webhooks"
local sandbox = require "twilio.webhooks.sandbox"
local child = require "spec.support.child"
local example = require "spec.support.example"
local libcurl = require "spec.support.libcurl"

describe("call", function()
  local server

  setup(function()
    server = assert(sandbox.start { account_sid = example.account_sid, auth_token = example.auth_token })
  end)

  teardown(function()
    server:stop()
  end)

  -- Creates the example's webhook in a channel of that name.
  local function create(fields)
    fields.base_url = server.base_url
    return webhooks.create_webhook(example.webhook(fields))
  end

  local function last_request()
    local requests = server:requests()
    return requests[#requests]
  end

  describe("request on the wire", function()
    it("is the contract's example, byte for byte, from the nested table", function()
      assert(create { channel_sid = "nested" })
      assert.equal("Type=webhook&Configuration.Url=dummy&Configuration.Method=GET"
        .. "&Configuration.Filters=onMessageSent&Configuration.Filters=onChannelDestroyed"
        .. "&Configuration.RetryCount=2", last_request().body)
    end)

    it("is the same from the flat table in the API's spelling", function()
      assert(webhooks.create_webhook(example.params {
        base_url = server.base_url,
        channel_sid = "flat",
        Type = "webhook",
        ["Configuration.Url"] = "dummy",
        ["Configuration.Method"] = "GET",
        ["Configuration.Filters"] = { "onMessageSent", "onChannelDestroyed" },
        ["Configuration.RetryCount"] = 2,
      }))
      assert.equal(example.form, last_request().body)
    end)

    it("is a POST to the channel's webhooks, over HTTP/1.1", function()
      assert(create { channel_sid = example.channel_sid })
      local request = last_request()
      assert.equal("POST", request.method)
      assert.equal(example.path, request.target)
      assert.equal("1.1", request.version)
      assert.equal(example.account_sid, request.user)
    end)

    it("has these headers and no others", function()
      assert(create { channel_sid = "headers" })
      local headers = last_request().headers
      assert.equal("application/json", headers.accept)
      assert.equal("application/x-www-form-urlencoded", headers["content-type"])
      assert.equal(tostring(#example.form), headers["content-length"])
      assert.truthy(headers["user-agent"]:match(
        "^twilio%-webhooks/%d+%.%d+%.%d+ Lua[JIT]*/%d[%w.%-+]* libcurl/%d+%.%d+%.%d+$"), headers["user-agent"])
      local names = {}
      for name in pairs(headers) do names[#names + 1] = name end
      table.sort(names)
      assert.same({ "accept", "authorization", "content-length", "content-type", "host", "user-agent" }, names)
    end)

    it("has the user's own User-Agent", function()
      assert(create { channel_sid = "agent", user_agent = "mine/1.0" })
      assert.equal("mine/1.0", last_request().headers["user-agent"])
    end)

    it("has a unique name as one segment of the path", function()
      assert(create { channel_sid = "a/b?c#d \195\188%" })
      assert.truthy(last_request().target:find("/Channels/a%2Fb%3Fc%23d%20%C3%BC%25/Webhooks", 1, true))
    end)

    it("has the prefix of the base URL before the path", function()
      local hook, _, err = webhooks.create_webhook(example.webhook { base_url = server.base_url .. "/prefix/" })
      assert.is_nil(hook)
      assert.equal(404, err.status)
      assert.equal("/prefix" .. example.path, last_request().target)
    end)

    it("authenticates with an API key", function()
      assert(create { account_sid = false, auth_token = false, channel_sid = "key",
        api_key = server.api_key, api_secret = server.api_secret })
      assert.equal(server.api_key, last_request().user)
    end)

    it("carries what extra adds", function()
      assert(create { channel_sid = "extra", extra = { configuration = { new_field = "x y" } } })
      assert.equal(example.form .. "&Configuration.NewField=x%20y", last_request().body)
    end)

    it("is as large as a form may be", function()
      local url = ("x"):rep(60000)
      create { channel_sid = "large", configuration = { url = url } }
      assert.equal("Type=webhook&Configuration.Url=" .. url, last_request().body)
    end)

    it("is not sent when a parameter is refused", function()
      local before = #server:requests()
      local hook, _, err = create { type = "hook" }
      assert.is_nil(hook)
      assert.equal("invalid", err.kind)
      assert.equal(before, #server:requests())
    end)
  end)

  describe("result", function()
    it("is the webhook as a table, and info", function()
      local hook, info = create { channel_sid = "result" }
      assert.truthy(hook.sid:find("^WH%x+$"))
      assert.same({ url = "dummy", method = "GET", filters = { "onMessageSent", "onChannelDestroyed" },
        retry_count = 2 }, hook.configuration)
      assert.equal("2", tostring(hook.configuration.retry_count)) -- an integer where Lua has them
      assert.equal(201, info.status)
      assert.equal(1, info.attempts)
      assert.equal("application/json", info.headers["content-type"])
      assert.equal(info.headers["twilio-request-id"], info.request_id)
    end)

    it("is nil, a message and err when the server refuses", function()
      for _ = 1, 5 do assert(create { channel_sid = "full" }) end
      local hook, message, err = create { channel_sid = "full" }
      assert.is_nil(hook)
      assert.equal("http", err.kind)
      assert.equal(400, err.status)
      assert.equal(50321, err.code)
      assert.equal("yes", err.sent)
      assert.is_false(err.retryable)
      assert.equal("create_webhook", err.operation)
      assert.equal(1, err.attempts)
      assert.truthy(err.more_info:find("50321", 1, true))
      assert.equal(message, err.message)
      assert.truthy(message:find("^create_webhook: HTTP 400: .* %(code 50321, request RQ%x+%)$"), message)
      assert.is_nil(getmetatable(err))
    end)

    it("tells wrong credentials, and not which they were", function()
      local hook, message, err = create { auth_token = "wrong-0123456789" }
      assert.is_nil(hook)
      assert.equal(401, err.status)
      assert.equal(20003, err.code)
      assert.is_nil(message:find("wrong%-0123456789"))
    end)
  end)

  it("of an update that changes nothing has an empty form", function()
    local hook = assert(create { channel_sid = "unchanged" })
    local again = assert(webhooks.update_webhook(example.params { base_url = server.base_url,
      channel_sid = "unchanged", sid = hook.sid }))
    assert.same(hook.configuration, again.configuration)
    assert.equal("", last_request().body)
    assert.equal("0", last_request().headers["content-length"])
  end)

  describe("connection", function()
    it("is kept alive from call to call", function()
      assert(create { channel_sid = "alive 1" })
      local first = last_request().connection
      assert(create { channel_sid = "alive 2" })
      create { auth_token = "wrong" }
      assert(create { channel_sid = "alive 3" })
      assert.equal(libcurl.reuses_for_post, first == last_request().connection)
    end)

    it("is kept alive for what may be sent again, whatever the libcurl", function()
      local params = example.params { base_url = server.base_url, channel_sid = "alive 1" }
      assert(webhooks.list_webhooks(params))
      local first = last_request().connection
      assert(webhooks.list_webhooks(params))
      assert.equal(first, last_request().connection)
    end)

    it("does not carry one call's credentials into the next", function()
      assert(create { channel_sid = "clean 1" })
      assert(create { account_sid = false, auth_token = false, channel_sid = "clean 2",
        api_key = server.api_key, api_secret = server.api_secret })
      assert.equal(server.api_key, last_request().user)
      assert(create { channel_sid = "clean 3" })
      assert.equal(example.account_sid, last_request().user)
    end)

    it("survives a collection of everything that a call leaves behind", function()
      for i = 1, 3 do
        assert(create { channel_sid = "collected " .. i })
        collectgarbage()
        collectgarbage()
      end
    end)

    it("is of each process alone after a fork", function()
      -- io.popen forks, but execs at once: only a real fork shows what is inherited.
      if not jit then return end
      local output = child.run(([[
        local webhooks = require "twilio.webhooks"
        local example = require "spec.support.example"
        local ffi = require "ffi"
        ffi.cdef "int fork(void); int wait(int *);"
        local function create(name)
          return webhooks.create_webhook(example.webhook { channel_sid = name, base_url = "%s" })
        end
        assert(create "fork before")
        if ffi.C.fork() == 0 then
          for i = 1, 3 do assert(create "fork child") end
          os.exit(7)
        end
        for i = 1, 3 do assert(create "fork parent") end
        local status = ffi.new "int[1]"
        ffi.C.wait(status)
        print(status[0] / 256)
      ]]):format(server.base_url))
      assert.equal("7\n", output)
      local connection = {}
      for _, request in ipairs(server:requests()) do
        local name = request.target:match("/fork%%20(%l+)/")
        if name then connection[name] = request.connection end
      end
      assert.equal(connection.before, connection.parent)
      assert.not_equal(connection.before, connection.child)
    end)
  end)

  describe("interrupt", function()
    -- A child calls a server that has stopped; a second later it gets
    -- SIGINT. What it printed, and the seconds from the signal to its end.
    local function interrupted(code)
      os.execute(("kill -STOP %d"):format(server.pid))
      local pipe = assert(io.popen(([[
        %s 2>&1 &
        sleep 1
        begin=$(LD_PRELOAD= date +%%s%%N)
        kill -INT $!
        wait $!
        echo "status $? after $((($(LD_PRELOAD= date +%%s%%N) - begin) / 1000000)) ms"
      ]]):format(child.command(code, { BASE_URL = server.base_url })), "r"))
      local output = pipe:read("*a")
      pipe:close()
      os.execute(("kill -CONT %d"):format(server.pid))
      return output, tonumber(output:match("after (%d+) ms")) / 1000
    end

    local CALL = [[
      local webhooks = require "twilio.webhooks"
      local example = require "spec.support.example"
      local function create(fields)
        fields.base_url = os.getenv "BASE_URL"
        return webhooks.create_webhook(example.webhook(fields))
      end
    ]]

    -- At most 0.3 s later than one that waits for nothing, whose end takes as long on this machine.
    -- The best of five: a machine that is busy makes each longer, and none shorter.
    it("ends a script that waits for an answer, within 0.3 s", function()
      local least, least_idle = math.huge, math.huge
      for _ = 1, 5 do
        local output, seconds = interrupted(CALL .. [[create { channel_sid = "interrupted" } print "went on"]])
        assert.truthy(output:find("interrupted!", 1, true), output)
        assert.is_nil(output:find("went on", 1, true))
        least = math.min(least, seconds)
        if least < 0.3 then return end
        least_idle = math.min(least_idle, select(2, interrupted(CALL .. "while true do end")))
        if least < least_idle + 0.3 then return end
      end
      error(("%g s at the least, and %g s of one that does not wait"):format(least, least_idle))
    end)

    it("is an error that can be caught, and the next call works", function()
      local output = interrupted(CALL .. ([[
        local ok, message = pcall(create, { channel_sid = "caught" })
        print(ok, message)
        os.execute("kill -CONT %d")
        print((create { channel_sid = "after the interrupt" }) ~= nil)
      ]]):format(server.pid))
      assert.truthy(output:find("false\t.*interrupted!"), output)
      assert.truthy(output:find("\ntrue\n"), output)
    end)
  end)

  describe("misuse", function()
    for _, argument in ipairs { "nothing", "type=webhook", 1, true } do
      it("raises: " .. tostring(argument), function()
        assert.has_error(function()
          if argument == "nothing" then webhooks.create_webhook() else webhooks.create_webhook(argument) end
        end)
      end)
    end
  end)
end)
