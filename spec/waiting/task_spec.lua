-- What ends functions that go started before their time: cancel, and the client's close.

local core = require "twilio.webhooks.core"
local sandbox = require "twilio.webhooks.sandbox"
local child = require "spec.support.child"
local example = require "spec.support.example"
local sandboxes = require "spec.support.sandboxes"

local now = core.now

describe("task", function()
  local server, slow, silent
  local webhook = sandboxes.webhook

  setup(function() server, slow, silent = sandboxes.start() end)
  teardown(sandboxes.stop)
  after_each(sandboxes.close)

  local function open(where, options) return sandboxes.client(where or server, options) end

  describe("cancel", function()
    it("ends the call that a function waits for, with an error of its kind", function()
      local client = open(silent)
      local result
      local task = client:go(function() result = { client:create_webhook(webhook()) } end)
      local before = #silent:requests()
      while #silent:requests() == before do client:step(0.01) end
      task:cancel()
      assert.is_nil(result) -- not from within cancel
      assert(client:run())
      assert.equal("create_webhook: it was canceled", result[2])
      assert.same({ "canceled", "unknown", false, 1 },
        { result[3].kind, result[3].sent, result[3].retryable, result[3].attempts })
    end)

    it("ends a sleep, and every call that follows", function()
      local client = open()
      local err
      local before = #server:requests()
      local begun = false
      local task = client:go(function()
        begun = true
        client:sleep(60)
        client:sleep(60)
        err = select(3, client:create_webhook(webhook()))
      end)
      repeat client:step() until begun
      task:cancel()
      task:cancel()
      local begin = now()
      assert(client:run())
      assert.is_true(now() - begin < 10)
      assert.equal("canceled", err.kind)
      assert.equal("no", err.sent)
      assert.equal(before, #server:requests())
    end)

    it("of one that has not begun keeps it from beginning", function()
      local client = open()
      local task = client:go(function() error "began" end)
      task:cancel()
      assert(client:run())
    end)

    it("of one that has ended does nothing", function()
      local client = open()
      local task = client:go(function() end)
      assert(client:run())
      task:cancel()
      assert.equal(0, client:step())
    end)

    it("of oneself ends the next call", function()
      local client = open()
      local task, kind
      task = client:go(function()
        task:cancel()
        kind = select(3, client:create_webhook(webhook())).kind
      end)
      assert(client:run())
      assert.equal("canceled", kind)
    end)

    it("makes room for the next", function()
      local client = open(silent, { max_in_flight = 1 })
      local began = false
      local task = client:go(function() client:create_webhook(webhook()) end)
      client:go(function() began = true end)
      for _ = 1, 10 do client:step(0.01) end
      assert.is_false(began)
      task:cancel()
      assert(client:run())
      assert.is_true(began)
    end)

    it("among others ends the one alone", function()
      local client = open(slow)
      local ends, tasks, begun = {}, {}, 0
      for i = 1, 5 do
        tasks[i] = client:go(function()
          begun = begun + 1
          local hook, _, err = client:create_webhook(webhook())
          ends[i] = hook and "made" or err.kind
        end)
      end
      repeat client:step() until begun == 5
      tasks[3]:cancel()
      assert(client:run())
      assert.same({ "made", "made", "canceled", "made", "made" }, ends)
    end)

    it("needs a task that says what it is", function()
      assert.equal("twilio.webhooks.task", tostring(open():go(print)))
    end)
  end)

  describe("coroutine", function()
    it("serves one function after the other, and wakes none when somebody resumes it who knows it from before", function()
      local client = open(slow)
      local known, same, sid
      client:go(function() known = coroutine.running() end)
      assert(client:run())
      assert.is_true(coroutine.resume(known)) -- while it serves nobody
      client:go(function(...)
        same = coroutine.running() == known and select("#", ...) == 0
        sid = assert(client:create_webhook(webhook())).sid
      end)
      assert.is_true(coroutine.resume(known)) -- before that function has begun
      assert.is_nil(same)
      repeat client:step() until same ~= nil
      assert.is_true(same)
      for _ = 1, 3 do assert.is_true(coroutine.resume(known)) end
      assert.is_nil(sid)
      assert(client:run())
      assert.truthy(sid)
    end)

    it("serves nobody after an error, or when it was closed", function()
      local client = open(server, { on_event = function() end })
      local known, other
      client:go(function()
        known = coroutine.running()
        error "its end"
      end)
      assert.is_nil(client:run())
      client:go(function() other = coroutine.running() end)
      assert(client:run())
      assert.not_equal(known, other)
      if not coroutine.close then return end
      coroutine.close(other)
      client:go(function() known = coroutine.running() end)
      assert(client:run())
      assert.not_equal(other, known)
    end)
  end)

  it("ends though a call in it was ended by an error that it caught", function()
    local client = open(slow)
    local ended
    client:go(function()
      local wrapped = coroutine.wrap(function() client:create_webhook(webhook()) end) -- no task's: it blocks
      wrapped()
      pcall(string.gsub, "x", "x", function() client:create_webhook(webhook()) end) -- nobody can wait there
      ended = true
    end)
    assert(client:run())
    assert.is_true(ended)
  end)

  if not jit then -- LuaJIT has one hook for all coroutines
    it("that an error ends amid a create gives its turn back, and leaves what it made in doubt", function()
      local client = open(slow, { on_event = nil })
      local fields, thread = webhook(), nil
      client:go(function()
        thread = coroutine.running()
        client:create_webhook(fields)
      end)
      repeat client:step() until thread
      debug.sethook(thread, function() error("interrupted", 0) end, "", 1)
      client.waiting.tasks.on_error = function() end
      assert.is_nil(client:run())
      local _, moment = next(client.memory.unresolved)
      assert.is_number(moment)
      local begin = now()
      client:go(function() assert(client:create_webhook(fields)) end)
      assert(client:run())
      assert.is_true(now() - begin < 20) -- and not when the first one's time is over
    end)
  end

  if not jit and _VERSION ~= "Lua 5.1" then -- which lets no task wait in pcall
    it("that catches an error amid a create has what it made in doubt before it creates again", function()
      local client = open(slow, { on_event = nil })
      local fields, thread, noted = webhook(), nil, nil
      client:go(function()
        thread = coroutine.running()
        assert.is_false(pcall(client.create_webhook, client, fields))
        fields.baseline = true
        assert(client:create_webhook(fields))
        noted = next(client.memory.unresolved) ~= nil
      end)
      repeat client:step() until thread
      debug.sethook(thread, function()
        debug.sethook(thread)
        error("interrupted", 0)
      end, "", 1)
      assert(client:run())
      assert.is_true(noted)
    end)
  end

  describe("close", function()
    it("with functions under way ends their calls, and drops those that have not begun", function()
      local client = open(silent, { max_in_flight = 2 })
      local kinds, began = {}, 0
      for i = 1, 4 do
        client:go(function()
          began = began + 1
          kinds[i] = select(3, client:create_webhook(webhook())).kind
        end)
      end
      client:go(function() client:sleep(60) end)
      repeat client:step(0.01) until began == 2
      client:close()
      assert.is_true((client:run()))
      assert.same({ "canceled", "canceled" }, kinds)
      assert.equal(2, began)
      assert.equal(0, client:step())
    end)

    it("is missed where functions never began, and nobody went on with them", function()
      local output = child.run [[
        local example = require "spec.support.example"
        local webhooks = require "twilio.webhooks"
        local function forget(steps)
          local client = assert(webhooks.new(example.params { step_budget = 60 }))
          for _ = 1, 3 do client:go(function() print "began" end) end
          for _ = 1, steps do client:step() end
        end
        for steps = 0, 1 do
          forget(steps)
          for _ = 1, 3 do collectgarbage() end
        end
        io = nil
        forget(0)
        collectgarbage()]]
      assert.equal("twilio.webhooks: 3 functions that go started never began: call client:run(), or "
        .. "client:step() until it gives 0\nbegan\nbegan\nbegan\n", output)
    end)

    it("inside of a function is as good", function()
      local client = open(silent)
      local kind, message
      client:go(function() kind = select(3, client:create_webhook(webhook())).kind end)
      client:go(function()
        client:close()
        message = select(2, pcall(client.create_webhook, client, {}))
      end)
      assert.is_true((client:run()))
      assert.equal("canceled", kind)
      assert.truthy(message:find("the client is closed", 1, true))
    end)

    it("ends a retry's wait", function()
      local faulty = assert(sandbox.start { account_sid = example.account_sid, auth_token = example.auth_token,
        faults = { { "throttle", retry_after = 30 } } })
      local client = open(faulty)
      local err
      client:go(function() err = select(3, client:create_webhook(webhook())) end)
      while #faulty:requests() == 0 do client:step(0.01) end
      client:step(0.1)
      client:close()
      local begin = now()
      assert(client:run())
      assert.is_true(now() - begin < 10)
      assert.equal("canceled", err.kind)
      faulty:stop()
    end)
  end)
end)
