-- What holds for every failure, whichever target meets it: `nil, message, err` as the
-- README promises them.

local failure = {}

local KINDS = {
  invalid = true, network = true, timeout = true, tls = true, http = true, parse = true, canceled = true,
}
local SENT = { no = true, yes = true, unknown = true }

local function is_line(text)
  return type(text) == "string" and text ~= "" and not text:find "[^ -~]"
end

local function check_problems(err)
  assert(type(err.problems) == "table" and #err.problems > 0, "an invalid call without problems")
  for _, problem in ipairs(err.problems) do
    assert(is_line(problem.field), "a problem without a printable field")
    assert(type(problem.message) == "string" and problem.message ~= "", "a problem without a message")
    assert(problem.expected == nil or is_line(problem.expected), "expected is no line")
  end
end

--- Raises an error where a promise is broken.
function failure.check(operation, value, message, err)
  assert(value == nil, "a failure that is not nil")
  assert(is_line(message), "not one printable line: " .. tostring(message))
  assert(message:sub(1, #operation + 2) == operation .. ": ", message)
  assert(type(err) == "table" and getmetatable(err) == nil, "err is no plain table")
  assert(err.message == message and err.operation == operation)
  assert(KINDS[err.kind], "kind " .. tostring(err.kind))
  assert(SENT[err.sent], "sent " .. tostring(err.sent))
  assert(type(err.retryable) == "boolean", "retryable")
  assert(err.attempts == (err.kind == "invalid" and 0 or 1), "attempts")
  assert(err.body == nil or (is_line(err.body) and #err.body <= 256), "body")
  assert(err.retry_after == nil or (err.retry_after >= 0 and err.retry_after <= 1e9), "retry_after")
  assert(err.headers == nil or type(err.headers) == "table", "headers")
  assert((err.kind == "invalid") == (err.problems ~= nil), "problems")
  if err.kind == "invalid" then
    assert(err.sent == "no" and not err.retryable)
    check_problems(err)
  elseif err.kind == "http" then
    assert(err.status >= 300 and err.status <= 999, "an http failure with a status of success")
  end
end

return failure
