-- A create was lost, two lists did not show its webhook, and it was sent again. When that attempt was
-- refused, or had no time, the call failed with the kind of the refusal, and sent = "no" at times: as
-- if nothing could have been made.

local webhooks = require "twilio.webhooks"

describe("a create that is sent again and fails at once", function()
  -- An API that loses the first create, shows no webhook, and has that answer for the second one.
  local function new_transport(answer)
    local posts = 0
    return function(request)
      if request.method == "GET" then return { status = 200, headers = {}, body = '{"meta":{},"webhooks":[]}' } end
      posts = posts + 1
      if posts == 1 then return nil, "lost" end
      return answer()
    end
  end

  local function refuse(status, headers)
    return { status = status, headers = headers or {}, body = ('{"status":%d,"message":"no"}'):format(status) }
  end

  local ANSWERS = {
    ["with no connection"] = function() return nil, "no connection", "no" end,
    ["with a status"] = function() return refuse(400) end,
    ["with a pause beyond its deadline"] = function() return refuse(429, { ["Retry-After"] = "60" }) end,
    ["with a cancel"] = function(client)
      client:close()
      return nil, "closed", "no"
    end,
  }

  for how, answer in pairs(ANSWERS) do
    it(how .. " is indeterminate", function()
      local client
      client = assert(webhooks.new {
        transport = new_transport(function() return answer(client) end), deadline = 30, max_attempts = 2,
        account_sid = "AC" .. ("a"):rep(32), auth_token = "x", service_sid = "IS" .. ("a"):rep(32),
      })
      local hook, _, err = client:create_webhook { channel_sid = "general", type = "webhook",
        configuration = { url = "https://example.com/hook", filters = { "onMessageSent" } } }
      client:close()
      assert.is_nil(hook)
      assert.equal("indeterminate", err.kind)
      assert.is_false(err.retryable)
      assert.not_equal("no", err.sent)
    end)
  end
end)
