--- twilio-webhooks verify

local requests = require "twilio.webhooks.cli.requests"
local status = require "twilio.webhooks.cli.status"

local FORM = "application/x-www-form-urlencoded"

local verify = {
  name = "verify",
  summary = "Is an incoming request Twilio's?",
  text = "Exits with 0 if the request is signed with TWILIO_AUTH_TOKEN or the shared key, else with 1.",
  flags = {
    { name = "--url", target = "url", metavar = "URL", help = "as it was received, with its query" },
    { name = "--signature", target = "signature", metavar = "TEXT", help = "X-Twilio-Signature" },
    { name = "--body", target = "body", metavar = "FILE", help = "the request's body; - is standard input" },
    { name = "--content-type", target = "content_type", metavar = "TYPE",
      help = "its Content-Type (a form's)" },
    { name = "--field", short = "-f", target = "field", metavar = "NAME=VALUE", many = true,
      help = "instead of a body: its fields, one by one" },
    { name = "--settings", target = "settings", metavar = "TEXT",
      help = "X-Twilio-Webhooks-Signature-Settings" },
    requests.KEY,
  },
  example = "twilio-webhooks verify --url https://example.com/hook \\\n"
    .. "  --signature RSOYDt4T1cUTdK1PDd93/VVr8B8= --body request.txt",
}

local KIND = {
  name = "verdicts", fields = { "verified", "reason", "message" },
  columns = { { name = "VERIFIED", value = "verified" }, { name = "REASON", value = "reason" },
    { name = "MESSAGE", value = "message" } },
}

-- The options of webhooks.verify, from the flags.
local function read_options(context)
  local flags, options = context.flags, {}
  if not flags.url then context:stop(status.USAGE, "--url is missing: the URL that was called") end
  if flags.body and flags.field[1] then context:stop(status.USAGE, "--body and --field: give one of them") end
  local problem, read
  if flags.body then
    options.body, problem = requests.read_file(flags.body)
    options.content_type = flags.content_type or FORM
  elseif flags.field[1] then
    options.params, problem = requests.fields(flags.field)
  end
  if problem then context:stop(status.USAGE, problem) end
  options.url, options.signature, options.settings = flags.url, flags.signature, flags.settings
  read, problem = requests.set_keys(options, flags, context:credentials())
  if not read then context:stop(status.CREDENTIALS, problem) end
  return options
end

function verify.run(context)
  local options = read_options(context)
  local verified, reason, message = require "twilio.webhooks".verify(options)
  if reason == "unconfigured" then context:stop(status.CREDENTIALS, message) end
  if reason == "invalid" then context:stop(status.USAGE, message) end
  context:write(KIND, { verified = verified or false, reason = reason, message = message })
  return verified and status.DONE or status.FAILED
end

return verify
