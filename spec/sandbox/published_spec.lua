-- The sandbox's own answers beside what the API's publisher recorded: the examples of
-- "Twilio - Ip_messaging" and "Twilio - Conversations" 1.0.0 (OpenAPI), and the answers of
-- which the publisher's libraries are tested with. Each row has the request as it stands
-- there and the answer as it stands there; sids are made up there, and times too.

local api = require "twilio.webhooks.sandbox.api"
local json = require "twilio.webhooks.sandbox.json"

local ACCOUNT, SERVICE = "AC" .. ("a"):rep(32), "IS" .. ("a"):rep(32)
local PARENT, WEBHOOK, FLOW = "CH" .. ("a"):rep(32), "WH" .. ("a"):rep(32), "FW" .. ("a"):rep(32)
-- base64 of ACCOUNT .. ":token"
local AUTHORIZATION = "Basic QUNhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYTp0b2tlbg=="

local CHANNEL = {
  host = "https://ip-messaging.twilio.com",
  path = ("/v2/Services/%s/Channels/%s/Webhooks"):format(SERVICE, PARENT),
  kind = "type", common = { service_sid = SERVICE, channel_sid = PARENT },
  create = "Type=webhook&Configuration.Url=dummy&Configuration.Method=GET&Configuration.Filters=onMessageSent"
    .. "&Configuration.Filters=onChannelDestroyed&Configuration.RetryCount=2",
  created = { url = "dummy", method = "GET", filters = { "onMessageSent", "onChannelDestroyed" }, retry_count = 2 },
  trigger = "Type=trigger&Configuration.Url=u&Configuration.Triggers=t",
  update = "Configuration.Url=dummy&Configuration.Method=POST&Configuration.Triggers=keyword1"
    .. "&Configuration.Triggers=keyword2&Configuration.RetryCount=5",
  updated = { url = "dummy", method = "POST", filters = { "keyword1", "keyword2" }, retry_count = 3 },
  studio = "Type=studio&Configuration.FlowSid=" .. FLOW,
}

local CONVERSATION = {
  host = "https://conversations.twilio.com",
  path = ("/v1/Conversations/%s/Webhooks"):format(PARENT),
  kind = "target", common = { conversation_sid = PARENT },
  create = "Target=webhook&Configuration.Url=https%3A%2F%2Fexample.com&Configuration.Method=get"
    .. "&Configuration.Filters=onMessageSent&Configuration.Filters=onConversationDestroyed&Configuration.ReplayAfter=7",
  created = { url = "https://example.com", method = "get", filters = { "onMessageSent", "onConversationDestroyed" } },
  trigger = "Target=trigger&Configuration.Url=u&Configuration.Triggers=t",
  update = "Configuration.Url=https%3A%2F%2Fexample.com&Configuration.Method=post&Configuration.Triggers=keyword1"
    .. "&Configuration.Triggers=keyword2",
  updated = { url = "https://example.com", method = "post", filters = { "keyword1", "keyword2" } },
  studio = "Target=studio&Configuration.FlowSid=" .. FLOW,
}

local OF_SERVICE = {}
for key, value in pairs(CONVERSATION) do OF_SERVICE[key] = value end
OF_SERVICE.path = ("/v1/Services/%s/Conversations/%s/Webhooks"):format(SERVICE, PARENT)
OF_SERVICE.common = { chat_service_sid = SERVICE, conversation_sid = PARENT }

