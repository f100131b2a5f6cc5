-- Runs bin/twilio-webhooks as a user does: with this run's interpreter, in an environment that has
-- nothing of ours but what a test says.

local child = require "spec.support.child"
local shell = require "spec.support.shell"

local commandline = {}

-- Of the user who runs the tests.
local CLEAR = { "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_API_KEY", "TWILIO_API_SECRET", "TWILIO_EDGE",
  "TWILIO_REGION", "TWILIO_SERVICE_SID", "TWILIO_SHARED_SECRET", "TWILIO_WEBHOOKS_BASE_URL", "NO_COLOR", "CLICOLOR",
  "CLICOLOR_FORCE" }

local function take(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "*a"
  file:close()
  os.remove(path)
  return text
end

--- The command, for a shell. `words`: text, quoted where that is needed.
function commandline.command(words, environment)
  local clear = {}
  for i, name in ipairs(CLEAR) do clear[i] = (environment or {})[name] and "" or "-u " .. name end
  return ("env %s %s"):format(table.concat(clear, " "),
    child.program_command("bin/twilio-webhooks", words, environment))
end

--- Runs it to its end: exit status, standard output, standard error.
-- @tparam[opt] table environment
-- @tparam[opt] string input what it reads on standard input; else that is /dev/null
-- @tparam[opt] string code that is run before it
function commandline.run(words, environment, input, code)
  local out, err, from = os.tmpname(), os.tmpname(), "/dev/null"
  if input then
    from = os.tmpname()
    local file = assert(io.open(from, "wb"))
    file:write(input)
    file:close()
  end
  local command = commandline.command(words, environment)
  if code then
    command = command:gsub("'bin/twilio%-webhooks'", function(path) return "-e " .. shell.quote(code) .. " " .. path end)
  end
  local status = shell.run(("%s <%s >%s 2>%s"):format(command, from, out, err))
  if input then os.remove(from) end
  return status, take(out), take(err)
end

--- The environment by which it works on a sandbox.
function commandline.environment(server)
  return {
    TWILIO_WEBHOOKS_BASE_URL = server.base_url, TWILIO_ACCOUNT_SID = server.account_sid,
    TWILIO_AUTH_TOKEN = server.auth_token, TWILIO_SERVICE_SID = server.service_sid,
  }
end

return commandline
