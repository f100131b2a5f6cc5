--- twilio-webhooks send

local events = require "twilio.webhooks.events"
local hints = require "twilio.webhooks.cli.hints"
local nearest = require "twilio.webhooks.cli.nearest"
local post = require "twilio.webhooks.cli.post"
local program = require "twilio.webhooks.cli.program"
local requests = require "twilio.webhooks.cli.requests"
local status = require "twilio.webhooks.cli.status"

local FORM = "application/x-www-form-urlencoded"

local send = {
  name = "send",
  summary = "Send an event to a URL, signed as Twilio's are",
  text = "Signs a request with TWILIO_AUTH_TOKEN, or a shared key, and sends it, to test your handler. "
    .. "Exits with 0 if the answer is 2xx. Uses the program curl.",
  arguments = { { name = "URL", target = "url", help = "the URL to call" } },
  flags = {
    { name = "--event", target = "event", metavar = "EVENT", proposed = hints.names,
      help = "its EventType, such as onMessageAdded" },
    { name = "--field", short = "-f", target = "field", metavar = "NAME=VALUE", many = true,
      help = "a field of the event, such as Body=Hello" },
    { name = "--method", target = "method", metavar = "METHOD", values = { "GET", "POST" },
      help = "GET puts the fields into the URL (POST)" },
    { name = "--body", target = "body", metavar = "FILE", help = "instead of an event: any body" },
    { name = "--content-type", target = "content_type", metavar = "TYPE", help = "the body's (a form's)" },
    requests.KEY,
    program.DRY_RUN,
  },
  example = "twilio-webhooks send http://localhost:8080/hook --event onMessageAdded \\\n"
    .. "  -f ConversationSid=CH123 -f Body=Hello",
}

local REQUEST = {
  name = "requests", fields = { "method", "url", "headers", "body" },
  columns = { { name = "METHOD", value = "method" }, { name = "URL", value = "url" },
    { name = "BODY", value = "body" } },
}
local ANSWER = {
  name = "answers", fields = { "status", "seconds", "body" },
  columns = { { name = "STATUS", value = "status" }, { name = "SECONDS", value = "seconds" },
    { name = "BODY", value = "body" } },
}

-- The fields of every event, and those that were given.
local function fields_of(context)
  local event, fields = context.flags.event, { Source = { "API" }, RetryCount = { "0" } }
  if not event then context:stop(status.USAGE, "--event is missing (or --body)") end
  if not events.channel[event] and not events.conversation[event] then
    local hint = nearest.hint(event, hints.names())
    context:stop(status.USAGE, ("--event: there is no %s%s"):format(event, hint))
  end
  local account = context:credentials().account_sid or os.getenv "TWILIO_ACCOUNT_SID"
  if account and account ~= "" then fields.AccountSid = { account } end
  local given, problem = requests.fields(context.flags.field)
  if not given then context:stop(status.USAGE, problem) end
  for name, values in pairs(given) do fields[name] = values end
  fields.EventType = { event }
  return fields
end

-- The request before it is signed: method, url, body, content_type.
local function draft(context)
  local flags = context.flags
  if not flags.url:find "^[hH][tT][tT][pP][sS]?://[^/]" then
    context:stop(status.USAGE, "URL: must begin with http:// or https://")
  end
  if flags.body then
    local body, why = requests.read_file(flags.body)
    if not body then context:stop(status.USAGE, why) end
    return { method = flags.method or "POST", url = flags.url, body = body,
      content_type = flags.content_type or FORM }
  end
  local form = requests.form(fields_of(context))
  if flags.method == "GET" then
    local url = flags.url:gsub("#.*$", "")
    return { method = "GET", url = url .. (url:find("?", 1, true) and "&" or "?") .. form }
  end
  return { method = "POST", url = flags.url, body = form, content_type = FORM }
end

local function headers_of(request, signed)
  local headers = { "X-Twilio-Signature: " .. signed.signature, "User-Agent: TwilioProxy/1.1" }
  if signed.settings then
    headers[#headers + 1] = "X-Twilio-Webhooks-Signature-Settings: " .. signed.settings
  end
  if request.content_type then headers[#headers + 1] = "Content-Type: " .. request.content_type end
  return headers
end

local function sign(context, request)
  local options = { url = request.url, body = request.body, content_type = request.content_type,
    key = context.flags.key }
  local set, problem = requests.set_keys(options, context.flags, context:credentials())
  if not set then context:stop(status.CREDENTIALS, problem) end
  local signed, reason, message = require "twilio.webhooks".sign(options)
  if not signed then
    context:stop(reason == "unconfigured" and status.CREDENTIALS or status.USAGE, message)
  end
  request.url, request.headers = signed.url, headers_of(request, signed)
  request.ca_file, request.proxy = context.flags.ca_file, context.flags.proxy
end

function send.run(context)
  local request = draft(context)
  sign(context, request)
  if context.flags.dry_run then
    context:note "nothing was sent; this would be:"
    for _, header in ipairs(request.headers) do context:note(header) end
    return context:write(REQUEST, request)
  end
  local answer, problem = post.send(request)
  if not answer then context:stop(status.FAILED, problem) end
  context:write(ANSWER, answer)
  return answer.status < 300 and answer.status >= 200 and status.DONE or status.FAILED
end

return send
