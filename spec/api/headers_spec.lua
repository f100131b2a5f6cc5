-- Headers of the user's own, and bearer tokens: what is sent, by libcurl and by a transport,
-- and what is refused.

local core = require "twilio.webhooks.core"
local example = require "spec.support.example"
local sandbox = require "twilio.webhooks.sandbox"
local webhooks = require "twilio.webhooks"

-- The headers that a transport is given.
local function headers(fields, options)
  local client = assert(core.open(options or {}))
  local call, request, err = client:prepare("create_webhook", example.webhook(fields))
  client:close()
  return call and request.headers, err and err.problems, request
end

local function refusal(given)
  local sent, problems = headers { headers = given }
  assert.is_nil(sent)
  assert.equal(1, #problems)
  return problems[1].field, problems[1].message
end

describe("headers", function()
  it("are sent as they were given, beside our own", function()
    local sent = headers { headers = { ["If-Match"] = '"2"', ["X-Twilio-Webhook-Enabled"] = "true", ["x-request-id"] = "7" } }
    assert.equal('"2"', sent["If-Match"])
    assert.equal("true", sent["X-Twilio-Webhook-Enabled"])
    assert.equal("7", sent["x-request-id"])
    assert.equal("application/json", sent.Accept)
    assert.truthy(sent.Authorization:find "^Basic ")
  end)

  it("may be a client's, and a call's stand instead of them", function()
    local options = { headers = { ["X-A"] = "client", ["X-B"] = "client" } }
    assert.equal("client", headers({}, options)["X-A"])
    local sent = headers({ headers = { ["X-A"] = "call" } }, options)
    assert.equal("call", sent["X-A"])
    assert.is_nil(sent["X-B"])
  end)

  it("may be 16, each with 4096 bytes, 16 KiB in all", function()
    local many = {}
    for i = 1, 16 do many["X-" .. i] = ("v"):rep(900) end
    assert.equal(("v"):rep(900), headers({ headers = many })["X-16"])
    assert.is_table((headers { headers = { ["X-A"] = ("v"):rep(4096) } }))
  end)

  local many, large = {}, {}
  for i = 1, 17 do many["X-" .. i] = "v" end
  for i = 1, 5 do large["X-" .. i] = ("v"):rep(4096) end
  -- { what, headers, field, message }
  local refused = {
    { "no table", "X-A: b", "headers", "must be a table of names and texts" },
    { "a list", { "X-A: b" }, "headers", "must be a table of names and texts" },
    { "too many", many, "headers", "must be a table of 16 headers at most" },
    { "too much", large, "headers", "have more than 16 KiB" },
    { "a name in two spellings", { ["X-A"] = "b", ["x-a"] = "c" }, "headers", "has a name twice" },
    { "a name with a space", { ["X A"] = "b" }, "headers.X A", "must have a name" },
    { "a name with a colon", { ["X:A"] = "b" }, "headers.X:A", "must have a name" },
    { "a name with a line break", { ["X\r\nHost"] = "b" }, "headers.X\\x0D\\x0AHost", "must have a name" },
    { "a name with NUL", { ["X\0"] = "b" }, "headers.X", "must have a name" },
    { "a name of 129 bytes", { [("X"):rep(129)] = "b" }, "headers." .. ("X"):rep(50), "must have a name" },
    { "an empty name", { [""] = "b" }, "headers.", "must have a name" },
    { "a carriage return in a value", { ["X-A"] = "b\r" }, "headers.X-A", "no control character" },
    { "a second line in a value", { ["X-A"] = "b\r\nAuthorization: none" }, "headers.X-A", "no control character" },
    { "NUL in a value", { ["X-A"] = "b\0c" }, "headers.X-A", "no control character" },
    { "an empty value, which would take a header away", { ["X-A"] = "" }, "headers.X-A", "must have 1 to 4096" },
    { "a space at a value's end", { ["X-A"] = "b " }, "headers.X-A", "no space at its ends" },
    { "a value of spaces", { ["X-A"] = " " }, "headers.X-A", "no space at its ends" },
    { "a value of 4097 bytes", { ["X-A"] = ("v"):rep(4097) }, "headers.X-A", "must have 1 to 4096" },
    { "a number", { ["X-A"] = 1 }, "headers.X-A", "must be a string" },
  }
  for _, row in ipairs(refused) do
    it("may not be " .. row[1], function()
      local field, message = refusal(row[2])
      assert.equal(row[3], field:sub(1, #row[3]))
      assert.truthy(message:find(row[4], 1, true), message)
      assert.is_nil((field .. message):find "[^\32-\126]")
    end)
  end

  for _, name in ipairs { "Authorization", "host", "CONTENT-LENGTH", "Content-Type", "User-Agent", "Accept", "Expect",
    "Transfer-Encoding", "Connection", "Accept-Encoding", "Proxy-Authorization", "Upgrade", "TE", "Trailer" } do
    it("may not replace " .. name, function()
      local field, message = refusal { [name] = "s3cret" }
      assert.equal("headers." .. name, field)
      assert.equal("is not for a call to set", message)
    end)
  end

  it("never show their values in a refusal", function()
    for _, value in ipairs { "s3cret\n", " s3cret", ("s3cret"):rep(1000) } do
      local _, _, message = headers { headers = { ["X-A"] = value, Host = "s3cret" } }
      assert.is_nil(message:find("s3cret", 1, true))
    end
  end)

  describe("on the wire", function()
    local server
    setup(function() server = assert(sandbox.start { account_sid = example.account_sid, auth_token = example.auth_token }) end)
    teardown(function() server:stop() end)

    it("are whole, and gone with the next call on the same connection", function()
      local function create(own)
        assert(webhooks.create_webhook { base_url = server.base_url, account_sid = server.account_sid,
          auth_token = server.auth_token, service_sid = server.service_sid, channel_sid = "x", type = "webhook",
          configuration = { url = "https://example.com/", filters = "onMessageSent" }, headers = own })
        local log = server:requests()
        return log[#log].headers
      end
      local sent = create { ["If-Match"] = '"2"', ["X-Request-Id"] = "r 1" }
      assert.equal('"2"', sent["if-match"])
      assert.equal("r 1", sent["x-request-id"])
      assert.equal("application/x-www-form-urlencoded", sent["content-type"])
      sent = create(nil)
      assert.is_nil(sent["if-match"])
      assert.is_nil(sent["x-request-id"])
      assert.is_nil(sent.expect)
    end)
  end)
end)

describe("an access token", function()
  it("is sent as a bearer token", function()
    local sent = headers { auth_token = false, access_token = "eyJ.abc" }
    assert.equal("Bearer eyJ.abc", sent.Authorization)
  end)

  it("may be a client's, kept where no table shows it", function()
    local sent = headers({ account_sid = false, auth_token = false }, { access_token = "eyJ.abc" })
    assert.equal("Bearer eyJ.abc", sent.Authorization)
  end)

  it("of a client gives way to what the call gives", function()
    assert.truthy(headers({}, { access_token = "eyJ.abc" }).Authorization:find "^Basic ")
    assert.equal("Bearer other", headers({ auth_token = false, access_token = "other" },
      { access_token = "eyJ.abc" }).Authorization)
    assert.equal("Bearer other", headers({ account_sid = false, auth_token = false, access_token = "other" },
      { account_sid = example.account_sid, auth_token = "t" }).Authorization)
  end)

  describe("that is a client's function", function()
    -- A client whose requests get these statuses, and what they had as Authorization.
    local function opened(token, statuses)
      local sent = {}
      local client = assert(webhooks.new { access_token = token, service_sid = example.service_sid, channel_sid = "x",
        max_attempts = 3, transport = function(request)
          sent[#sent + 1] = request.headers.Authorization
          return { status = table.remove(statuses, 1), headers = { ["Retry-After"] = "0" }, body = example.answer_json() }
        end })
      return client, sent
    end

    it("is asked before each attempt", function()
      local asked = 0
      local client, sent = opened(function()
        asked = asked + 1
        return "token" .. asked
      end, { 503, 503, 200 })
      assert(client:fetch_webhook { sid = example.answer.sid })
      assert.equal(3, #sent)
      assert.is_true(sent[1] ~= sent[2] and sent[2] ~= sent[3])
      for _, text in ipairs(sent) do assert.truthy(text:find "^Bearer token%d$") end
      client:close()
    end)

    it("is not asked by new, nor when the client is closed", function()
      local asked = 0
      local client = opened(function()
        asked = asked + 1
        return "t"
      end, {})
      client:close()
      assert.equal(0, asked)
      assert.has_error(function() client:fetch_webhook { sid = example.answer.sid } end)
    end)

    it("may wait, while a call is about what its table said when it was made", function()
      local urls, params = {}, { sid = example.answer.sid, channel_sid = "first" }
      local client = assert(webhooks.new { service_sid = example.service_sid,
        access_token = function()
          params.channel_sid = "second"
          return "t"
        end,
        transport = function(request)
          urls[#urls + 1] = request.url
          return { status = 200, body = example.answer_json() }
        end })
      assert(client:fetch_webhook(params))
      assert.truthy(urls[1]:find("/first/", 1, true), urls[1])
      client:close()
    end)

    it("may close the client, and may not be longer than a token", function()
      local client
      client = opened(function()
        client:close()
        return "t"
      end, {})
      assert.equal("canceled", select(3, client:fetch_webhook { sid = example.answer.sid }).kind)
      client = opened(function() return ("t"):rep(4097) end, {})
      assert.has_error(function() client:fetch_webhook { sid = example.answer.sid } end,
        "an access token of more than 4096 bytes, or not enough memory")
      client:close()
    end)

    it("has its error go to the caller, and what is no token refused", function()
      local client = opened(function() error("no token today", 0) end, {})
      assert.has_error(function() client:fetch_webhook { sid = example.answer.sid } end, "no token today")
      client = opened(function() end, {})
      assert.has_error(function() client:fetch_webhook { sid = example.answer.sid } end,
        "access_token gave a nil, and not a string")
      for _, token in ipairs { "s3cret\nX: y", "" } do
        client = opened(function() return token end, {})
        local hook, message, err = client:fetch_webhook { sid = example.answer.sid }
        assert.is_nil(hook)
        assert.equal("access_token", err.problems[1].field)
        assert.is_nil(message:find("s3cret", 1, true))
      end
    end)
  end)
end)
