--- The exit statuses, and the one for each error of the module.

local status = {
  DONE = 0,          -- or nothing to do
  FAILED = 1,        -- also in part
  USAGE = 2,         -- or an invalid file; nothing was sent
  INDETERMINATE = 3, -- a webhook may have been made
  CREDENTIALS = 4,
  REFUSED = 5,       -- a stale plan, a lock, a guard
  PENDING = 6,       -- there are changes, and none were expected
  SIGNAL = 128,      -- and the signal's number
}

local SECRETS = { account_sid = true, auth_token = true, api_key = true, api_secret = true,
  access_token = true }

-- Is the parameter a credential, under its own name or that of the environment?
local function is_credential(field)
  return SECRETS[field] or SECRETS[(field:lower():gsub("^twilio_", ""))] or false
end

--- Are all problems about credentials? Then the rest of the command line is right.
function status.is_about_credentials(problems)
  for _, problem in ipairs(problems or {}) do
    if not is_credential(problem.field) then return false end
  end
  return problems ~= nil and #problems > 0
end

-- Of bulk's own kinds of error, too.
local KINDS = {
  indeterminate = status.INDETERMINATE,
  locked = status.REFUSED, changed = status.REFUSED, stale = status.REFUSED, guard = status.REFUSED,
  account = status.REFUSED,
}

--- The exit status for `err`, the third result of a call of the module.
function status.of(err)
  if err.kind == "invalid" then
    return status.is_about_credentials(err.problems) and status.CREDENTIALS or status.USAGE
  end
  if err.status == 401 or err.status == 403 then return status.CREDENTIALS end
  return KINDS[err.kind] or status.FAILED
end

return status
