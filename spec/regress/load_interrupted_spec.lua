-- An error amid the load of a part that is loaded when it is first used (of a debug hook's, as a watchdog
-- raises, or of memory) left Lua 5.1's mark of a module under way: no later call could load that part,
-- until the program ended.

local hooks = require "spec.support.hooks"
local webhooks = require "twilio.webhooks"

describe("a part that is loaded when it is first used", function()
  setup(function()
    if jit then jit.off() end -- what is compiled calls no hook
  end)
  teardown(function()
    if jit then jit.on() end
  end)

  local PARTS = {
    ["of apply_webhooks"] = { { "apply", "wanted", "policy.difference" },
      function(client) return select(3, client:apply_webhooks { webhooks = {} }).kind end, "invalid" },
    ["of channels"] = { { "listing" },
      function(client) return type(client:channels { service_sid = "IS" .. ("a"):rep(32) }) end, "table" },
    ["of verify"] = { { "incoming", "incoming.content", "signature" },
      function() return select(2, webhooks.verify { url = "https://example.com/", body = "", auth_token = "x",
        signature = "x" }) end, "malformed_signature" },
    ["of a CSV file"] = { { "bulk.formats.csv", "bulk.lines" },
      function() return type(assert(webhooks.bulk.source { path = "/dev/null", format = "csv" }):each()) end,
      "function" },
  }

  for what, part in pairs(PARTS) do
    it(what .. " is loaded by a later call, wherever an error came", function()
      local client = assert(webhooks.new { account_sid = "AC" .. ("a"):rep(32), auth_token = "x" })
      local names, act, expected = part[1], part[2], part[3]
      local interrupted = 0
      for n = 1, 3000, 7 do
        for _, name in ipairs(names) do package.loaded["twilio.webhooks." .. name] = nil end
        if not hooks.call(n, function() act(client) end, hooks.interrupt) then break end
        interrupted = interrupted + 1
        assert.equal(expected, act(client), "after " .. n .. " instructions")
      end
      assert.is_true(interrupted > 5)
      client:close()
    end)
  end
end)
