-- Who goes first: client, call, coroutine and Lua state, in every order of closing, canceling,
-- collecting and abandoning. Nothing may crash, stay or leak; the runs under the sanitizers
-- and under valgrind see what this one does not.

local webhooks = require "twilio.webhooks"
local core = require "twilio.webhooks.core"
local sandbox = require "twilio.webhooks.sandbox"
local child = require "spec.support.child"
local example = require "spec.support.example"
local loops = require "spec.support.loops"
local process = require "spec.support.process"

describe("lifetimes", function()
  local server, slow, silent

  setup(function()
    local function start(options)
      options.account_sid, options.auth_token = example.account_sid, example.auth_token
      return assert(sandbox.start(options))
    end
    server, slow, silent = start {}, start { latency = 0.3 }, start { faults = { { "stall" } } }
  end)

  teardown(function()
    server:stop()
    slow:stop()
    silent:stop()
  end)

  local channels = 0

  local function webhook(fields)
    channels = channels + 1
    local params = example.webhook { channel_sid = "lifetimes " .. channels }
    for name, value in pairs(fields or {}) do params[name] = value end
    return params
  end

  local collect = process.collect

  -- Fewer it may be: what an earlier test has left to the collector.
  local function assert_none_left(before)
    local count = process.descriptor_count()
    assert.is_true(count <= before, ("%d descriptors, and %d before"):format(count, before))
  end

  -- All orders of a list.
  local function orders(list)
    if #list == 1 then return { list } end
    local all = {}
    for i = 1, #list do
      local rest = {}
      for j, item in ipairs(list) do if j ~= i then rest[#rest + 1] = item end end
      for _, order in ipairs(orders(rest)) do
        table.insert(order, 1, list[i])
        all[#all + 1] = order
      end
    end
    return all
  end

  describe("of a handle and its call", function()
    -- What may happen to them; `held` has both, and loses them.
    local acts = {
      cancel = function(held) if held.call and held.handle then held.call:cancel() end end,
      close = function(held) if held.handle then held.handle:close() end end,
      drop_call = function(held) held.call = nil collect() end,
      drop_handle = function(held) held.handle = nil collect() end,
    }

    for _, state in ipairs { "waiting", "sent", "done", "announced" } do
      it("end in any order, the call being " .. state, function()
        local before = process.descriptor_count()
        for _, order in ipairs(orders { "cancel", "close", "drop_call", "drop_handle" }) do
          local busy = state == "waiting" or state == "sent"
          local where = busy and silent or server
          local held = { handle = assert(core.open(example.params { base_url = where.base_url })) }
          held.call = held.handle:submit("create_webhook", webhook())
          if state == "sent" then for _ = 1, 3 do held.handle:step(0.005) end end
          if not busy then repeat held.handle:step(0.05) until held.handle:timeout() == 0 end
          if state == "announced" then for id in held.handle.announce, held.handle do assert.is_number(id) end end
          for _, name in ipairs(order) do acts[name](held) end
          collect()
        end
        assert_none_left(before)
      end)
    end

    it("lets a call outlive its handle, and say what became of it", function()
      local handle = assert(core.open(example.params { base_url = silent.base_url }))
      local call = handle:submit("create_webhook", webhook())
      handle:step(0.01)
      handle = nil -- luacheck: ignore
      collect()
      local _, message, err = call:result()
      assert.equal("create_webhook: the client was closed meanwhile", message)
      assert.equal("canceled", err.kind)
    end)
  end)

  describe("of a client and its functions", function()
    local function open(where, options)
      local params = example.params { base_url = where.base_url }
      for name, value in pairs(options or {}) do params[name] = value end
      return assert(webhooks.new(params))
    end

    -- One function waits for an answer that never comes, one sleeps, one has not begun.
    local function busy()
      local held = { client = open(silent, { max_in_flight = 1 }) }
      local client, begun = held.client, 0
      held.sleeper = client:go(function() begun = begun + 1 client:sleep(60) end)
      held.waiter = client:go(function() begun = begun + 1 client:create_webhook(webhook { timeout = 60 }) end)
      held.queued = client:go(function() client:create_webhook(webhook()) end)
      for i = 1, 1000 do
        client:step(0.005)
        if begun == 2 and i > 3 then break end
      end
      return held
    end

    local acts = {
      cancel_sleeper = function(held) if held.sleeper then held.sleeper:cancel() end end,
      cancel_waiter = function(held) if held.waiter then held.waiter:cancel() end end,
      close = function(held) if held.client then held.client:close() end end,
      drop_client = function(held) held.client = nil collect() end,
      drop_tasks = function(held) held.sleeper, held.waiter, held.queued = nil, nil, nil collect() end,
    }

    it("end in any order", function()
      local before = process.descriptor_count()
      for _, order in ipairs(orders { "cancel_sleeper", "cancel_waiter", "close", "drop_client", "drop_tasks" }) do
        local held = busy()
        for _, name in ipairs(order) do acts[name](held) end
        held = nil -- luacheck: ignore
      end
      assert_none_left(before)
    end)

    it("leave nothing when everything is dropped amid it", function()
      local before = process.descriptor_count()
      for _ = 1, 20 do busy() end
      assert_none_left(before)
    end)

    it("end in any order of closing and running", function()
      local held = busy()
      held.client:close()
      held.client:close()
      assert.is_true((held.client:run()))
      assert.equal(0, held.client:step())
      held.waiter:cancel()
      held.queued:cancel()
    end)

    it("a server that never answers holds nobody for longer than the timeout", function()
      local client = open(silent, { max_attempts = 1, deadline = 1 })
      local errs = {}
      for i = 1, 4 do
        client:go(function() errs[i] = select(3, client:list_webhooks { channel_sid = "x", timeout = 0.2 }) end)
      end
      local begin = core.now()
      assert(client:run())
      for i = 1, 4 do -- a slow machine may have sent none of one by then
        assert.equal("timeout", errs[i].kind)
        assert.is_not.equal("yes", errs[i].sent)
      end
      assert.is_true(core.now() - begin < 5)
      client:close()
    end)

    for _, name in ipairs { "cqueues", "luv", "own" } do
      local loop = loops[name]
      it("are abandoned in " .. loop.name .. " with their coroutines, and nothing stays", function()
        local before = process.descriptor_count()
        local weak = setmetatable({}, { __mode = "k" })
        local function abandon()
          local client = open(silent, { wait = { wait = function() loop.drop() end } })
          local thread = coroutine.create(function() client:create_webhook(webhook()) end)
          weak[client], weak[thread] = true, true
          if name == "cqueues" then
            return loop.run { function() coroutine.wrap(function() coroutine.resume(thread) end)() end }
          end
          assert(coroutine.resume(thread))
        end
        for _ = 1, 3 do abandon() end
        collect()
        collect()
        assert.is_nil(next(weak))
        assert_none_left(before)
      end)
    end
  end)

  describe("of a Lua state", function()
    -- Runs it in a process of its own; what it printed, which is all but a crash's word.
    local function run(code)
      local output = child.run(([[
        local webhooks = require "twilio.webhooks"
        local core = require "twilio.webhooks.core"
        local example = require "spec.support.example"
        local function open(options)
          local params = example.params { base_url = %q }
          for name, value in pairs(options or {}) do params[name] = value end
          return assert(webhooks.new(params))
        end
        local function webhook() return example.webhook { base_url = false, timeout = 60 } end
      ]]):format(silent.base_url) .. code .. "\nio.stdout:write 'end of script\\n'\n"
        .. "if EXIT then os.exit(true, true) end")
      assert.equal("end of script\n", output)
    end

    local UNDER_WAY = {
      ["calls of a handle"] = [[
        handle = core.open(example.params { base_url = %q })
        calls = {}
        for i = 1, 20 do calls[i] = handle:submit("create_webhook", webhook()) end
        for _ = 1, 5 do handle:step(0.01) end
      ]],
      ["functions that go started"] = [[
        client = open { max_in_flight = 4 }
        for i = 1, 10 do client:go(function() client:create_webhook(webhook()) end) end
        client:go(function() client:sleep(60) end)
        for _ = 1, 5 do client:step(0.01) end
      ]],
      ["a client that is only a local"] = [[
        local client = open()
        client:go(function() client:create_webhook(webhook()) end)
        for _ = 1, 5 do client:step(0.01) end
      ]],
      ["coroutines in cqueues"] = [[
        local cqueues = require "cqueues"
        client = open { wait = webhooks.wait.cqueues }
        loop = cqueues.new()
        for i = 1, 5 do loop:wrap(function() client:create_webhook(webhook()) end) end
        for _ = 1, 5 do loop:step(0.01) end
      ]],
      ["coroutines in luv"] = [[
        local uv = require "luv"
        client = open { wait = webhooks.wait.luv }
        for i = 1, 5 do coroutine.wrap(function() client:create_webhook(webhook()) end)() end
        for _ = 1, 5 do uv.run "nowait" core.sleep(0.01) end
      ]],
    }

    for what, code in pairs(UNDER_WAY) do
      code = code:gsub("%%q", function() return ("%q"):format(silent.base_url) end)
      -- luv does not free what is open when its state is closed, which valgrind reports
      local tag = what:find "luv" and " #plain" or ""
      it("ends with " .. what .. " under way" .. tag, function() run(code) end)
      if _VERSION ~= "Lua 5.1" or jit then -- whose os.exit closes no state
        it("is closed by os.exit with " .. what .. " under way" .. tag, function() run("EXIT = true\n" .. code) end)
      end
    end
  end)

  if jit then -- whose ffi can fork
    describe("of a process that forks", function()
      local function forked(code)
        return child.run(([[
          local webhooks = require "twilio.webhooks"
          local core = require "twilio.webhooks.core"
          local example = require "spec.support.example"
          local ffi = require "ffi"
          ffi.cdef "int fork(void); int wait(int *);"
          local function fork(in_child)
            io.stdout:flush()
            if ffi.C.fork() ~= 0 then return end
            local ok, message = pcall(in_child)
            if not ok then io.stdout:write("child: ", message, "\n") end
            os.exit(ok and 7 or 1)
          end
          local function reap()
            local status = ffi.new "int[1]"
            ffi.C.wait(status)
            return status[0] / 256
          end
          local slow, silent = %q, %q
          local function open(base_url, options)
            local params = example.params { base_url = base_url }
            for name, value in pairs(options or {}) do params[name] = value end
            return assert(webhooks.new(params))
          end
          local function webhook(name) return example.webhook { base_url = false, channel_sid = name } end
        ]]):format(slow.base_url, silent.base_url) .. code)
      end

      it("leaves the parent's requests to the parent, and gives the child its own", function()
        assert.equal("parent 6 7\n", forked [[
          local client = open(slow, { max_in_flight = 3 })
          local begun, made, kinds = 0, 0, {}
          for i = 1, 6 do
            client:go(function()
              begun = begun + 1
              local hook, _, err = client:create_webhook(webhook("fork " .. i))
              if hook then made = made + 1 else kinds[#kinds + 1] = err.kind end
            end)
          end
          repeat client:step() until begun == 3
          fork(function()
            assert(client:run())
            assert(made == 3 and #kinds == 3, made .. " made in the child")
            for _, kind in ipairs(kinds) do assert(kind == "canceled", kind) end
            assert(client:create_webhook(webhook "fork, of the child"))
            client:close()
          end)
          local status = reap()
          assert(client:run())
          print("parent", made, status)
        ]]:gsub("\t", " "))
      end)

      it("announces nothing twice, and each call's end once", function()
        assert.equal("7\n", forked [[
          local handle = assert(core.open(example.params { base_url = slow }))
          local first = handle:submit("create_webhook", webhook "fork done")
          assert(handle:pollfd()) -- which is copied, too
          repeat handle:step(0.05) until handle:timeout() == 0
          local id = handle:announce()
          local second, other = handle:submit("create_webhook", webhook "fork begun")
          fork(function()
            handle:step()
            assert(handle:announce(id) == other)
            assert(handle:announce(other) == nil)
            assert(first:result().sid)
            local _, message, err = second:result()
            assert(message == "create_webhook: the process was forked meanwhile", message)
            assert(err.kind == "canceled" and err.sent == "unknown")
            handle:close()
          end)
          print(reap())
        ]])
      end)

      it("goes on with a list between two pages, for each process by itself", function()
        assert.equal("7\n2\n", forked [[
          local handle = assert(core.open(example.params { base_url = slow }))
          local params = { channel_sid = "fork pages", page_size = 1 }
          for _ = 1, 2 do assert(handle:create_webhook(webhook "fork pages")) end
          local call = handle:submit("list_webhooks", params)
          local function finish()
            local last
            repeat
              handle:step(0.05)
              for id in handle.announce, handle do last = id end
            until last
          end
          finish()
          assert(call:result() == false)
          fork(function()
            handle:submit(call)
            finish()
            local webhooks = assert(call:result())
            assert(#webhooks == 2, #webhooks)
            handle:close()
          end)
          print(reap())
          handle:submit(call)
          finish()
          print(#(call:result()))
        ]])
      end)

      it("ends calls, clients and states of the child in any order", function()
        assert.equal("7 7 7 7\n", (forked [[
          local handle = assert(core.open(example.params { base_url = silent }))
          local call = handle:submit("create_webhook", webhook "x")
          local done = handle:submit("create_webhook", webhook "y")
          local client = open(silent)
          client:go(function() client:create_webhook(webhook "z") end)
          for _ = 1, 5 do handle:step(0.01) client:step() end
          local collect = function() collectgarbage() collectgarbage() end
          local codes = {}
          for i, act in ipairs {
            function() handle:close() client:close() collect() end,
            function() call = nil collect() handle = nil collect() done = nil client = nil collect() end,
            function() handle:step() handle = nil collect() call = nil done = nil client = nil collect() end,
            function() client:step() call:cancel() client:close() collect() end,
          } do
            fork(act)
            codes[i] = reap()
          end
          print(table.concat(codes, " "))
        ]]))
      end)
    end)
  end

  describe("after an error in every place that is not ours", function()
    local places = {
      on_event = { on_event = function() error "in on_event" end },
      wait = { wait = function() error "in wait" end },
      gate = { wait = { wait = function() coroutine.yield() end, gate = function() error "in gate" end } },
      transport = { transport = function() error "in transport" end },
      ["a yield across a closed state"] = { wait = function() coroutine.yield() end },
    }
    for name, options in pairs(places) do
      it("works on, and leaves nothing: " .. name, function()
        local before = process.descriptor_count()
        for _ = 1, 5 do
          local params = example.params { base_url = server.base_url }
          params.on_event = function() end -- and not to stderr
          for key, value in pairs(options) do params[key] = value end
          local client = assert(webhooks.new(params))
          local function call() client:create_webhook(webhook()) end
          coroutine.resume(coroutine.create(call))
          coroutine.resume(coroutine.create(call))
          client:go(call)
          client:go(error, "in go")
          pcall(client.step, client)
          client:close()
          client = nil -- luacheck: ignore
        end
        local again = assert(webhooks.new(example.params { base_url = server.base_url }))
        assert(again:create_webhook(webhook()))
        again:close()
        assert_none_left(before)
      end)
    end
  end)
end)
