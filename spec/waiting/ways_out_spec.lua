-- Whatever way a call or a driver is left by, nothing of it stays behind: a slot, a wait, an
-- effect of what was refused.

local clients = require "spec.support.clients"
local loops = require "spec.support.loops"
local core = require "twilio.webhooks.core"

describe("ways out", function()
  describe("of a transport give its slot back:", function()
    local calls
    before_each(function() calls = 0 end)

    -- The first call leaves by `how`; the next ones are answered.
    local function open(how)
      return clients.open { max_in_flight = 1, timeout = 5, on_event = function() end, transport = function(request)
        calls = calls + 1
        if calls == 1 then return how(request) end
        return clients.EMPTY_LIST
      end }
    end

    -- Lua 5.1 yields through no pcall; what raises there is the task's end.
    local function assert_next(client)
      local list
      client:go(function() list = client:list_webhooks {} end)
      local begin = core.now()
      client:run()
      assert.same({}, list)
      assert.is_true(core.now() - begin < 4)
      client:close()
    end

    for name, how in pairs {
      ["an error"] = function() error "of the transport" end,
      ["an error without a text"] = function() error() end,
      ["an error that cannot be shown"] = function()
        error(setmetatable({}, { __tostring = function() error "again" end }))
      end,
      ["an answer that is none"] = function() return 7 end,
    } do
      it(name, function()
        local client = open(how)
        client:go(function() client:list_webhooks {} end)
        client:run()
        assert_next(client)
      end)
    end

    it("a canceled task", function()
      local client = open(function()
        coroutine.yield()
        return clients.EMPTY_LIST
      end)
      local task = client:go(function() client:list_webhooks {} end)
      client:step()
      task:cancel()
      assert_next(client)
    end)
  end)

  for _, loop in ipairs(loops.all()) do
    if loop.sleep then
      it("of run are open when another closes the client in " .. loop.name, function()
        local client = clients.open { wait = loop.hook }
        local flag, ended, others = false, false, 0
        client:go(function() while not flag do coroutine.yield() end end)
        client:go(function() client:sleep(60) end)
        local cpu = os.clock()
        loop.run { function()
          client:run()
          ended = true
        end, function()
          loop.sleep(0.05)
          client:close()
          for _ = 1, 5 do
            loop.sleep(0.05)
            others = others + 1
          end
          flag = true
        end }
        assert.same({ true, 5 }, { ended, others })
        assert.is_true(os.clock() - cpu < 2)
      end)
    end
  end

  describe("of a place where nobody can wait are taken before anything is sent:", function()
    local server
    setup(function() server = clients.serve() end)
    teardown(function() server:stop() end)

    if loops.cqueues then
      it("cqueues", function()
        local client = clients.open { base_url = server.base_url, wait = loops.cqueues.hook }
        local loop, said = require "cqueues".new(), nil
        loop:wrap(function()
          table.sort({ 1, 2 }, function()
            said = select(2, pcall(client.create_webhook, client, clients.webhook()))
            return false
          end)
        end)
        assert(loop:loop())
        assert.truthy(tostring(said):find("nobody can wait in cqueues", 1, true), tostring(said))
        assert.equal(0, #server:requests())
        client:close()
      end)
    end

    for _, name in ipairs { "luv", "copas" } do
      if loops[name] then
        it(name, function()
          local client = clients.open { base_url = server.base_url, wait = loops[name].hook }
          for _, call in ipairs {
            function() client:create_webhook(clients.webhook()) end,
            function() client:ensure_webhook(clients.webhook()) end,
            function() client:sleep(0.01) end,
            function() client:run() end,
          } do
            local ok, message = pcall(call) -- in the main program
            assert.is_false(ok)
            assert.truthy(tostring(message):find("nobody can wait in " .. name, 1, true), tostring(message))
          end
          -- below a function of C
          local said
          coroutine.wrap(function()
            table.sort({ 1, 2 }, function()
              said = select(2, pcall(client.create_webhook, client, clients.webhook()))
              return false
            end)
          end)()
          assert.truthy(tostring(said):find("nobody can wait", 1, true), tostring(said))
          assert.equal(0, #server:requests())
          client:close()
        end)
      end
    end
  end)
end)
