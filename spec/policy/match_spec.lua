-- Which listed webhook is the one that was asked for.

local match = require "twilio.webhooks.policy.match"
local core = require "twilio.webhooks.core"
local example = require "spec.support.example"

local function form(fields)
  return assert(core.request("create_webhook", example.params(fields))).body
end

local function webhook(fields)
  local made = { sid = example.answer.sid, type = "webhook", date_created = "2026-11-24T12:00:00Z",
    configuration = { url = "u", method = "POST", filters = { "a", "b" }, retry_count = 0 } }
  for name, value in pairs(fields or {}) do made[name] = value end
  return made
end

local ASKED = { type = "webhook", configuration = { url = "u", filters = { "a", "b" } } }

-- { what, asked configuration, listed configuration, equal? }
local rows = {
  { "the same", ASKED.configuration, webhook().configuration, true },
  { "filters in another order", { url = "u", filters = { "b", "a" } }, webhook().configuration, true },
  { "a filter given twice", { url = "u", filters = { "b", "a", "b" } }, webhook().configuration, true },
  { "a filter missing", { url = "u", filters = { "a" } }, webhook().configuration, false },
  { "another URL", { url = "v", filters = { "a", "b" } }, webhook().configuration, false },
  { "a method in another case", { url = "u", filters = { "a", "b" }, method = "post" }, webhook().configuration, true },
  { "another method", { url = "u", filters = { "a", "b" }, method = "GET" }, webhook().configuration, false },
  { "a retry count that is the default", { url = "u", filters = { "a", "b" }, retry_count = 0 },
    { url = "u", method = "POST", filters = { "a", "b" } }, true },
  { "another retry count", { url = "u", filters = { "a", "b" }, retry_count = 2 }, webhook().configuration, false },
  { "a retry count as a float", { url = "u", filters = { "a", "b" }, retry_count = 2 },
    { url = "u", method = "POST", filters = { "a", "b" }, retry_count = 2.0 }, true },
  { "triggers that were not asked for", ASKED.configuration,
    { url = "u", method = "POST", filters = { "a", "b" }, triggers = { "t" } }, false },
  { "a URL that needs encoding", { url = "https://x/?a=b&c=d e", filters = { "a", "b" } },
    { url = "https://x/?a=b&c=d e", method = "POST", filters = { "a", "b" } }, true },
  { "a flow", { flow_sid = "FW" .. ("a"):rep(32) }, { flow_sid = "FW" .. ("a"):rep(32) }, true },
  { "a flow of which nothing else is shown", { flow_sid = "FW" .. ("a"):rep(32), filters = { "a" }, retry_count = 2 },
    { flow_sid = "FW" .. ("a"):rep(32) }, true },
  { "a retry count beyond the API's most", { url = "u", filters = { "a", "b" }, retry_count = 5 },
    { url = "u", method = "POST", filters = { "a", "b" }, retry_count = 3 }, true },
  { "a flow that was not asked for", ASKED.configuration,
    { url = "u", method = "POST", filters = { "a", "b" }, flow_sid = "FW" .. ("a"):rep(32) }, false },
  { "a configuration that shows nothing", ASKED.configuration, {}, false },
  { "another flow", { flow_sid = "FW" .. ("a"):rep(32) }, { flow_sid = "FW" .. ("b"):rep(32) }, false },
}

describe("match", function()
  for _, row in ipairs(rows) do
    it(("%s: %s"):format(row[1], row[4] and "equal" or "different"), function()
      local asked = form { type = "webhook", configuration = row[2] }
      assert.equal(row[4], match.equal(asked, webhook { configuration = row[3] }))
    end)
  end

  describe("as in the API's published examples", function()
    it("takes a trigger's keywords that are shown as filters", function()
      local asked = form { type = "trigger", configuration = { url = "u", triggers = { "k1", "k2" } } }
      local function listed(fields)
        fields.url, fields.method = "u", "POST"
        return webhook { type = "trigger", configuration = fields }
      end
      assert.is_true(match.equal(asked, listed { filters = { "k2", "k1" } }))
      assert.is_true(match.equal(asked, listed { triggers = { "k2", "k1" } }))
      assert.is_false(match.equal(asked, listed { filters = { "k1" } }))
      assert.is_false(match.equal(asked, listed { triggers = { "k1" } }))
    end)

    it("takes a conversation's webhook, which does not show replay_after", function()
      local asked = form { service_sid = false, channel_sid = false, conversation_sid = "x", target = "webhook",
        configuration = { url = "u", filters = "a", replay_after = 7 } }
      local function listed(replay_after)
        return { target = "webhook",
          configuration = { url = "u", method = "post", filters = { "a" }, replay_after = replay_after } }
      end
      assert.is_true(match.equal(asked, listed(nil)))
      assert.is_true(match.equal(asked, listed(7)))
      assert.is_false(match.equal(asked, listed(8)))
    end)
  end)

  it("another type is different", function()
    assert.is_false(match.equal(form(ASKED), webhook { type = "trigger" }))
  end)

  it("a webhook without a configuration is different, and no error", function()
    local bare = webhook()
    bare.configuration = nil
    assert.is_false(match.equal(form(ASKED), bare))
  end)

  it("reads the API's dates and HTTP's", function()
    assert.equal(1458853550, match.time "2016-03-24T21:05:50Z")
    assert.equal(951782400, match.time "2000-02-29T00:00:00Z")
    assert.equal(0, match.time "1970-01-01T00:00:00Z")
    assert.is_nil(match.time "yesterday")
    assert.is_nil(match.time(nil))
    assert.equal(1795527456, match.header_time "Tue, 24 Nov 2026 13:37:36 GMT")
    assert.is_nil(match.header_time "Tue, 24 Xyz 2026 13:37:36 GMT")
    assert.is_nil(match.header_time(nil))
  end)

  it("finds what is equal, young enough and not known", function()
    local asked = form(ASKED)
    local noon = match.time "2026-11-24T12:00:00Z"
    local function found(since, known)
      return #match.find({ webhook(), webhook { type = "trigger" } }, asked, since, known)
    end
    assert.equal(1, found(nil, {}))
    assert.equal(1, found(noon, {}))
    assert.equal(0, found(noon + 1, {}))
    assert.equal(0, found(noon, { [example.answer.sid] = 1 }))
  end)
end)
