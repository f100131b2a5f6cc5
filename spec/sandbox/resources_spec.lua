-- What holds of each resource, operation by operation: the same questions to all, and
-- in the rows what is particular to one. That a channel's webhook is made of the
-- contract's own example is in api_spec.lua.

local api = require "twilio.webhooks.sandbox.api"
local json = require "twilio.webhooks.sandbox.json"

local ACCOUNT, SERVICE = "AC" .. ("a"):rep(32), "IS" .. ("c"):rep(32)
local CHANNEL, FLOW = "CH" .. ("d"):rep(32), "FW" .. ("Ae"):rep(16)
local NOWHERE = "WH" .. ("0"):rep(32)
-- base64 of ACCOUNT .. ":token"
local AUTHORIZATION = "Basic QUNhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYTp0b2tlbg=="
local ORIGIN = "http://127.0.0.1:8390"

-- `first` is the first code; `forms` make one webhook of each type, and `shown` is what
-- it then has of a configuration; `change` is of a webhook, and `changed` what it makes.
local CHAT = {
  name = "a channel's webhook", kind = "type", first = 50320,
  host = "https://ip-messaging.twilio.com",
  path = ("/v2/Services/%s/Channels/%s/Webhooks"):format(SERVICE, CHANNEL),
  owner = { service_sid = SERVICE, channel_sid = CHANNEL },
  start = "Type=", other_method = "get",
  forms = {
    webhook = "Configuration.Url=u&Configuration.Filters=onMessageSent&Configuration.RetryCount=2",
    trigger = "Configuration.Url=u&Configuration.Triggers=a&Configuration.Method=GET",
    studio = "Configuration.FlowSid=" .. FLOW,
  },
  shown = {
    webhook = { url = "u", method = "POST", filters = { "onMessageSent" }, retry_count = 2 },
    trigger = { url = "u", method = "GET", filters = { "a" }, retry_count = 0 },
    studio = { flow_sid = FLOW },
  },
  change = "Configuration.Method=GET&Configuration.RetryCount=3",
  changed = { url = "u", method = "GET", filters = { "onMessageSent" }, retry_count = 3 },
}

local CONVERSATION = {
  name = "a conversation's webhook", kind = "target", first = 50360,
  host = "https://conversations.twilio.com",
  path = ("/v1/Conversations/%s/Webhooks"):format(CHANNEL),
  owner = { conversation_sid = CHANNEL },
  start = "Target=", other_method = "GET",
  forms = {
    webhook = "Configuration.Url=u&Configuration.Filters=onConversationDestroyed&Configuration.ReplayAfter=7",
    trigger = "Configuration.Url=u&Configuration.Triggers=a&Configuration.Method=get",
    studio = "Configuration.FlowSid=" .. FLOW,
  },
  shown = {
    webhook = { url = "u", method = "post", filters = { "onConversationDestroyed" } },
    trigger = { url = "u", method = "get", filters = { "a" } },
    studio = { flow_sid = FLOW },
  },
  change = "Configuration.Method=get&Configuration.ReplayAfter=x&Configuration.RetryCount=9",
  changed = { url = "u", method = "get", filters = { "onConversationDestroyed" } },
}

local OF_SERVICE = {}
for key, value in pairs(CONVERSATION) do OF_SERVICE[key] = value end
OF_SERVICE.name = "the webhook of a service's conversation"
OF_SERVICE.path = ("/v1/Services/%s/Conversations/%s/Webhooks"):format(SERVICE, CHANNEL)
OF_SERVICE.owner = { chat_service_sid = SERVICE, conversation_sid = CHANNEL }

