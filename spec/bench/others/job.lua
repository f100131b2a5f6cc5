-- What the programs with other Lua clients have in common: the user's values, made into a
-- form as one would do it by hand, and the answer, decoded and checked. The Authorization
-- is made once, ready for all requests.

local cjson = require "cjson"

local job = {
  path = "/v2/Services/ISaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/Channels/CHaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/Webhooks",
  -- base64 of the account's sid, a colon and its token
  authorization = "Basic QUNhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYTowMTIzNDU2Nzg5YWJjZGVm"
    .. "MDEyMzQ1Njc4OWFiY2RlZg==",
  content_type = "application/x-www-form-urlencoded",
}

-- A list, since a form's fields repeat and have an order.
function job.values()
  return {
    { "Type", "webhook" },
    { "Configuration.Url", "dummy" },
    { "Configuration.Method", "GET" },
    { "Configuration.Filters", "onMessageSent" },
    { "Configuration.Filters", "onChannelDestroyed" },
    { "Configuration.RetryCount", 2 },
  }
end

--- @tparam table values
-- @tparam function escape the client's own, or what stands in for it
function job.form(values, escape)
  local pairs_ = {}
  for i, value in ipairs(values) do pairs_[i] = escape(value[1]) .. "=" .. escape(tostring(value[2])) end
  return table.concat(pairs_, "&")
end

--- Percent-encoding, for clients that have none.
function job.escape(text)
  return (text:gsub("[^%w%-._~]", function(c) return ("%%%02X"):format(c:byte()) end))
end

function job.check(status, body)
  assert(tonumber(status) == 201, "an answer is not 201")
  local hook = cjson.decode(body)
  assert(hook.sid:find("^WH") and hook.configuration.retry_count == 2, "an answer is wrong")
end

return job
