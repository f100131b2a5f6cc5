-- go, step, run and sleep of a client that nobody else's loop drives: tick loops and
-- scripts. Canceling and closing are in task_spec.lua, what hooks add in wait_spec.lua,
-- transports are in relay_spec.lua.

local core = require "twilio.webhooks.core"
local sandbox = require "twilio.webhooks.sandbox"
local child = require "spec.support.child"
local example = require "spec.support.example"
local libcurl = require "spec.support.libcurl"
local process = require "spec.support.process"
local sandboxes = require "spec.support.sandboxes"

local now = core.now

describe("scheduler", function()
  local server, slow, silent
  local webhook = sandboxes.webhook

  setup(function() server, slow, silent = sandboxes.start() end)
  teardown(sandboxes.stop)
  after_each(sandboxes.close)

  local function open(where, options) return sandboxes.client(where or server, options) end

  -- Steps as a program with ticks of its own does, until nothing is left.
  local function tick(client, each)
    local stop = now() + 20
    while client:step() > 0 do
      if each then each() end
      assert(now() < stop, "it does not end")
      core.sleep(0.005)
    end
  end

  -- How many requests of the log were being served at the same moment, at most: those with
  -- connections of their own.
  local function connections(of, from)
    local seen, count = {}, 0
    for i, request in ipairs(of:requests()) do
      if i > from and not seen[request.connection] then
        seen[request.connection] = true
        count = count + 1
      end
    end
    return count
  end

  describe("go", function()
    it("starts nothing by itself, and hands the arguments over, nil too", function()
      local client = open()
      local got = {}
      local function keep(...) got[#got + 1] = { n = select("#", ...), ... } end
      client:go(keep, 1, nil, "x", nil)
      client:go(keep)
      client:go(keep, nil)
      client:go(keep, "y")
      assert.same({}, got)
      assert(client:run())
      assert.same({ { n = 4, 1, nil, "x" }, { n = 0 }, { n = 1 }, { n = 1, "y" } }, got)
    end)

    it("lets a function call as if nothing else were there", function()
      local client = open()
      local hook, info
      client:go(function() hook, info = client:create_webhook(webhook()) end)
      assert(client:run())
      assert.truthy(hook.sid)
      assert.equal(201, info.status)
      assert.equal(1, info.attempts)
    end)

    it("lets all five operations, and ensure, wait", function()
      local client = open()
      local seen = {}
      client:go(function()
        local params = webhook()
        local made = assert(client:ensure_webhook(params))
        seen[1] = assert(client:fetch_webhook { channel_sid = params.channel_sid, sid = made.sid }).sid == made.sid
        seen[2] = assert(client:update_webhook { channel_sid = params.channel_sid, sid = made.sid,
          configuration = { url = "other" } }).configuration.url
        seen[3] = #assert(client:list_webhooks { channel_sid = params.channel_sid })
        seen[4] = assert(client:delete_webhook { channel_sid = params.channel_sid, sid = made.sid })
      end)
      assert(client:run())
      assert.same({ true, "other", 1, true }, seen)
    end)

    it("starts as many as max_in_flight, and the rest in order", function()
      local client = open(slow, { max_in_flight = 2 })
      local before = #slow:requests()
      local begun, running, most = {}, 0, 0
      for i = 1, 6 do
        client:go(function()
          begun[#begun + 1] = i
          running = running + 1
          most = math.max(most, running)
          assert(client:create_webhook(webhook()))
          running = running - 1
        end)
      end
      assert(client:run())
      assert.same({ 1, 2, 3, 4, 5, 6 }, begun)
      assert.equal(2, most)
      assert.equal(libcurl.reuses_for_post and 2 or 6, connections(slow, before))
    end)

    it("lets a function start others", function()
      local client = open()
      local order = {}
      client:go(function()
        order[#order + 1] = "first"
        client:go(function()
          assert(client:create_webhook(webhook()))
          order[#order + 1] = "second"
        end)
        order[#order + 1] = "still first"
      end)
      assert(client:run())
      assert.same({ "first", "still first", "second" }, order)
    end)

    it("goes on, some time later, with one that yields of its own accord", function()
      local client = open()
      local turns = 0
      client:go(function()
        for _ = 1, 3 do
          coroutine.yield "mine"
          turns = turns + 1
        end
      end)
      client:go(function() assert(client:create_webhook(webhook())) end)
      assert(client:run())
      assert.equal(3, turns)
    end)

    it("ends a create as the policy has it", function()
      local faulty = assert(sandbox.start { account_sid = example.account_sid, auth_token = example.auth_token,
        faults = { { "drop_after", operation = "create", times = 1 } } })
      local client = open(faulty)
      local info
      client:go(function() info = select(2, assert(client:create_webhook(webhook()))) end)
      assert(client:run())
      assert.is_true(info.adopted)
      assert.equal(1, #faulty:webhooks())
      faulty:stop()
    end)

    it("raises for what is no function, and on a closed client", function()
      local client = open()
      for _, wrong in ipairs { "x", 1, {}, false } do
        assert.has_error(function() client:go(wrong) end,
          ("bad argument to 'go' (function expected, got %s)"):format(type(wrong)))
      end
      assert.has_error(function() client:go() end, "bad argument to 'go' (function expected, got nil)")
      client:close()
      assert.has_error(function() client:go(print) end, "the client is closed")
    end)
  end)

  describe("an error in a function", function()
    it("is told to on_event, and what run gives; the others go on", function()
      local events, done = {}, 0
      local client = open(server, { on_event = function(event)
        if event.type == "error" then events[#events + 1] = event.message end
      end })
      for i = 1, 6 do
        client:go(function()
          assert(client:create_webhook(webhook()))
          if i % 3 == 0 then error("mine " .. i) end
          done = done + 1
        end)
      end
      local ok, message = client:run()
      assert.is_nil(ok)
      assert.equal(4, done)
      assert.equal(2, #events)
      assert.equal(events[1], message)
      assert.truthy(events[1]:find("mine [36]") and events[2]:find("mine [36]"))
      assert.truthy(message:find("stack traceback", 1, true))
      assert.is_true((client:run())) -- an error is told by one run
    end)

    it("goes to stderr where there is no on_event", function()
      local output = child.run([[
        local client = require "twilio.webhooks".new {}
        client:go(function() error "mine" end)
        client:go(function() error { "no text" } end)
        client:go(function() print "the last" end)
        while client:step() > 0 do end
        print "went on"
      ]])
      assert.truthy(output:find("twilio.webhooks: error in a function that go started: [^\n]*mine\n"), output)
      assert.truthy(output:find("table: ", 1, true), output)
      assert.truthy(output:find("the last\n", 1, true), output)
      assert.truthy(output:find("went on\n$"), output)
    end)

    it("does no harm when on_event raises one, too", function()
      local client = open(server, { on_event = function() error "in on_event" end })
      client:go(function() error "mine" end)
      local created
      client:go(function() created = client:create_webhook(webhook()) end)
      local ok, message = client:run()
      assert.is_nil(ok)
      assert.truthy(message:find("mine", 1, true))
      assert.truthy(created.sid)
    end)

    it("is its own to catch", function()
      if _VERSION == "Lua 5.1" and not jit then return end -- where nothing yields across pcall
      local client = open()
      local caught
      client:go(function()
        caught = { pcall(function()
          assert(client:create_webhook(webhook()))
          error("mine", 0)
        end) }
      end)
      assert(client:run())
      assert.same({ false, "mine" }, caught)
    end)
  end)

  describe("step", function()
    it("gives how many functions have not ended", function()
      local client = open(slow)
      for _ = 1, 3 do client:go(function() client:create_webhook(webhook()) end) end
      assert.equal(3, client:step())
      tick(client)
      assert.equal(0, client:step())
    end)

    it("begins with the requests where functions had all the time of the one before", function()
      local client = open(server, { step_budget = 1e-9 })
      local begun = 0
      for _ = 1, 3 do
        client:go(function()
          begun = begun + 1
          assert(client:create_webhook(webhook()))
        end)
      end
      for step, expected in ipairs { 1, 1, 2, 2, 3 } do
        client:step()
        assert.equal(expected, begun, "step " .. step)
      end
      tick(client)
    end)

    it("never waits, whatever is under way", function()
      local client = open(silent, { max_in_flight = 4 })
      for _ = 1, 8 do client:go(function() client:create_webhook(webhook { timeout = 60 }) end) end
      client:go(function() client:sleep(60) end)
      for _ = 1, 20 do
        client:step()
        core.sleep(0.005)
      end
      local before = process.waits()
      for _ = 1, 200 do client:step(0) end
      assert.is_true(process.waits() - before < 20)
    end)

    it("with seconds waits until something can go on, and no longer than that", function()
      local client = open(slow, { step_budget = 1 })
      local done = false
      client:go(function()
        assert(client:create_webhook(webhook()))
        done = true
      end)
      local steps = 0
      repeat
        client:step(5)
        steps = steps + 1
      until done
      assert.is_true(steps <= 20, steps .. " steps")
      local other, longest = open(silent), 0
      other:go(function() other:create_webhook(webhook()) end)
      for _ = 1, 10 do -- some of which send it, or are woken by a timer of libcurl's
        local begin = now()
        other:step(0.1)
        longest = math.max(longest, now() - begin)
      end
      assert.is_true(longest >= 0.09 and longest < 5, longest)
    end)

    it("with seconds does not wait where nothing was started", function()
      local begin = now()
      assert.equal(0, open():step(60))
      assert.is_true(now() - begin < 10)
    end)

    it("begins with no more than its budget allows, and the next go on", function()
      local client = open(server, { step_budget = 1e-9 })
      local begun = 0
      for _ = 1, 50 do
        client:go(function()
          begun = begun + 1
          assert(client:create_webhook(webhook()))
        end)
      end
      client:step()
      assert.is_true(begun < 10)
      assert(client:run())
      assert.equal(50, begun)
    end)

    it("raises for what is no number", function()
      local client = open()
      assert.has_error(function() client:step "x" end, "bad argument to 'step' (number expected, got string)")
      assert.has_error(function() client:step(0 / 0) end, "bad argument to 'step' (a number of seconds expected, got nan)")
    end)

    it("raises inside of a function that go started, as run does", function()
      local client = open()
      local messages = {}
      client:go(function()
        messages[1] = select(2, pcall(client.step, client))
        messages[2] = select(2, pcall(client.run, client))
      end)
      assert(client:run())
      assert.truthy(messages[1]:find("step inside of a function that go started", 1, true))
      assert.truthy(messages[2]:find("run inside of a function that go started", 1, true))
    end)
  end)

  describe("run", function()
    it("gives true at once where nothing was started", function()
      assert.is_true((open():run()))
    end)

    it("goes on with what step has begun", function()
      local client = open(slow)
      local done = 0
      for _ = 1, 3 do client:go(function() assert(client:create_webhook(webhook())) done = done + 1 end) end
      client:step()
      assert(client:run())
      assert.equal(3, done)
    end)

    it("is ended by an interrupt", function()
      -- a hook stands for the interpreter's own, which a signal handler would set
      local client = open(silent)
      client:go(function() client:create_webhook(webhook { timeout = 60 }) end)
      client:step()
      local begin = now()
      local ok, message = pcall(function()
        debug.sethook(function()
          if now() - begin > 0.3 then
            debug.sethook()
            error("interrupted", 0)
          end
        end, "", 1)
        client:run()
      end)
      debug.sethook()
      assert.same({ false, "interrupted" }, { ok, message })
      assert.is_true(now() - begin < 10)
    end)
  end)

  describe("sleep", function()
    it("inside of a function is a timer, and others go on", function()
      local client = open()
      local order = {}
      for _, row in ipairs { { 0.3, "c" }, { 0.1, "a" }, { 0.2, "b" } } do
        client:go(function()
          client:sleep(row[1])
          order[#order + 1] = row[2]
        end)
      end
      local begin = now()
      assert(client:run())
      assert.is_true(now() - begin >= 0.29)
      assert.equal("abc", table.concat(order))
    end)

    it("holds for many at once, in the order of their moments", function()
      local client = open(server, { max_in_flight = 10000 })
      local begins, ends, n = {}, {}, 300
      local function seconds(i) return (i * 7919 % n) / n * 0.3 end
      for i = 1, n do
        client:go(function()
          begins[i] = now()
          client:sleep(seconds(i))
          ends[#ends + 1] = i
        end)
      end
      client:go(function() begins[n + 1] = now() end)
      assert(client:run())
      assert.equal(n, #ends)
      -- A sleep began between its own look at the clock and the next one's.
      local latest = 0
      for _, i in ipairs(ends) do
        assert.is_true(begins[i + 1] + seconds(i) >= latest, i)
        latest = math.max(latest, begins[i] + seconds(i))
      end
    end)

    it("outside of one waits, in C", function()
      local begin = now()
      open():sleep(0.05)
      assert.is_true(now() - begin >= 0.05)
      open():sleep(-1)
      open():sleep(0)
    end)

    it("is what a look waits with: other functions are not held up", function()
      local faulty = assert(sandbox.start { account_sid = example.account_sid, auth_token = example.auth_token,
        faults = { { "drop_before", times = 1 } } })
      local client = open(faulty)
      local dropped, quick
      client:go(function()
        assert(client:create_webhook(webhook()))
        dropped = now()
      end)
      local begin = now()
      while #faulty:requests() == 0 do client:step(0.01) end
      client:go(function()
        assert(client:create_webhook(webhook()))
        quick = now()
      end)
      assert(client:run())
      assert.is_true(dropped - begin >= 0.5)
      assert.is_true(quick < dropped)
      faulty:stop()
    end)

    it("raises for what is no number, and on a closed client", function()
      local client = open()
      assert.has_error(function() client:sleep() end, "bad argument to 'sleep' (number expected, got nil)")
      assert.has_error(function() client:sleep "1" end, "bad argument to 'sleep' (number expected, got string)")
      assert.has_error(function() client:sleep(0 / 0) end,
        "bad argument to 'sleep' (a number of seconds expected, got nan)")
      client:close()
      assert.has_error(function() client:sleep(0) end, "the client is closed")
    end)
  end)

  describe("a client that others poll", function()
    it("answers events and timeout", function()
      local client = open()
      assert.equal("r", client:events())
      assert.is_nil(client:timeout())
      client:go(function() client:sleep(60) end)
      assert.equal(0, client:timeout())
      for _ = 1, 10 do client:step() end
      assert.is_true(client:timeout() > 30 and client:timeout() <= 60)
    end)
  end)

  describe("a few thousand requests #plain", function()
    it("leave memory and descriptors as they were", function()
      local nginx = require "spec.support.nginx"
      local quick = nginx.start(nginx.api(0))
      local before = process.descriptor_count()
      local client = open({ base_url = quick.base_url }, { max_in_flight = 32 })
      local params = webhook()
      local function round()
        for _ = 1, 1000 do client:go(function() assert(client:create_webhook(params)) end) end
        assert(client:run())
        collectgarbage()
        collectgarbage()
        return process.resident_kb()
      end
      round()
      local kb = math.max(round(), round())
      local later = math.min(round(), round())
      assert.is_true(later - kb < 512, ("%d KB more"):format(later - kb))
      assert.is_true(process.descriptor_count() - before <= 32 + 4) -- connections, and epoll's
      client:close()
      assert.equal(before, process.descriptor_count())
      quick:stop()
    end)
  end)
end)
