--- The results of a failure in bulk/: nil, one printable line, and a plain table with `kind` and
-- `message`, as a client's calls give them.

local failure = {}

--- Are the credentials refused, or the client closed? Then no further call succeeds.
function failure.is_final(err)
  return err.status == 401 or err.kind == "canceled"
end

--- Is the error one of the API as a whole, and not of this channel or row?
function failure.is_general(err)
  if err.kind == "http" then return err.status >= 500 or err.status == 429 or err.status == 403 end
  return err.kind == "network" or err.kind == "timeout" or err.kind == "tls" or err.kind == "parse"
    or err.kind == "indeterminate"
end

--- Nil, message, err.
-- @tparam string kind "invalid", "file", "journal", "locked", "changed", "stale",
--   "canceled", "error" (somebody's function has raised one)
-- @tparam string message
-- @tparam[opt] table fields of the error, beside those two
local function new(_, kind, message, fields)
  local err = fields or {}
  message = message:gsub("[^ -~]", function(byte) return ("\\x%02X"):format(byte:byte()) end)
  err.kind, err.message = kind, message
  return nil, message, err
end

--- The same of a client:map that did not come to its end. `why`: as map says.
function failure.of_map(client, why)
  return new(nil, client.waiting:may_wait() and "error" or "canceled", why)
end

return setmetatable(failure, { __call = new })
