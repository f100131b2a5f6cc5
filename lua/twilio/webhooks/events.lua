--- The events that Twilio sends to webhooks, as data: their names, and the fields that each
-- brings. A request may bring more, and leaves out what has no value.
--
-- Of conversations: as https://www.twilio.com/docs/conversations/conversations-webhooks lists
-- them. Of channels: the names as https://www.twilio.com/docs/chat/webhook-events lists them;
-- the fields are those that are common to all, for Programmable Chat has ended.

local events = {}

-- The words of a text, and of those that follow.
local function words(...)
  local list = {}
  for word in table.concat({ ... }, " "):gmatch "%S+" do list[#list + 1] = word end
  return list
end

-- --- types ------------------------------------------------------------------

--- What a field's text stands for, by its name; all others are text. `json`: an object or an
-- array, written as JSON.
events.types = {
  Attributes = "json",
  ErrorCode = "integer",
  Index = "integer",
  LastConsumedMessageIndex = "integer",
  LastReadMessageIndex = "integer",
  Media = "json",
  RetryCount = "integer",
  isNotifiable = "boolean",
  isOnline = "boolean",
}

-- --- conversations ----------------------------------------------------------

-- RetryCount stands on neither page; the requests have it.
local COMMON = "AccountSid EventType Source ClientIdentity RetryCount"

local NAMED = "FriendlyName UniqueName Attributes ChatServiceSid MessagingServiceSid"
local BINDING = "MessagingBinding.ProxyAddress MessagingBinding.Address MessagingBinding.ProjectedAddress"
local CONVERSATION = "ConversationSid DateCreated DateUpdated State " .. NAMED
local MESSAGE = "ConversationSid Body Author ParticipantSid Attributes Media"
local WRITTEN = MESSAGE .. " MessageSid Index DateCreated"
local PARTICIPANT = "ConversationSid Identity RoleSid Attributes MessagingBinding.Type " .. BINDING
local JOINED = PARTICIPANT .. " ParticipantSid DateCreated"
local USER = "ChatServiceSid UserSid Identity RoleSid Attributes FriendlyName"

--- Each name to a list of the names of fields.
events.conversation = {
  onConversationAdd = words(COMMON, NAMED, BINDING, "MessagingBinding.AuthorAddress MessageBody Media State"),
  onConversationAdded = words(COMMON, CONVERSATION, BINDING, "MessagingBinding.AuthorAddress"),
  onConversationRemove = words(COMMON, CONVERSATION),
  onConversationRemoved = words(COMMON, CONVERSATION, "DateRemoved"),
  onConversationStateUpdated = words(COMMON, "ConversationSid ChatServiceSid MessagingServiceSid",
    "StateUpdated StateFrom StateTo Reason"),
  onConversationUpdate = words(COMMON, CONVERSATION),
  onConversationUpdated = words(COMMON, CONVERSATION),
  onDeliveryUpdated = words(COMMON, "ConversationSid ChatServiceSid MessageSid DeliveryReceiptSid",
    "ChannelMessageSid ParticipantSid Status ErrorCode DateCreated DateUpdated"),
  onMessageAdd = words(COMMON, MESSAGE),
  onMessageAdded = words(COMMON, WRITTEN, "MessagingServiceSid"),
  onMessageRemove = words(COMMON, WRITTEN, "DateUpdated"),
  onMessageRemoved = words(COMMON, WRITTEN, "DateUpdated DateRemoved"),
  onMessageUpdate = words(COMMON, WRITTEN, "DateUpdated"),
  onMessageUpdated = words(COMMON, WRITTEN, "DateUpdated"),
  onParticipantAdd = words(COMMON, PARTICIPANT),
  onParticipantAdded = words(COMMON, JOINED),
  onParticipantRemove = words(COMMON, JOINED, "DateUpdated"),
  onParticipantRemoved = words(COMMON, JOINED, "DateUpdated DateRemoved"),
  onParticipantUpdate = words(COMMON, JOINED, "DateUpdated"),
  onParticipantUpdated = words(COMMON, JOINED, "DateUpdated LastReadMessageIndex"),
  onUserAdded = words(COMMON, USER, "DateCreated"),
  onUserUpdate = words(COMMON, USER, "DateUpdated"),
  onUserUpdated = words(COMMON, USER, "DateCreated DateUpdated isOnline isNotifiable"),
}

-- --- channels ---------------------------------------------------------------

events.channel = {}
for _, name in ipairs(words [[
  onMessageSend onMessageUpdate onMessageRemove onMediaMessageSend
  onMessageSent onMessageUpdated onMessageRemoved onMediaMessageSent
  onChannelAdd onChannelUpdate onChannelDestroy
  onChannelAdded onChannelUpdated onChannelDestroyed
  onMemberAdd onMemberUpdate onMemberRemove
  onMemberAdded onMemberUpdated onMemberRemoved
  onUserUpdate onUserAdded onUserUpdated]]) do
  local owner = name:find "^onUser" and "InstanceSid" or "InstanceSid ChannelSid"
  events.channel[name] = words(COMMON, owner, "Attributes")
end

return events
