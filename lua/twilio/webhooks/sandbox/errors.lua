-- The errors that the API answers with, each a row: code, status and text.

local errors = {}

local MORE_INFO = "https://www.twilio.com/docs/errors/"

-- Errors of the API as a whole. If Twilio has no code, it is 20000 plus the status, like Twilio's
-- own 20404 and 20429. (Ours, if the API documents nothing.)
local GENERAL = {
  invalid_parameter = { 20001, 400, "Invalid parameter" },
  unauthenticated = { 20003, 401, "Authenticate" },
  wrong_method = { 20004, 405, "Method not allowed" },
  malformed = { 20400, 400, "The request is malformed" },
  no_such_path = { 20404, 404, "The requested resource was not found" },
  wrong_media_type = { 20415, 415, "The content type must be application/x-www-form-urlencoded" },
  invalid_retry_count = { 50065, 400, "Channel webhook retry count is invalid" },
}

-- Errors of a resource: the code is counted from the resource's first, and the text follows its name.
local SPECIFIC = {
  not_found = { 0, 404, "not found" },
  too_many_webhooks = { 1, 400, "limit exceeded" },
  too_many_triggers = { 2, 400, "triggers limit exceeded" },
  invalid_sid = { 3, 400, "sid is invalid" },
  invalid_type = { 4, 400, "type is invalid" },
  invalid_filter = { 5, 400, "filter is invalid" },
  invalid_trigger = { 6, 400, "trigger is invalid" },
  invalid_flow_sid = { 7, 400, "flow sid is invalid" },
  missing_type = { 8, 400, "type not provided" },
  missing_url = { 9, 400, "url not provided" },
  missing_filter = { 10, 400, "filter not provided" },
  missing_trigger = { 11, 400, "trigger not provided" },
  url_too_long = { 12, 400, "url is too long" },
}

local function answer(code, status, message)
  return { code = code, message = message, more_info = ("%s%d"):format(MORE_INFO, code), status = status }
end

-- The body of the answer. `subject`, if there is one, is what the error is about; `resource` may be
-- missing if the error belongs to none.
function errors.new(name, subject, resource)
  local row, first, title = GENERAL[name], 0, ""
  if not row then row, first, title = SPECIFIC[name], resource.first_code, resource.title .. " " end
  local message = title .. row[3]
  if subject then message = message .. ": " .. subject end
  return answer(first + row[1], row[2], message)
end

-- The body of an error that HTTP itself calls for, such as 431, in the API's shape.
function errors.of_status(status, message)
  return answer(20000 + status, status, message)
end

return errors
