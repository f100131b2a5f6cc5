-- The rows beside a webhook's: channels, conversations, settings and addresses, each operation as
-- the request that the published OpenAPI describes, and what is refused. No network.

local core = require "twilio.webhooks.core"
local webhooks = require "twilio.webhooks"
local example = require "spec.support.example"

local SERVICE = example.service_sid
local CHAT = "https://ip-messaging.twilio.com/v2/Services/" .. SERVICE
local CONVERSATIONS = "https://conversations.twilio.com/v1"
local FLOW = "FW" .. ("c"):rep(32)

local function account(fields)
  fields.account_sid, fields.auth_token = example.account_sid, example.auth_token
  return fields
end

-- { operation, parameters, method, URL, form }
local requests = {
  { "list_channels", { service_sid = SERVICE }, "GET", CHAT .. "/Channels" },
  { "list_channels", { service_sid = SERVICE, type = "private", page_size = 100 }, "GET",
    CHAT .. "/Channels?Type=private&PageSize=100" },
  { "list_channels", { service_sid = SERVICE, type = { "public", "private" } }, "GET",
    CHAT .. "/Channels?Type=public&Type=private" },
  { "list_channels", { service_sid = SERVICE, page_size = 7, page = "first" }, "GET", CHAT .. "/Channels?PageSize=7" },
  { "list_channels", { service_sid = SERVICE, page_size = 7, page = "/v2/Services/x/Channels?Page=3&PageToken=PT1" },
    "GET", "https://ip-messaging.twilio.com/v2/Services/x/Channels?Page=3&PageToken=PT1" },
  { "list_channels", { service_sid = SERVICE, base_url = "https://gateway.example/twilio",
    page = "/twilio/v2/Services/x/Channels?Page=3" }, "GET",
    "https://gateway.example/twilio/v2/Services/x/Channels?Page=3" },
  { "list_channels", { service_sid = SERVICE, page = "https://evil.example/v2/Services/x/Channels?Page=3" }, "GET",
    "https://ip-messaging.twilio.com/v2/Services/x/Channels?Page=3" },
  { "list_conversations", {}, "GET", CONVERSATIONS .. "/Conversations" },
  { "list_conversations", { chat_service_sid = SERVICE, start_date = "2026-01-01", end_date = "2026-02-01",
    state = "initializing", page_size = 50 }, "GET", CONVERSATIONS .. "/Services/" .. SERVICE
    .. "/Conversations?StartDate=2026-01-01&EndDate=2026-02-01&State=initializing&PageSize=50" },
  { "fetch_webhook_settings", {}, "GET", CONVERSATIONS .. "/Configuration/Webhooks" },
  { "fetch_webhook_settings", { chat_service_sid = SERVICE }, "GET",
    CONVERSATIONS .. "/Services/" .. SERVICE .. "/Configuration/Webhooks" },
  { "update_webhook_settings", { method = "GET", filters = { "onMessageAdd", "onMessageAdded" }, pre_webhook_url = "a",
    post_webhook_url = "b", target = "flex" }, "POST", CONVERSATIONS .. "/Configuration/Webhooks",
    "Method=GET&Filters=onMessageAdd&Filters=onMessageAdded&PreWebhookUrl=a&PostWebhookUrl=b&Target=flex" },
  { "update_webhook_settings", { chat_service_sid = SERVICE, filters = {}, pre_webhook_url = "" }, "POST",
    CONVERSATIONS .. "/Services/" .. SERVICE .. "/Configuration/Webhooks", "PreWebhookUrl=&Filters=" },
  { "fetch_service_settings", { service_sid = SERVICE }, "GET", CHAT },
  { "update_service_settings", { service_sid = SERVICE, webhook_method = "post", webhook_filters = "onMessageSent",
    pre_webhook_retry_count = 1, post_webhook_retry_count = 2, pre_webhook_url = "a", post_webhook_url = "b",
    extra = { friendly_name = "x" } }, "POST", CHAT,
    "PreWebhookUrl=a&PostWebhookUrl=b&WebhookMethod=POST&WebhookFilters=onMessageSent&PreWebhookRetryCount=1"
      .. "&PostWebhookRetryCount=2&FriendlyName=x" },
  { "list_addresses", { type = "sms", page_size = 50 }, "GET",
    CONVERSATIONS .. "/Configuration/Addresses?Type=sms&PageSize=50" },
  { "fetch_address", { sid = "whatsapp:+15005550006" }, "GET",
    CONVERSATIONS .. "/Configuration/Addresses/whatsapp%3A%2B15005550006" },
  { "update_address", { sid = "IG0", auto_creation = { enabled = false, type = "studio", webhook_url = "u",
    conversation_service_sid = SERVICE, webhook_method = "POST", webhook_filters = { "onMessageAdded" },
    studio_flow_sid = FLOW, studio_retry_count = 3 } }, "POST", CONVERSATIONS .. "/Configuration/Addresses/IG0",
    "AutoCreation.Enabled=false&AutoCreation.Type=studio&AutoCreation.ConversationServiceSid=" .. SERVICE
      .. "&AutoCreation.WebhookUrl=u&AutoCreation.WebhookMethod=post&AutoCreation.WebhookFilters=onMessageAdded"
      .. "&AutoCreation.StudioFlowSid=" .. FLOW .. "&AutoCreation.StudioRetryCount=3" },
}

