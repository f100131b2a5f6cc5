-- webhooks.event, and the data about events in lua/twilio/webhooks/events.lua.

local events = require "twilio.webhooks.events"
local webhooks = require "twilio.webhooks"

local function encode(text)
  return (text:gsub("[^%w]", function(c) return ("%%%02X"):format(c:byte()) end))
end

describe("webhooks.event", function()
  -- As somebody has recorded them; sids are made up.
  local requests = {
    { "a message in a conversation",
      "MessagingServiceSid=MG1&EventType=onMessageAdded&Attributes=%7B%7D&DateCreated=2024-12-18T14%3A35%3A28.423Z"
        .. "&Index=8&ChatServiceSid=IS1&MessageSid=IM1&AccountSid=AC1&Source=WHATSAPP&RetryCount=0"
        .. "&Author=whatsapp%3A%2B919449840144&ParticipantSid=MB1&Body=two+words&ConversationSid=CH1",
      { messaging_service_sid = "MG1", event_type = "onMessageAdded", attributes = {},
        date_created = "2024-12-18T14:35:28.423Z", index = 8, chat_service_sid = "IS1", message_sid = "IM1",
        account_sid = "AC1", source = "WHATSAPP", retry_count = 0, author = "whatsapp:+919449840144",
        participant_sid = "MB1", body = "two words", conversation_sid = "CH1" } },
    { "a message in a channel",
      "EventType=onMessageSent&InstanceSid=IS1&Attributes=%7B%7D&DateCreated=2021-04-17T12%3A52%3A31.295Z&Index=1"
        .. "&From=someuser%40email.domain&MessageSid=IM1&AccountSid=AC1&Source=SDK&ChannelSid=CH1"
        .. "&ClientIdentity=someuser%40email.domain&RetryCount=0&Body=%D0%90%D0%BB%D0%BB%D0%BE%21",
      { event_type = "onMessageSent", instance_sid = "IS1", attributes = {}, date_created = "2021-04-17T12:52:31.295Z",
        index = 1, from = "someuser@email.domain", message_sid = "IM1", account_sid = "AC1", source = "SDK",
        channel_sid = "CH1", client_identity = "someuser@email.domain", retry_count = 0, body = "Алло!" } },
    { "a participant, whose binding is a table",
      "EventType=onParticipantUpdated&MessagingBinding.Address=%2B1&MessagingBinding.ProxyAddress=%2B2"
        .. "&MessagingBinding.Type=SMS&LastReadMessageIndex=3&Attributes=%7B%22a%22%3A%7B%22b%22%3A%5B1%2Cnull%2C2%5D%7D%7D",
      { event_type = "onParticipantUpdated", last_read_message_index = 3,
        messaging_binding = { address = "+1", proxy_address = "+2", type = "SMS" },
        attributes = { a = { b = { 1, 2 } } } } },
    { "a file in a channel",
      "EventType=onMediaMessageSent&MediaSid=ME1&MediaFilename=a.png&MediaContentType=image%2Fpng&MediaSize=1024",
      { event_type = "onMediaMessageSent", media_sid = "ME1", media_filename = "a.png", media_content_type = "image/png",
        media_size = 1024 } },
    { "a user of a service, who is not online", "EventType=onUserUpdated&IsOnline=false&IsNotifiable=true",
      { event_type = "onUserUpdated", is_online = false, is_notifiable = true } },
    { "a user, who is online", "EventType=onUserUpdated&isOnline=true&isNotifiable=false&FriendlyName=",
      { event_type = "onUserUpdated", is_online = true, is_notifiable = false, friendly_name = "" } },
    { "a field that comes more than once, each by its type",
      "EventType=onX&Index=1&Index=x&Index=3&IsOnline=true&IsOnline=false&Body=a&Body=b&Body=c",
      { event_type = "onX", index = { 1, "x", 3 }, is_online = { true, false }, body = { "a", "b", "c" } } },
    { "attached media", "EventType=onMessageAdded&Media=" .. encode '[{"Sid":"ME1","Size":12}]',
      { event_type = "onMessageAdded", media = { { Sid = "ME1", Size = 12 } } } },
  }
  for _, row in ipairs(requests) do
    it("reads " .. row[1], function() assert.same(row[3], webhooks.event(row[2])) end)
  end

  it("gives integers where Lua has them", function()
    local event = webhooks.event "EventType=x&Index=2&Attributes=%7B%22n%22%3A2%7D"
    assert.equal("2 2", event.index .. " " .. event.attributes.n)
  end)

  -- What is kept as text, since it is not what it should be.
  local kept = {
    { "Index=x", "index", "x" }, { "Index=", "index", "" }, { "Index=1.5", "index", "1.5" },
    { "Index=0x10", "index", "0x10" }, { "Index=12345678901234567890", "index", "12345678901234567890" },
    { "Attributes=", "attributes", "" }, { "Attributes=%7B", "attributes", "{" }, { "Attributes=5", "attributes", "5" },
    { "Attributes=%22x%22", "attributes", '"x"' }, { "Attributes=null", "attributes", "null" },
    { "Attributes=%7B%22a%22%3ANaN%7D", "attributes", '{"a":NaN}' }, { "Attributes=%FF", "attributes", "\255" },
    { "Attributes=" .. ("%5B"):rep(5000), "attributes", ("["):rep(5000) },
    { "isOnline=maybe", "is_online", "maybe" }, { "Body=12", "body", "12" }, { "Body=true", "body", "true" },
    { "NewField=%00", "new_field", "\0" },
  }
  for _, row in ipairs(kept) do
    it("keeps " .. row[1]:sub(1, 40) .. " as text", function()
      assert.equal(row[3], webhooks.event("EventType=x&" .. row[1])[row[2]])
    end)
  end

  it("keeps every field, whatever its name is", function()
    local rows = {
      { "A=1&A=2", { a = { "1", "2" } } },
      { "A=1&a=2", { a = { "1", "2" } } }, { "a=1&A=2", { a = "1", A = "2" } },
      { "A.B=1&A.C=2", { a = { b = "1", c = "2" } } },
      { "A=1&A.B=2", { a = "1", ["A.B"] = "2" } },
      { "A.B=1&A=2", { a = { b = "1" }, A = "2" } },
      { "Attributes=%7B%7D&Attributes.X=1", { attributes = {}, ["Attributes.X"] = "1" } },
      { "A.B.C.D.E=1", { ["A.B.C.D.E"] = "1" } }, { ".=1", { ["."] = "1" } }, { "=1", { [""] = "1" } },
      { "__index=1&A.__newindex=2&A.b=3", { __index = "1", a = { __newindex = "2", b = "3" } } },
    }
    for _, row in ipairs(rows) do
      local event = webhooks.event("EventType=x&" .. row[1])
      event.event_type = nil
      assert.same(row[2], event)
    end
  end)

  local refused = {
    { "malformed_form", nil }, { "malformed_form", {} }, { "malformed_form", "EventType=%" },
    { "malformed_form", "EventType=%4" }, { "malformed_form", "%zz=1" }, { "malformed_form", "EventType=a\0" },
    { "malformed_form", "EventType=a\r\n" },
    { "missing_event_type", "" }, { "missing_event_type", "{}" }, { "missing_event_type", "eventtype=x" },
    { "too_large", "EventType=" .. ("x"):rep(524288) }, { "too_large", ("a=b&"):rep(1001) .. "EventType=x" },
  }
  for _, row in ipairs(refused) do
    it(("refuses %s as %s"):format(tostring(row[2]):sub(1, 30):gsub("%c", "?"), row[1]), function()
      local event, reason, message = webhooks.event(row[2])
      assert.same({ nil, row[1], "string" }, { event, reason, type(message) })
    end)
  end
end)

