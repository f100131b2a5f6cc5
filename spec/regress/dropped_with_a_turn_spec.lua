-- A coroutine that its host drops amid a call, as nginx does with an aborted request, kept its turn until
-- its deadline. Whoever came after two of these then turned in place, with the loop blocked; and after
-- a pause of the client's pace, no call of the client went on.

local clients = require "spec.support.clients"
local loops = require "spec.support.loops"

local DEADLINE = 60 -- longer than all that is waited for here

for _, loop in ipairs { loops.own, loops.cqueues } do
  describe("in " .. loop.name .. ", one whom it drops", function()
    local server
    local dropped = setmetatable({}, { __mode = "k" }) -- coroutines
    setup(function() server = clients.serve { latency = 0.1 } end)
    teardown(function() server:stop() end)

    local function open(options)
      options.base_url, options.deadline = server.base_url, DEADLINE
      local wait = type(loop.hook) == "table" and loop.hook.wait or loop.hook
      function options.wait(...)
        if dropped[coroutine.running()] then return loop.drop() end
        return wait(...)
      end
      return clients.open(options)
    end

    -- Runs the call in coroutines that nobody goes on with, then once more. Gives its result, and how
    -- long it took; the loop has to go round meanwhile.
    local function call_after_dropped(client, count, call)
      local result, seconds
      local rounds, done = 0, false
      loop.run {
        function()
          for _ = 1, count do
            local thread = coroutine.create(call)
            dropped[thread] = true
            assert(coroutine.resume(thread))
          end
          local begin = client.core.now()
          result = call()
          seconds, done = client.core.now() - begin, true
        end,
        function()
          while not done do
            loop.sleep(0.05)
            rounds = rounds + 1
          end
        end,
      }
      assert.is_true(rounds >= math.min(seconds, 2) / 0.5, ("%d rounds in %.1f s"):format(rounds, seconds))
      assert.is_true(seconds < DEADLINE / 2, seconds .. " s")
      return result
    end

    it("amid a create, and two who wait in line, leave the turn to the next", function()
      local client, params = open {}, clients.webhook()
      assert.is_string(call_after_dropped(client, 3, function()
        return assert(client:create_webhook(params)).sid
      end))
      client:close()
    end)

    if loop == loops.cqueues then return end -- all the same

    it("amid apply_webhooks leaves the turns to the next", function()
      local client, params = open {}, clients.webhook()
      local wanted = { channel_sid = params.channel_sid,
        webhooks = { { type = params.type, configuration = params.configuration } } }
      assert.is_table(call_after_dropped(client, 2, function() return assert(client:apply_webhooks(wanted)) end))
      client:close()
    end)

    it("amid a page of an iterator leaves the turn to the next", function()
      local client = open {}
      loop.run { function() assert(client:create_webhook(clients.webhook())) end } -- makes a channel
      local channels = client:channels {}
      assert.is_string(call_after_dropped(client, 2, function() return (channels()) end).sid)
      client:close()
    end)

    it("while it waits for the rate leaves the turn to the next", function()
      local client = open { rate = 5 }
      assert.is_table(call_after_dropped(client, 2, function()
        return assert(client:list_webhooks { channel_sid = "x" })
      end))
      client:close()
    end)
  end)
end

it("in a loop, one who lives keeps the turn, however long the create takes", function()
  local slow = clients.serve { latency = 3.5 }
  local client = clients.open { base_url = slow.base_url, wait = loops.own.hook }
  local params = clients.webhook()
  local function call() assert(client:create_webhook(params)) end
  loops.own.run { call, call }
  local requests = slow:requests()
  assert.equal(2, #requests)
  assert.is_true(requests[2].time - requests[1].time >= 3, requests[2].time - requests[1].time)
  client:close()
  slow:stop()
end)