-- { operation, parameters, field, message }
local refused = {
  { "list_channels", {}, "service_sid", "is required: IS and 32 hexadecimal digits" },
  { "list_channels", { service_sid = SERVICE, page_size = 101 }, "page_size", "must be an integer from 1 to 100, not 101" },
  { "list_channels", { service_sid = SERVICE, page_size = 0 }, "page_size", "must be an integer from 1 to 100, not 0" },
  { "list_channels", { service_sid = SERVICE, page_size = "1e2" }, "page_size", 'from 1 to 100, not "1e2"' },
  { "list_channels", { service_sid = SERVICE, page_size = 1e17 }, "page_size", "must be an integer from 1 to 100" },
  { "list_channels", { service_sid = SERVICE, page_size = -5 }, "page_size", "must be an integer from 1 to 100, not -5" },
  { "list_channels", { service_sid = SERVICE, type = "closed" }, "type", 'public, private, or a list of these, not "closed"' },
  { "list_channels", { service_sid = SERVICE, type = { "public", "x" } }, "type[2]", 'not "x"' },
  { "list_channels", { service_sid = SERVICE, channel_sid = "x" }, "channel_sid", "but of create_webhook" },
  { "list_channels", { service_sid = SERVICE, state = "active" }, "state", "but of list_conversations" },
  { "list_channels", { service_sid = SERVICE, chat_service_sid = SERVICE }, "chat_service_sid", "did you mean service_sid?" },
  { "list_channels", { service_sid = SERVICE, pagesize = 5 }, "pagesize", "did you mean page_size?" },
  { "list_channels", { service_sid = SERVICE, page = 2 }, "page",
    "must be \"first\", or the next_page of another page's info, not 2" },
  { "list_channels", { service_sid = SERVICE, page = "" }, "page", "must be \"first\"" },
  { "list_channels", { service_sid = SERVICE, page = "/v2/../x" }, "page", "must be \"first\"" },
  { "list_channels", { service_sid = SERVICE, page = "PT0" }, "page", "must be \"first\"" },
  { "list_channels", { service_sid = SERVICE, page = "first\0" }, "page", "must be \"first\"" },
  { "list_channels", { service_sid = SERVICE, page = "/" .. ("x"):rep(5000) }, "page", "must be \"first\"" },
  { "list_conversations", { service_sid = SERVICE }, "service_sid", "did you mean chat_service_sid?" },
  { "list_conversations", { state = "open" }, "state", "initializing, inactive, active or closed" },
  { "list_webhooks", { conversation_sid = "x", page = "first" }, "page", "did you mean page_size?" },
  { "update_webhook_settings", { chat_service_sid = SERVICE, target = "flex" }, "target",
    "is a parameter of an account's webhook settings, and these are a conversation service's" },
  { "update_webhook_settings", { url = "u" }, "url", "is not a parameter of update_webhook_settings" },
  { "update_webhook_settings", { webhook_filters = { "x" } }, "webhook_filters",
    "but of update_service_settings" },
  { "fetch_webhook_settings", { filters = { "x" } }, "filters", "is not a parameter of fetch_webhook_settings" },
  { "update_service_settings", { service_sid = SERVICE, filters = {} }, "filters", "did you mean webhook_filters?" },
  { "update_service_settings", { service_sid = SERVICE, pre_webhook_retry_count = "x" }, "pre_webhook_retry_count",
    "must be an integer" },
  { "fetch_address", {}, "sid", "is required: the address, or the sid (IG...) of its configuration" },
  { "fetch_address", { address_sid = "x", sid = "x" }, "address_sid", "did you mean sid?" },
  { "update_address", { sid = "x", auto_creation = { enabled = "yes" } }, "auto_creation.enabled", "must be true or false" },
  { "update_address", { sid = "x", auto_creation = { enabled = 1 } }, "auto_creation.enabled", "must be true or false, not 1" },
  { "update_address", { sid = "x", auto_creation = { flow_sid = FLOW } }, "auto_creation.flow_sid",
    "did you mean auto_creation.studio_flow_sid?" },
  { "update_address", { sid = "x", auto_creation = true }, "auto_creation", "must be a table of named fields, not true" },
  { "update_address", { sid = "x", webhook_url = "u" }, "webhook_url", "did you mean auto_creation.webhook_url?" },
  { "create_webhook", { conversation_sid = "x", target = "webhook", pre_webhook_url = "u" }, "pre_webhook_url",
    "but of update_webhook_settings" },
}

