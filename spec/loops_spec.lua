-- Clients inside of other people's event loops: cqueues, luv, copas, and one of our own with
-- the hook of three lines.

local webhooks = require "twilio.webhooks"
local core = require "twilio.webhooks.core"
local sandbox = require "twilio.webhooks.sandbox"
local example = require "spec.support.example"
local loops = require "spec.support.loops"
local process = require "spec.support.process"

local now = core.now
local LATENCY = 0.1

describe("wait", function()
  local slow, silent
  local channels = 0

  setup(function()
    local function start(options)
      options.account_sid, options.auth_token = example.account_sid, example.auth_token
      return assert(sandbox.start(options))
    end
    slow, silent = start { latency = LATENCY }, start { faults = { { "stall" } } }
  end)

  teardown(function()
    slow:stop()
    silent:stop()
  end)

  local function open(loop, server, options)
    local params = example.params { base_url = (server or slow).base_url, wait = loop.hook }
    for name, value in pairs(options or {}) do params[name] = value end
    return assert(webhooks.new(params))
  end

  local function webhook(fields)
    channels = channels + 1
    local params = example.webhook { channel_sid = "wait " .. channels, account_sid = false, auth_token = false }
    for name, value in pairs(fields or {}) do params[name] = value end
    return params
  end

  -- The loop's hook, and how often it was waited with.
  local function counted(loop)
    local hook = type(loop.hook) == "function" and { wait = loop.hook } or loop.hook
    local copy = { waits = 0 }
    for name, value in pairs(hook) do copy[name] = value end
    function copy.wait(...)
      copy.waits = copy.waits + 1
      return hook.wait(...)
    end
    return copy
  end

  it("tells those who wait what others have read, but not for ever one who does not come back", function()
    local client = open({ hook = function() coroutine.yield() end }, silent)
    local watching = client.waiting.in_loop.watching
    local function call() client:create_webhook(webhook()) end
    local gone, after = coroutine.create(call), coroutine.create(call)
    assert(coroutine.resume(gone)) -- waits, and is not resumed again
    local lost = next(watching)
    core.sleep(2.1) -- the longest wait, and as long again
    assert.truthy(watching[lost])
    assert(coroutine.resume(after))
    assert.is_nil(watching[lost])
    assert.truthy(next(watching))
    client:close()
  end)

  for _, loop in ipairs(loops.all()) do
    describe("in " .. loop.name, function()
      it("lets a call wait while others run", function()
        local client = open(loop)
        local turns, meanwhile = 0, nil
        local functions = { function()
          assert.equal(201, select(2, assert(client:create_webhook(webhook()))).status)
          meanwhile = turns
        end }
        if loop.sleep then
          functions[2] = function()
            repeat
              loop.sleep(0.002)
              turns = turns + 1
            until meanwhile
          end
        end
        local rounds = loop.run(functions)
        assert.is_true((loop.sleep and meanwhile or rounds - 1) >= 1)
        client:close()
      end)

      it("has many calls in flight at once, and wakes for what comes, not for time", function()
        local hook = counted(loop)
        local client = open(loop, slow, { wait = hook })
        local functions, n = {}, 24
        for i = 1, n do functions[i] = function() assert(client:create_webhook(webhook())) end end
        local before = #slow:requests()
        loop.run(functions)
        local requests, together = slow:requests(), 0
        for i = before + 2, #requests do -- one after the other they come LATENCY apart
          if requests[i].time - requests[i - 1].time < LATENCY then together = together + 1 end
        end
        assert.is_true(together > 0, "one after the other")
        assert.equal(n, #requests - before)
        -- without a descriptor it is by time, and nothing else will do
        local most = loop == loops.timed and math.huge or 10 * n
        assert.is_true(hook.waits <= most, hook.waits .. " waits for " .. n .. " calls")
        client:close()
      end)

      it("does what little fits where many calls begin in one turn, and the rest in the turns that follow", function()
        local client = open(loop, slow, { step_budget = 1e-9 }) -- the first of them has more than that to do
        local functions, n, begun, before, steps = {}, 30, 0, nil, 0
        local requests = client.waiting.requests
        function requests.step(...)
          steps = steps + 1
          return getmetatable(requests).__index.step(...)
        end
        for i = 1, n do
          functions[i] = function()
            begun = begun + 1
            if begun == n then before = steps end
            assert(client:create_webhook(webhook()))
          end
        end
        loop.run(functions)
        assert.equal(n, begun)
        if loop ~= loops.timed then assert.is_true(before < n / 2, before .. " steps") end
        client:close()
      end)

      it("keeps nobody waiting whose answer came while another was at work", function()
        local client = open(loop)
        local functions, n, latest, late = {}, 12, 0, 0
        for i = 1, n do
          functions[i] = function()
            for _ = 1, 3 do
              local begin = now()
              client:sleep(i * 0.007)
              late = math.max(late, now() - begin - i * 0.007) -- what a busy machine does to all
              begin = now()
              assert(client:create_webhook(webhook()))
              latest = math.max(latest, now() - begin)
            end
          end
        end
        loop.run(functions)
        -- A waiter that is not told comes back after a second.
        assert.is_true(latest - late < LATENCY + 0.75, latest)
        client:close()
      end)

      if loop.sleep then
        it("goes on at once with what is started, or canceled, while run waits", function()
          local client = open(loop)
          local sleeper, began, ended
          loop.run { function()
            sleeper = client:go(client.sleep, client, 30)
            assert(client:run())
            ended = now() - ended
          end, function()
            loop.sleep(0.05)
            local begin = now()
            client:go(function() began = now() - begin end)
            loop.sleep(0.05)
            ended = now()
            sleeper:cancel()
          end }
          -- One who is not told comes back after a second.
          assert.is_true(began < 0.75 and ended < 0.75, ("%s, %s"):format(began, ended))
          client:close()
        end)
      end

      if loop == loops.luv or loop == loops.own then -- it takes a second
        it("waits for a look without holding up the loop", function()
          local faulty = assert(sandbox.start { account_sid = example.account_sid, auth_token = example.auth_token,
            faults = { { "drop_before", times = 1 } } })
          local client = open(loop, faulty)
          local first, ends = true, {}
          local function call()
            local mine = first
            first = false
            if not mine then repeat client:sleep(0.05) until #faulty:requests() > 0 end
            assert(client:create_webhook(webhook { channel_sid = mine and "dropped" or "other" }))
            ends[#ends + 1] = mine and "dropped" or "other"
          end
          loop.run { call, call }
          assert.same({ "other", "dropped" }, ends)
          client:close()
          faulty:stop()
        end)
      end

      it("runs what go started", function()
        local hook = counted(loop)
        local client = open(loop, slow, { wait = hook, max_in_flight = 4 })
        local done = 0
        loop.run { function()
          for _ = 1, 8 do
            client:go(function()
              assert(client:create_webhook(webhook()))
              client:sleep(0.01)
              done = done + 1
            end)
          end
          assert(client:run())
        end }
        assert.equal(8, done)
        if loop ~= loops.timed then assert.is_true(hook.waits < 150, hook.waits .. " waits") end
        client:close()
      end)

      it("runs direct calls beside what go started, and starts more when those have ended", function()
        local client = open(loop, slow, { max_in_flight = 2 })
        local done, inside, most = 0, 0, 0
        local function direct()
          inside = inside + 1
          most = math.max(most, inside)
          assert(client:create_webhook(webhook()))
          inside = inside - 1
          done = done + 1
        end
        loop.run { direct, direct, function()
          for _ = 1, 3 do client:go(direct) end
          assert(client:run())
        end, direct }
        assert.equal(6, done)
        assert.is_true(most > 1)
        client:close()
      end)

      it("does not spin while something was started that nobody drives yet", function()
        local hook = counted(loop)
        local client = open(loop, slow, { wait = hook })
        client:go(function() end)
        loop.run { function() assert(client:create_webhook(webhook())) end }
        if loop ~= loops.timed then assert.is_true(hook.waits < 20, hook.waits .. " waits") end
        assert(not client:step() or client:step() == 0)
        client:close()
      end)

      it("ends calls, and keeps the loop, when the client is closed by another", function()
        local before = process.descriptor_count()
        local client = open(loop, silent)
        local kinds = {}
        local function call()
          local _, _, err = client:create_webhook(webhook())
          kinds[#kinds + 1] = err.kind
        end
        local begin = now()
        loop.run { call, call, call, function()
          local other = open(loop)
          other:sleep(0.1)
          client:close()
          other:close()
        end }
        assert.same({ "canceled", "canceled", "canceled" }, kinds)
        assert.is_true(now() - begin < 5)
        -- The loop still works, with another descriptor of perhaps the same number.
        local again = open(loop)
        loop.run { function() assert(again:create_webhook(webhook())) end }
        again:close()
        client, again = nil, nil
        loop.run {}
        assert.is_true(process.descriptor_count() <= before + 1) -- copas and luv keep some of their own
      end)

      if loop.drop then
        it("goes on when the coroutine that leads is never resumed again", function()
          local hook = counted(loop)
          local wait = hook.wait
          local client = open(loop, slow, { wait = hook })
          local first, functions, done = true, {}, 0
          function hook.wait(...)
            if first then
              first = false
              return loop.drop()
            end
            return wait(...)
          end
          functions[1] = function() client:create_webhook(webhook()) end
          for i = 2, 4 do
            functions[i] = function()
              assert(client:create_webhook(webhook()))
              done = done + 1
            end
          end
          functions[5] = function() -- until the others have ended
            local begin = now()
            while done < 3 and now() - begin < 10 do client:sleep(0.05) end
            functions.seconds = now() - begin
            client:close()
          end
          -- the first never ends, so the loop is told of the others alone
          local thread = coroutine.wrap(functions[1])
          loop.run { function() thread() end, functions[2], functions[3], functions[4], functions[5] }
          assert.equal(3, done)
          assert.is_true(functions.seconds < 4, functions.seconds)
        end)
      end

      it("lets an error in the hook reach the caller, and the others go on", function()
        if _VERSION == "Lua 5.1" and not jit then return end -- where nothing yields across pcall
        local hook = counted(loop)
        local wait, first = hook.wait, true
        local client = open(loop, slow, { wait = hook })
        function hook.wait(...)
          if first then
            first = false
            error("of the hook", 0)
          end
          return wait(...)
        end
        local ends = {}
        local function call()
          local ok, what = pcall(client.create_webhook, client, webhook())
          ends[#ends + 1] = ok and "made" or what
        end
        loop.run { call, call, call }
        table.sort(ends)
        assert.same({ "made", "made", "of the hook" }, ends)
        client:close()
      end)
    end)
  end

  describe("a client as what cqueues polls", function()
    local cqueues = require "cqueues"

    -- Polls the client itself until all has ended; how often that was.
    local function drive(client)
      local polls = 0
      while client:step() > 0 do
        cqueues.poll(client)
        polls = polls + 1
      end
      cqueues.cancel(client:pollfd())
      return polls
    end

    it("wakes for what comes", function()
      local client = assert(webhooks.new(example.params { base_url = slow.base_url }))
      local done, polls = 0, nil
      for _ = 1, 20 do
        client:go(function()
          assert(client:create_webhook(webhook()))
          done = done + 1
        end)
      end
      loops.cqueues.run { function() polls = drive(client) end }
      assert.equal(20, done)
      assert.is_true(polls < 100, polls .. " polls")
      client:close()
    end)

    it("wakes for what is started, and canceled, meanwhile", function()
      local client = assert(webhooks.new(example.params { base_url = silent.base_url }))
      local began, kind
      local task = client:go(function() kind = select(3, client:create_webhook(webhook { timeout = 60 })).kind end)
      local begin = now()
      loops.cqueues.run { function() drive(client) end, function()
        cqueues.sleep(0.1)
        client:go(function() began = now() - begin end)
        cqueues.sleep(0.1)
        task:cancel()
      end }
      assert.equal("canceled", kind)
      assert.is_true(began < 3 and now() - begin < 5)
      client:close()
    end)
  end)
end)
