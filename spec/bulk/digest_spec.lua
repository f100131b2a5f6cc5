local cjson = require "cjson"
local digest = require "twilio.webhooks.bulk.digest"

describe("bulk.digest.settings", function()
  local function settings(configuration)
    return digest.settings { sid = "WH", type = "webhook", configuration = configuration }
  end

  -- What the API may one day show in a webhook.
  local function shown()
    return { url = "https://a", weight = 2, paused = false, color = { "red", 1.5, { deep = true } } }
  end

  it("is the same text for equal settings of names that nobody knows yet", function()
    local one, other = shown(), {}
    other.color, other.paused, other.url = one.color, false, "https://a"
    other.weight = 2.0
    assert.equal(settings(one), settings(other))
    assert.equal(settings(one), settings(cjson.decode(cjson.encode(other))))
  end)

  it("is another for others", function()
    local function with(change)
      local configuration = shown()
      change(configuration)
      return settings(configuration)
    end
    local seen = { [settings(shown())] = true }
    for _, change in ipairs {
      function(c) c.weight = 3 end, function(c) c.weight = -2 end, function(c) c.weight = 2.5 end,
      function(c) c.weight = nil end, function(c) c.paused = true end, function(c) c.color[2] = 1 end,
      function(c) c.color[3].deep = false end, function(c) c.color[1], c.color[2] = c.color[2], c.color[1] end,
    } do
      local text = with(change)
      assert.is_nil(seen[text])
      seen[text] = true
    end
  end)

  it("tells a target from a type", function()
    local configuration = shown()
    assert.not_equal(digest.settings { type = "webhook", configuration = configuration },
      digest.settings { target = "webhook", configuration = configuration })
    assert.is_string(digest.settings { type = "webhook" })
  end)
end)
