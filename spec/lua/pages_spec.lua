-- Lists in pages: where the next one is asked for, and when there is none. A transport
-- answers, so that each URL is seen.

local cjson = require "cjson"
local webhooks = require "twilio.webhooks"
local example = require "spec.support.example"

local API = "https://ip-messaging.twilio.com"
local LIST = "/v2/Services/" .. example.service_sid .. "/Channels/general/Webhooks"

-- Lists with pages that name these as the next, one after the other; the last named again and
-- again. Gives the URLs that were asked for, and the results.
local function list(following, params)
  local asked = {}
  local options = example.params { channel_sid = "general", transport = function(request)
    asked[#asked + 1] = request.url
    local next_url = following[math.min(#asked, #following)]
    if type(next_url) == "function" then next_url = next_url(#asked) end
    return { status = 200, headers = {}, body = cjson.encode { webhooks = { example.answer },
      meta = next_url == "no meta" and 5 or { next_page_url = next_url } } }
  end, max_attempts = 1 }
  for name, value in pairs(params or {}) do options[name] = value end
  local client = assert(webhooks.new(options))
  local hooks, message, err = client:list_webhooks {}
  client:close()
  return asked, hooks, message, err
end

describe("pages", function()
  -- { what, URL of the next page, where it is asked for, base URL }
  local followed = {
    { "of the same host", API .. LIST .. "?Page=1&PageToken=PT1", API .. LIST .. "?Page=1&PageToken=PT1" },
    { "of the API's other name", "https://chat.twilio.com" .. LIST .. "?Page=1", API .. LIST .. "?Page=1" },
    { "of any host", "http://user:password@elsewhere.example:99" .. LIST .. "?Page=1", API .. LIST .. "?Page=1" },
    { "of no host", LIST .. "?Page=1", API .. LIST .. "?Page=1" },
    { "of no scheme", "//chat.twilio.com" .. LIST .. "?Page=1", API .. LIST .. "?Page=1" },
    { "with a fragment", "https://chat.twilio.com" .. LIST .. "?Page=1#top", API .. LIST .. "?Page=1" },
    { "with slashes in its query",
      "https://chat.twilio.com" .. LIST .. "?PageToken=a/../b", API .. LIST .. "?PageToken=a/../b" },
    { "under another name of the channel", "https://chat.twilio.com/v2/Services/IS/Channels/CH/Webhooks?Page=1",
      API .. "/v2/Services/IS/Channels/CH/Webhooks?Page=1" },
    { "behind a prefix that the API does not know", "https://chat.twilio.com" .. LIST .. "?Page=1",
      "https://gateway.example/twilio" .. LIST .. "?Page=1", "https://gateway.example/twilio" },
    { "behind a prefix that it knows", "https://gateway.example/twilio" .. LIST .. "?Page=1",
      "https://gateway.example/twilio" .. LIST .. "?Page=1", "https://gateway.example/twilio" },
  }
  for _, row in ipairs(followed) do
    it("are followed: " .. row[1], function()
      local asked, hooks = list({ row[2], cjson.null }, { base_url = row[4] })
      assert.equal(2, #asked)
      assert.equal(row[3], asked[2])
      assert.equal(2, #hooks)
    end)
  end

  it("keep the prefix from page to page", function()
    local asked = list({ "https://chat.twilio.com" .. LIST .. "?Page=1", "https://chat.twilio.com" .. LIST .. "?Page=2",
      cjson.null }, { base_url = "https://gateway.example/twilio" })
    assert.equal("https://gateway.example/twilio" .. LIST .. "?Page=2", asked[3])
  end)

  local refused = {
    "", "https://chat.twilio.com", "https://chat.twilio.com?Page=1", "?Page=1", "Webhooks?Page=1", "mailto:a@b.example",
    "https://chat.twilio.com/a b", "https://chat.twilio.com/\195\188", "https://chat.twilio.com/\127",
    "https://chat.twilio.com/a\r\nX: y", "https://chat.twilio.com/v2/../other", "https://chat.twilio.com/v2/%2E%2e/other",
    "https://chat.twilio.com/" .. ("x"):rep(5000), "://", "//", 5, true, { "https://chat.twilio.com/v2/x" }, "no meta",
  }
  for _, next_url in ipairs(refused) do
    it(("end with an error where the next one is %s"):format(cjson.encode { next_url }:sub(1, 60)), function()
      local asked, hooks, message, err = list { next_url }
      assert.is_nil(hooks)
      assert.equal("parse", err.kind)
      assert.truthy(message:find("the URL of its next page is none", 1, true), message)
      assert.equal(1, #asked)
    end)
  end

  it("end with an error where one is named again", function()
    local a, b = API .. LIST .. "?Page=0", API .. LIST .. "?Page=1"
    local asked, hooks, message = list { a, b, a, b, a }
    assert.is_nil(hooks)
    assert.truthy(message:find("go round in a circle", 1, true), message)
    assert.same({ API .. LIST, a, b }, asked)
    assert.equal(1, #(list { API .. LIST }))
  end)

  it("end with an error where there are more than 16", function()
    local asked, hooks, message = list { function(n) return API .. LIST .. "?Page=" .. n end }
    assert.is_nil(hooks)
    assert.truthy(message:find("its pages do not end", 1, true), message)
    assert.equal(16, #asked)
  end)
end)
