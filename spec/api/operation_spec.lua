-- The API's tables: each operation on each resource as the request that the
-- published OpenAPI describes, and what belongs to one of them refused by the
-- others. No network.

local core = require "twilio.webhooks.core"
local example = require "spec.support.example"

local CHAT = "https://ip-messaging.twilio.com/v2/Services/" .. example.service_sid
  .. "/Channels/" .. example.channel_sid .. "/Webhooks"
local CONVERSATION = "https://conversations.twilio.com/v1/Conversations/" .. example.channel_sid .. "/Webhooks"
local SERVICE_CONVERSATION = "https://conversations.twilio.com/v1/Services/" .. example.service_sid
  .. "/Conversations/" .. example.channel_sid .. "/Webhooks"
local SID = "WH" .. ("b"):rep(32)
local FLOW = "FW" .. ("c"):rep(32)

local function account(fields)
  fields.account_sid, fields.auth_token = example.account_sid, example.auth_token
  return fields
end

-- The parameters that name the owner of the webhooks.
local parents = {
  { "a channel", CHAT, { service_sid = example.service_sid, channel_sid = example.channel_sid } },
  { "a conversation", CONVERSATION, { conversation_sid = example.channel_sid } },
  { "a service's conversation", SERVICE_CONVERSATION,
    { chat_service_sid = example.service_sid, conversation_sid = example.channel_sid } },
}

-- { operation, of one webhook?, method, fields of all, of a channel alone, of a conversation alone,
--   form of a channel, form of a conversation }
local COMMON = {
  configuration = { url = "u", method = "Post", filters = { "f", "g" }, triggers = { "t" }, flow_sid = FLOW },
}
local COMMON_FORM = "Configuration.Url=u&Configuration.Method=%s&Configuration.Filters=f&Configuration.Filters=g"
  .. "&Configuration.Triggers=t&Configuration.FlowSid=" .. FLOW

local operations = {
  { "create_webhook", false, "POST",
    { COMMON, { type = "studio", ["configuration.retry_count"] = 3 },
      "Type=studio&" .. COMMON_FORM:format "POST" .. "&Configuration.RetryCount=3" },
    { COMMON, { target = "studio", ["configuration.replay_after"] = 7 },
      "Target=studio&" .. COMMON_FORM:format "post" .. "&Configuration.ReplayAfter=7" } },
  { "update_webhook", true, "POST",
    { COMMON, { ["configuration.retry_count"] = 0 }, COMMON_FORM:format "POST" .. "&Configuration.RetryCount=0" },
    { COMMON, {}, COMMON_FORM:format "post" } },
  { "fetch_webhook", true, "GET", { {}, {}, "" }, { {}, {}, "" } },
  { "delete_webhook", true, "DELETE", { {}, {}, "" }, { {}, {}, "" } },
  { "list_webhooks", false, "GET", { {}, {}, "" }, { {}, {}, "" } },
}

local function merge(...)
  local merged = {}
  for i = 1, select("#", ...) do
    for name, value in pairs((select(i, ...))) do merged[name] = value end
  end
  return merged
end

local function request(operation, fields)
  local made, message = core.request(operation, account(fields))
  assert(made, message)
  return made
end