describe("operation", function()
  for _, row in ipairs(requests) do
    it(("%s asks for %s"):format(row[1], row[4]:match "twilio%.com(.*)" or row[4]), function()
      local request, message = core.request(row[1], account(row[2]))
      assert(request, message)
      assert.same({ method = row[3], url = row[4], body = row[5] or "" }, request)
    end)
  end

  for _, row in ipairs(refused) do
    it(("%s refuses %s: %s"):format(row[1], row[3], row[4]), function()
      local request, message, err = core.request(row[1], account(row[2]))
      assert.is_nil(request)
      assert.equal(1, #err.problems, message)
      assert.equal(row[3], err.problems[1].field)
      assert.truthy(err.problems[1].message:find(row[4], 1, true), err.problems[1].message)
    end)
  end
end)

describe("a client's defaults", function()
  local client

  setup(function()
    client = assert(webhooks.new(account { service_sid = SERVICE, chat_service_sid = SERVICE, type = "webhook",
      target = "webhook", page_size = 5, sid = "WH" .. ("0"):rep(32), configuration = { url = "u" },
      extra = { new = 1 } }))
  end)

  teardown(function() client:close() end)

  local function request(operation, fields)
    local made, message = client.handle:request(operation, fields or {})
    assert(made, message)
    return made.url .. " " .. made.body
  end

  it("are of webhooks alone, but for whose the others are", function()
    assert.equal(CHAT .. "/Channels ", request "list_channels")
    assert.equal(CONVERSATIONS .. "/Services/" .. SERVICE .. "/Conversations ", request "list_conversations")
    assert.equal(CHAT .. " ", request "update_service_settings")
    assert.equal(CONVERSATIONS .. "/Configuration/Addresses ", request "list_addresses")
  end)

  it("name no address", function()
    local made, _, err = client.handle:request("fetch_address", {})
    assert.is_nil(made)
    assert.equal("sid", err.problems[1].field)
  end)

  it("cannot be what only other resources take", function()
    for name, nearest in pairs { filters = "configuration.filters", method = "configuration.method" } do
      local made, message = webhooks.new(account { [name] = "x" })
      assert.is_nil(made)
      assert.truthy(message:find("did you mean " .. nearest, 1, true), message)
    end
  end)
end)

describe("an answer", function()
  -- { operation, the least that is right, what is not }
  local rows = {
    { "fetch_webhook_settings", '{"account_sid":null,"url":"u"}', { "{}", "[]", "[1]", "null", "5", "", "<html>" } },
    { "fetch_service_settings", '{"sid":"' .. SERVICE .. '"}', { "{}", '{"sid":"CH00000000000000000000000000000000"}' } },
    { "update_webhook_settings", '{"method":"GET"}', { "[]" } },
    { "list_addresses", '{"address_configurations":[]}', { "{}", '{"address_configurations":{"a":1}}',
      '{"addresses":[]}', '{"address_configurations":[{"sid":"AD"}]}' } },
    { "list_conversations", '{"conversations":[{"sid":"CH00000000000000000000000000000000"}]}',
      { '{"conversations":[{}]}', '{"channels":[]}' } },
  }
  for _, row in ipairs(rows) do
    it("of " .. row[1] .. " is what it promises, or an error", function()
      local body
      local client = assert(webhooks.new(account { service_sid = SERVICE, max_attempts = 1, transport = function()
        return { status = 200, headers = {}, body = body }
      end }))
      body = row[2]
      assert(client[row[1]](client, {}))
      for _, wrong in ipairs(row[3]) do
        body = wrong
        local result, _, err = client[row[1]](client, {})
        assert.is_nil(result, wrong)
        assert.equal("parse", err.kind)
      end
      client:close()
    end)
  end
end)
