-- A base URL may have no segment of dots, since a server resolves it away and the request
-- goes elsewhere. Servers do the same with dots that are percent-encoded, which were taken.

local core = require "twilio.webhooks.core"
local example = require "spec.support.example"

local function request(prefix)
  return core.request("list_webhooks", example.params { base_url = "https://example.com" .. prefix })
end

describe("a base URL's path", function()
  for _, prefix in ipairs { "/%2e%2e", "/a/%2E%2e/b", "/.%2e/a", "/a/%2E.", "/%2e", "/a/%2E/b/" } do
    it("may not have the dots of " .. prefix, function()
      local _, _, err = request(prefix)
      assert.equal("base_url", err.problems[1].field)
      assert.truthy(err.problems[1].message:find("https://host[:port][/prefix]", 1, true))
    end)
  end

  it("may have dots where they are part of a name", function()
    for _, prefix in ipairs { "/...", "/%2e%2e%2e", "/a%2e", "/%2ea", "/a.%2e", "/..a", "/%2f%2e" } do
      assert.equal("https://example.com" .. prefix .. example.path, request(prefix).url)
    end
  end)
end)
