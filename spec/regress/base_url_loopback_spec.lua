-- Whatever had only digits and dots behind "127." counted as this machine, and got the
-- credentials over plain http. 127.0.0.256 is no address but a name, which a resolver
-- with a search list may find anywhere.

local core = require "twilio.webhooks.core"
local example = require "spec.support.example"

describe("a plain http base URL", function()
  for _, host in ipairs { "127.0.0.256", "127.0.0.1.1", "127......", "127.0.0", "127.0.0.08", "127.0.0.1." } do
    it("may not be of " .. host, function()
      local _, _, err = core.request("list_webhooks", example.params { base_url = "http://" .. host })
      assert.equal("base_url", err.problems[1].field)
      assert.truthy(err.problems[1].message:find("an https URL", 1, true))
    end)
  end

  it("may be of any address in 127.0.0.0/8", function()
    for _, host in ipairs { "127.0.0.1", "127.255.255.255", "127.0.0.0:1" } do
      assert(core.request("list_webhooks", example.params { base_url = "http://" .. host }))
    end
  end)
end)
