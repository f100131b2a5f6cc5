--- Verifies that Twilio has signed an incoming request, and signs one as Twilio would, for tests.
-- Chooses the key and the algorithm; content.lua says what is signed, and csrc/signature.c
-- computes the signature.
--
-- Data from the network never raises an error: a request is verified, or refused with a word for a
-- program and a line for people.

local check_options = require "twilio.webhooks.incoming.options"
local content = require "twilio.webhooks.incoming.content"
local loading = require "twilio.webhooks.loading"
local refuse = require "twilio.webhooks.incoming.refusal"

local incoming = {}

local MAX_SETTINGS_BYTES = 512
local MAX_TOKENS = 16
local MAX_KEY_BYTES = 4096 -- of a token or a shared key

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

-- What is wrong with the options, for people; nil if nothing is.
local function find_problem(rows, given, operation)
  local problem = check_options(rows, given, operation)
  if problem then return problem end
  if given.auth_token and given.auth_tokens then return "auth_tokens: is there beside auth_token" end
  if given.key and not (given.shared_keys or {})[given.key] then return "key: must be one of shared_keys" end
end

-- The variable is read at the call. An empty one counts as not set, as with all variables.
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

-- The algorithm and the keys with which the request may be signed, or nil and a reason. The request
-- only chooses among our keys: it never weakens the check.
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

-- --- the functions ----------------------------------------------------------

--- Is the request signed with the key?
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
  local parameters, reason = content.signed(options)
  if parameters == nil then return refuse(reason) end
  local verified
  verified, reason = loading.signature().verify(algorithm, options.url, parameters or nil, keys, signature)
  if not verified then return refuse(reason) end
  return true
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
  local request = { url = content.url(options), body = options.body, params = options.params,
    content_type = options.content_type }
  local parameters, reason = content.signed(request)
  if parameters == nil then return refuse(reason) end
  local signature
  signature, reason = loading.signature().sign(algorithm, request.url, parameters or nil, key)
  if not signature then return refuse(reason) end
  return { url = request.url, signature = signature, settings = settings }
end

return incoming
