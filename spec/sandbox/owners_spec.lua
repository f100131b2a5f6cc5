-- The sandbox's channels, conversations, settings and addresses: no process, no socket.

local api = require "twilio.webhooks.sandbox.api"
local json = require "twilio.webhooks.sandbox.json"

local ACCOUNT, SERVICE = "AC" .. ("a"):rep(32), "IS" .. ("c"):rep(32)
local BY_ACCOUNT = "Basic QUNhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYTp0b2tlbg==" -- ACCOUNT:token
local CHANNELS = "/v2/Services/" .. SERVICE .. "/Channels"
local HOOK = "Configuration.Url=u&Configuration.Filters="

describe("twilio.webhooks.sandbox.owners", function()
  local sandbox, now

  before_each(function()
    now = 1458853550
    local count = 0
    sandbox = api.new {
      account_sid = ACCOUNT, auth_token = "token", api_key = "SK", api_secret = "secret", service_sid = SERVICE,
      channels = 25, conversations = 12, addresses = 3,
      clock = function() return now end,
      hex = function(digits)
        count = count + 1
        return ("%0" .. digits .. "x"):format(count)
      end,
    }
  end)

  local function send(method, target, body, authorization)
    local status, headers, answer = sandbox:handle { method = method, target = target, body = body or "",
      headers = { authorization = authorization or BY_ACCOUNT, host = "127.0.0.1:1",
        ["content-type"] = "application/x-www-form-urlencoded" } }
    return status, answer, headers
  end

  local function get(target)
    local status, answer = send("GET", target)
    assert.equal(200, status, answer.message)
    return answer
  end

  local function names(answer, key)
    local list = {}
    for i, one in ipairs(answer[key]) do list[i] = one.unique_name end
    return list
  end

  -- The items of all pages, by way of next_page_url.
  local function follow(target, key)
    local all, pages = {}, 0
    repeat
      local answer = get(target)
      for _, one in ipairs(answer[key]) do all[#all + 1] = one end
      pages = pages + 1
      target = answer.meta.next_page_url
      target = target ~= json.NULL and target:match "^http://127%.0%.0%.1:1(/.*)$"
    until not target
    return all, pages
  end

  it("lists the channels of the service, the oldest first, in the published shape", function()
    local answer = get(CHANNELS .. "?PageSize=2")
    assert.same({ "channel-1", "channel-2" }, names(answer, "channels"))
    assert.equal("channels", answer.meta.key)
    local channel = answer.channels[1]
    assert.equal(SERVICE, channel.service_sid)
    assert.equal("public", channel.type)
    assert.equal("2016-03-24T21:05:50Z", channel.date_created)
    assert.equal("https://ip-messaging.twilio.com" .. CHANNELS .. "/" .. channel.sid, channel.url)
    assert.same({ channels = {}, meta = get("/v2/Services/IS" .. ("d"):rep(32) .. "/Channels").meta },
      get("/v2/Services/IS" .. ("d"):rep(32) .. "/Channels"))
  end)

  it("gives 50 on a page, and 100 at most", function()
    assert.equal(50, get(CHANNELS).meta.page_size)
    assert.equal(100, get(CHANNELS .. "?PageSize=100").meta.page_size)
    for _, query in ipairs { "PageSize=101", "PageSize=0", "Page=x", "PageToken=x", "Type=closed" } do
      local status, answer = send("GET", CHANNELS .. "?" .. query)
      assert.equal(400, status, query)
      assert.equal(20001, answer.code)
    end
    assert.equal(400, (send("GET", "/v1/Conversations?State=x")))
  end)

  it("turns pages, with what the filter says on each of them", function()
    for size, count in pairs { [1] = 25, [7] = 4, [25] = 1, [100] = 1 } do
      local all, pages = follow(CHANNELS .. "?PageSize=" .. size, "channels")
      assert.equal(25, #all)
      assert.equal(count, pages)
    end
    local private, pages = follow(CHANNELS .. "?Type=private&PageSize=1", "channels")
    assert.equal(2, #private)
    assert.equal(2, pages)
    assert.equal(25, #follow(CHANNELS .. "?Type=private&Type=public&PageSize=10", "channels"))
    assert.same({ "channel-20" }, names(get(CHANNELS .. "?Type=private&PageSize=1&Page=1"), "channels"))
  end)

  it("lists what is named when a webhook is made, once under either name", function()
    local sid = "CH" .. ("1"):rep(32)
    send("POST", CHANNELS .. "/lobby/Webhooks", "Type=webhook&" .. HOOK .. "onMessageSent")
    send("POST", CHANNELS .. "/" .. sid .. "/Webhooks", "Type=webhook&" .. HOOK .. "onMessageSent")
    local all = follow(CHANNELS, "channels")
    assert.equal(27, #all)
    assert.equal("lobby", all[26].unique_name)
    assert.equal(sid, all[27].sid)
    assert.equal(json.NULL, all[27].unique_name)
    send("POST", CHANNELS .. "/" .. all[26].sid .. "/Webhooks", "Type=webhook&" .. HOOK .. "onMessageSent")
    assert.equal(27, #follow(CHANNELS, "channels"))
    send("POST", CHANNELS .. "/" .. all[1].sid .. "/Webhooks", "Type=webhook&" .. HOOK .. "onMessageSent")
    assert.equal(1, #get(CHANNELS .. "/channel-1/Webhooks").webhooks)
  end)

  it("has conversations of the account, and others of a service, by state and date", function()
    assert.equal(12, #follow("/v1/Conversations?PageSize=5", "conversations"))
    assert.same({ "conversation-10" }, names(get "/v1/Conversations?State=closed", "conversations"))
    now = now + 86400
    local path = "/v1/Services/" .. SERVICE .. "/Conversations"
    send("POST", path .. "/c/Webhooks", "Target=webhook&" .. HOOK .. "onMessageAdded")
    send("POST", "/v1/Conversations/later/Webhooks", "Target=webhook&" .. HOOK .. "onMessageAdded")
    assert.same({ "c" }, names(get(path), "conversations"))
    assert.equal(SERVICE, get(path).conversations[1].chat_service_sid)
    assert.same({ "later" }, names(get "/v1/Conversations?StartDate=2016-03-25", "conversations"))
    assert.equal(12, #get("/v1/Conversations?EndDate=2016-03-24").conversations)
  end)

  it("makes and deletes none of them", function()
    for _, target in ipairs { CHANNELS, "/v1/Conversations", "/v1/Configuration/Addresses" } do
      local status, _, headers = send("POST", target, "UniqueName=x")
      assert.equal(405, status)
      assert.equal("GET", headers.Allow)
    end
    assert.equal(405, (send("DELETE", "/v2/Services/" .. SERVICE)))
    assert.equal(401, (send("GET", CHANNELS, "", "Basic eDp5")))
  end)

  describe("settings", function()
    -- { path, a form, what it shows, a wrong form }
    local rows = {
      { "/v1/Configuration/Webhooks", "Method=get&Filters=onMessageAdd&Filters=onMessageAdded&PreWebhookUrl=a&Target=flex",
        { method = "GET", filters = { "onMessageAdd", "onMessageAdded" }, pre_webhook_url = "a", target = "flex" },
        "Filters=onNothing" },
      { "/v1/Services/" .. SERVICE .. "/Configuration/Webhooks", "PostWebhookUrl=b&Method=POST",
        { post_webhook_url = "b", method = "POST", chat_service_sid = SERVICE }, "Method=PUT" },
      { "/v2/Services/" .. SERVICE, "WebhookFilters=onMessageSent&PreWebhookRetryCount=2&WebhookMethod=GET",
        { webhook_filters = { "onMessageSent" }, pre_webhook_retry_count = 2, webhook_method = "GET", sid = SERVICE },
        "PreWebhookRetryCount=x" },
    }
    for _, row in ipairs(rows) do
      it("are changed at " .. row[1], function()
        local before = get(row[1])
        assert.equal(ACCOUNT, before.account_sid)
        local status, after = send("POST", row[1], row[2])
        assert.equal(200, status)
        for name, value in pairs(row[3]) do assert.same(value, after[name]) end
        assert.same(after, get(row[1]))
        status = send("POST", row[1], row[4])
        assert.equal(400, status)
        assert.same(after, get(row[1]))
      end)
    end

    it("are cleared by an empty value, and of one service each", function()
      local other = "/v1/Services/IS" .. ("d"):rep(32) .. "/Configuration/Webhooks"
      local path = rows[2][1]
      send("POST", path, "PreWebhookUrl=a&Filters=onMessageAdded")
      assert.equal(json.NULL, get(other).pre_webhook_url)
      local _, cleared = send("POST", path, "PreWebhookUrl=&Filters=")
      assert.equal(json.NULL, cleared.pre_webhook_url)
      assert.equal(json.NULL, cleared.filters)
    end)
  end)

  describe("addresses", function()
    local PATH = "/v1/Configuration/Addresses"

    it("are listed, by type and in pages", function()
      local answer = get(PATH)
      assert.equal("address_configurations", answer.meta.key)
      assert.equal(3, #answer.address_configurations)
      assert.equal(1, #get(PATH .. "?Type=whatsapp").address_configurations)
      assert.equal(3, #follow(PATH .. "?PageSize=1", "address_configurations"))
      assert.equal(400, (send("GET", PATH .. "?PageSize=51")))
    end)

    it("are found by sid and by address, and changed", function()
      local first = get(PATH).address_configurations[1]
      assert.same(first, get(PATH .. "/" .. first.sid))
      assert.same(first, get(PATH .. "/" .. first.address:gsub("+", "%%2B")))
      local status, after = send("POST", PATH .. "/" .. first.sid, "AutoCreation.Enabled=true&AutoCreation.Type=webhook"
        .. "&AutoCreation.WebhookUrl=u&AutoCreation.WebhookMethod=post&AutoCreation.WebhookFilters=onMessageAdded"
        .. "&AutoCreation.ConversationServiceSid=" .. SERVICE)
      assert.equal(200, status)
      assert.is_true(after.auto_creation.enabled)
      assert.equal(SERVICE, after.auto_creation.conversation_service_sid)
      assert.same({ "onMessageAdded" }, after.auto_creation.webhook_filters)
      assert.same(after, get(PATH .. "/" .. first.sid))
      assert.equal(400, (send("POST", PATH .. "/" .. first.sid, "AutoCreation.Enabled=1")))
      assert.equal(400, (send("POST", PATH .. "/" .. first.sid, "AutoCreation.ConversationServiceSid=IS1")))
      assert.equal(404, (send("GET", PATH .. "/IG" .. ("0"):rep(32))))
      assert.equal(404, (send("POST", PATH .. "/x", "AutoCreation.Enabled=true")))
    end)
  end)

  it("says what a request does, as of webhooks", function()
    local rows = { { "GET", CHANNELS, "list" }, { "GET", "/v1/Configuration/Webhooks", "fetch" },
      { "POST", "/v2/Services/" .. SERVICE, "update" }, { "GET", "/v1/Configuration/Addresses/x", "fetch" } }
    for _, row in ipairs(rows) do
      assert.equal(row[3], api.operation { method = row[1], target = row[2] })
    end
  end)
end)
