-- The command line of server.lua as options. What sandbox.start refuses is in
-- ../sandbox_spec.lua.

local options = require "twilio.webhooks.sandbox.options"

describe("twilio.webhooks.sandbox.options", function()
  describe("parse", function()
    local function words(line)
      local list = {}
      for word in line:gmatch("%S+") do list[#list + 1] = word end
      return list
    end

    it("reads what the command line can say", function()
      assert.same({
        host = "::1", port = 0, latency = 0.25, seed = 7,
        faults = {
          { name = "drop_after", probability = 0.1, operation = "create" },
          { name = "throttle", retry_after = 2 },
        },
      }, options.parse(words("--host ::1 --port 0 --latency 0.25 --seed 7 "
        .. "--fault drop_after,probability=0.1,operation=create --fault throttle,retry_after=2")))
    end)

    it("gives no rules when there are none", function()
      assert.same({ faults = {} }, options.parse {})
    end)

    for _, line in ipairs { "--port", "--port x", "--help", "8390", "--hots x", "--auth_token x", "-p 1" } do
      it(("takes %q for a mistake"):format(line), function()
        assert.same({}, { options.parse(words(line)) })
      end)
    end

    for line, name in pairs { ["--port 65536"] = "port", ["--latency -1"] = "latency", ["--seed 0.5"] = "seed",
      ["--fault stal"] = "stal", ["--fault stall,times=x"] = "times" } do
      it(("says what is wrong with %q"):format(line), function()
        local given, problem = options.parse(words(line))
        assert.is_nil(given)
        assert.truthy(problem:find(name, 1, true), problem)
      end)
    end
  end)

  describe("read", function()
    it("takes the base of other names", function()
      assert.same({ alias = "https://chat.twilio.com" }, options.read { alias = "https://chat.twilio.com" })
      assert.same({ nil, "option alias must be a scheme and a host, such as https://chat.twilio.com" },
        { options.read { alias = "chat.twilio.com" } })
      assert.is_nil((options.read { alias = 1 }))
    end)

    it("takes a shared key and its secret together", function()
      assert.truthy(options.read { shared_key = "k", shared_secret = "s" })
      for _, name in ipairs { "shared_key", "shared_secret" } do
        local _, problem = options.read { [name] = "x" }
        assert.equal("options shared_key and shared_secret go together", problem)
      end
    end)
  end)

  describe("complete", function()
    it("adds what was not given", function()
      local settings = options.complete { port = 0, latency = 2 }
      assert.same({ 0, 2, "127.0.0.1", 1, {} },
        { settings.port, settings.latency, settings.host, settings.seed, settings.faults })
    end)
  end)
end)
