-- The rules of the APIs as the sandbox knows them, each a row: no process, no socket.

local api = require "twilio.webhooks.sandbox.api"
local json = require "twilio.webhooks.sandbox.json"

local ACCOUNT, KEY = "AC" .. ("a"):rep(32), "SK" .. ("b"):rep(32)
local SERVICE, CHANNEL = "IS" .. ("c"):rep(32), "CH" .. ("d"):rep(32)
local FLOW = "FW" .. ("Ae"):rep(16)
local PATH = ("/v2/Services/%s/Channels/%s/Webhooks"):format(SERVICE, CHANNEL)
-- base64 of ACCOUNT .. ":token" and of KEY .. ":se:cret"
local BY_ACCOUNT = "Basic QUNhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYTp0b2tlbg=="
local BY_KEY = "Basic U0tiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYjpzZTpjcmV0"
local WRONG_PASSWORD = "Basic QUNhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYTpUb2tlbg=="
local FORM = "application/x-www-form-urlencoded"

local CONTRACT_REQUEST = "Type=webhook&Configuration.Url=dummy&Configuration.Method=GET"
  .. "&Configuration.Filters=onMessageSent&Configuration.Filters=onChannelDestroyed"
  .. "&Configuration.RetryCount=2"

describe("twilio.webhooks.sandbox.api", function()
  local sandbox, now, last_change

  before_each(function()
    now = 1458853550
    local count = 0
    sandbox = api.new {
      account_sid = ACCOUNT, auth_token = "token", api_key = KEY, api_secret = "se:cret",
      clock = function() return now end,
      hex = function(digits)
        count = count + 1
        return ("%0" .. digits .. "x"):format(count)
      end,
    }
  end)

  -- Anything that is not given is as a good request has it.
  local function send(body, options)
    options = options or {}
    local status, headers, answer, change = sandbox:handle {
      method = options.method or "POST",
      target = options.target or PATH,
      headers = {
        authorization = options.authorization or BY_ACCOUNT,
        ["content-type"] = options.content_type == nil and FORM or options.content_type or nil,
        host = options.host or "127.0.0.1:8390",
      },
      body = body or "",
    }
    last_change = change
    return status, headers, answer
  end

  local function created(body, options)
    local status, _, webhook = send(body, options)
    assert.equal(201, status, webhook.message)
    return webhook
  end

  local function assert_error(status, code, body, options)
    local actual, headers, answer = send(body, options)
    assert.same({ code, status, status }, { answer.code, answer.status, actual })
    assert.equal("https://www.twilio.com/docs/errors/" .. code, answer.more_info)
    assert.is_string(answer.message)
    assert.is_nil(last_change)
    return headers, answer
  end

  describe("create", function()
    it("answers the contract's request example in the shape of the contract's response example", function()
      local webhook = created(CONTRACT_REQUEST)
      assert.truthy(webhook.sid:find("^WH" .. ("%x"):rep(32) .. "$"))
      assert.same({
        sid = webhook.sid,
        url = "https://ip-messaging.twilio.com" .. PATH .. "/" .. webhook.sid,
        type = "webhook",
        account_sid = ACCOUNT,
        channel_sid = CHANNEL,
        service_sid = SERVICE,
        date_created = "2016-03-24T21:05:50Z",
        date_updated = "2016-03-24T21:05:50Z",
        configuration = {
          url = "dummy",
          method = "GET",
          filters = { "onMessageSent", "onChannelDestroyed" },
          retry_count = 2,
        },
      }, webhook)
    end)

    it("gives the retry count as an integer", function()
      assert.equal("2", tostring(created(CONTRACT_REQUEST).configuration.retry_count))
    end)

    it("gives every webhook a sid of its own, though the request is the same", function()
      assert.are_not.equal(created(CONTRACT_REQUEST).sid, created(CONTRACT_REQUEST).sid)
    end)

    it("marks a list as one", function()
      assert.equal(json.LIST, getmetatable(created(CONTRACT_REQUEST).configuration.filters))
    end)

    local configurations = {
      { "a webhook with the defaults", "Type=webhook&Configuration.Url=u&Configuration.Filters=onUserAdded",
        { url = "u", method = "POST", filters = { "onUserAdded" }, retry_count = 0 } },
      { "a trigger",
        "Type=trigger&Configuration.Url=u&Configuration.Triggers=a+b&Configuration.Triggers=%C3%A4",
        { url = "u", method = "POST", filters = { "a b", "\195\164" }, retry_count = 0 } },
      { "five triggers", "Type=trigger&Configuration.Url=u" .. ("&Configuration.Triggers=t"):rep(5),
        { url = "u", method = "POST", filters = { "t", "t", "t", "t", "t" }, retry_count = 0 } },
      { "more retries than three, as three", "Type=trigger&Configuration.Url=u&Configuration.Triggers=t"
        .. "&Configuration.RetryCount=4", { url = "u", method = "POST", filters = { "t" }, retry_count = 3 } },
      { "many more", "Type=trigger&Configuration.Url=u&Configuration.Triggers=t"
        .. "&Configuration.RetryCount=" .. ("9"):rep(40),
        { url = "u", method = "POST", filters = { "t" }, retry_count = 3 } },
      { "a studio flow alone", "Type=studio&Configuration.FlowSid=" .. FLOW,
        { flow_sid = FLOW } },
      { "a studio flow with filters and retries", "Type=studio&Configuration.Filters=onMessageSend"
        .. "&Configuration.RetryCount=3&Configuration.FlowSid=" .. FLOW,
        { flow_sid = FLOW, filters = { "onMessageSend" }, retry_count = 3 } },
      { "a field of another type, ignored", "Type=studio&Configuration.Url=u&Configuration.FlowSid=" .. FLOW,
        { flow_sid = FLOW } },
      { "an unknown field, ignored", "Type=studio&Zebra=1&Configuration.FlowSid=" .. FLOW,
        { flow_sid = FLOW } },
      { "the first of two values where there is one",
        "Type=webhook&Configuration.Url=a&Configuration.Url=b&Configuration.Filters=onMessageSent",
        { url = "a", method = "POST", filters = { "onMessageSent" }, retry_count = 0 } },
      { "names that are encoded too", "%54ype=studio&Configuration%2eFlowSid=" .. FLOW,
        { flow_sid = FLOW } },
    }
    for _, row in ipairs(configurations) do
      it("accepts " .. row[1], function()
        assert.same(row[3], created(row[2]).configuration)
      end)
    end

    local events = { "onMessageSend", "onMessageSent", "onMessageUpdate", "onMessageUpdated",
      "onMessageRemove", "onMessageRemoved", "onMediaMessageSend", "onMediaMessageSent",
      "onChannelAdd", "onChannelAdded",
      "onChannelUpdate", "onChannelUpdated", "onChannelDestroy", "onChannelDestroyed", "onMemberAdd",
      "onMemberAdded", "onMemberUpdate", "onMemberUpdated", "onMemberRemove", "onMemberRemoved",
      "onUserAdded", "onUserUpdate", "onUserUpdated" }

    it("knows every event of a channel", function()
      local body = "Type=webhook&Configuration.Url=u&Configuration.Filters="
        .. table.concat(events, "&Configuration.Filters=")
      assert.same(events, created(body).configuration.filters)
    end)

    local url = "Type=webhook&Configuration.Filters=onMessageSent&Configuration.Url="
    local filter = "Type=webhook&Configuration.Url=u&Configuration.Filters="
    local trigger = "Type=trigger&Configuration.Url=u"
    local errors = {
      { "no type", "Configuration.Url=u", 50328 },
      { "an empty type", "Type=", 50328 },
      { "an empty body", "", 50328 },
      { "an unknown type", "Type=Webhook", 50324 },
      { "a webhook without a url", "Type=webhook&Configuration.Filters=onMessageSent", 50329 },
      { "a webhook with an empty url", url, 50329 },
      { "a url of 2049 bytes", url .. ("x"):rep(2049), 50332 },
      { "a webhook without filters", "Type=webhook&Configuration.Url=u", 50330 },
      { "an unknown filter", filter .. "onMessageSent&Configuration.Filters=onmessagesent", 50325 },
      { "an empty filter among others", filter .. "onMessageSent&Configuration.Filters=", 50325 },
      { "an unknown method", filter .. "onMessageSent&Configuration.Method=PUT", 20001 },
      { "a trigger without triggers", trigger, 50331 },
      { "an empty trigger among others", trigger .. "&Configuration.Triggers=a&Configuration.Triggers=",
        50326 },
      { "six triggers", trigger .. ("&Configuration.Triggers=t"):rep(6), 50322 },
      { "a studio webhook without a flow", "Type=studio", 50327 },
      { "a flow of another pattern", "Type=studio&Configuration.FlowSid=" .. FLOW .. "0", 50327 },
      { "a negative retry count", filter .. "onMessageSent&Configuration.RetryCount=-1", 50065 },
      { "a fractional retry count", filter .. "onMessageSent&Configuration.RetryCount=2.0", 50065 },
      { "a percent sign at the end of the form", "Type=webhook&a=%", 20400 },
      { "a bad escape in a name of the form", "Type=webhook&%zz=a", 20400 },
    }
    for _, row in ipairs(errors) do
      it(("refuses %s with %d"):format(row[1], row[3]), function()
        assert_error(400, row[3], row[2])
      end)
    end

    it("accepts a url of 2048 bytes", function()
      created(url .. ("x"):rep(2048))
    end)

    it("refuses the sixth webhook of a channel and no other channel's", function()
      for _ = 1, 5 do created(CONTRACT_REQUEST) end
      assert_error(400, 50321, CONTRACT_REQUEST)
      created(CONTRACT_REQUEST, { target = (PATH:gsub("dddd", "eeee")) })
    end)

    it("does not count what was refused", function()
      for _ = 1, 9 do assert_error(400, 50324, "Type=x") end
      created(CONTRACT_REQUEST)
    end)

    it("dates a webhook when it is made", function()
      now = now + 3661.5
      assert.equal("2016-03-24T22:06:51Z", created(CONTRACT_REQUEST).date_created)
    end)
  end)

  describe("a channel", function()
    local function named(name, service)
      return created(CONTRACT_REQUEST, {
        target = ("/v2/Services/%s/Channels/%s/Webhooks"):format(service or SERVICE, name),
      })
    end

    it("has one sid, whether it is addressed by its unique name or by the sid", function()
      local sid = named("general").channel_sid
      assert.truthy(sid:find("^CH" .. ("%x"):rep(32) .. "$"))
      assert.equal(sid, named("general").channel_sid)
      assert.equal(sid, named(sid).channel_sid)
    end)

    it("of the same name in another service is another", function()
      assert.are_not.equal(named("general").channel_sid, named("general", "IS" .. ("0"):rep(32)).channel_sid)
    end)

    it("may have any character in its name, a slash included", function()
      assert.equal(named("a%2fb%20%C3%A4%3F").channel_sid, named("%61%2Fb%20%c3%a4%3f").channel_sid)
      assert.are_not.equal(named("a+b").channel_sid, named("a%20b").channel_sid)
    end)
  end)

  describe("routing", function()
    local paths = {
      { "a service sid of another pattern", "/v2/Services/ISxyz/Channels/c/Webhooks", 404, 20404 },
      { "an empty channel", "/v2/Services/" .. SERVICE .. "/Channels//Webhooks", 404, 20404 },
      { "a channel with a slash that is not encoded", "/v2/Services/" .. SERVICE .. "/Channels/a/b/Webhooks",
        404, 20404 },
      { "an unknown path", "/v2/Services", 404, 20404 },
      { "the root", "/", 404, 20404 },
      { "a trailing slash", PATH .. "/", 404, 20404 },
      { "what is below a webhook", PATH .. "/WH" .. ("0"):rep(32) .. "/x", 404, 20404 },
      { "a conversation in a service of another pattern", "/v1/Services/x/Conversations/c/Webhooks", 404, 20404 },
      { "an empty conversation", "/v1/Conversations//Webhooks", 404, 20404 },
      { "an absolute target without a path", "http://127.0.0.1:1", 404, 20404 },
      { "an asterisk", "*", 400, 20400 },
      { "a bad escape", PATH .. "%4", 400, 20400 },
    }
    for _, row in ipairs(paths) do
      it(("answers %s with %d"):format(row[1], row[4]), function()
        assert_error(row[3], row[4], CONTRACT_REQUEST, { target = row[2] })
      end)
    end

    it("takes an absolute target, and one with a query", function()
      created(CONTRACT_REQUEST, { target = "https://chat.twilio.com" .. PATH })
      created(CONTRACT_REQUEST, { target = PATH .. "?a=%zz/" })
    end)

    for _, method in ipairs { "PUT", "DELETE", "HEAD", "post" } do
      it("refuses the method " .. method .. " of a list and names those that are allowed", function()
        local headers = assert_error(405, 20004, "", { method = method })
        assert.equal("GET, POST", headers.Allow)
      end)
    end

    for _, method in ipairs { "PUT", "PATCH", "HEAD" } do
      it("refuses the method " .. method .. " of a webhook and names those that are allowed", function()
        local headers = assert_error(405, 20004, "", { method = method, target = PATH .. "/WH1" })
        assert.equal("DELETE, GET, POST", headers.Allow)
      end)
    end

    for _, media_type in ipairs { "application/json", "multipart/form-data; boundary=x", "" } do
      it(("refuses the content type %q"):format(media_type), function()
        assert_error(415, 20415, CONTRACT_REQUEST, { content_type = media_type })
      end)
    end

    it("takes a request without a body for an empty form, whose type nobody has to say", function()
      assert_error(400, 50328, "", { content_type = false })
      local webhook = created(CONTRACT_REQUEST)
      local status, _, same = send("", { target = PATH .. "/" .. webhook.sid, content_type = false })
      assert.same({ 200, webhook.configuration }, { status, same.configuration })
    end)

    it("takes a content type in any case and with parameters", function()
      created(CONTRACT_REQUEST, { content_type = "Application/X-WWW-Form-URLencoded; charset=utf-8" })
    end)
  end)

  describe("authentication", function()
    local wrong = {
      { "no credentials", "" },
      { "another scheme", "Bearer QUNhYWFh" },
      { "no colon in the credentials", "Basic QUNhYWFh" },
      { "what is not base64", "Basic ****" },
      { "a wrong password", WRONG_PASSWORD },
    }
    for _, row in ipairs(wrong) do
      it(("answers %s with 401 and a challenge"):format(row[1]), function()
        local headers = assert_error(401, 20003, CONTRACT_REQUEST, { authorization = row[2] })
        assert.equal('Basic realm="Twilio API"', headers["WWW-Authenticate"])
      end)
    end

    it("takes the account's token and an API key's secret, which may have a colon", function()
      assert.equal(ACCOUNT, created(CONTRACT_REQUEST, { authorization = BY_ACCOUNT }).account_sid)
      assert.equal(ACCOUNT, created(CONTRACT_REQUEST, { authorization = BY_KEY }).account_sid)
    end)

    it("does not mind the case of the scheme", function()
      created(CONTRACT_REQUEST, { authorization = (BY_ACCOUNT:gsub("Basic", "BASIC")) })
    end)

    it("comes before everything else", function()
      assert_error(401, 20003, "", { authorization = "", target = "/" })
    end)
  end)

  describe("the headers of an answer", function()
    it("are those of the contract, with a request id of their own", function()
      local _, first = send(CONTRACT_REQUEST)
      local _, second = send("Type=x")
      for _, name in ipairs { "Origin", "Methods", "Headers", "Credentials" } do
        assert.is_string(first["Access-Control-Allow-" .. name])
      end
      assert.is_string(first["Access-Control-Expose-Headers"])
      assert.equal("application/json", first["Content-Type"])
      assert.equal("Thu, 24 Mar 2016 21:05:50 GMT", first.Date)
      assert.equal("1", first["Twilio-Concurrent-Requests"])
      assert.truthy(second["Twilio-Request-Id"]:find("^RQ" .. ("%x"):rep(32) .. "$"))
      assert.are_not.equal(first["Twilio-Request-Id"], second["Twilio-Request-Id"])
    end)
  end)

  describe("a preflight", function()
    local rows = { { PATH, "GET, POST, OPTIONS" }, { PATH .. "/WH1", "DELETE, GET, POST, OPTIONS" } }
    for _, row in ipairs(rows) do
      it("is answered without credentials: " .. row[2], function()
        local status, headers, body = send("", { method = "OPTIONS", target = row[1], authorization = "" })
        assert.same({ 204, nil, nil }, { status, body, headers["Content-Type"] })
        assert.equal(row[2], headers["Access-Control-Allow-Methods"])
        assert.equal("Content-Type, Authorization", headers["Access-Control-Allow-Headers"])
        assert.equal("*", headers["Access-Control-Allow-Origin"])
      end)
    end

    it("of what is not there is refused", function()
      assert_error(401, 20003, "", { method = "OPTIONS", target = "/", authorization = "" })
      assert_error(404, 20404, "", { method = "OPTIONS", target = "/" })
    end)
  end)

  describe("operation", function()
    local item = PATH .. "/WH" .. ("0"):rep(32)
    local rows = {
      { "create", "POST", PATH }, { "list", "GET", PATH .. "?PageSize=1" }, { "fetch", "GET", item },
      { "update", "POST", item }, { "delete", "DELETE", item },
      { "create", "POST", "/v1/Conversations/x/Webhooks" },
      { nil, "PUT", item }, { nil, "GET", "/" }, { nil, "GET", "*" },
    }
    for _, row in ipairs(rows) do
      it(("of %s %s is %s"):format(row[2], row[3], tostring(row[1])), function()
        assert.equal(row[1], api.operation { method = row[2], target = row[3] })
      end)
    end
  end)

  describe("refuse", function()
    it("gives an answer in the API's shape", function()
      local status, headers, body = sandbox:refuse(431, "Too many")
      assert.equal(431, status)
      assert.equal("application/json", headers["Content-Type"])
      assert.same({
        code = 20431, status = 431, message = "Too many",
        more_info = "https://www.twilio.com/docs/errors/20431",
      }, body)
    end)
  end)
end)
