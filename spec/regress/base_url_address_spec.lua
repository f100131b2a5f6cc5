-- What stands between the brackets of a base URL was only looked at for its characters,
-- and [1::2::3] failed in libcurl with each call, as a network error worth another try.

local core = require "twilio.webhooks.core"
local example = require "spec.support.example"

local function request(host)
  return core.request("list_webhooks", example.params { base_url = "https://" .. host })
end

describe("a base URL's IPv6 address", function()
  for _, host in ipairs { "[]", "[:]", "[1::2::3]", "[12345::]", "[1:2:3:4:5:6:7]", "[::1.2.3]", "[1.2.3.4]",
    "[" .. ("0"):rep(60) .. "::]", "[::1%25eth0]" } do
    it("may not be " .. host, function()
      local _, _, err = request(host)
      assert.equal("base_url", err.problems[1].field)
    end)
  end

  it("may be any that is one", function()
    for _, host in ipairs { "[::]", "[2001:DB8::1]:443", "[1:2:3:4:5:6:7:8]", "[::ffff:1.2.3.4]",
      "[0000:0000:0000:0000:0000:ffff:255.255.255.255]" } do
      assert.equal("https://" .. host .. example.path, request(host).url)
    end
  end)
end)
