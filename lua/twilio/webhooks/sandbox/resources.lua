-- The sandbox's resources as tables: the path of each, its fields and their values, its answers.
-- api.lua works with these tables. A new resource is a new table at the end of this file.
--
-- Values that the API documents nowhere are marked "ours".

local resources = {}

local MAX_TRIGGERS = 5 -- of one webhook
local MAX_RETRIES = 3
local MAX_URL_BYTES = 2048 -- ours

local HEX32 = ("%x"):rep(32)

-- --- values -----------------------------------------------------------------
-- Each reader takes a field's text and gives its value, or nil if the text is wrong.

-- A reader of one of several words.
local function one_of(words)
  local known = {}
  for word in words:gmatch("%a+") do known[word] = true end
  return function(text) return known[text] and text or nil end
end

-- An integer without a sign.
local function integer(text)
  return text:find("^%d+$") and #text < 16 and tonumber(text) or nil
end

-- The API's published example of an update sends 5, and its answer has 3.
local function retry_count(text)
  return text:find("^%d+$") and math.min(integer(text) or MAX_RETRIES, MAX_RETRIES) or nil
end

local function url(text)
  return #text <= MAX_URL_BYTES and text or nil
end

local function trigger(text)
  return text ~= "" and text or nil
end

local function flow_sid(text)
  return text:match("^FW" .. HEX32 .. "$")
end

local channel_event = one_of [[
  onMessageSend onMessageUpdate onMessageRemove onMediaMessageSend
  onMessageSent onMessageUpdated onMessageRemoved onMediaMessageSent
  onChannelAdd onChannelUpdate onChannelDestroy
  onChannelAdded onChannelUpdated onChannelDestroyed
  onMemberAdd onMemberUpdate onMemberRemove
  onMemberAdded onMemberUpdated onMemberRemoved
  onUserUpdate onUserAdded onUserUpdated
]]

-- The published examples also name onMessageSent and onConversationDestroyed.
local conversation_event = one_of [[
  onMessageAdd onMessageUpdate onMessageRemove onMessageSend
  onMessageAdded onMessageUpdated onMessageRemoved onMessageSent
  onConversationAdd onConversationUpdate onConversationRemove
  onConversationAdded onConversationUpdated onConversationRemoved
  onConversationStateUpdated onConversationDestroyed
  onParticipantAdd onParticipantUpdate onParticipantRemove
  onParticipantAdded onParticipantUpdated onParticipantRemoved
  onUserUpdate onUserAdded onUserUpdated onDeliveryUpdated
]]

-- --- fields -----------------------------------------------------------------
-- A field: its `key` in `configuration`; its `name` in the form; `read`; `many` if it
-- repeats, and then how many at `most`; the errors for a value that is `invalid`, and
-- where one is `missing` or `too_many`. Of a field that does not repeat the first value
-- counts (ours). A trigger's keywords are shown as `filters`, as in the published examples.

local URL = {
  key = "url", name = "Configuration.Url", read = url,
  invalid = "url_too_long", missing = "missing_url",
}
local TRIGGERS = {
  key = "filters", name = "Configuration.Triggers", read = trigger, many = true, most = MAX_TRIGGERS,
  invalid = "invalid_trigger", missing = "missing_trigger", too_many = "too_many_triggers",
}
local FLOW_SID = {
  key = "flow_sid", name = "Configuration.FlowSid", read = flow_sid,
  invalid = "invalid_flow_sid", missing = "invalid_flow_sid",
}
local RETRY_COUNT = {
  key = "retry_count", name = "Configuration.RetryCount", read = retry_count,
  invalid = "invalid_retry_count",
}
local REPLAY_AFTER = {
  key = "replay_after", name = "Configuration.ReplayAfter", read = integer,
  invalid = "invalid_parameter",
}

local function method(words)
  return {
    key = "method", name = "Configuration.Method", read = one_of(words),
    invalid = "invalid_parameter",
  }
end

