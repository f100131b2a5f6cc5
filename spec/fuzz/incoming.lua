-- What has to hold of any incoming request. The input: the signature, the settings, the
-- content type and the URL, a line each, and then the body.

package.path = "lua/?.lua;lua/?/init.lua;" .. package.path

local webhooks = require "twilio.webhooks"

local TOKEN, KEYS = "token", { SK1 = "key" }

-- Words that verify may answer with.
local REASONS = {}
for word in ([[body_mismatch malformed_content_type malformed_form malformed_settings malformed_signature
  malformed_url mismatch missing_body_hash missing_signature too_large unknown_algorithm unknown_key]]):gmatch "%S+" do
  REASONS[word] = true
end

local function verify(request)
  request.auth_token, request.shared_keys = TOKEN, KEYS
  local verified, reason, message = webhooks.verify(request)
  if verified == nil then
    assert(REASONS[reason], reason)
    assert(#message < 200 and not message:find "[^ -~]", message)
  else
    assert(verified == true and reason == nil)
  end
  return verified, reason
end

-- With its own signature a request that can be signed is verified, with another's it is not.
local function check_signed(request, key)
  local signed = webhooks.sign { url = request.url, body = request.body, content_type = request.content_type,
    auth_token = not key and TOKEN or nil, key = key, shared_keys = key and KEYS }
  if not signed then return end
  request.url, request.signature, request.settings = signed.url, signed.signature, signed.settings
  assert(verify(request))
  assert(not webhooks.verify { url = request.url, body = request.body, content_type = request.content_type,
    signature = request.signature, settings = request.settings, auth_token = "other", shared_keys = { SK1 = "x" } })
  local host, rest = request.url:match "^(%a+://[^/?#]*)(.*)$"
  request.url = host .. "x" .. rest
  assert(not verify(request), "another host is verified: " .. request.url)
end

return function(input)
  local signature, settings, kind, url, body = input:match "^([^\n]*)\n([^\n]*)\n([^\n]*)\n([^\n]*)\n?(.*)$"
  if not signature then return end
  local request = { url = url, body = body, content_type = kind, signature = signature, settings = settings }
  verify(request)
  request.url = "https://example.com/" .. url
  verify(request)
  for _, one in ipairs { url, request.url } do
    for _, key in ipairs { false, "SK1" } do
      check_signed({ url = one, body = body, content_type = kind }, key or nil)
    end
  end
end