describe("twilio.webhooks.events", function()
  it("names each field of an event once, as it is on the wire", function()
    for _, kind in ipairs { "channel", "conversation" } do
      for name, fields in pairs(events[kind]) do
        local seen = {}
        for _, field in ipairs(fields) do
          assert.is_nil(seen[field], name .. " " .. field)
          assert.truthy(field:find "^%a+$" or field:find "^MessagingBinding%.%a+$", field)
          seen[field] = true
        end
        assert.is_true(seen.EventType and seen.AccountSid, name)
      end
    end
  end)

  -- The requests above are recorded ones: what they bring has to be among the fields.
  it("knows the fields that a message in a channel was seen to bring", function()
    local known = {}
    for _, field in ipairs(events.channel.onMessageSent) do known[field] = true end
    for field in ("EventType InstanceSid Attributes DateCreated Index From MessageSid AccountSid Source ChannelSid "
      .. "ClientIdentity RetryCount Body"):gmatch "%S+" do
      assert.is_true(known[field], field)
    end
  end)

  it("has types for fields that there are", function()
    local there = {}
    for _, kind in ipairs { "channel", "conversation" } do
      for _, fields in pairs(events[kind]) do
        for _, field in ipairs(fields) do there[field] = true end
      end
    end
    for field in pairs(events.types) do assert.is_true(there[field], field) end
  end)
end)