for _, resource in ipairs { CHAT, CONVERSATION, OF_SERVICE } do
  describe("twilio.webhooks.sandbox.resources: " .. resource.name, function()
    local sandbox, now, last_change
    local webhook_form = resource.start .. "webhook&" .. resource.forms.webhook

    before_each(function()
      now = 1458853550
      local count = 0
      sandbox = api.new {
        account_sid = ACCOUNT, auth_token = "token", api_key = "SK", api_secret = "secret",
        clock = function() return now end,
        hex = function(digits)
          count = count + 1
          return ("%0" .. digits .. "x"):format(count)
        end,
      }
    end)

    local function send(method, target, body)
      local status, headers, answer, change = sandbox:handle {
        method = method, target = target, body = body or "",
        headers = {
          authorization = AUTHORIZATION, host = "127.0.0.1:8390",
          ["content-type"] = method == "POST" and "application/x-www-form-urlencoded" or nil,
        },
      }
      last_change = change
      return status, answer, headers
    end

    local function create(body)
      local status, webhook = send("POST", resource.path, body or webhook_form)
      assert.equal(201, status, webhook.message)
      return webhook
    end

    local function item(webhook)
      return resource.path .. "/" .. webhook.sid
    end

    local function assert_error(status, code, method, target, body)
      local actual, answer = send(method, target, body)
      assert.same({ status, code, status }, { actual, answer.code, answer.status })
      assert.is_nil(last_change)
    end

    describe("create", function()
      for kind, form in pairs(resource.forms) do
        it("makes one of type " .. kind, function()
          local webhook = create(resource.start .. kind .. "&" .. form)
          local expected = {
            sid = webhook.sid, account_sid = ACCOUNT, [resource.kind] = kind,
            url = resource.host .. item(webhook),
            date_created = "2016-03-24T21:05:50Z", date_updated = "2016-03-24T21:05:50Z",
            configuration = resource.shown[kind],
          }
          for name, sid in pairs(resource.owner) do expected[name] = sid end
          assert.same(expected, webhook)
          assert.same({ stored = webhook }, last_change)
        end)
      end

      -- The code is counted from the resource's first, if it is below 100.
      local url, filters = "webhook&Configuration.Url=u", "&Configuration.Filters=onMessageSent"
      local errors = {
        { "six triggers", "trigger&Configuration.Url=u" .. ("&Configuration.Triggers=t"):rep(6), 2 },
        { "an unknown type", "Webhook", 4 },
        { "an unknown filter", url .. "&Configuration.Filters=onXyz", 5 },
        { "an empty trigger among others",
          "trigger&Configuration.Url=u&Configuration.Triggers=a&Configuration.Triggers=", 6 },
        { "a flow of another pattern", "studio&Configuration.FlowSid=FW1", 7 },
        { "no flow", "studio", 7 },
        { "no type", "", 8 },
        { "no url", "webhook" .. filters, 9 },
        { "no filters", url, 10 },
        { "no triggers", "trigger&Configuration.Url=u", 11 },
        { "a url of 2049 bytes", "webhook&Configuration.Url=" .. ("x"):rep(2049) .. filters, 12 },
        { "a method in the other case", url .. filters .. "&Configuration.Method=" .. resource.other_method, 20001 },
      }
      for _, row in ipairs(errors) do
        local code = row[3] < 100 and resource.first + row[3] or row[3]
        it(("refuses %s with %d"):format(row[1], code), function()
          assert_error(400, code, "POST", resource.path, resource.start .. row[2])
        end)
      end

      it("refuses the sixth, and takes one in the place of one that was deleted", function()
        local webhooks = {}
        for i = 1, 5 do webhooks[i] = create() end
        assert_error(400, resource.first + 1, "POST", resource.path, webhook_form)
        assert.equal(204, (send("DELETE", item(webhooks[3]))))
        create()
      end)
    end)

    describe("fetch", function()
      it("gives the webhook as it was made", function()
        local webhook = create()
        local status, fetched = send("GET", item(webhook))
        assert.equal(200, status)
        assert.same(webhook, fetched)
        assert.is_nil(last_change)
      end)
    end)

    describe("update", function()
      it("replaces the fields that are given, and no other", function()
        local webhook = create()
        now = now + 1
        local status, updated = send("POST", item(webhook), resource.change)
        assert.equal(200, status)
        assert.same(resource.changed, updated.configuration)
        assert.same({ "2016-03-24T21:05:50Z", "2016-03-24T21:05:51Z" }, { updated.date_created, updated.date_updated })
        assert.same({ stored = updated }, last_change)
        assert.same(updated, select(2, send("GET", item(webhook))))
      end)

      it("changes neither the type nor the fields of another one", function()
        local webhook = create()
        local _, updated = send("POST", item(webhook), resource.start .. "studio&Configuration.FlowSid=" .. FLOW)
        assert.equal("webhook", updated[resource.kind])
        assert.same(resource.shown.webhook, updated.configuration)
      end)

      it("replaces a list as a whole", function()
        local webhook = create(resource.start .. "trigger&" .. resource.forms.trigger)
        local _, updated = send("POST", item(webhook), "Configuration.Triggers=b&Configuration.Triggers=c")
        assert.same({ "b", "c" }, updated.configuration.filters)
      end)

      it("changes nothing when one field of several is refused", function()
        local webhook = create()
        assert_error(400, resource.first + 5, "POST", item(webhook),
          "Configuration.Url=v&Configuration.Filters=onXyz")
        local _, fetched = send("GET", item(webhook))
        assert.same(resource.shown.webhook, fetched.configuration)
      end)

      it("takes an empty form", function()
        local webhook = create()
        assert.equal(200, (send("POST", item(webhook), "")))
      end)
    end)

    describe("delete", function()
      it("takes the webhook away, and answers without a body", function()
        local webhook = create()
        local status, body = send("DELETE", item(webhook))
        assert.same({ 204, nil }, { status, body })
        assert.same({ removed = webhook.sid }, last_change)
        assert_error(404, resource.first, "DELETE", item(webhook))
        assert_error(404, resource.first, "GET", item(webhook))
      end)
    end)

    local requests = {
      { "fetch", "GET" }, { "update", "POST", "Configuration.Url=v" }, { "delete", "DELETE" },
    }
    for _, row in ipairs(requests) do
      it(row[1] .. " finds no webhook that is not there", function()
        create()
        assert_error(404, resource.first, row[2], resource.path .. "/" .. NOWHERE, row[3])
      end)

      it(row[1] .. " finds no webhook of another channel or conversation", function()
        local target = resource.path:gsub("dddd", "eeee") .. "/" .. create().sid
        assert_error(404, resource.first, row[2], target, row[3])
      end)

      it(row[1] .. " refuses what is no sid", function()
        for _, sid in ipairs { "x", NOWHERE .. "0", "WX" .. ("0"):rep(32) } do
          assert_error(400, resource.first + 3, row[2], resource.path .. "/" .. sid, row[3])
        end
      end)
    end

    describe("list", function()
      local function list(query)
        local status, answer = send("GET", resource.path .. (query or ""))
        assert.equal(200, status, answer.message)
        return answer
      end

      local function sids(webhooks)
        local result = {}
        for i, webhook in ipairs(webhooks) do result[i] = webhook.sid end
        return result
      end

      -- All pages from a query on, by way of next_page_url.
      local function follow(query)
        local pages, url = {}, ORIGIN .. resource.path .. query
        repeat
          local answer = list(url:sub(#ORIGIN + #resource.path + 1))
          pages[#pages + 1] = sids(answer.webhooks)
          url = answer.meta.next_page_url
        until url == json.NULL
        return pages
      end

      it("of nothing is an empty one, and says so in the published shape", function()
        local first = ORIGIN .. resource.path .. "?PageSize=5&Page=0"
        assert.same({
          meta = {
            page = 0, page_size = 5, first_page_url = first, previous_page_url = json.NULL,
            url = first, next_page_url = json.NULL, key = "webhooks",
          },
          webhooks = {},
        }, list())
        assert.equal(json.LIST, getmetatable(list().webhooks))
      end)

      it("gives them all, the oldest first", function()
        local webhooks = {}
        for i = 1, 5 do webhooks[i] = create() end
        assert.same(webhooks, list().webhooks)
        assert.equal(json.NULL, list().meta.next_page_url)
      end)

      for size, lengths in ipairs { { 1, 1, 1, 1, 1 }, { 2, 2, 1 }, { 3, 2 }, { 4, 1 }, { 5 } } do
        it(("gives %d pages of at most %d"):format(#lengths, size), function()
          local expected, n = {}, 0
          for page, length in ipairs(lengths) do
            expected[page] = {}
            for i = 1, length do expected[page][i] = create().sid end
            n = n + length
          end
          assert.equal(5, n)
          assert.same(expected, follow("?PageSize=" .. size))
        end)
      end

      it("says where a page is, and the first and the previous one", function()
        for _ = 1, 5 do create() end
        local url = ORIGIN .. resource.path
        local meta = list("?PageSize=2&Page=1").meta
        assert.same({ 1, 2, url .. "?PageSize=2&Page=0", url .. "?PageSize=2&Page=0", url .. "?PageSize=2&Page=1" },
          { meta.page, meta.page_size, meta.first_page_url, meta.previous_page_url, meta.url })
        assert.equal(1, #list("?PageSize=2&Page=2").webhooks)
        assert.equal(0, #list("?PageSize=2&Page=3").webhooks)
      end)

      it("passes nothing over when a webhook is deleted between two pages", function()
        local webhooks = {}
        for i = 1, 5 do webhooks[i] = create() end
        local token = list("?PageSize=2").meta.next_page_url:match("%?.*$")
        send("DELETE", item(webhooks[2]))
        assert.same({ webhooks[3].sid, webhooks[4].sid }, sids(list(token).webhooks))
        send("DELETE", item(webhooks[3]))
        assert.same({ webhooks[4].sid, webhooks[5].sid }, sids(list(token).webhooks))
      end)

      it("stays on the host that was asked, as the client wrote it", function()
        create()
        create()
        local _, answer = send("GET", "https://example.com" .. resource.path .. "?PageSize=1")
        assert.equal(1, (answer.meta.next_page_url:find("https://example.com" .. resource.path, 1, true)))
      end)

      for _, query in ipairs { "PageSize=0", "PageSize=6", "PageSize=x", "PageSize=1.5", "Page=-1", "Page=x",
        "PageToken=x", "PageToken=PA" } do
        it("refuses " .. query, function()
          assert_error(400, 20001, "GET", resource.path .. "?" .. query)
        end)
      end

      it("refuses a bad escape in the query", function()
        assert_error(400, 20400, "GET", resource.path .. "?Page=%zz")
      end)
    end)
  end)
end

describe("twilio.webhooks.sandbox.resources", function()
  it("keep their webhooks apart", function()
    local sandbox = api.new {
      account_sid = ACCOUNT, auth_token = "token", api_key = "SK", api_secret = "secret",
      clock = os.time, hex = function(digits) return ("0"):rep(digits) end,
    }
    local function count(resource, method, body)
      local _, _, answer = sandbox:handle {
        method = method, target = resource.path, body = body,
        headers = { authorization = AUTHORIZATION, ["content-type"] = "application/x-www-form-urlencoded" },
      }
      return answer.webhooks and #answer.webhooks
    end
    count(CHAT, "POST", "Type=studio&" .. CHAT.forms.studio)
    assert.same({ 1, 0, 0 }, { count(CHAT, "GET"), count(CONVERSATION, "GET"), count(OF_SERVICE, "GET") })
    count(OF_SERVICE, "POST", "Target=studio&" .. CHAT.forms.studio)
    assert.same({ 1, 0, 1 }, { count(CHAT, "GET"), count(CONVERSATION, "GET"), count(OF_SERVICE, "GET") })
  end)

  it("of conversations know every event of one", function()
    local events = require "twilio.webhooks.sandbox.resources".LIST[2].types.webhook[3].field.read
    for event in ([[onMessageAdd onMessageAdded onMessageUpdate onMessageUpdated onMessageRemove onMessageRemoved
      onConversationAdd onConversationAdded onConversationUpdate onConversationUpdated onConversationRemove
      onConversationRemoved onConversationStateUpdated onParticipantAdd onParticipantAdded onParticipantUpdate
      onParticipantUpdated onParticipantRemove onParticipantRemoved onUserUpdate onUserAdded onUserUpdated
      onDeliveryUpdated onMessageSent onConversationDestroyed]]):gmatch("%a+") do
      assert.equal(event, events(event))
    end
    assert.is_nil(events("onChannelAdded"))
  end)
end)
