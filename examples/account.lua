-- Gives the examples a sandbox on this machine, whatever the environment holds.
--
-- With the argument --api they use the API and your account instead. The module then reads
-- TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN (or TWILIO_API_KEY and TWILIO_API_SECRET) and, for
-- an API that is not Twilio's, TWILIO_WEBHOOKS_BASE_URL. TWILIO_SERVICE_SID and
-- TWILIO_CHANNEL_SID, or TWILIO_CONVERSATION_SID, name what to work on.

local account = {}

local function variable(name)
  return "TWILIO_" .. name:upper()
end

-- Removes --api from the program's arguments, and gives it; nil if it is not there.
local function take_api()
  for i, word in ipairs(arg or {}) do
    if word == "--api" then return table.remove(arg, i) end
  end
end

local function of_environment(names)
  local params, missing = {}, {}
  for _, name in ipairs(names) do
    params[name] = os.getenv(variable(name))
    if not params[name] then missing[#missing + 1] = variable(name) end
  end
  if not missing[1] then return params end
  io.stderr:write("--api works on what the environment names: set ", table.concat(missing, " and "), "\n")
  os.exit(2)
end

local function of_sandbox(names, options)
  local sandbox = assert(require("twilio.webhooks.sandbox").start(options))
  local params, variables = {}, {}
  for _, name in ipairs { "base_url", "account_sid", "auth_token" } do params[name] = sandbox[name] end
  for i, name in ipairs(names) do
    params[name] = sandbox[name]
    variables[i] = variable(name)
  end
  print(("Nothing leaves this machine: a sandbox of the API answers at %s.\n"
    .. "For the API itself: your account and %s in the environment, and the argument --api.\n"):format(
    sandbox.base_url, table.concat(variables, " and ")))
  return params, sandbox
end

-- `names`: which of service_sid, channel_sid, conversation_sid the example needs. Gives a table
-- with these parameters and, for a sandbox, its address and credentials; and the sandbox, which
-- the example stops at its end. `options` are the sandbox's. `api`, if it is not nil, decides
-- in place of the program's arguments.
function account.find(names, options, api)
  if api == nil then api = take_api() end
  if api then return of_environment(names) end
  return of_sandbox(names, options)
end

return account
