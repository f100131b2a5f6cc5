-- What opening the module does, and above all what it leaves alone.

local child = require "spec.support.child"

describe("core", function()
  it("has these functions and no more", function()
    local names = {}
    for name in pairs(require "twilio.webhooks.core") do names[#names + 1] = name end
    table.sort(names)
    local expected = { "_VERSION", "alarm", "built_for", "client_options", "decode", "describe",
      "form_bytes", "form_pairs", "invalid", "nearest", "now", "open", "operations", "problem", "random", "read_form",
      "request", "sleep" }
    for _, name in ipairs(require "twilio.webhooks.core".operations) do expected[#expected + 1] = name end
    table.sort(expected)
    assert.same(expected, names)
  end)

  it("has its operations and its version in the module", function()
    local core = require "twilio.webhooks.core"
    local webhooks = require "twilio.webhooks"
    assert.equal(core._VERSION, webhooks._VERSION)
    assert.same({ "create_webhook", "delete_webhook", "fetch_address", "fetch_service_settings", "fetch_webhook",
      "fetch_webhook_settings", "list_addresses", "list_channels", "list_conversations", "list_webhooks",
      "update_address", "update_service_settings", "update_webhook", "update_webhook_settings" }, core.operations)
    for _, name in ipairs(core.operations) do
      local _, message, err = core[name] {}
      assert.same({ nil, message, err }, { webhooks[name] {} })
    end
  end)

  it("finds the name that a misspelt one resembles", function()
    local nearest = require "twilio.webhooks.core".nearest
    assert.equal("copas", nearest("copass", { "luv", "copas" }))
    assert.equal("max_in_flight", nearest("maxInFlight", { "wait", "max_in_flight" }))
    assert.is_nil(nearest("libuv", { "copas", "openresty" }))
    assert.is_nil(nearest(("x"):rep(1000), { "copas" }))
    assert.is_nil(nearest("x", { ("x"):rep(1000) }))
    assert.is_nil(nearest("x", {}))
  end)

  it("decodes JSON as answers are", function()
    local decode = require "twilio.webhooks.core".decode
    assert.same({ a = { 1, "x" } }, decode '{"a":[1,"x",null],"b":null}')
    for text, why in pairs { [""] = "it is empty", ["[1e999]"] = "it holds a number that is too large" } do
      assert.same({ nil, why }, { decode(text) })
    end
  end)

  it("has a clock that goes on, waits that last, and jitter that is spread", function()
    local core = require "twilio.webhooks.core"
    local begin = core.now()
    core.sleep(0.05)
    core.sleep(-1)
    local took = core.now() - begin
    assert.is_true(took >= 0.05 and took < 5)
    local sum, n = 0, 10000
    for _ = 1, n do
      local share = core.random()
      assert.is_true(share >= 0 and share < 1)
      sum = sum + share
    end
    assert.is_near(0.5, sum / n, 0.02)
  end)

  it("sets no global", function()
    assert.equal("none\n", child.run [[
      local before = {}
      for name in pairs(_G) do before[name] = true end
      require "twilio.webhooks"
      for name in pairs(_G) do assert(before[name] or name == "cjson", name) end
      print "none"
    ]])
  end)

  it("changes no setting of the host's lua-cjson, and is not changed by one", function()
    assert.equal("nan\n", child.run [[
      local cjson = require "cjson"
      cjson.decode_max_depth(1)
      local webhooks = require "twilio.webhooks"
      cjson.decode_max_depth(100)
      print(tostring(cjson.decode("[NaN]")[1]):match("nan"))
    ]])
  end)

  it("says what is missing where lua-cjson is not installed", function()
    local output = child.run [[
      package.preload.cjson = function() error("module 'cjson' not found:\n\tno file", 0) end
      print(select(2, pcall(require, "twilio.webhooks")))
    ]]
    assert.truthy(output:find("twilio.webhooks: lua-cjson is not there for ", 1, true), output)
  end)

  it("passes on an error that has nothing to do with lua-cjson, such as an interrupt", function()
    assert.equal("interrupted!\n", child.run [[
      package.preload.cjson = function() error("interrupted!", 0) end
      print(select(2, pcall(require, "twilio.webhooks.core")))
    ]])
    assert.equal("17\n", child.run [[
      package.preload.cjson = function() error({ code = 17 }, 0) end
      print(select(2, pcall(require, "twilio.webhooks.core")).code)
    ]])
  end)

  it("can be opened again in the same state", function()
    assert.equal("ok\n", child.run [[
      local first = require "twilio.webhooks"
      package.loaded["twilio.webhooks"] = nil
      package.loaded["twilio.webhooks.core"] = nil
      local second = require "twilio.webhooks"
      first = nil
      collectgarbage()
      collectgarbage()
      local hook, message, err = second.create_webhook {}
      print(err.kind == "invalid" and "ok")
    ]])
  end)

  it("leaves the process in order when it was never used", function()
    assert.equal("", child.run [[require "twilio.webhooks"]])
  end)
end)
