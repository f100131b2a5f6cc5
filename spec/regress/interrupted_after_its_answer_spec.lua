-- A create that a debug hook (Ctrl-C) interrupted between its answer and its end was forgotten: neither
-- its webhook was known as the client's own, nor was its aim in doubt, so an equal create in doubt might
-- have adopted what this one had made.

local clients = require "spec.support.clients"
local hooks = require "spec.support.hooks"

describe("create_webhook", function()
  local server

  setup(function()
    server = clients.serve()
    if jit then jit.off() end -- what is compiled calls no hook
  end)

  teardown(function()
    if jit then jit.on() end
    server:stop()
  end)

  -- The ways in which a create may go: each calls it so that an error comes at its n-th instruction, and
  -- gives whether one came.
  local function in_task(client, n, fields)
    local failed = false
    client:go(function()
      local thread = coroutine.running()
      client.waiting.tasks.on_error = function() failed = true end
      hooks.set(thread, n, hooks.interrupt)
      client:create_webhook(fields)
      debug.sethook(thread)
    end)
    client:run()
    return failed
  end

  local function alone(client, n, fields)
    local _, whole = hooks.call(n, function() client:create_webhook(fields) end, hooks.interrupt)
    return not whole
  end

  local function made_in(client, channel)
    local webhook = assert(client:list_webhooks { channel_sid = channel })[1]
    return webhook and webhook.sid
  end

  local WAYS = {
    { "of a task", in_task, false },
    { "of a task that is watched", in_task, true },
    { "that blocks", alone, false },
    { "that blocks and is watched", alone, true },
  }

  for i, way in ipairs(WAYS) do
    it(way[1] .. " is remembered wherever an interrupt comes", function()
      local client = clients.open { base_url = server.base_url, on_event = way[3] and function() end or nil }
      local errors, made = 0, 0
      for n = 1, 2000 do
        local channel = ("CH%016x%016x"):format(i, n)
        local fields = clients.webhook { channel_sid = channel }
        local _, aim = client.handle:draft("create_webhook", fields)
        local failed = way[2](client, n, fields)
        if not failed then break end
        errors = errors + 1
        assert(client:create_webhook(clients.webhook())) -- a blocking one notes what came before it
        local sid = made_in(client, channel)
        if sid then
          made = made + 1
          assert.truthy(client.memory.made[sid] or client.memory.unresolved[aim], "after " .. n .. " instructions")
        end
      end
      client:close()
      assert.is_true(errors > 20)
      assert.is_true(made > 0)
    end)
  end
end)
