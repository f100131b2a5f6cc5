-- The resources that the sandbox knows, as tables: where each is found, which fields it
-- takes, what they may hold, what it answers. What is done with them is in api.lua; a
-- further resource is a further table at the end of this file.
--
-- Values that the API documents nowhere are marked "ours".

local resources = {}

local MAX_TRIGGERS = 5 -- of one webhook
local MAX_RETRIES = 3
local MAX_URL_BYTES = 2048 -- ours

local HEX32 = ("%x"):rep(32)

-- --- values -----------------------------------------------------------------
-- Each reader takes a field's text and gives its value, or nil if it cannot be.

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

return resources
