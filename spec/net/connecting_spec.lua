-- How many requests begin to connect at a time: a step of libcurl's goes on with all handshakes
-- whose moment has come, and each costs a millisecond. A server that is far, or silent, keeps
-- nobody from others; handshakes that wait for this process keep others from beginning.

local socket = require "cqueues.socket"
local core = require "twilio.webhooks.core"
local child = require "spec.support.child"
local clients = require "spec.support.clients"
local fault_server = require "spec.support.fault_server"
local libcurl = require "spec.support.libcurl"
local process = require "spec.support.process"
local shell = require "spec.support.shell"

local MOST = 16
local NEXT = 0.1 -- seconds, after which others may begin

describe("connections that are not ready yet #plain", function()
  local listener, port

  setup(function() -- the system accepts, and nobody ever answers
    listener = assert(socket.listen { host = "127.0.0.1", port = 0 })
    assert(listener:listen())
    port = select(3, listener:localname())
  end)

  teardown(function() listener:close() end)

  local function open(options)
    options.base_url, options.max_in_flight, options.max_attempts = "https://127.0.0.1:" .. port, 64, 1
    return clients.open(options)
  end

  local function start(client, count)
    local kinds, longest = {}, { seconds = 0 }
    for i = 1, count do
      client:go(function()
        local begin = core.now()
        local kind = select(3, client:create_webhook(clients.webhook())).kind
        kinds[i], longest.seconds = kind, math.max(longest.seconds, core.now() - begin)
      end)
    end
    return kinds, longest
  end

  it("are few in a step, and the next follow", function()
    local client = open { connect_timeout = 0.5 }
    local before, most = process.descriptor_count(), 0
    local kinds, longest = start(client, 60)
    repeat
      local begin = core.now()
      local left = client:step(0.02)
      local now = process.descriptor_count() - before
      if most == 0 then
        local batches = 1 + math.floor((core.now() - begin) / NEXT) -- where the machine stood still
        local bound = (libcurl.tells_connected and MOST * batches or 60) + 4 -- the poller has its own
        assert.is_true(now <= bound, now)
      end
      most = math.max(most, now)
    until left == 0
    assert.equal(60, #kinds)
    for _, kind in ipairs(kinds) do assert.equal("timeout", kind) end
    assert.is_true(most >= MOST, most)
    -- libcurl 7.88 may miss its one moment, on a busy machine, and take the 30 s of the attempt
    if libcurl.tells_connected then assert.is_true(longest.seconds < 20, longest.seconds) end
    client:close()
  end)

  it("are ended in time wherever in a step the process stands still, by libcurl or where that had no time #once", function()
    if not libcurl.tells_connected then return pending "libcurl does not tell when a connection is ready" end
    local directory = shell.output "mktemp -d":match "[^\n]+"
    finally(function() shell.output("rm -r " .. shell.quote(directory)) end)
    local shim = directory .. "/stop_at.so"
    shell.output(("${CC:-cc} -shared -fPIC -o %s spec/support/stop_at.c -ldl"):format(shim))
    local output = child.run(([[
      local clients = require "spec.support.clients"
      local core = require "twilio.webhooks.core"
      local stop_at = package.loadlib(%q, "stop_at")
      -- Stops at that look of a step. Gives whether it stood still, and what became of the call; nothing
      -- where that ended before, as on a busy machine.
      local function try(look)
        local ended
        local client = clients.open { base_url = "https://127.0.0.1:%d", max_attempts = 1, connect_timeout = 1, timeout = 60 }
        client:go(function() ended = { client:create_webhook(clients.webhook()) } end)
        for _ = 1, 5 do client:step() end -- functions may need the whole of one on a busy machine
        if ended then return end
        local begin = core.now()
        stop_at(look, 1.5)
        client:step()
        stop_at(0, 0)
        local stood = core.now() - begin >= 1.5
        if stood and not ended then client:step() end -- it stood still at the step's end
        client:close()
        return stood, stood and ended
      end
      local look, rounds, by_itself = 1, 1, false
      while not by_itself and rounds <= 5 do
        local stood, ended = try(look)
        if stood then
          by_itself = ended and ended[2]:match "Timeout was reached" ~= nil
          print(ended and ended[3].kind, by_itself and "by itself" or "by libcurl")
          look = look + 1
        elseif stood == false then
          look, rounds = 1, rounds + 1
        end
      end
    ]]):format(shim, port), { LD_PRELOAD = shim })
    local _, lines = output:gsub("\n", "")
    local _, by_libcurl = output:gsub("timeout\tby libcurl\n", "")
    local _, by_itself = output:gsub("timeout\tby itself\n", "")
    assert.is_true(by_libcurl > 0 and by_itself > 0, output)
    assert.equal(lines, by_libcurl + by_itself, output)
  end)

  it("keep nobody from another server, nor all of their own from beginning", function()
    local client = open { connect_timeout = 30 }
    local server = clients.serve()
    finally(function() server:stop() end)
    local before, made = process.descriptor_count(), nil
    start(client, 3 * MOST)
    client:go(function()
      made = client:create_webhook(clients.webhook { base_url = server.base_url, deadline = 25 })
    end)
    repeat client:step(0.02) until made ~= nil
    assert.truthy(made.sid)
    assert.is_true(process.descriptor_count() >= before + 3 * MOST)
    client:close()
    assert(client:run())
  end)

  it("make room for others when they are canceled", function()
    local client = open { connect_timeout = 30 }
    local before, tasks, ended = process.descriptor_count(), {}, 0
    for i = 1, 2 * MOST do
      tasks[i] = client:go(function()
        client:create_webhook(clients.webhook())
        ended = ended + 1
      end)
    end
    for _ = 1, 5 do client:step(0.02) end
    for i = 1, MOST do tasks[i]:cancel() end
    for _ = 1, 10 do client:step(0.02) end
    assert.equal(MOST, ended)
    assert.is_true(process.descriptor_count() >= before + MOST)
    client:close()
    assert(client:run())
    assert.equal(2 * MOST, ended)
  end)

  it("keep others from beginning while steps are too few for them", function()
    if not libcurl.tells_connected then return pending "libcurl does not tell when a connection is ready" end
    local SILENT = "a request by TLS that is never answered"
    local server = fault_server.start()
    finally(function() server:stop() end)
    local client = clients.open { base_url = server:base_url(SILENT), ca_file = server.ca_file,
      max_in_flight = 400, connect_timeout = 100, timeout = 100, max_attempts = 1 }
    local before, most = process.descriptor_count(), 0
    for _ = 1, 400 do
      client:go(function() client:create_webhook(clients.webhook()) end)
    end
    for _ = 1, 30 do
      client:step()
      most = math.max(most, process.descriptor_count() - before - server:requests(SILENT))
      core.sleep(NEXT)
    end
    -- else as many more would begin before each step, and only one or two become ready in it
    assert.is_true(most < 5 * MOST, most)
    client:close()
    assert(client:run())
  end)
end)
