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
  { "a URL as the server writes it", { url = "HTTPS://Example.COM:443", filters = { "a", "b" } },
    { url = "https://example.com/", method = "POST", filters = { "a", "b" } }, true },
  { "escapes as the server writes them", { url = "https://x/%7euser?q=%c3%a4%2F", filters = { "a", "b" } },
    { url = "https://x/~user?q=%C3%A4%2F", method = "POST", filters = { "a", "b" } }, true },
  { "bytes that the server escapes", { url = "https://x/\195\164 b?q=\195\182#c d", filters = { "a", "b" } },
    { url = "https://x/%C3%A4%20b?q=%C3%B6#c%20d", method = "POST", filters = { "a", "b" } }, true },
  { "another port", { url = "https://x:444/", filters = { "a", "b" } },
    { url = "https://x/", method = "POST", filters = { "a", "b" } }, false },
  { "a path in another case", { url = "https://x/A", filters = { "a", "b" } },
    { url = "https://x/a", method = "POST", filters = { "a", "b" } }, false },
  { "another user", { url = "https://A@x/", filters = { "a", "b" } },
    { url = "https://a@x/", method = "POST", filters = { "a", "b" } }, false },
  { "a slash that is none", { url = "https://x/a%2Fb", filters = { "a", "b" } },
    { url = "https://x/a/b", method = "POST", filters = { "a", "b" } }, false },
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

  describe("changes", function()
    local function changes(asked, listed, fields)
      fields = fields or {}
      fields.configuration = listed
      return match.changes(form { type = "webhook", configuration = asked }, webhook(fields))
    end
    local function shown(fields)
      local configuration = { url = "u", method = "POST", filters = { "a" }, retry_count = 0 }
      for name, value in pairs(fields or {}) do configuration[name] = value end
      return configuration
    end

    it("are none but what the form says, where that is all", function()
      assert.same({}, changes({ url = "u", filters = { "a", "b" } }, shown()))
      assert.same({}, changes({ url = "u", filters = "a", method = "GET", retry_count = 2 }, shown()))
    end)

    it("are the API's defaults where the webhook shows what was not asked for", function()
      assert.same({ ["configuration.method"] = "post", ["configuration.retry_count"] = "0" },
        changes({ url = "u", filters = "a" }, shown { method = "GET", retry_count = 3 }))
    end)

    it("cannot make it another: of another type, URL or flow", function()
      assert.is_nil(changes({ url = "u", filters = "a" }, shown(), { type = "trigger" }))
      assert.is_nil(changes({ url = "v", filters = "a" }, shown()))
      assert.is_nil(changes({ url = "u", filters = "a" }, { flow_sid = "FW" .. ("a"):rep(32) }))
      assert.is_nil(changes({ url = "u", filters = "a" }, {}))
    end)

    it("cannot be what the API takes with a create alone", function()
      local asked = form { service_sid = false, channel_sid = false, conversation_sid = "x", target = "webhook",
        configuration = { url = "u", filters = "a", replay_after = 7 } }
      assert.is_nil(match.changes(asked, { target = "webhook",
        configuration = { url = "u", method = "post", filters = { "a" }, replay_after = 8 } }))
    end)
  end)

  describe("candidates", function()
    it("are all that are equal or can be made so, in order, and none that aims elsewhere", function()
      local shown, forms, few = {}, {}, 0
      for i, row in ipairs(rows) do
        forms[i] = form { type = "webhook", configuration = row[2] }
        shown[i] = match.shown(webhook { configuration = row[3] })
      end
      local index = match.index(shown)
      for _, asked in ipairs(forms) do
        local expected, found, last = {}, {}, 0
        for place, read in ipairs(shown) do
          if match.equal(asked, read) or match.changes(asked, read) then expected[place] = true end
        end
        for _, place in ipairs(match.candidates(index, match.asked(asked))) do
          assert.is_true(place > last)
          found[place], last = true, place
        end
        for place in pairs(expected) do assert.is_true(found[place] == true) end
        if not found[1] then few = few + 1 end
      end
      assert.is_true(few > 5, few)
    end)
  end)

  it("is compared with those of its URL and those of its flow, where a form has both", function()
    local shown = {}
    local flow = "FW" .. ("1"):rep(32)
    for i, configuration in ipairs { { flow_sid = flow }, { url = "u" }, { url = "v" }, { flow_sid = flow }, { url = "u" } } do
      shown[i] = match.shown(webhook { configuration = configuration })
    end
    local asked = match.asked(form { type = "webhook", configuration = { url = "u", flow_sid = flow } })
    assert.same({ 1, 2, 4, 5 }, match.candidates(match.index(shown), asked))
  end)

  describe("key", function()
    it("is the same for forms that ask for the same alone", function()
      for _, row in ipairs(rows) do
        local asked = form { type = "webhook", configuration = row[2] }
        local other = form { type = "webhook", configuration = { url = row[2].url, filters = { "a", "b", "b" } } }
        assert.equal(match.same(asked, other), match.key(asked) == match.key(other))
        assert.equal(match.key(asked), match.key(match.asked(asked)))
      end
      assert.not_equal(match.key(form { type = "webhook", configuration = { url = "u", filters = "a" } }),
        match.key(form { type = "webhook", configuration = { url = "u", filters = "b" } }))
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
end)
