-- What holds for the results of a call that had an answer, whichever target meets them.

local cjson = require "cjson"
local failure = require "spec.fuzz.failure"

local results = {}

local STATUS = { create_webhook = 201, fetch_webhook = 200, list_webhooks = 200, update_webhook = 200,
  delete_webhook = 204 }

local function check_headers(headers)
  for name, value in pairs(headers) do
    assert(type(name) == "string" and not name:find "[%u\n]" and #name <= 128, "a header's name")
    assert(type(value) == "string" and not value:find "\n", "a header's value")
  end
end

-- No null, no float that is an integer, no text that is not UTF-8.
local function check_value(value)
  if type(value) == "table" then
    for key, field in pairs(value) do
      if type(key) == "string" then assert(utf8.len(key), "a key that is not UTF-8") end
      check_value(field)
    end
  elseif type(value) == "string" then
    assert(utf8.len(value), "text that is not UTF-8")
  elseif type(value) == "number" then
    assert(value == value and math.abs(value) < math.huge, "a number that JSON does not have")
    assert(math.type(value) == "integer" or value ~= math.floor(value) or math.abs(value) >= 2 ^ 53, "2.0 for 2")
  else
    assert(type(value) == "boolean", "a " .. type(value))
  end
end

local function check_webhook(hook)
  assert(type(hook) == "table", "no webhook")
  assert(type(hook.sid) == "string" and hook.sid:find("^WH" .. ("%x"):rep(32) .. "$"), "a wrong sid")
  check_value(hook)
end

-- How many webhooks the page's body has.
local function count(body)
  local webhooks = cjson.decode(body).webhooks
  local n = 0
  for key, hook in pairs(webhooks) do
    assert(math.type(key) == "integer", "webhooks that are no list")
    assert(hook ~= cjson.null, "a null among webhooks")
    n = n + 1
  end
  return n
end

local function check_list(list, pages)
  local n = pages and 0 or #list
  for _, body in ipairs(pages or {}) do n = n + count(body) end
  for key, hook in pairs(list) do
    assert(math.type(key) == "integer" and key >= 1 and key <= #list, "a list with holes")
    check_webhook(hook)
  end
  assert(#list == n, ("%d webhooks of %d"):format(#list, n))
end

-- `pages`: the bodies that were answered, where they are known.
local function check_success(operation, result, info, pages)
  assert(info.status == STATUS[operation], "a success with the wrong status")
  assert(info.attempts == 1 and getmetatable(info) == nil)
  check_headers(info.headers)
  if operation == "delete_webhook" then
    assert(result == true)
  elseif operation == "list_webhooks" then
    check_list(result, pages)
  else
    check_webhook(result)
  end
end

--- Raises an error where a promise is broken. True for a success.
function results.check(operation, pages, result, info, err)
  if result == nil then
    failure.check(operation, result, info, err)
    if err.headers then check_headers(err.headers) end
    if err.status == STATUS[operation] then assert(err.kind ~= "http") end
    local repeatable = operation ~= "create_webhook"
    assert(repeatable or not err.retryable or err.sent == "no" or err.status == 429, "a create to be sent twice")
    return false
  end
  assert(err == nil)
  check_success(operation, result, info, pages)
  return true
end

return results
