--- The part of an incoming request that is signed beside its URL: the parameters of a form. If the URL
-- has the body's SHA-256, nothing else is signed, and the body has to match that.

local loading = require "twilio.webhooks.loading"
local core = loading.core()

local content = {}

local FORM = "application/x-www-form-urlencoded"

-- --- the body's hash --------------------------------------------------------

-- The values of bodySHA256 in the URL's query, which is signed; nil if there is none.
local function body_hashes(url)
  if not url:find("bodySHA256", 1, true) then return nil end
  local hashes = {}
  local query = url:match "^[^?#]*%?([^#]*)" or ""
  for name, value in query:gmatch "([^&=]*)=?([^&]*)" do
    if name == "bodySHA256" then hashes[#hashes + 1] = value end
  end
  return hashes[1] and hashes
end

-- Only the URL is signed, and in it the body's hash, whatever the body is.
local function check_body(body, hashes)
  local signature = loading.signature()
  if body == nil then return nil, "missing_body" end
  local digits = signature.sha256(body)
  if not digits then return nil, "failed" end
  for _, hash in ipairs(hashes) do
    if not signature.equal(hash:lower(), digits) then return nil, "body_mismatch" end
  end
  return true
end

-- --- the form ---------------------------------------------------------------

-- The text of a value, or nil. nginx gives true if there is no "=". A fraction can be written in
-- more than one way, so it has no text.
local function to_text(value)
  if type(value) == "string" then return value end
  if value == true then return "" end
  local is_whole = type(value) == "number" and value % 1 == 0 and math.abs(value) < 2 ^ 53
  return is_whole and ("%d"):format(value) or nil
end

-- Adds the name with one value. False if it is not a value.
local function add(list, name, value)
  local text = to_text(value)
  if type(name) ~= "string" or not text then return false end
  list[#list + 1] = name
  list[#list + 1] = text
  return true
end

-- Names and values in turn, or nil and a reason.
local function flatten(params)
  if type(params) ~= "table" then return nil, "malformed_params" end
  local list, most = {}, 2 * core.form_pairs
  for name, value in next, params do
    local values = type(value) == "table" and value or { value }
    for i = 1, #values do
      if not add(list, name, values[i]) then return nil, "malformed_params" end
      if #list > most then return nil, "too_large" end
    end
  end
  return list
end

-- The media type in small letters, false if there is none; or nil and a reason.
local function media_type(content_type)
  if content_type == nil or content_type == "" then return false end
  if content_type == FORM then return FORM end
  if type(content_type) ~= "string" or content_type:find(",", 1, true) then
    return nil, "malformed_content_type" -- servers join two headers with a comma
  end
  return content_type:match "^%s*([^;%s]*)":lower()
end

-- The body. LuaJIT's NULL equals nil, and is none.
local function body_of(request)
  if request.body == nil then return nil end
  return request.body
end

-- --- the functions ----------------------------------------------------------

--- The parameters that are signed with the URL: a form, a list of names and values in turn, or
-- false for none. Or nil and a reason.
-- @tparam table request url, body, content_type and params, as they came
function content.signed(request)
  local url, body, params = request.url, body_of(request), request.params
  if type(url) ~= "string" then return nil, "malformed_url" end
  if body ~= nil and type(body) ~= "string" then return nil, "malformed_form" end
  if #url > loading.signature().url_bytes then return nil, "too_large" end
  if body and #body > core.form_bytes then return nil, "too_large" end
  local hashes = body_hashes(url)
  if hashes then
    local right, reason = check_body(body, hashes)
    if not right then return nil, reason end
    return false
  end
  local kind, reason = media_type(request.content_type)
  if kind == nil then return nil, reason end
  local has_body = body ~= nil and body ~= ""
  if not has_body and params == nil then return false end
  if kind and kind ~= FORM then return nil, "missing_body_hash" end
  if has_body then return body end -- the bytes themselves, and not parameters that others have read from them
  return flatten(params)
end

--- The URL that Twilio would sign: with the body's hash in the query if the body is no form.
function content.url(request)
  local url = request.url:gsub("#.*$", "")
  local kind = media_type(request.content_type)
  local is_form = request.params or (body_of(request) or "") == "" or not kind or kind == FORM
  if is_form or body_hashes(url) then return url end
  local separator = not url:find("?", 1, true) and "?" or url:find "[?&]$" and "" or "&"
  return url .. separator .. "bodySHA256=" .. loading.signature().sha256(request.body)
end

return content
