-- What a rule does to a webhook and to the headers of an answer: no process, no socket.

local alterations = require "twilio.webhooks.sandbox.alterations"
local api = require "twilio.webhooks.sandbox.api"
local json = require "twilio.webhooks.sandbox.json"

local NOW = 1458853550 -- 2016-03-24T21:05:50Z

describe("twilio.webhooks.sandbox.alterations", function()
  describe("zone_seconds", function()
    local zones = { Z = 0, ["+00:00"] = 0, ["+02:00"] = 7200, ["-05:30"] = -19800, ["+23:59"] = 86340 }
    for zone, seconds in pairs(zones) do
      it("of " .. zone, function() assert.equal(seconds, alterations.zone_seconds(zone)) end)
    end

    for _, zone in ipairs { "", "z", "UTC", "+2:00", "+24:00", "+02:60", "+02:00x", 2 } do
      it("of what is no zone, " .. tostring(zone), function() assert.is_nil(alterations.zone_seconds(zone)) end)
    end
  end)

  describe("of_webhook", function()
    local function altered(rule, configuration, kind)
      local webhook = { type = kind or "webhook", date_created = "x", date_updated = "x",
        configuration = configuration or {} }
      alterations.of_webhook(webhook, { rule }, NOW)
      return webhook
    end

    local dates = {
      { { seconds = 0, zone = "Z" }, "2016-03-24T21:05:50Z" },
      { { seconds = -60, zone = "Z" }, "2016-03-24T21:04:50Z" },
      { { seconds = 0.5, zone = "Z" }, "2016-03-24T21:05:50Z" },
      { { seconds = 0, zone = "+02:00" }, "2016-03-24T23:05:50+02:00" },
      { { seconds = 10, zone = "-21:30" }, "2016-03-23T23:36:00-21:30" },
    }
    for _, row in ipairs(dates) do
      it("created_off: " .. row[2], function()
        row[1].name = "created_off"
        local webhook = altered(row[1])
        assert.same({ row[2], row[2] }, { webhook.date_created, webhook.date_updated })
      end)
    end

    it("created_missing", function()
      local webhook = altered { name = "created_missing" }
      assert.same({ json.NULL, "x" }, { webhook.date_created, webhook.date_updated })
    end)

    local urls = {
      { "HTTP://Example.COM", "http://example.com/" },
      { "https://Example.com:443/A?B=%c3%a4", "https://example.com/A?B=%C3%A4" },
      { "http://example.com:443", "http://example.com:443/" },
      { "https://User:Pass@Example.com:8443?x", "https://User:Pass@example.com:8443/?x" },
      { "https://[::1]:443/", "https://[::1]/" },
      { "dummy", "dummy" },
    }
    for _, row in ipairs(urls) do
      it("url_normalised: " .. row[1], function()
        assert.equal(row[2], altered({ name = "url_normalised" }, { url = row[1] }).configuration.url)
      end)
    end

    it("url_normalised leaves a flow alone", function()
      assert.same({ flow_sid = "FW" }, altered({ name = "url_normalised" }, { flow_sid = "FW" }).configuration)
    end)

    it("defaults_filled adds what was not asked for, and leaves what was", function()
      local rule = { name = "defaults_filled" }
      assert.same({ flow_sid = "FW", method = "POST", retry_count = 0, filters = {} },
        altered(rule, { flow_sid = "FW" }).configuration)
      assert.same({ url = "u", method = "GET", retry_count = 2, filters = { "f" } },
        altered(rule, { url = "u", method = "GET", retry_count = 2, filters = { "f" } }).configuration)
      local conversation = { target = "studio", configuration = { flow_sid = "FW" } }
      alterations.of_webhook(conversation, { rule }, NOW)
      assert.same({ flow_sid = "FW", method = "post", replay_after = 0, filters = {} }, conversation.configuration)
    end)
  end)

  describe("of_headers", function()
    local rows = {
      { "date_off", { name = "date_off", seconds = 90 }, "Thu, 24 Mar 2016 21:07:20 GMT" },
      { "date_off into the past", { name = "date_off", seconds = -86400 }, "Wed, 23 Mar 2016 21:05:50 GMT" },
      { "date_missing", { name = "date_missing" }, nil },
      { "another rule", { name = "stale" }, "x" },
    }
    for _, row in ipairs(rows) do
      it(row[1], function()
        local headers = { Date = "x" }
        alterations.of_headers(headers, { row[2] }, NOW)
        assert.equal(row[3], headers.Date)
      end)
    end
  end)

  describe("in the API's answers", function()
    local PATH = ("/v2/Services/IS%s/Channels/c/Webhooks"):format(("c"):rep(32))
    local sandbox, now, serial

    before_each(function()
      now, serial = NOW, 0
      sandbox = api.new {
        account_sid = "a", auth_token = "b", api_key = "k", api_secret = "s", longest_lag = 5,
        clock = function() return now end,
        hex = function(digits)
          serial = serial + 1
          return ("%0" .. digits .. "x"):format(serial)
        end,
      }
    end)

    local function send(method, target, body, rules)
      local status, _, answer = sandbox:handle({ method = method, target = target, body = body or "",
        headers = { authorization = "Basic YTpi", ["content-type"] = "application/x-www-form-urlencoded" } }, rules)
      assert.is_true(status < 300, answer and answer.message)
      return answer
    end

    local function create(rules)
      return send("POST", PATH, "Type=webhook&Configuration.Url=HTTP://a&Configuration.Filters=onMessageSent", rules)
    end

    -- The webhooks' URLs as a list shows them that is so many seconds behind.
    local function listed(lag)
      local urls = {}
      for i, webhook in ipairs(send("GET", PATH, nil, { { name = "stale", seconds = lag } }).webhooks) do
        urls[i] = webhook.configuration.url
      end
      return urls
    end

    it("stay with the webhook", function()
      local made = create { { name = "url_normalised" }, { name = "created_off", seconds = -5, zone = "Z" } }
      assert.same({ "http://a/", "2016-03-24T21:05:45Z" }, { made.configuration.url, made.date_created })
      assert.same(made, send("GET", PATH .. "/" .. made.sid))
      local updated = send("POST", PATH .. "/" .. made.sid, "Configuration.Url=HTTP://b", { { name = "url_normalised" } })
      assert.equal("http://b/", updated.configuration.url)
    end)

    it("stale: a list is as it was, through a create, an update and a delete", function()
      local made = create()
      now = now + 1
      assert.same({ { "HTTP://a" }, { "HTTP://a" }, {} }, { listed(0), listed(1), listed(2) })
      send("POST", PATH .. "/" .. made.sid, "Configuration.Url=b")
      assert.same({ { "b" }, { "HTTP://a" }, {} }, { listed(0), listed(1), listed(2) })
      now = now + 1
      send("DELETE", PATH .. "/" .. made.sid)
      assert.same({ {}, { "b" }, { "HTTP://a" }, {} }, { listed(0), listed(1), listed(2), listed(3) })
      now = now + 10
      assert.same({ {}, {} }, { listed(0), listed(5) })
    end)
  end)
end)