local function filters(event)
  return {
    key = "filters", name = "Configuration.Filters", read = event, many = true,
    invalid = "invalid_filter", missing = "missing_filter",
  }
end

-- --- types ------------------------------------------------------------------
-- The fields of each type of webhook. Those of another type are ignored, as are unknown
-- ones. A field that is `once` counts when the webhook is made, and is not shown in it,
-- as in the published examples.

local CHANNEL_METHOD, CHANNEL_FILTERS = method "GET POST", filters(channel_event)

local CHANNEL_TYPES = {
  webhook = {
    { field = URL, required = true },
    { field = CHANNEL_METHOD, default = "POST" },
    { field = CHANNEL_FILTERS, required = true },
    { field = RETRY_COUNT, default = 0 },
  },
  trigger = {
    { field = URL, required = true },
    { field = CHANNEL_METHOD, default = "POST" },
    { field = TRIGGERS, required = true },
    { field = RETRY_COUNT, default = 0 },
  },
  studio = {
    { field = FLOW_SID, required = true },
    { field = CHANNEL_FILTERS },
    { field = RETRY_COUNT },
  },
}

local CONVERSATION_METHOD, CONVERSATION_FILTERS = method "get post", filters(conversation_event)

local CONVERSATION_TYPES = {
  webhook = {
    { field = URL, required = true },
    { field = CONVERSATION_METHOD, default = "post" },
    { field = CONVERSATION_FILTERS, required = true },
    { field = REPLAY_AFTER, once = true },
  },
  trigger = {
    { field = URL, required = true },
    { field = CONVERSATION_METHOD, default = "post" },
    { field = TRIGGERS, required = true },
    { field = REPLAY_AFTER, once = true },
  },
  studio = {
    { field = FLOW_SID, required = true },
    { field = CONVERSATION_FILTERS },
    { field = REPLAY_AFTER, once = true },
  },
}

-- --- resources --------------------------------------------------------------

-- For a list: the most items on a page, and the default.
resources.WEBHOOK_PAGES = { most = 5, usual = 5 }

-- What a {parameter} of a path must match.
resources.PARAMETERS = {
  service_sid = "^IS" .. HEX32 .. "$",
  chat_service_sid = "^IS" .. HEX32 .. "$",
  channel_sid = ".",
  conversation_sid = ".",
  sid = ".", -- one of another pattern has an error of its own
}

-- What the sid of a webhook, and of a channel or conversation, must match to be one.
resources.WEBHOOK_SID = "^WH" .. HEX32 .. "$"
resources.PARENT_SID = "^CH" .. HEX32 .. "$"

-- `path` is that of the collection; `service` and `parent` name its parameters. `kind` is
-- the name of the webhook's type in the answer, `kind_field` in the form.
resources.LIST = {
  {
    title = "Channel webhook",
    host = "https://ip-messaging.twilio.com",
    path = "/v2/Services/{service_sid}/Channels/{channel_sid}/Webhooks",
    service = "service_sid", parent = "channel_sid",
    kind = "type", kind_field = "Type", types = CHANNEL_TYPES,
    first_code = 50320,
  },
  {
    title = "Conversation webhook",
    host = "https://conversations.twilio.com",
    path = "/v1/Conversations/{conversation_sid}/Webhooks",
    parent = "conversation_sid",
    kind = "target", kind_field = "Target", types = CONVERSATION_TYPES,
    first_code = 50360,
  },
  {
    title = "Conversation webhook",
    host = "https://conversations.twilio.com",
    path = "/v1/Services/{chat_service_sid}/Conversations/{conversation_sid}/Webhooks",
    service = "chat_service_sid", parent = "conversation_sid",
    kind = "target", kind_field = "Target", types = CONVERSATION_TYPES,
    first_code = 50360,
  },
}

