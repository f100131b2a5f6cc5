--- The results of a failure in bulk/: nil, one printable line, and a plain table with `kind` and
-- `message`, as a client's calls give them.

local core = require "twilio.webhooks.loading".core()

local failure = {}

-- Bytes of a message: the name of a file or of an option may be of any length.
local LONGEST = 8192

--- Are the credentials refused, or the client closed? Then no further call succeeds.
function failure.is_final(err)
  return err.status == 401 or err.kind == "canceled"
end

--- Does the error come from the API as a whole, and not from this channel or row?
function failure.is_general(err)
  if err.kind == "http" then return err.status >= 500 or err.status == 429 or err.status == 403 end
  return err.kind == "network" or err.kind == "timeout" or err.kind == "tls" or err.kind == "parse"
    or err.kind == "indeterminate"
end

--- Nil, message, err.
-- @tparam string kind "invalid", "file", "journal", "locked", "changed", "stale",
--   "canceled", "error" (a user's function has raised one)
-- @tparam string message
-- @tparam[opt] table fields of the error, beside those two
local function new(_, kind, message, fields)
  local err = fields or {}
  if #message > LONGEST then message = message:sub(1, LONGEST) .. "..." end
  message = message:gsub("[^ -~]", function(byte) return ("\\x%02X"):format(byte:byte()) end)
  err.kind, err.message = kind, message
  return nil, message, err
end

--- The same for the options of a function of bulk/, with all their problems.
-- @tparam string name of the function
-- @tparam table problems each with `field` and `message`
function failure.of_options(name, problems)
  local texts = {}
  for i, problem in ipairs(problems) do texts[i] = ("%s: %s"):format(problem.field, problem.message) end
  return new(nil, "invalid", ("%s: %s"):format(name, table.concat(texts, "; ")), { problems = problems })
end

--- Adds unknown options to the problems, sorted by name.
-- @tparam table known their names, sorted
function failure.add_unknown(problems, options, known)
  local is_known, unknown = {}, {}
  for _, name in ipairs(known) do is_known[name] = true end
  for name in pairs(options) do
    if not is_known[name] then unknown[#unknown + 1] = tostring(name) end
  end
  table.sort(unknown)
  for _, name in ipairs(unknown) do
    local nearest = core.nearest(name, known)
    local hint = nearest and ("; did you mean %s?"):format(nearest) or ""
    problems[#problems + 1] = { field = name, message = "is unknown" .. hint, expected = nearest }
  end
end

--- The same for a client:map that failed. `why`: map's message.
function failure.of_map(client, why)
  return new(nil, client.waiting:may_wait() and "error" or "canceled", why)
end

return setmetatable(failure, { __call = new })
