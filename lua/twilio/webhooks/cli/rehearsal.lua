--- --dry-run for one request: checks it as if it were sent, and shows it.

local calls = require "twilio.webhooks.calls"
local match = require "twilio.webhooks.policy.match"

local rehearsal = {}

-- The form as fields, as the wire has them, in its order.
local function fields_of(body)
  local fields = {}
  for name, value in (body or ""):gmatch "([^&=]+)=([^&]*)" do
    fields[#fields + 1] = { name = match.decode(name), value = match.decode(value) }
  end
  return fields
end

local KIND = {
  name = "requests", fields = { "method", "url" },
  columns = { { name = "METHOD", value = "method" }, { name = "URL", value = "url" },
    { name = "FORM", value = "form" } },
}

--- Shows the request that the parameters make, without credentials. Gives the status.
function rehearsal.show(context, operation, params)
  local request = context:check(operation, calls.request(context:client(), operation, params))
  context:note("nothing was sent; this would be:")
  local form = {}
  for i, field in ipairs(fields_of(request.body)) do form[i] = field.name .. "=" .. field.value end
  context:write(KIND, { method = request.method, url = request.url, form = form })
end

return rehearsal
