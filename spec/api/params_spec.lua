-- From a user's table to a request: paths, unknown keys, and problems, all of
-- them at once. What fields look like on the wire is form_spec's.

local core = require "twilio.webhooks.core"
local example = require "spec.support.example"

local HOST = "https://ip-messaging.twilio.com"

local function request(fields)
  return core.request("create_webhook", example.webhook(fields))
end

-- The path of a request whose channel has that unique name.
local function segment(name)
  local made, message = request { channel_sid = name }
  assert(made, message)
  return (made.url:match("/Channels/(.*)/Webhooks$"))
end

local function problems(fields)
  local made, message, err = core.request("create_webhook", fields)
  assert.is_nil(made)
  assert.equal(err.message, message)
  return err.problems, err
end

describe("params", function()
  describe("request", function()
    it("is plain data: method, URL and form", function()
      assert.same({ method = "POST", url = HOST .. example.path, body = example.form }, request())
    end)

    it("is the same from the flat table in the API's spelling", function()
      assert.same(request(), core.request("create_webhook", example.params {
        Type = "webhook",
        ["Configuration.Url"] = "dummy",
        ["Configuration.Method"] = "GET",
        ["Configuration.Filters"] = { "onMessageSent", "onChannelDestroyed" },
        ["Configuration.RetryCount"] = 2,
      }))
    end)

    it("has no credentials in it", function()
      for _, text in pairs(request()) do
        assert.is_nil(text:find(example.auth_token, 1, true))
        assert.is_nil(text:find(example.account_sid, 1, true))
      end
    end)

    it("raises for an operation that is none, and for parameters that are no table", function()
      assert.has_error(function() core.request("make_webhook", {}) end)
      assert.has_error(function() core.request("create_webhook", "type=webhook") end)
      assert.has_error(function() core.request("create_webhook") end)
    end)
  end)

  describe("path", function()
    local names = {
      { "letters and digits", "general-1", "general-1" },
      { "a number", 42, "42" },
      { "a slash", "a/b", "a%2Fb" },
      { "what would climb out of the channel", "../../Users", "..%2F..%2FUsers" },
      { "three dots", "...", "..." },
      { "an encoded dot pair", "%2e%2e", "%252e%252e" },
      { "a question mark and a hash", "a?b#c", "a%3Fb%23c" },
      { "a space and a percent sign", "50 %", "50%20%25" },
      { "UTF-8", "\195\188ber", "%C3%BCber" },
      { "a line break", "a\r\nHost: b", "a%0D%0AHost%3A%20b" },
    }
    for _, row in ipairs(names) do
      it("has a unique name as one segment: " .. row[1], function()
        assert.equal(row[3], segment(row[2]))
      end)
    end

    it("takes its parameters in the API's spelling too", function()
      assert.same(request(), request {
        service_sid = false, ServiceSid = example.service_sid,
        channel_sid = false, ChannelSid = example.channel_sid,
      })
    end)

    local refused = {
      { "an empty name", { channel_sid = "" }, "channel_sid", "must be the channel's sid or unique name" },
      { "a dot", { channel_sid = "." }, "channel_sid", "other than . and .." },
      { "two dots", { channel_sid = ".." }, "channel_sid", "other than . and .." },
      { "a NUL", { channel_sid = "a\0" }, "channel_sid", "without NUL bytes" },
      { "a boolean", { channel_sid = true }, "channel_sid", "not true" },
      { "a table", { channel_sid = { "CH" } }, "channel_sid", "not a table" },
      { "a name that fits no URL", { channel_sid = ("\255"):rep(2000) }, "channel_sid", "room for 4096 bytes" },
      { "a service's sid of another kind", { service_sid = example.channel_sid }, "service_sid",
        "must be IS and 32 hexadecimal digits" },
      { "a service's sid with a path behind it", { service_sid = example.service_sid .. "/x" }, "service_sid",
        "must be IS and 32 hexadecimal digits" },
      { "a parameter in two spellings", { ServiceSid = example.service_sid }, "service_sid", "is given twice" },
    }
    for _, row in ipairs(refused) do
      it("refuses " .. row[1], function()
        local found = problems(example.webhook(row[2]))
        assert.equal(1, #found)
        assert.equal(row[3], found[1].field)
        assert.truthy(found[1].message:find(row[4], 1, true), found[1].message)
      end)
    end
  end)

  describe("unknown key", function()
    local rows = {
      { "typ", "type" },
      { "Typo", "type" },
      { "channelSid", "channel_sid" },
      { "chanel_sid", "channel_sid" },
      { "servicesid", "service_sid" },
      { "auth_tokn", "auth_token" },
      { "authToken", "auth_token" },
      { "time_out", "timeout" },
      { "flow_sid", "configuration.flow_sid" },
      { "retryCount", "configuration.retry_count" },
      { "filter", "configuration.filters" },
      { "configuration.metod", "configuration.method" },
      { "Configuration.FlowSID", "configuration.flow_sid" },
      { "configuraton.url", "configuration.url" },
      { "exra", "extra" },
      { "dedline", "deadline" }, -- a client's
      { "DEADLINE", "deadline" },
      { "TYPE", "type" },
      { "CHANNEL_SID", "channel_sid" },
      { "CONFIGURATION.RETRY_COUNT", "configuration.retry_count" },
      { "FLOW_SIDS", "configuration.flow_sid" },
    }
    for _, row in ipairs(rows) do
      it(("%s names the nearest known one, %s"):format(row[1], row[2]), function()
        local found = problems(example.webhook { [row[1]] = "x" })
        assert.equal(1, #found)
        assert.equal(row[1], found[1].field)
        assert.equal(row[2], found[1].expected)
        assert.equal(("is not a parameter of create_webhook; did you mean %s?"):format(row[2]), found[1].message)
      end)
    end

    it("counts those that there is no room for, and what else is wrong", function()
      local params = example.webhook { auth_token = false }
      for i = 1, 40 do params["unknown" .. i] = 1 end
      local made, message, err = core.request("create_webhook", params)
      assert.is_nil(made)
      assert.equal(32, #err.problems)
      for _, found in ipairs(err.problems) do assert.matches("^unknown%d+$", found.field) end
      local shown, more = message:match "^create_webhook: (.*); and (%d+) more$"
      assert.equal(40 + 1, select(2, shown:gsub("unknown%d", "")) + tonumber(more)) -- the token is the last
    end)

    it("finds what follows the item's own name, where an underscore parts them", function()
      for name, expected in pairs { webhook_sid = "sid", webhooks_id = false, webhooksidsid = false } do
        local _, _, err = core.request("fetch_webhook", example.params { [name] = "x", sid = example.answer.sid })
        assert.same({ name, expected }, { err.problems[1].field, err.problems[1].expected or false })
      end
    end)

    -- { parameters, the field that is refused, the known one that its problem names, operation }
    local hints = {
      { { config = { url = "u" } }, "config.url", "configuration.url" },
      { { config = "x" }, "config", "configuration" },
      { { conf = {} }, "conf", "configuration" },
      { { webhook_url = "u" }, "webhook_url", "configuration.url" },
      { { webhook_type = "x" }, "webhook_type", "type" },
      { { webhook = { configuration = { url = "u" } } }, "webhook.configuration.url", "configuration.url" },
      { { ["configuration.type"] = "x" }, "configuration.type", "type" },
      { { ["configuration.timeout"] = 5 }, "configuration.timeout", "timeout" },
      { { channel = "x" }, "channel", "channel_sid" },
      { { dedline = 5 }, "dedline", "deadline" },
      { { webhook_sid = "x", type = false, configuration = false }, "webhook_sid", "sid", "fetch_webhook" },
    }
    for _, row in ipairs(hints) do
      it(("%s is told where it belongs: %s"):format(row[2], row[3]), function()
        local _, _, err = core.request(row[4] or "create_webhook", example.webhook(row[1]))
        assert.equal(row[2], err.problems[1].field)
        assert.equal(row[3], err.problems[1].expected, err.message)
      end)
    end

    it("that is an option of a client says so", function()
      local found = problems(example.webhook { max_attempts = 5 })
      assert.equal("is not a parameter of create_webhook, but an option of webhooks.new", found[1].message)
    end)

    it("that resembles none points to extra", function()
      local found = problems(example.webhook { wibble_wobble_what = 1 })
      assert.is_nil(found[1].expected)
      assert.truthy(found[1].message:find("goes under extra", 1, true))
    end)

    it("that is a client's option says so", function()
      local found = problems(example.webhook { max_attempts = 1 })
      assert.equal("is not a parameter of create_webhook, but an option of webhooks.new", found[1].message)
    end)

    it("is marked, but not what another resource takes, nor a wrong value", function()
      for _, name in ipairs { "wibble", "max_attempts", "baseline", "sid" } do
        assert.is_true(problems(example.webhook { [name] = "WH" })[1].unknown, name)
      end
      assert.is_nil(problems(example.webhook { target = "webhook" })[1].unknown)
      assert.is_nil(problems(example.webhook { type = "hook" })[1].unknown)
    end)

    it("that is longer than every name resembles none", function()
      assert.is_nil(problems(example.webhook { [("type"):rep(30)] = 1 })[1].expected)
    end)

    it("within configuration is named with its path, as the user wrote it", function()
      local params = example.webhook()
      params.configuration.urll = "x"
      local found = problems(params)
      assert.equal("configuration.urll", found[1].field)
      assert.equal("configuration.url", found[1].expected)
    end)

    it("never has its value shown, which may be a misspelt secret", function()
      local found, err = problems(example.webhook { auth_tokens = "hunter2hunter2" })
      assert.is_nil(found[1].given)
      assert.is_nil(err.message:find("hunter2", 1, true))
    end)

    it("with unprintable bytes is shown in printable ones", function()
      local found, err = problems(example.webhook { ["a\27[31m\nb"] = 1 })
      assert.equal("a\\x1B[31m\\x0Ab", found[1].field)
      assert.is_nil(err.message:find("[^\32-\126]"))
    end)
  end)

  describe("problems", function()
    it("are all told at once, unknown keys first, then in the contract's order", function()
      local found, err = problems {
        zeta = 1, alpha = 2,
        service_sid = "IS1", type = "hook",
        configuration = { retry_count = "x", method = "PUT", filters = {} },
      }
      local fields = {}
      for i, problem in ipairs(found) do fields[i] = problem.field end
      assert.same({
        "alpha", "zeta", "account_sid", "auth_token", "service_sid", "channel_sid", "type",
        "configuration.method", "configuration.filters", "configuration.retry_count",
      }, fields)
      assert.equal("create_webhook", err.operation)
      assert.equal(0, err.attempts)
    end)

    it("say what was given and what would be right", function()
      local found = problems(example.webhook { type = "hook" })
      assert.same({
        field = "type", given = '"hook"', expected = "webhook, trigger or studio",
        message = 'must be webhook, trigger or studio, not "hook"',
      }, found[1])
    end)

    it("make one printable line, the operation first", function()
      local _, err = problems(example.webhook { type = "ho\nok" })
      assert.equal([[create_webhook: type: must be webhook, trigger or studio, not "ho\x0Aok"]], err.message)
    end)

    it("cut a long value short", function()
      local found = problems(example.webhook { type = ("x"):rep(10000) })
      assert.is_true(#found[1].given <= 66)
      assert.truthy(found[1].given:find('%.%.%."$'))
    end)

    it("are listed up to 32, and all of them counted", function()
      local params = example.webhook()
      for i = 1, 100 do params["unknown_" .. i] = i end
      local found, err = problems(params)
      assert.equal(32, #found)
      assert.truthy(err.message:find("and %d+ more$"))
      assert.is_true(#err.message < 4096)
    end)

    it("are the same of the same parameters, whatever order Lua has them in", function()
      local names, messages = {}, {}
      for i = 1, 100 do names[i] = "unknown_" .. i end
      for turn = 1, 3 do
        local params = example.webhook()
        for i = 1, 100 do params[names[(i * (2 * turn + 1)) % 101]] = i end
        for i = 1, 1000 do params["gone_" .. turn .. i] = i end -- another layout of the table
        for i = 1, 1000 do params["gone_" .. turn .. i] = nil end
        local found, err = problems(params)
        assert.equal("unknown_1", found[1].field)
        messages[turn] = err.message
      end
      assert.same({ messages[1], messages[1], messages[1] }, messages)
    end)

    -- { what, makes parameters with so many mistakes }
    local growing = {
      { "unknown fields", function(params, n) for i = 1, n do params["field_" .. i] = i end end },
      { "misspelt ones", function(params, n) for i = 1, n do params["configuration.urll" .. i] = i end end },
      { "extra fields", function(params, n)
        params.extra = {}
        for i = 1, n do params.extra["field_" .. i] = i end
      end },
      { "positions", function(params, n) for i = 1, n do params[i] = i end end },
      { "values in a list", function(params, n)
        for i = 1, n do params.configuration.filters[i] = true end
      end },
    }
    for _, row in ipairs(growing) do
      it("take no more time than grows with their number #plain: " .. row[1], function()
        local function seconds(n)
          local params, least = example.webhook(), math.huge
          row[2](params, n)
          for _ = 1, 7 do
            local begin = os.clock()
            for _ = 1, 2 * 4000 / n do core.request("create_webhook", params) end
            least = math.min(least, os.clock() - begin)
          end
          return least -- for the same number of mistakes in all
        end
        assert.is_true(seconds(4000) < 4 * seconds(200))
      end)
    end

    it("name what is missing", function()
      local found = problems(example.webhook { type = false })
      assert.equal("type", found[1].field)
      assert.equal("is required: webhook, trigger or studio", found[1].message)
    end)

    it("come with parameters that hide fields behind a metatable", function()
      local found = problems(setmetatable({}, { __index = example.webhook() }))
      assert.equal("parameters", found[1].field)
      assert.truthy(found[1].message:find("plain table", 1, true))
    end)
  end)
end)