local function problem(operation, fields)
  local made, _, err = core.request(operation, account(fields))
  assert.is_nil(made)
  assert.equal(1, #err.problems, err.message)
  return err.problems[1].field, err.problems[1].message
end

local channel, conversation = parents[1][3], parents[2][3]

describe("operation", function()
  for _, operation in ipairs(operations) do
    for i, parent in ipairs(parents) do
      it(("%s of %s is what the API publishes"):format(operation[1], parent[1]), function()
        local case = i == 1 and operation[4] or operation[5]
        local item = operation[2] and { sid = SID } or {}
        assert.same({
          method = operation[3],
          url = parent[2] .. (operation[2] and "/" .. SID or ""),
          body = case[3],
        }, request(operation[1], merge(parent[3], item, case[1], case[2])))
      end)
    end
  end

  it("update_webhook clears a list by an empty one, and a flow by the empty text", function()
    for _, parent in ipairs(parents) do
      assert.equal("Configuration.Url=&Configuration.Filters=&Configuration.Triggers=&Configuration.FlowSid=",
        request("update_webhook", merge(parent[3], { sid = SID,
          configuration = { url = "", filters = {}, triggers = {}, flow_sid = "" } })).body)
    end
  end)

  it("list_webhooks has its page size in the URL", function()
    assert.equal(CHAT .. "?PageSize=2", request("list_webhooks", merge(channel, { page_size = 2 })).url)
    assert.equal(CONVERSATION .. "?PageSize=5", request("list_webhooks", merge(conversation, { page_size = 5.0 })).url)
  end)

  it("what extra adds to a request without a body goes into the URL", function()
    local made = request("fetch_webhook", merge(channel, { sid = SID, extra = { new_flag = "a b" } }))
    assert.equal(CHAT .. "/" .. SID .. "?NewFlag=a%20b", made.url)
    assert.equal("", made.body)
  end)

  it("takes a conversation in the API's spelling", function()
    assert.equal(SERVICE_CONVERSATION, request("list_webhooks",
      { ChatServiceSid = example.service_sid, ConversationSid = example.channel_sid }).url)
  end)

  it("has an edge and a region in a conversation's host too", function()
    assert.equal("https://conversations.dublin.ie1.twilio.com/v1/Conversations/c/Webhooks",
      request("list_webhooks", { conversation_sid = "c", edge = "dublin", region = "ie1" }).url)
  end)

  -- { what, operation, parameters, field, message }
  local refused = {
    { "an empty list in a create", "create_webhook",
      merge(channel, { type = "webhook", configuration = { filters = {} } }), "configuration.filters",
      "must be a list of one value or more: a form has no empty list" },
    { "no flow in a create", "create_webhook", merge(channel, { type = "studio", configuration = { flow_sid = "" } }),
      "configuration.flow_sid", 'must be FW and 32 hexadecimal digits, not ""' },
    { "an empty text for a number in an update", "update_webhook",
      merge(channel, { sid = SID, configuration = { retry_count = "" } }), "configuration.retry_count",
      'must be an integer, not ""' },
    { "a page size of 0", "list_webhooks", merge(channel, { page_size = 0 }), "page_size",
      "must be an integer from 1 to 5, not 0" },
    { "a page size of 6", "list_webhooks", merge(channel, { page_size = 6 }), "page_size",
      "must be an integer from 1 to 5, not 6" },
    { "a webhook without its sid", "fetch_webhook", merge(channel), "sid",
      "is required: WH and 32 hexadecimal digits" },
    { "a webhook's sid of another kind", "delete_webhook", merge(channel, { sid = FLOW }), "sid",
      "must be WH and 32 hexadecimal digits, not \"" .. FLOW .. "\"" },
    { "a webhook's sid in a create", "create_webhook", merge(channel, { type = "webhook", sid = SID }), "sid",
      "is not a parameter of create_webhook" },
    { "a type in an update", "update_webhook", merge(channel, { sid = SID, type = "webhook" }), "type",
      "is not a parameter of update_webhook" },
    { "a configuration in a fetch", "fetch_webhook", merge(channel, { sid = SID, ["configuration.url"] = "u" }),
      "configuration.url", "is not a parameter of fetch_webhook" },
    { "a page size in a fetch", "fetch_webhook", merge(channel, { sid = SID, page_size = 1 }), "page_size",
      "is not a parameter of fetch_webhook" },
    { "a conversation's replay_after in an update", "update_webhook",
      merge(conversation, { sid = SID, ["configuration.replay_after"] = 1 }), "configuration.replay_after",
      "is not a parameter of update_webhook" },
    { "a channel's retry_count for a conversation", "create_webhook",
      merge(conversation, { target = "webhook", ["configuration.retry_count"] = 1 }), "configuration.retry_count",
      "is a parameter of a channel's webhooks, and these are a conversation's" },
    { "a conversation's replay_after for a channel", "create_webhook",
      merge(channel, { type = "webhook", ["configuration.replay_after"] = 1 }), "configuration.replay_after",
      "is a parameter of a conversation's webhooks, and these are a channel's" },
    { "a conversation's target for a channel", "create_webhook",
      merge(channel, { type = "webhook", target = "webhook" }), "target",
      "is a parameter of a conversation's webhooks, and these are a channel's" },
    { "a channel and a conversation", "list_webhooks", merge(channel, conversation), "conversation_sid",
      "is a parameter of a conversation's webhooks, and these are a channel's" },
    { "a conversation in a channel's service", "list_webhooks",
      merge(conversation, { service_sid = example.service_sid }), "service_sid",
      "is a parameter of a channel's webhooks, and these are a conversation's" },
    { "a conversation that is no name", "list_webhooks", { conversation_sid = ".." }, "conversation_sid",
      "must be a name other than . and .., which a URL resolves away, not \"..\"" },
    { "a conversation's method in words", "create_webhook",
      merge(conversation, { target = "webhook", ["configuration.method"] = "put" }), "configuration.method",
      'must be get or post, not "put"' },
  }
  for _, row in ipairs(refused) do
    it("refuses " .. row[1], function()
      assert.same({ row[4], row[5] }, { problem(row[2], row[3]) })
    end)
  end
end)
