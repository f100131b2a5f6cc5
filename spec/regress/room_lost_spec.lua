-- An error from outside (a debug hook's, such as Ctrl-C, or of memory) ended whoever moved requests
-- on, just after a task was woken; or it came to the task while its request was under way. The
-- request then counted as in flight for ever, or until its timeout, and kept others from beginning.

local core = require "twilio.webhooks.core"
local hooks = require "spec.support.hooks"
local sandboxes = require "spec.support.sandboxes"

describe("the room of a request that an error has cut off #plain", function()
  local server, silent, _

  setup(function()
    server, _, silent = sandboxes.start()
    if jit then jit.off() end -- what is compiled calls no hook
  end)
  teardown(function()
    if jit then jit.on() end
    sandboxes.stop()
  end)
  after_each(sandboxes.close)

  -- Interrupts fn, in which its task may wait.
  local function interrupt_in_task(n, fn)
    return pcall(function()
      hooks.set(coroutine.running(), n, hooks.interrupt)
      fn()
      debug.sethook()
    end)
  end

  local function open(where, on_error)
    return sandboxes.client(where, { max_in_flight = 1, on_event = function(event)
      if event.type == "error" then on_error() end
    end })
  end

  local function list(client) return client:list_webhooks { channel_sid = "x" } end

  -- Another function begins, and ends: long before the timeout of what is under way.
  local function assert_room(client, n)
    local begun = false
    client:go(function() begun = true end)
    local stop = core.now() + 3
    while not begun and core.now() < stop do client:step(0.01) end
    assert.is_true(begun, "after an interrupt at instruction " .. n)
  end

  it("is given back, wherever the driver is interrupted", function()
    local interrupted = 0
    for n = 1, 4000 do
      local ended = 0
      local client = open(server, error)
      client:go(function()
        list(client)
        ended = ended + 1
      end)
      local _, done = hooks.call(n, function() client:run() end, hooks.interrupt)
      assert_room(client, n)
      assert.equal(1, ended)
      sandboxes.close()
      if done then break end
      interrupted = interrupted + 1
    end
    assert.is_true(interrupted > 100)
  end)

  -- Has `act`, as a task, interrupt itself at the n-th instruction, for each n until it notes that it was
  -- not, and raised nothing.
  local function interrupt_each(where, act)
    local interrupted = 0
    for n = 1, 2000 do
      local whole = false
      local client = open(where, function() whole = false end)
      client:go(function() act(client, n, function(value) whole = value end) end)
      client:step()
      debug.sethook()
      collectgarbage() -- what nobody knows any more
      if whole then break end -- what is under way has its room
      assert_room(client, n)
      sandboxes.close()
      if whole then break end
      interrupted = interrupted + 1
    end
    assert.is_true(interrupted > 50)
  end

  it("is given back, wherever its task is interrupted", function()
    interrupt_each(silent, function(client, n, note)
      note(true)
      hooks.set(coroutine.running(), n, hooks.interrupt)
      list(client)
    end)
  end)

  it("is given back, wherever its cancel is interrupted, and done once more", function()
    local interrupted = 0
    for n = 1, 500 do
      local client = open(silent, error)
      local task = client:go(function() list(client) end)
      client:step()
      local _, done = hooks.call(n, function() task:cancel() end, hooks.interrupt)
      task:cancel()
      assert_room(client, n)
      assert.equal(0, client:step())
      sandboxes.close()
      if done then break end
      interrupted = interrupted + 1
    end
    assert.is_true(interrupted > 5)
  end)

  -- Nothing yields across pcall in plain Lua 5.1: there no task can catch it.
  local catches = (jit or _VERSION ~= "Lua 5.1") and it or function() end

  catches("is given back where its task catches the error, and waits for something else", function()
    interrupt_each(silent, function(client, n, note)
      note(true)
      note(interrupt_in_task(n, function() list(client) end))
      client:sleep(3600)
    end)
  end)

  catches("is given back where its task catches the error, and asks again", function()
    interrupt_each(server, function(client, n, note)
      note(interrupt_in_task(n, function() list(client) end))
      assert(list(client))
    end)
  end)
end)
