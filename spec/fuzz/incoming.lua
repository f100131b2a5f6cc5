-- What has to hold of any incoming request, and of its event. The input: the signature, the
-- settings, the content type and the URL, a line each, and then the body.

package.path = "lua/?.lua;lua/?/init.lua;" .. package.path

local core = require "twilio.webhooks.core"
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

-- --- forms and events -------------------------------------------------------

local NO_EVENT = { malformed_form = true, too_large = true, missing_event_type = true }

-- The form, read a second time: names and values in turn, or nil.
local function read(body)
  if body:find "[%z\1-\31\127]" or body:gsub("%%%x%x", ""):find("%", 1, true) then return nil end
  local list = {}
  for pair in body:gmatch "[^&]+" do
    local name, value = pair:match "^([^=]*)=?(.*)$"
    for _, text in ipairs { name, value } do
      text = text:gsub("+", " "):gsub("%%(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end)
      list[#list + 1] = text
    end
  end
  return list
end

local function check_form(body)
  local list, reason = core.read_form(body)
  if reason == "too_large" then return nil end
  local expected = read(body)
  assert((list == nil) == (expected == nil), reason)
  if not list then return nil end
  assert(#list == #expected)
  for i = 1, #list do assert(list[i] == expected[i], list[i]) end
  return list
end

-- How many texts there are in what an event was read into.
local function count(value)
  if type(value) ~= "table" then return 1 end
  local number = 0
  for _, one in pairs(value) do number = number + count(one) end
  return number
end

-- An event has every text of the form, but for those that stand for something else.
local function check_event(body, list)
  local event, reason, message = webhooks.event(body)
  if not event then
    assert(NO_EVENT[reason] and #message < 200, reason)
    assert(not list or reason == "missing_event_type")
    return
  end
  local is_plain = true
  for i = 1, #list, 2 do
    is_plain = is_plain and list[i] ~= "Attributes" and list[i] ~= "Media"
  end
  assert(not is_plain or count(event) == #list / 2, "a field is lost")
end

-- As a server hands a form over: a repeated name has a list.
local function to_params(list)
  local params = {}
  for i = 1, #list, 2 do
    params[list[i]] = params[list[i]] or {}
    table.insert(params[list[i]], list[i + 1])
  end
  return params
end

-- What is signed as a form is verified as parameters.
local function check_params(url, body, list)
  local signed = webhooks.sign { url = url, body = body, auth_token = TOKEN }
  if not signed or url:find("bodySHA256", 1, true) then return end
  assert(verify { url = signed.url, params = to_params(list), signature = signed.signature })
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
  for _, form in ipairs { body, "EventType=x&" .. body } do
    local list = check_form(form)
    check_event(form, list)
    if list then check_params(request.url, form, list) end
  end
end
