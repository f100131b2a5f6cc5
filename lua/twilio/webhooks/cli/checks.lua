--- The checks of doctor. Each gives findings: what was found, its state (ok, warning, failed) and, if it
-- is not ok, what to do. One read is sent; it tests name, connection, TLS, credentials and clock at once.

local calls = require "twilio.webhooks.calls"
local credentials = require "twilio.webhooks.cli.credentials"
local dates = require "twilio.webhooks.policy.dates"
local loading = require "twilio.webhooks.loading"
local status = require "twilio.webhooks.cli.status"

local checks = {}

-- Seconds between this machine's clock and the API's.
local CLOCK_WARNING, CLOCK_FAILURE = 5, 120

-- `code`: doctor's exit status, if that is not FAILED.
local function finding(check, state, found, remedy, code)
  return { check = check, state = state, found = found, remedy = remedy, exit_status = code }
end

-- --- what is here -------------------------------------------------------------------

local function of_installation()
  local webhooks = require "twilio.webhooks"
  local agent
  local function note_agent(request)
    agent = request.headers["User-Agent"]
    return nil, "nothing is sent", "no"
  end
  -- whatever the environment holds
  local client = webhooks.new { transport = note_agent, max_attempts = 1, base_url = "https://localhost",
    account_sid = "AC" .. ("0"):rep(32), auth_token = "none" }
  client:list_webhooks { conversation_sid = "doctor" }
  client:close()
  return finding("installation", "ok", agent)
end

local function of_signatures()
  local loaded, why = pcall(loading.signature)
  if loaded then return finding("signatures", "ok", "verify and send work") end
  return finding("signatures", "warning", "the part for verify and send is not there", tostring(why))
end

local function of_file(check, path)
  local file, why = loading.system().open(path, "read")
  if not file then return finding(check, "failed", why, "name a file that you may read") end
  local exposure = credentials.find_exposure(path, file:mode())
  file:close()
  if exposure then
    return finding(check, "failed", "others can read or write it", exposure, status.CREDENTIALS)
  end
  return finding(check, "ok", path .. " is yours alone")
end

-- --- credentials --------------------------------------------------------------------

local function is_set(name)
  return (os.getenv(name) or "") ~= ""
end

-- Where the credentials come from, for people.
local function source_of(context)
  local flags = context.flags
  if flags.credentials_file then return "from " .. flags.credentials_file end
  if flags.credentials_command then return "from a command" end
  if is_set "TWILIO_API_KEY" and is_set "TWILIO_API_SECRET" then
    return "an API key, from the environment" .. (is_set "TWILIO_AUTH_TOKEN" and ", before the token" or "")
  end
  return "the account's token, from the environment"
end

local CREDENTIALS_REMEDY = "set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN (or TWILIO_API_KEY and "
  .. "TWILIO_API_SECRET), as the console shows them; see: twilio-webhooks help credentials"

local function messages_of(err)
  local messages = {}
  for i, problem in ipairs(err.problems) do messages[i] = problem.field .. " " .. problem.message end
  return table.concat(messages, "; ")
end

-- --- the way to the API ---------------------------------------------------------------

-- Numbers of libcurl: of names, of connections, of certificates.
local NAME, PROXY_NAME, CONNECT = 6, 5, 7

local function of_network_error(host, err)
  if err.curl_code == NAME or err.curl_code == PROXY_NAME then
    return finding("name", "failed", err.message, ("no address for %s: is the name right, and does "
      .. "this machine have a name server? (try: getent hosts %s)"):format(host, host))
  elseif err.curl_code == CONNECT then
    return finding("connection", "failed", err.message, ("%s refuses connections or cannot be reached: is "
      .. "there a firewall, or a proxy to name by --proxy?"):format(host))
  elseif err.kind == "tls" then
    return finding("tls", "failed", err.message, "install ca-certificates, or name those of your proxy by "
      .. "--ca-file; a clock that is wrong makes certificates invalid, too")
  end
  return finding("connection", "failed", err.message, "try again; doctor -v shows each request")
end

-- The finding about the clock, by the answer's Date.
local function of_clock(headers)
  local there = dates.http(headers and headers.date)
  if not there then return finding("clock", "ok", "not compared: the answer has no date") end
  local ahead = os.time() - there
  local found = ahead == 0 and "as the API's" or ("%d s %s the API's"):format(math.abs(ahead),
    ahead > 0 and "ahead of" or "behind")
  if math.abs(ahead) < CLOCK_WARNING then return finding("clock", "ok", found) end
  return finding("clock", math.abs(ahead) < CLOCK_FAILURE and "warning" or "failed", found,
    "set this machine's clock (timedatectl set-ntp true)")
end

local function of_login(context, err)
  if err and (err.status == 401 or err.status == 403) then
    return finding("credentials", "failed", source_of(context) .. ": " .. err.message,
      "the API refuses them: " .. CREDENTIALS_REMEDY, status.CREDENTIALS)
  end
  return finding("credentials", "ok", source_of(context) .. ", taken by the API")
end

-- Findings from one read of a conversation that need not exist: a 404 is an answer, too.
local function of_api(context, client)
  local request = calls.request(client, "list_webhooks", { conversation_sid = "doctor" })
  local scheme, host = request.url:match "^(%a+)://([^/:]+)"
  local _, info, err = client:list_webhooks { conversation_sid = "doctor" }
  if err and not err.status then return { of_network_error(host, err) } end
  local findings = { finding("connection", "ok", "to " .. host) }
  findings[#findings + 1] = finding("tls", "ok",
    scheme == "https" and "its certificate is right" or "none: plain http, to this machine")
  findings[#findings + 1] = of_login(context, err)
  findings[#findings + 1] = of_clock((err or info).headers)
  if err and err.status >= 500 then
    findings[#findings + 1] = finding("api", "failed", err.message, "the API has a problem: try again later")
  end
  return findings
end

-- --- all of them ----------------------------------------------------------------------

--- Every finding, in order.
function checks.run(context)
  local findings = { of_installation(), of_signatures() }
  if context.flags.credentials_file and context.flags.credentials_file ~= "-" then
    findings[#findings + 1] = of_file("credentials file", context.flags.credentials_file)
  end
  if context.flags.journal then findings[#findings + 1] = of_file("journal", context.flags.journal) end
  local given, problem = credentials.read(context.flags)
  if not given then
    findings[#findings + 1] =
      finding("credentials", "failed", problem, CREDENTIALS_REMEDY, status.CREDENTIALS)
    return findings
  end
  context.given = given
  local options = context:options()
  options.max_attempts = 1
  local client, _, err = require "twilio.webhooks".new(options)
  local request
  if client then
    request, _, err = calls.request(client, "list_webhooks", { conversation_sid = "doctor" })
  end
  if not request then
    local of_credentials = status.is_about_credentials(err.problems)
    local remedy = of_credentials and CREDENTIALS_REMEDY or "mend the flag, or the environment's variable"
    findings[#findings + 1] = finding(of_credentials and "credentials" or "settings", "failed",
      messages_of(err), remedy, status.of(err))
    return findings
  end
  for _, one in ipairs(of_api(context, client)) do findings[#findings + 1] = one end
  client:close()
  return findings
end

return checks
