--- Verifies that an incoming request is Twilio's, and signs one as Twilio would, for tests.
-- Chooses the key, the algorithm and the parameters; csrc/signature.c computes the signature.
--
-- Nothing that comes from the network raises an error: a request is verified, or refused with
-- a word for a program and a line for people.

local loading = require "twilio.webhooks.loading"

local incoming = {}

local FORM = "application/x-www-form-urlencoded"
local MAX_BODY_BYTES = 524288     -- as csrc/signature.c has it for forms
local MAX_PARAMS = 1000           -- the same
local MAX_URL_BYTES = 16384       -- the same
local MAX_SETTINGS_BYTES = 512
local MAX_TOKENS = 16
local MAX_KEY_BYTES = 4096        -- of a token or a shared key
local SHA256_DIGITS = ("%x"):rep(64)

local MESSAGES = {
  body_mismatch = "the body is not the one that was signed: its SHA-256 is not bodySHA256 of the URL",
  failed = "libcrypto could not compute the signature",
  malformed_content_type = "there is more than one Content-Type header, or it is no text",
  malformed_form = "the body is no form",
  malformed_params = "the parameters are no table of texts, or of lists of texts",
  malformed_settings = "X-Twilio-Webhooks-Signature-Settings is no list with one key and one algorithm",
  malformed_signature = "X-Twilio-Signature is not what a signature looks like",
  malformed_url = "the URL is not scheme://host and so on, in http, https, ws or wss",
  mismatch = "the signature is not that of this URL and these parameters with any of the keys",
  missing_body = "the URL has bodySHA256, and no body was given to compare with it",
  missing_body_hash = "the body is no form, and the URL has no bodySHA256 to compare it with",
  missing_settings = "there is no X-Twilio-Webhooks-Signature-Settings header, and no auth token either",
  missing_signature = "there is no X-Twilio-Signature header",
  too_large = "the URL, the body or the parameters are too large, or too many",
  unconfigured = "there is no key: give auth_token, auth_tokens or shared_keys, or set TWILIO_AUTH_TOKEN",
  unknown_algorithm = "the algorithm that the request names is not known here",
  unknown_key = "the key that the request names is not among shared_keys",
}

local function refuse(reason)
  return nil, reason, MESSAGES[reason]
end

-- --- options ----------------------------------------------------------------

local function is_key(value)
  return type(value) == "string" and value ~= "" and #value <= MAX_KEY_BYTES
end

local function is_tokens(value)
  if type(value) ~= "table" or #value == 0 or #value > MAX_TOKENS then return false end
  for _, token in ipairs(value) do
    if not is_key(token) then return false end
  end
  return true
end

local function is_keys(value)
  if type(value) ~= "table" then return false end
  for name, key in next, value do
    if type(name) ~= "string" or not is_key(key) then return false end
  end
  return true
end

local TOKEN = { is_key, ("a string of 1 to %d bytes"):format(MAX_KEY_BYTES) }
local KEYS = { is_keys, "a table of keys by their names, each a string" }
local ANY = { function() return true end } -- from the network: judged later

local VERIFY = {
  auth_token = TOKEN,
  auth_tokens = { is_tokens, ("a list of 1 to %d strings"):format(MAX_TOKENS) },
  body = ANY, content_type = ANY, params = ANY, settings = ANY, signature = ANY, url = ANY,
  shared_keys = KEYS,
}

local SIGN = {
  auth_token = TOKEN, key = TOKEN, shared_keys = KEYS,
  body = ANY, content_type = ANY, params = ANY, url = ANY,
}