for _, resource in ipairs { CHANNEL, CONVERSATION, OF_SERVICE } do
  describe("the published answers at " .. resource.path:gsub("a%w+a", "x"), function()
    local sandbox, now

    local function start(alias)
      sandbox = api.new {
        account_sid = ACCOUNT, auth_token = "token", api_key = "SK", api_secret = "secret", alias = alias,
        clock = function() return now end,
        hex = function(digits) return ("a"):rep(digits) end,
      }
    end

    before_each(function()
      now = 1458853550
      start(resource.host)
    end)

    local function send(method, target, body)
      local status, _, answer = sandbox:handle {
        method = method, target = target, body = body or "",
        headers = { authorization = AUTHORIZATION, host = "127.0.0.1:1",
          ["content-type"] = "application/x-www-form-urlencoded" },
      }
      return status, answer
    end

    local function published(kind, configuration, updated)
      local webhook = {
        account_sid = ACCOUNT, sid = WEBHOOK, [resource.kind] = kind, configuration = configuration,
        date_created = "2016-03-24T21:05:50Z", date_updated = updated or "2016-03-24T21:05:50Z",
        url = resource.host .. resource.path .. "/" .. WEBHOOK,
      }
      for name, sid in pairs(resource.common) do webhook[name] = sid end
      return webhook
    end

    local function list(webhooks)
      local first = resource.host .. resource.path .. "?PageSize=5&Page=0"
      return {
        meta = { page = 0, page_size = 5, first_page_url = first, previous_page_url = json.NULL, url = first,
          next_page_url = json.NULL, key = "webhooks" },
        webhooks = webhooks,
      }
    end

    it("create", function()
      assert.same({ 201, published("webhook", resource.created) }, { send("POST", resource.path, resource.create) })
    end)

    it("fetch", function()
      send("POST", resource.path, resource.studio)
      assert.same({ 200, published("studio", { flow_sid = FLOW }) }, { send("GET", resource.path .. "/" .. WEBHOOK) })
    end)

    it("update, and what is then fetched", function()
      send("POST", resource.path, resource.trigger)
      now = now + 1
      local expected = { 200, published("trigger", resource.updated, "2016-03-24T21:05:51Z") }
      assert.same(expected, { send("POST", resource.path .. "/" .. WEBHOOK, resource.update) })
      assert.same(expected, { send("GET", resource.path .. "/" .. WEBHOOK) })
    end)

    it("list, full and empty", function()
      assert.same({ 200, list {} }, { send("GET", resource.path) })
      send("POST", resource.path, resource.create)
      send("POST", resource.path, resource.studio)
      assert.same({ 200, list { published("webhook", resource.created), published("studio", { flow_sid = FLOW }) } },
        { send("GET", resource.path) })
    end)

    it("delete", function()
      send("POST", resource.path, resource.create)
      assert.same({ 204 }, { send("DELETE", resource.path .. "/" .. WEBHOOK) })
    end)

    -- Those of the chat host's recorded answers name https://chat.twilio.com.
    it("name an alias of the host in every URL where that is wanted", function()
      start "https://chat.twilio.com"
      for _ = 1, 2 do send("POST", resource.path, resource.create) end
      local _, answer = send("GET", resource.path .. "?PageSize=1&Page=0")
      local base = "https://chat.twilio.com" .. resource.path
      for _, name in ipairs { "url", "first_page_url", "next_page_url" } do
        assert.equal(1, (answer.meta[name]:find(base .. "?PageSize=1&Page=", 1, true)), name)
      end
      assert.equal(base .. "/" .. WEBHOOK, answer.webhooks[1].url)
    end)
  end)
end

-- { path, what it is before anybody has set it or nil where that is not published, the published
-- request, what is answered }
local SETTINGS = {
  { "/v1/Configuration/Webhooks", nil,
    "PreWebhookUrl=https%3A%2F%2Fexample.com%2Fpre&PostWebhookUrl=http%3A%2F%2Fexample.com%2Fpost&Method=GET"
      .. "&Filters=onConversationUpdated&Target=webhook",
    { pre_webhook_url = "https://example.com/pre", post_webhook_url = "http://example.com/post", method = "GET",
      filters = { "onConversationUpdated" }, target = "webhook" } },
  { "/v1/Services/" .. SERVICE .. "/Configuration/Webhooks",
    { pre_webhook_url = json.NULL, post_webhook_url = json.NULL, filters = json.NULL, method = json.NULL },
    "PreWebhookUrl=https%3A%2F%2Fwww.example.com%2Fpre&PostWebhookUrl=https%3A%2F%2Fwww.example.com%2Fpost"
      .. "&Filters=onMessageRemoved&Filters=onParticipantAdded&Method=GET",
    { pre_webhook_url = "https://www.example.com/pre", post_webhook_url = "https://www.example.com/post",
      filters = { "onMessageRemoved", "onParticipantAdded" }, method = "GET" } },
}

describe("the published settings at", function()
  for i, row in ipairs(SETTINGS) do
    local path, unset, form, answer = row[1], row[2], row[3], row[4]

    local function published(values)
      local whole = { account_sid = ACCOUNT, url = "https://conversations.twilio.com" .. path,
        chat_service_sid = i == 2 and SERVICE or nil }
      for name, value in pairs(values) do whole[name] = value end
      return whole
    end

    it(path, function()
      local sandbox = api.new {
        account_sid = ACCOUNT, auth_token = "token", api_key = "SK", api_secret = "secret",
        clock = function() return 0 end, hex = function(digits) return ("a"):rep(digits) end,
      }
      local function send(method, body)
        local status, _, shown = sandbox:handle {
          method = method, target = path, body = body, headers = { authorization = AUTHORIZATION,
            ["content-type"] = "application/x-www-form-urlencoded" },
        }
        return { status, shown }
      end
      if unset then assert.same({ 200, published(unset) }, send("GET", "")) end
      assert.same({ 200, published(answer) }, send("POST", form))
      assert.same({ 200, published(answer) }, send("GET", ""))
    end)
  end
end)
