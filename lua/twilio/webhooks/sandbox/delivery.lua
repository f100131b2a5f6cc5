-- The deliveries of an event: the webhooks whose filters or triggers match it, and the signed
-- request to each. Pure: requests are tables; sender.lua sends them.
--
-- Left out: flows of Studio, which have no URL. A trigger has to match a message's text in the
-- same case (ours).

local hmac = require "twilio.webhooks.sandbox.hmac"
local plain = require "twilio.webhooks.plain"

local delivery = {}

local FORM = "application/x-www-form-urlencoded"

-- --- which webhooks ---------------------------------------------------------

local function contains(list, value)
  for _, one in ipairs(list or {}) do
    if one == value then return true end
  end
  return false
end

-- The API shows a trigger's keywords as its filters.
local function is_triggered(webhook, event, body)
  if event ~= (webhook.type and "onMessageSent" or "onMessageAdded") then return false end
  for _, keyword in ipairs(webhook.configuration.filters or {}) do
    if body:find(keyword, 1, true) then return true end
  end
  return false
end

-- An event that names a channel or a conversation belongs only to that one.
local function is_elsewhere(webhook, fields)
  local channel, conversation = fields.ChannelSid, fields.ConversationSid
  return channel and channel ~= webhook.channel_sid
    or conversation and conversation ~= webhook.conversation_sid
end

function delivery.matches(webhook, event, fields)
  if is_elsewhere(webhook, fields) then return false end
  local kind = webhook.type or webhook.target
  if kind == "webhook" then return contains(webhook.configuration.filters, event) end
  return kind == "trigger" and is_triggered(webhook, event, fields.Body or "")
end

-- --- the request ------------------------------------------------------------

local function encode(text)
  return (text:gsub("[^%w%-._~ ]", function(c) return ("%%%02X"):format(c:byte()) end):gsub(" ", "+"))
end

local function to_form(fields)
  local names = plain.names(fields)
  for i, name in ipairs(names) do names[i] = encode(name) .. "=" .. encode(fields[name]) end
  return table.concat(names, "&")
end

-- The fields of every event, and the given ones; `attempt` counts from 0.
local function fields_of(webhook, event, given, attempt)
  local fields = {
    AccountSid = webhook.account_sid, EventType = event, Source = "API", RetryCount = ("%d"):format(attempt),
    ChannelSid = webhook.channel_sid, InstanceSid = webhook.service_sid,
    ConversationSid = webhook.conversation_sid, ChatServiceSid = webhook.chat_service_sid,
  }
  for name, value in pairs(given) do fields[name] = value end
  return fields
end

-- The signature's headers. `keys`: auth_token; or shared_key, a name, and shared_secret.
local function sign(keys, url, fields)
  local text = { (url:gsub("#.*$", "")) }
  for _, name in ipairs(plain.names(fields)) do text[#text + 1] = name .. fields[name] end
  text = table.concat(text)
  if keys.shared_key then
    return hmac.base64(hmac.sign(hmac.sha256, keys.shared_secret, text)),
      ("key=%s,algorithm=HMAC_SHA256"):format(keys.shared_key)
  end
  return hmac.base64(hmac.sign(hmac.sha1, keys.auth_token, text))
end

-- The request of one attempt: method, url, headers and body. By GET the fields are the query.
function delivery.request(webhook, event, given, attempt, keys, token)
  local fields = fields_of(webhook, event, given, attempt)
  local method, url = webhook.configuration.method:upper(), webhook.configuration.url
  local request = { method = method, url = url, headers = { ["I-Twilio-Idempotency-Token"] = token } }
  if method == "GET" then
    request.url = url:gsub("#.*$", "")
    request.url = request.url .. (request.url:find("?", 1, true) and "&" or "?") .. to_form(fields)
    fields = {}
  else
    request.body, request.headers["Content-Type"] = to_form(fields), FORM
  end
  request.headers["X-Twilio-Signature"], request.headers["X-Twilio-Webhooks-Signature-Settings"] =
    sign(keys, request.url, fields)
  return request
end

-- The most attempts. A conversation's webhook has no retry_count, and no retries.
function delivery.attempts(webhook)
  return 1 + (webhook.type and webhook.configuration.retry_count or 0)
end

return delivery
