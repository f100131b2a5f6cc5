-- What an error amid a create leaves: the webhook that it may have made passes for no other create's,
-- where that one is in doubt.

local cjson = require "cjson"
local core = require "twilio.webhooks.core"
local example = require "spec.support.example"
local sandbox = require "twilio.webhooks.sandbox"
local webhooks = require "twilio.webhooks"

local WEBHOOK = { type = "webhook", configuration = { url = "https://example.com/", filters = { "onMessageSent" } } }

describe("a create that an error ends", function()
  -- Calls fn, and raises an error in it after so long, as Ctrl-C does.
  local function interrupted(seconds, fn, ...)
    local stop = core.now() + seconds
    debug.sethook(function()
      if core.now() < stop then return end
      debug.sethook()
      error("interrupted", 0)
    end, "", 1)
    local ok, message = pcall(fn, ...)
    debug.sethook()
    assert.is_false(ok)
    assert.equal("interrupted", message)
  end

  it("has made what an equal one in doubt does not take for its own", function()
    local server = assert(sandbox.start { faults = {
      { "stall", operation = "create", times = 1 }, { "drop_before", operation = "create", times = 1 },
      { "created_off", seconds = 1 }, -- so that it looks as young as the second, on a slow machine too
    } })
    local client = assert(webhooks.new { base_url = server.base_url, account_sid = server.account_sid,
      auth_token = server.auth_token, service_sid = server.service_sid, channel_sid = "x", timeout = 20 })
    finally(function()
      client:close()
      server:stop()
    end)
    interrupted(0.5, client.create_webhook, client, WEBHOOK)
    assert.equal(1, #server:webhooks())
    local hook, message, err = client:create_webhook(WEBHOOK)
    assert.is_nil(hook)
    assert.equal("indeterminate", err.kind, message)
    assert.equal(server:webhooks()[1].sid, err.candidates[1].sid)
  end)

  -- A client of a transport whose first create makes a webhook, and whose others make none. What each
  -- comes to is given.
  local function open(ends)
    local listed, posts = {}, 0
    return assert(webhooks.new(example.params { transport = function(request)
      local headers = { Date = os.date "!%a, %d %b %Y %H:%M:%S GMT" }
      if request.method == "GET" then
        local body = cjson.encode { webhooks = listed, meta = { next_page_url = cjson.null } }
        return { status = 200, headers = headers, body = (body:gsub('"webhooks":{}', '"webhooks":[]')) }
      end
      posts = posts + 1
      listed[1] = listed[1] or { sid = example.answer.sid, type = "webhook", configuration = WEBHOOK.configuration,
        date_created = os.date "!%Y-%m-%dT%H:%M:%SZ" }
      return ends[posts]()
    end }))
  end

  local function lose() return nil, "closed", "unknown" end
  local function raise() error("out of order", 0) end

  for _, method in ipairs { "create_webhook", "ensure_webhook", "apply_webhooks" } do
    it("of a transport has made what an equal one does not take either: in " .. method, function()
      local client = open { raise, lose }
      local params = method == "apply_webhooks" and { webhooks = { WEBHOOK } } or WEBHOOK
      local ok, message = pcall(client[method], client, params)
      assert.same({ false, "out of order" }, { ok, message })
      local hook, _, err = client:create_webhook(WEBHOOK)
      assert.is_nil(hook)
      assert.equal("indeterminate", err.kind)
      assert.equal(example.answer.sid, err.candidates[1].sid)
      client:close()
    end)
  end

  it("is needed for that: one whose answer is lost takes it", function()
    local client = open { lose }
    local hook, info = client:create_webhook(WEBHOOK)
    assert.equal(example.answer.sid, hook.sid)
    assert.is_true(info.adopted)
    client:close()
  end)
end)
