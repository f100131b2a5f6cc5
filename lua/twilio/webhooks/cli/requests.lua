--- Requests as Twilio sends them, for verify and send: the keys, and the fields of an event.

local plain = require "twilio.webhooks.plain"

local requests = {}

--- The flags that both commands have.
requests.KEY = { name = "--key", target = "key", metavar = "NAME",
  help = "a shared key's name, for HMAC-SHA256; its secret is TWILIO_SHARED_SECRET" }
requests.FIELD = { name = "--field", short = "-f", target = "field", metavar = "NAME=VALUE", many = true }

--- Sets the keys into `options` of webhooks.verify and webhooks.sign. If flags name none, the module
-- reads TWILIO_AUTH_TOKEN. True; or nil and what is missing.
function requests.set_keys(options, flags, credentials)
  options.auth_token = credentials.auth_token
  if not flags.key then return true end
  local secret = credentials.shared_secret or os.getenv "TWILIO_SHARED_SECRET"
  if not secret or secret == "" then
    return nil, "--key: its secret is missing: TWILIO_SHARED_SECRET, in the environment or the credentials"
  end
  options.shared_keys = { [flags.key] = secret }
  return true
end

--- The parameters of --field NAME=VALUE: a repeated name has several values. Or nil and what is
-- wrong.
function requests.fields(texts)
  local fields = {}
  for _, text in ipairs(texts or {}) do
    local name, value = text:match "^([^=]+)=(.*)$"
    if not name then return nil, ("--field: %q is not NAME=VALUE"):format(text) end
    fields[name] = fields[name] or {}
    table.insert(fields[name], value)
  end
  return fields
end

local function encode(text)
  return (text:gsub("[^%w%-._~]", function(byte) return ("%%%02X"):format(byte:byte()) end))
end

--- The fields as a form.
function requests.form(fields)
  local pairs_of = {}
  for _, name in ipairs(plain.names(fields)) do
    for _, value in ipairs(fields[name]) do pairs_of[#pairs_of + 1] = encode(name) .. "=" .. encode(value) end
  end
  return table.concat(pairs_of, "&")
end

local MAX_BYTES = 1048576

--- A file's text, "-" being standard input; or nil and why not.
function requests.read_file(path)
  local file, why = io.stdin, nil
  if path ~= "-" then file, why = io.open(path, "rb") end
  if not file then return nil, why end
  local text, problem = file:read(MAX_BYTES + 1)
  if path ~= "-" then file:close() end
  if problem then return nil, ("%s: %s"):format(path, problem) end
  text = text or ""
  if #text > MAX_BYTES then return nil, ("%s: is longer than %d bytes"):format(path, MAX_BYTES) end
  return text
end

return requests