local function names_of(options)
  local names = {}
  for name in pairs(options) do names[#names + 1] = name end
  table.sort(names)
  return names
end

local function printable(name)
  return type(name) == "string" and name:sub(1, 40):gsub("[^%w%p ]", "?") or "a " .. type(name)
end

-- What is wrong with an option, for people; nil if nothing is.
local function find_problem(rows, given, operation)
  for name, value in next, given do
    local row = rows[name]
    if not row then
      local nearest = type(name) == "string" and loading.core().nearest(name, names_of(rows))
      return ("%s: is not an option of %s%s"):format(printable(name), operation,
        nearest and ("; did you mean %s?"):format(nearest) or "")
    end
    if not row[1](value) then return ("%s: must be %s"):format(name, row[2]) end
  end
  if given.auth_token and given.auth_tokens then return "auth_tokens: is there beside auth_token" end
  if given.key and not (given.shared_keys or {})[given.key] then return "key: must be one of shared_keys" end
end

-- Read at the call, and empty is the same as none, as with all variables.
local function environment_token()
  local token = os.getenv "TWILIO_AUTH_TOKEN"
  return token ~= "" and token or nil
end

local function tokens_of(options)
  if options.auth_tokens then return options.auth_tokens end
  local token = options.auth_token or environment_token()
  return token and { token }
end

-- --- which algorithm and keys -----------------------------------------------

-- The key's name and the algorithm that the settings header names, or nil.
local function read_settings(text)
  if type(text) ~= "string" or #text > MAX_SETTINGS_BYTES then return nil end
  local found = {}
  for part in (text .. ","):gmatch "([^,]*)," do
    local name, value = part:match "^%s*([%w_-]+)%s*=%s*(.-)%s*$"
    if not name or found[name] then return nil end
    found[name] = value
  end
  if not found.key or not found.algorithm then return nil end
  return found.key, found.algorithm
end

-- The algorithm and the keys with which the request may be signed, or nil and a reason. The
-- request names them, and so only says which of ours: never less than what is asked for here.
local function choose_keys(options)
  local tokens, settings = tokens_of(options), options.settings
  if not tokens and not options.shared_keys then return nil, "unconfigured" end
  if settings == nil or settings == "" then
    if not tokens then return nil, "missing_settings" end
    return "HMAC_SHA1", tokens
  end
  local name, algorithm = read_settings(settings)
  if not name then return nil, "malformed_settings" end
  if algorithm ~= "HMAC_SHA256" then return nil, "unknown_algorithm" end
  local key = (options.shared_keys or {})[name]
  if not key then return nil, "unknown_key" end
  return algorithm, { key }
end

-- --- what is signed ---------------------------------------------------------

-- Adds the name with one value. False if that is none. nginx gives true where there is no "=".
local function add(list, name, value)
  if value == true then value = "" end
  if type(name) ~= "string" or type(value) ~= "string" then return false end
  list[#list + 1] = name
  list[#list + 1] = value
  return true
end

-- Names and values in turn, or nil and a reason.
local function flatten(params)
  if type(params) ~= "table" then return nil, "malformed_params" end
  local list = {}
  for name, value in next, params do
    local values = type(value) == "table" and value or { value }
    for i = 1, #values do
      if not add(list, name, values[i]) then return nil, "malformed_params" end
      if #list > 2 * MAX_PARAMS then return nil, "too_large" end
    end
  end
  return list
end

-- The media type in small letters, false if there is none; or nil and a reason.
local function media_type(content_type)
  if content_type == nil or content_type == "" then return false end
  if type(content_type) ~= "string" or content_type:find(",", 1, true) then
    return nil, "malformed_content_type" -- servers join two headers with a comma
  end
  return content_type:match "^%s*([^;%s]*)":lower()
end

-- The values of bodySHA256 in the URL's query. What stands there is signed with the URL.
local function body_hashes(url)
  local hashes = {}
  local query = url:match "^[^?#]*%?([^#]*)" or ""
  for name, value in query:gmatch "([^&=]*)=?([^&]*)" do
    if name == "bodySHA256" then hashes[#hashes + 1] = value end
  end
  return hashes
end

-- Nothing is signed but the URL, and in it the body's hash, however the body came.
local function check_body(options, hashes)
  local signature, body = loading.signature(), options.body
  if body == nil then return nil, "missing_body" end
  local digits = signature.sha256(body)
  if not digits then return nil, "failed" end
  for _, hash in ipairs(hashes) do
    if not hash:find("^" .. SHA256_DIGITS .. "$") or not signature.equal(hash:lower(), digits) then
      return nil, "body_mismatch"
    end
  end
  return true
end

-- The parameters that are signed with the URL: a form, a list, or false for none. Or nil and
-- a reason.
local function signed_parameters(options)
  local body, params = options.body, options.params
  if type(options.url) ~= "string" then return nil, "malformed_url" end
  if body ~= nil and type(body) ~= "string" then return nil, "malformed_form" end
  if #options.url > MAX_URL_BYTES or body and #body > MAX_BODY_BYTES then return nil, "too_large" end
  local hashes = body_hashes(options.url)
  if #hashes > 0 then
    local right, reason = check_body(options, hashes)
    if not right then return nil, reason end
    return false
  end
  local kind, reason = media_type(options.content_type)
  if kind == nil then return nil, reason end
  local is_empty = (body or "") == "" and params == nil
  if is_empty then return false end
  if kind and kind ~= FORM then return nil, "missing_body_hash" end
  if params ~= nil then return flatten(params) end
  return body
end

-- --- the functions ----------------------------------------------------------

--- Is the request signed by one who has the key?
-- @tparam table options url, as it was received; signature, settings and content_type, the
-- headers' values; body, or params; auth_token or auth_tokens, and shared_keys
-- @return true; or nil, a reason (one word), a message (one line)
function incoming.verify(options)
  local problem = find_problem(VERIFY, options, "verify")
  if problem then return nil, "invalid", problem end
  local algorithm, keys = choose_keys(options)
  if not algorithm then return refuse(keys) end
  local signature = options.signature
  if signature == nil or signature == "" then return refuse "missing_signature" end
  if type(signature) ~= "string" then return refuse "malformed_signature" end
  local parameters, reason = signed_parameters(options)
  if parameters == nil then return refuse(reason) end
  local verified
  verified, reason = loading.signature().verify(algorithm, options.url, parameters or nil, keys, signature)
  if not verified then return refuse(reason) end
  return true
end

-- With the body's hash in the query, where the body is no form.
local function with_body_hash(options)
  local url = options.url:gsub("#.*$", "")
  local kind = media_type(options.content_type)
  if options.params or (options.body or "") == "" or not kind or kind == FORM or #body_hashes(url) > 0 then
    return url
  end
  local separator = not url:find("?", 1, true) and "?" or url:find "[?&]$" and "" or "&"
  return url .. separator .. "bodySHA256=" .. loading.signature().sha256(options.body)
end

-- The algorithm, the key and, if it is a shared one, the settings header; or nil.
local function signing_key(options)
  if options.key then
    local settings = ("key=%s,algorithm=HMAC_SHA256"):format(options.key)
    return "HMAC_SHA256", options.shared_keys[options.key], settings
  end
  local tokens = tokens_of(options)
  if tokens then return "HMAC_SHA1", tokens[1] end
end

--- Signs a request as Twilio would.
-- @tparam table options url; body and content_type, or params; auth_token, or key and
-- shared_keys
-- @return a table: url, which has the body's hash if the body is no form, signature and, with
-- a shared key, settings; or nil, a reason and a message
function incoming.sign(options)
  local problem = find_problem(SIGN, options, "sign")
  if problem then return nil, "invalid", problem end
  local algorithm, key, settings = signing_key(options)
  if not algorithm then return refuse "unconfigured" end
  if type(options.url) ~= "string" then return refuse "malformed_url" end
  if options.body ~= nil and type(options.body) ~= "string" then return refuse "malformed_form" end
  local request = { url = with_body_hash(options), body = options.body, params = options.params,
    content_type = options.content_type }
  local parameters, reason = signed_parameters(request)
  if parameters == nil then return refuse(reason) end
  local signature
  signature, reason = loading.signature().sign(algorithm, request.url, parameters or nil, key)
  if not signature then return refuse(reason) end
  return { url = request.url, signature = signature, settings = settings }
end

return incoming
