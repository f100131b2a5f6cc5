-- Debug hooks that change what waits, or raise an error, amid the changes of the module's own.

local hooks = require "spec.support.hooks"
local queues = require "twilio.webhooks.waiting.queues"
local roster = require "twilio.webhooks.waiting.roster"
local sets = require "twilio.webhooks.waiting.sets"
local turns = require "twilio.webhooks.waiting.turns"
local webhooks = require "twilio.webhooks"

local function new_client()
  return assert(webhooks.new { base_url = "http://127.0.0.1:1", account_sid = "AC" .. ("a"):rep(32),
    auth_token = "x", service_sid = "IS" .. ("a"):rep(32), max_attempts = 1 })
end

describe("a hook", function()
  it("that adds amid a push leaves both in the queue, or says that one may be missing", function()
    local calls = 0
    for n = 1, 40 do
      local queue = queues.new()
      local called = hooks.call(n, function() queues.push(queue, "own") end, function() queues.push(queue, "hook") end)
      if not called then break end
      calls = calls + 1
      assert.is_true(queue.last == 2 or queue.overlaps > 0, "after " .. n .. " instructions")
    end
    assert.is_true(calls > 5)
  end)

  it("that starts a task amid the end of another leaves the count right", function()
    local calls = 0
    for n = 1, 60 do
      local all, own, other = roster.new(), {}, {}
      roster.add(all, own)
      if not hooks.call(n, function() roster.remove(all, own) end, function() roster.add(all, other) end) then break end
      calls = calls + 1
      assert.equal(1, roster.count(all), "after " .. n .. " instructions")
    end
    assert.is_true(calls > 5)
  end)

  -- What a hook may do with the tasks amid the start of another; `all` has a first one already.
  local AMID = {
    ["starts one"] = function(all) roster.add(all, { name = "the hook's" }) end,
    ["starts one and ends it"] = function(all)
      local other = {}
      roster.add(all, other)
      roster.remove(all, other)
    end,
    ["starts one and begins what it can"] = function(all)
      roster.add(all, { name = "the hook's" })
      for _ = 1, roster.count(all) do
        local task = roster.next(all)
        if task then
          task.thread = true
          roster.begin(all, task)
        end
      end
    end,
    ["ends the one before it"] = function(all, first) roster.remove(all, first) end,
    ["counts"] = function(all) roster.count(all) end,
  }

  for what, act in pairs(AMID) do
    it("that " .. what .. " amid the start of another leaves each in the line once", function()
      local calls = 0
      for n = 1, 100 do
        local all, first, own = roster.new(), { name = "the first" }, { name = "own" }
        roster.add(all, first)
        local called = hooks.call(n, function() roster.add(all, own) end, function() act(all, first) end)
        if not called then break end
        calls = calls + 1
        local count, begun = roster.count(all), 0
        local task = roster.next(all)
        while task do
          assert.is_nil(task.thread, "begun once more, after " .. n .. " instructions")
          task.thread = true
          roster.begin(all, task)
          task = roster.next(all)
        end
        assert.is_true(own.thread, "never begun, after " .. n .. " instructions")
        for _, each in pairs(all.tasks) do
          begun = begun + 1
          assert.is_true(each.thread, each.name .. " never begun, after " .. n .. " instructions")
        end
        assert.equal(begun, count, "after " .. n .. " instructions")
        assert.equal(what:find "^starts one" and not what:find "ends" and 3 or what:find "the one before" and 1 or 2, count)
      end
      assert.is_true(calls > 5)
    end)
  end

  it("that removes the same amid its removal leaves the count right", function()
    for _, kind in ipairs { { roster, roster.new }, { sets, sets.new } } do
      local module, new = kind[1], kind[2]
      for n = 1, 60 do
        local all, own, other = new(), {}, {}
        module.add(all, own)
        module.add(all, other)
        local function remove() module.remove(all, own) end
        if not hooks.call(n, remove, remove) then break end
        assert.equal(1, module.count(all), "after " .. n .. " instructions")
      end
    end
  end)

  it("that counts a set amid any change of it leaves the count right", function()
    for n = 1, 60 do
      local set, own, other = sets.new(), {}, {}
      sets.add(set, other)
      local called = hooks.call(n, function()
        sets.add(set, own)
        sets.remove(set, other)
      end, function() sets.count(set) end)
      assert.equal(1, sets.count(set), "after " .. n .. " instructions")
      if not called then break end
    end
  end)

  it("that raises an error while a turn is given back leaves it to nobody", function()
    local errors = 0
    for n = 1, 60 do
      local client = new_client()
      local waiting, task = client.waiting, { turn = "aim", creating = false, holder = false, stop = math.huge }
      waiting.turns.of.aim = task
      local called = hooks.call(n, function() waiting:give_turn(task) end, hooks.interrupt)
      if task.turn then waiting:give_up_turn(task) end -- as the end of the task does
      assert.is_nil(turns.holder(waiting.turns, "aim"), "after " .. n .. " instructions")
      client:close()
      if not called then break end
      errors = errors + 1
    end
    assert.is_true(errors > 5)
  end)

  it("that raises an error while a turn is released keeps it from nobody who waits for it", function()
    local client = new_client()
    local waiting, errors, got = client.waiting, 0, 0
    local stop = client.core.now() + 60
    for n = 1, 150 do
      client:go(function()
        local place = waiting:acquire(n, stop)
        client:sleep(0.01)
        if hooks.call(n, function() waiting:release(n, place) end, hooks.interrupt) then
          errors = errors + 1
        else
          waiting:release(n, place)
        end
      end)
      client:go(function()
        local place = waiting:acquire(n, stop)
        if place and client.core.now() < stop - 30 then got = got + 1 end
      end)
    end
    repeat client:step(0.1) until client:step() == 0 or client.core.now() > stop
    assert.equal(150, got)
    assert.is_true(errors > 5 and errors < 150) -- wherever in it
    client:close()
  end)

  it("that closes the client amid apply_webhooks has it end as canceled, by its own name", function()
    local kinds = { canceled = 0, network = 0 }
    for n = 1, 1e9 do
      local client = new_client()
      local result, message, err
      local called, ok = hooks.call(n, function()
        result, message, err = client:apply_webhooks { channel_sid = "x", webhooks = {} }
      end, function() client:close() end)
      if not ok then -- it was closed before the call began
        assert.is_true(called)
      else
        assert.is_nil(result)
        assert.matches("^apply_webhooks: ", message)
        kinds[err.kind] = kinds[err.kind] + 1
      end
      client:close()
      if not called then break end
    end
    assert.is_true(kinds.canceled > 5)
    assert.is_true(kinds.network > 0)
  end)

  for _, what in ipairs { "cancels all tasks", "closes the client" } do
    it("that " .. what .. " amid any step of the driver leaves none waiting", function()
      for n = 1, 2500, 7 do
        local client, tasks = new_client(), {}
        for i = 1, 6 do
          tasks[i] = client:go(function()
            if i % 2 == 0 then pcall(client.sleep, client, 0.001) end
            pcall(client.sleep, client, 600) -- raises once the client is closed
          end)
        end
        local called = hooks.call(n, function() for _ = 1, 6 do client:step(0.001) end end, function()
          if what == "closes the client" then return client:close() end
          for _, task in ipairs(tasks) do task:cancel() end
        end)
        if not called then break end
        for _ = 1, 20 do
          if client:step(0.001) == 0 then break end
        end
        assert.equal(0, client:step(), "after " .. n .. " instructions")
        client:close()
      end
    end)
  end
end)
