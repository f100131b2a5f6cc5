--- What fails in bulk/ gives nil, one printable line, and a plain table with `kind` and
-- `message`, as the calls of a client do.

--- @tparam string kind "invalid", "file", "journal", "locked", "changed", "stale"
-- @tparam string message
-- @tparam[opt] table fields of the error, beside those two
return function(kind, message, fields)
  local err = fields or {}
  message = message:gsub("[^ -~]", function(byte) return ("\\x%02X"):format(byte:byte()) end)
  err.kind, err.message = kind, message
  return nil, message, err
end
