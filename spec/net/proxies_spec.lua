-- Which variables name a proxy, and what is said of one that does not serve.

local child = require "spec.support.child"

-- An address that nobody has: see RFC 5737.
local FAR = "https://192.0.2.1"

describe("a proxy of the environment", function()
  local function message(variable, value, base_url)
    local environment = { https_proxy = "", HTTPS_PROXY = "", all_proxy = "", ALL_PROXY = "", no_proxy = "", NO_PROXY = "" }
    if variable then environment[variable] = value end
    return child.run(([[
      print((select(2, require "twilio.webhooks".create_webhook {
        base_url = "%s", account_sid = "AC" .. ("a"):rep(32), auth_token = "x", service_sid = "IS" .. ("a"):rep(32),
        channel_sid = "x", type = "webhook", configuration = { url = "dummy" }, timeout = 20 })))
    ]]):format(base_url or FAR), environment)
  end

  for _, variable in ipairs { "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY" } do
    it("may be named by " .. variable, function()
      local said = message(variable, "http://127.0.0.1:1")
      assert.truthy(said:find("by way of the proxy: it cannot be reached, or refused", 1, true), said)
    end)
  end

  it("may have a name that does not resolve", function()
    local said = message("https_proxy", "http://" .. ("a"):rep(70) .. ":1") -- longer than a name's part may be
    assert.truthy(said:find("by way of the proxy: its name does not resolve", 1, true), said)
  end)

  it("is not spoken of where none is named", function()
    local said = message(nil, nil, "https://0.0.0.0:1")
    assert.truthy(said:find("create_webhook: ", 1, true), said)
    assert.is_nil(said:find("proxy", 1, true))
  end)
end)