-- The channels or conversations themselves, which are listed and never made: `of` is what
-- they are the parents of.
local CHANNELS = {
  key = "channels", pages = { most = 100, usual = 50 },
  filters = { Type = { key = "type", read = one_of "public private" } },
}
local CONVERSATIONS = {
  key = "conversations", pages = { most = 100, usual = 50 },
  filters = {
    State = { key = "state", read = one_of "initializing inactive active closed" },
    StartDate = { key = "date_created", least = true }, EndDate = { key = "date_created", most = true },
  },
}

resources.OWNERS = {
  { list = CHANNELS, path = "/v2/Services/{service_sid}/Channels", of = resources.LIST[1] },
  { list = CONVERSATIONS, path = "/v1/Conversations", of = resources.LIST[2] },
  { list = CONVERSATIONS, path = "/v1/Services/{chat_service_sid}/Conversations", of = resources.LIST[3] },
}

-- Settings, of which there is one each, which is never made: a field's `name` in the form,
-- its `key` in the answer, `read`, `many` if it repeats, its `default`, else null: a list too,
-- as in the published example of a service that nobody has set. An empty value clears (ours).
local function boolean(text)
  if text == "true" or text == "false" then return text == "true" end
end

local function any_method(text)
  return one_of "GET POST" (text:upper())
end

local function service_sid(text)
  return text:match("^IS" .. HEX32 .. "$")
end

local PRE_URL = { name = "PreWebhookUrl", key = "pre_webhook_url", read = url }
local POST_URL = { name = "PostWebhookUrl", key = "post_webhook_url", read = url }
local METHOD = { name = "Method", key = "method", read = any_method }
local FILTERS = { name = "Filters", key = "filters", read = conversation_event, many = true }

resources.SETTINGS = {
  {
    path = "/v1/Configuration/Webhooks", host = "https://conversations.twilio.com",
    fields = {
      PRE_URL, POST_URL, FILTERS,
      { name = "Method", key = "method", read = any_method, default = "POST" },
      { name = "Target", key = "target", read = one_of "webhook flex", default = "webhook" },
    },
  },
  {
    path = "/v1/Services/{chat_service_sid}/Configuration/Webhooks",
    host = "https://conversations.twilio.com",
    service = "chat_service_sid", fields = { PRE_URL, POST_URL, METHOD, FILTERS },
  },
  {
    path = "/v2/Services/{service_sid}", host = "https://ip-messaging.twilio.com",
    service = "service_sid", sid = "service_sid",
    fields = {
      PRE_URL, POST_URL,
      { name = "WebhookMethod", key = "webhook_method", read = any_method, default = "POST" },
      { name = "WebhookFilters", key = "webhook_filters", read = channel_event, many = true },
      { name = "PreWebhookRetryCount", key = "pre_webhook_retry_count", read = retry_count, default = 0 },
      { name = "PostWebhookRetryCount", key = "post_webhook_retry_count", read = retry_count, default = 0 },
    },
  },
}

-- Addresses to which a message makes a conversation: listed by a filter, changed, never made.
resources.ADDRESSES = {
  path = "/v1/Configuration/Addresses", host = "https://conversations.twilio.com",
  key = "address_configurations", pages = { most = 50, usual = 50 },
  filters = { Type = { key = "type", read = one_of "sms whatsapp messenger gbm email rcs apple chat" } },
  fields = {
    { name = "AutoCreation.Enabled", key = "enabled", read = boolean, default = false },
    { name = "AutoCreation.Type", key = "type", read = one_of "webhook studio default", default = "default" },
    { name = "AutoCreation.ConversationServiceSid", key = "conversation_service_sid", read = service_sid },
    { name = "AutoCreation.WebhookUrl", key = "webhook_url", read = url },
    { name = "AutoCreation.WebhookMethod", key = "webhook_method", read = one_of "get post" },
    { name = "AutoCreation.WebhookFilters", key = "webhook_filters", read = conversation_event, many = true },
    { name = "AutoCreation.StudioFlowSid", key = "studio_flow_sid", read = flow_sid },
    { name = "AutoCreation.StudioRetryCount", key = "studio_retry_count", read = retry_count },
  },
}

return resources
