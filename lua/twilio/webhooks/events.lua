--- The events that Twilio sends to webhooks, as data: their names, and the fields that each
-- brings. A request may bring more, and leaves out what has no value.
--
-- Of conversations: as https://www.twilio.com/docs/conversations/conversations-webhooks lists
-- them. Of channels: as https://www.twilio.com/docs/chat/webhook-events did, whose tables public
-- programs quote above their handlers; onMemberUpdated as such a program reads it, and
-- onMemberUpdate, which none quotes, with what is common to the events of a member.

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
  IsNotifiable = "boolean", -- of channels; conversations write a small letter
  IsOnline = "boolean",
  LastConsumedMessageIndex = "integer",
  LastReadMessageIndex = "integer",
  Media = "json",
  MediaSize = "integer",
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

local SERVICE = COMMON .. " InstanceSid"
local TEXT = "ChannelSid Body Attributes From"
local SENT = TEXT .. " MessageSid Index DateCreated"
local FILE = "MediaSid MediaFilename MediaContentType MediaSize"
local NEW_CHANNEL = "Attributes CreatedBy FriendlyName UniqueName ChannelType"
local CHANNEL = NEW_CHANNEL .. " ChannelSid DateCreated"
local NEW_MEMBER = "ChannelSid Identity RoleSid"
local MEMBER = NEW_MEMBER .. " MemberSid"
local PERSON = "UserSid Identity FriendlyName RoleSid Attributes DateCreated"
local REACHABLE = "DateUpdated IsOnline IsNotifiable"

--- The same for channels.
events.channel = {
  onChannelAdd = words(SERVICE, NEW_CHANNEL),
  onChannelAdded = words(SERVICE, CHANNEL),
  onChannelDestroy = words(SERVICE, CHANNEL),
  onChannelDestroyed = words(SERVICE, CHANNEL, "DateDestroyed"),
  onChannelUpdate = words(SERVICE, "Attributes CreatedBy FriendlyName UniqueName ChannelSid DateCreated"),
  onChannelUpdated = words(SERVICE, CHANNEL, "DateUpdated"),
  onMediaMessageSend = words(SERVICE, TEXT, FILE),
  onMediaMessageSent = words(SERVICE, SENT, FILE),
  onMemberAdd = words(SERVICE, NEW_MEMBER, "Reason"),
  onMemberAdded = words(SERVICE, MEMBER, "Reason DateCreated"),
  onMemberRemove = words(SERVICE, MEMBER, "Reason"),
  onMemberRemoved = words(SERVICE, MEMBER, "Reason DateCreated DateRemoved"),
  onMemberUpdate = words(SERVICE, MEMBER),
  onMemberUpdated = words(SERVICE, MEMBER, "DateCreated DateUpdated LastConsumedMessageIndex"),
  onMessageRemove = words(SERVICE, TEXT, "MessageSid DateCreated RemovedBy"),
  onMessageRemoved = words(SERVICE, SENT, "RemovedBy DateRemoved"),
  onMessageSend = words(SERVICE, TEXT),
  onMessageSent = words(SERVICE, SENT),
  onMessageUpdate = words(SERVICE, TEXT, "MessageSid DateCreated ModifiedBy"),
  onMessageUpdated = words(SERVICE, SENT, "ModifiedBy DateUpdated"),
  onUserAdded = words(SERVICE, PERSON),
  onUserUpdate = words(SERVICE, PERSON, REACHABLE),
  onUserUpdated = words(SERVICE, PERSON, REACHABLE),
}

return events
