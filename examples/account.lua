-- What the examples work with: your account, if the environment names it, or a
-- sandbox on this machine.
--
-- TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN (or TWILIO_API_KEY and
-- TWILIO_API_SECRET) are read by the module itself; TWILIO_SERVICE_SID and
-- TWILIO_CHANNEL_SID, or TWILIO_CONVERSATION_SID, say what to work on, and
-- TWILIO_WEBHOOKS_BASE_URL where, if it is not Twilio.

local account = {}

-- `names`: which of service_sid, channel_sid, conversation_sid the example needs.
-- Gives them as parameters, with what leads to the sandbox if there is one, and
-- the sandbox, which the example stops at its end. `options` are the sandbox's.
function account.find(names, options)
  local params = { base_url = os.getenv "TWILIO_WEBHOOKS_BASE_URL" }
  for _, name in ipairs(names) do
    params[name] = os.getenv("TWILIO_" .. name:upper())
  end
  if params[names[1]] then return params end

  local sandbox = assert(require("twilio.webhooks.sandbox").start(options))
  print(("TWILIO_%s is not set: this is a sandbox at %s\n"):format(names[1]:upper(), sandbox.base_url))
  for _, name in ipairs(names) do
    params[name] = sandbox[name] or sandbox.channel_sid
  end
  params.account_sid, params.auth_token = sandbox.account_sid, sandbox.auth_token
  params.base_url = sandbox.base_url
  return params, sandbox
end

return account
