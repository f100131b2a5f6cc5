-- What has to hold of the results of any answer. The input:
--
--   create_webhook 201        the operation; the status, or a word that is none
--   name: value               headers, percent-encoded; repeated ones become a list
--                             an empty line
--   {"sid": ...               the body, as it is
--
-- A form feed begins the answer with the next page of a list. Without a status the
-- transport failed: the first header's name and value are why, and whether it was sent.

local core = require "twilio.webhooks.core"
local percent = require "spec.fuzz.percent"
local results = require "spec.fuzz.results"

local BASE = "https://api.test"
local OPERATIONS = { create_webhook = true, fetch_webhook = true, list_webhooks = true, update_webhook = true,
  delete_webhook = true }

local client = core.open {
  account_sid = "AC" .. ("a"):rep(32), auth_token = "t", base_url = BASE, max_response_bytes = 20000,
  service_sid = "IS" .. ("a"):rep(32), channel_sid = "general",
}
local SID = "WH" .. ("0"):rep(32)

local function read_headers(block)
  local headers = {}
  for name_text, value_text in block:gmatch "([^\n:]*):[ ]?([^\n]*)" do
    local name, value = percent.decode(name_text), percent.decode(value_text)
    local there = headers[name]
    if there == nil then
      headers[name] = tonumber(value) or value
    elseif type(there) == "table" then
      there[#there + 1] = value
    else
      headers[name] = { there, value }
    end
  end
  return headers
end

local function read_answer(text)
  local status, block, body = text:match "^([^\n]*)\n?(.-)\n\n(.*)$"
  if not status then status, block = text:match "^([^\n]*)\n?(.*)$" end
  return { status = tonumber(status) or status, headers = read_headers(block), body = body }
end

-- The credentials go to the origin that the caller chose, page or no page.
local function check_origin(request)
  assert(request.url:sub(1, #BASE + 1) == BASE .. "/", "a request to elsewhere: " .. request.url)
  assert(not request.url:find "[^!-~]", "a URL with strange bytes")
  assert(request.headers.Authorization:find "^Basic [%w+/]+=*$")
end

local function give(call, text)
  local answer = read_answer(text)
  if answer.status ~= "" then
    call:answer(answer)
  else
    local why, sent = next(answer.headers)
    call:answer(nil, why, sent)
  end
  return answer
end

return function(input)
  local operation, rest = input:match "^([%l_]*) ?(.*)$"
  if not OPERATIONS[operation] then operation = "create_webhook" end
  local params = { type = operation == "create_webhook" and "webhook" or nil }
  if operation ~= "create_webhook" and operation ~= "list_webhooks" then params.sid = SID end
  local call, request = client:prepare(operation, params)
  local pages = {}
  check_origin(request)
  for text in (rest .. "\f"):gmatch "([^\f]*)\f" do
    pages[#pages + 1] = give(call, text).body or ""
    local result, info, err = call:result()
    if result ~= false then
      results.check(operation, pages, result, info, err)
      return
    end
    call, request = client:prepare(call)
    check_origin(request)
  end
end
