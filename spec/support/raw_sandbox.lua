-- A sandbox for specs that speak to it over raw sockets: its account, and requests
-- as bytes. Each test asks `fresh_channel` for a channel of its own.

local http_client = require "spec.support.http_client"
local sandbox = require "twilio.webhooks.sandbox"

local raw = {}

raw.ACCOUNT = "AC" .. ("a"):rep(32)
-- base64 of ACCOUNT .. ":token"
raw.AUTHORIZATION = "Authorization: Basic QUNhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYTp0b2tlbg=="
raw.FORM = "Content-Type: application/x-www-form-urlencoded"
raw.HOST = "Host: 127.0.0.1"
raw.BODY = "Type=webhook&Configuration.Url=dummy&Configuration.Filters=onMessageSent"

local channels = 0

function raw.start()
  raw.server = assert(sandbox.start { account_sid = raw.ACCOUNT, auth_token = "token", idle_timeout = 20 })
  return raw.server
end

--- The path of the webhooks of a channel that nobody has used.
function raw.fresh_channel()
  channels = channels + 1
  raw.target = ("/v2/Services/%s/Channels/channel-%d/Webhooks"):format(raw.server.service_sid, channels)
  return raw.target
end

function raw.connect()
  return http_client.connect(raw.server.base_url)
end

--- The bytes of a create, with more header lines.
function raw.create_request(headers, body)
  body = body or raw.BODY
  local all = { raw.HOST, raw.AUTHORIZATION, raw.FORM, "Content-Length: " .. #body }
  for _, line in ipairs(headers or {}) do all[#all + 1] = line end
  return http_client.format("POST", raw.target, all, body)
end

function raw.last_request()
  local requests = raw.server:requests()
  return requests[#requests]
end

return raw
