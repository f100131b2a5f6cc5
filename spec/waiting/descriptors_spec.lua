-- Descriptors follow the requests in flight, not those who call, and go with a client that is
-- collected. #plain: they are counted.

local clients = require "spec.support.clients"
local core = require "twilio.webhooks.core"
local loops = require "spec.support.loops"
local process = require "spec.support.process"

describe("descriptors #plain", function()
  local server
  setup(function() server = clients.serve { latency = 0.02 } end)
  teardown(function() server:stop() end)

  for _, name in ipairs { "cqueues", "luv", "copas" } do
    local loop = loops[name]
    if loop then
      it("stay few with a crowd in " .. name, function()
        local client = clients.open { base_url = server.base_url, wait = loop.hook, max_in_flight = 16 }
        local before, most, done, functions = process.descriptor_count(), 0, 0, {}
        for i = 1, 300 do
          functions[i] = function()
            assert(client:list_webhooks {})
            done = done + 1
            if done % 20 == 0 then most = math.max(most, process.descriptor_count()) end
          end
        end
        loop.run(functions)
        assert.equal(300, done)
        assert.is_true(most < before + 100, most .. " descriptors")
        client:close()
        assert.is_true(process.descriptor_count() < before + 10)
      end)

      it("go with clients that are collected in " .. name, function()
        local slowest = 0
        loop.run { function()
          for _ = 1, 5 do
            local client = clients.open { base_url = server.base_url, wait = loop.hook }
            local begin = core.now()
            assert(client:list_webhooks {})
            slowest = math.max(slowest, core.now() - begin)
            client = nil -- luacheck: ignore 311
            collectgarbage()
            collectgarbage()
          end
        end }
        assert.is_true(slowest < 0.8, slowest .. " s") -- else by the pulse of a second
      end)
    end
  end
end)
