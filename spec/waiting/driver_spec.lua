-- Whoever goes on with tasks is never entered again: not by a coroutine of a task's own, nor by
-- what is told of one, nor by the collector; and it is never shut for good either.

local clients = require "spec.support.clients"

local REFUSED = "inside of a function that go started"

describe("a driver that runs", function()
  local client
  after_each(function() client:close() end)

  -- Tries both ways in; what was said.
  local function enter()
    local said = {}
    for i, name in ipairs { "step", "run" } do
      said[i] = select(2, pcall(client[name], client))
    end
    return said
  end

  local function assert_refused(said)
    for i, name in ipairs { "step", "run" } do
      assert.truthy(tostring(said[i]):find(name .. " " .. REFUSED, 1, true), tostring(said[i]))
    end
  end

  -- No task is left, and the next run does its work.
  local function assert_well()
    assert.equal(0, client:step())
    local began = false
    client:go(function() began = true end)
    assert(client:run())
    assert.is_true(began)
  end

  for _, driver in ipairs { "run", "step" } do
    local function drive()
      if driver == "run" then return client:run() end
      while client:step(0.1) > 0 do end
    end

    it("is not entered by coroutines of a task's own: " .. driver, function()
      client = clients.open()
      local said, ended = {}, 0
      for _ = 1, 2 do
        client:go(function() client:sleep(0.02) ended = ended + 1 end)
      end
      client:go(function()
        coroutine.wrap(function()
          said[1] = enter()
          coroutine.wrap(function() said[2] = enter() end)()
        end)()
        client:sleep(0.01)
        coroutine.wrap(function() said[3] = enter() end)()
        ended = ended + 1
      end)
      drive()
      for i = 1, 3 do assert_refused(said[i]) end
      assert.equal(3, ended)
      assert_well()
    end)

    it("is not entered from on_event: " .. driver, function()
      local said
      client = clients.open { on_event = function(event)
        if event.type == "error" then said = enter() end
      end }
      local ended = 0
      client:go(function() error "of a task" end)
      client:go(function() client:sleep(0.02) ended = ended + 1 end)
      drive()
      assert_refused(said)
      assert.equal(1, ended)
      assert_well()
    end)

    it("is not entered by a finalizer: " .. driver, function()
      client = clients.open()
      local said, ended = nil, 0
      local function drop_garbage()
        local value = newproxy and newproxy(true) or setmetatable({}, { __gc = true })
        getmetatable(value).__gc = function() said = enter() end
        if not newproxy then setmetatable({}, { __gc = getmetatable(value).__gc }) end
      end
      client:go(function()
        drop_garbage()
        collectgarbage()
        collectgarbage()
        ended = ended + 1
      end)
      client:go(function() client:sleep(0.02) ended = ended + 1 end)
      drive()
      assert_refused(said)
      assert.equal(2, ended)
      assert_well()
    end)

    it("is not entered by a driver that an own coroutine has suspended: " .. driver, function()
      client = clients.open()
      local said, ended = nil, 0
      client:go(function()
        local other = coroutine.create(function()
          coroutine.yield()
          said = enter()
        end)
        coroutine.resume(other)
        client:sleep(0.01)
        coroutine.resume(other)
        ended = ended + 1
      end)
      drive()
      assert_refused(said)
      assert.equal(1, ended)
      assert_well()
    end)
  end
end)
