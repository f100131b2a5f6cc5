-- How many requests connect at a time: a step of libcurl's goes on with all handshakes whose
-- moment has come, and each costs a millisecond.

local socket = require "cqueues.socket"
local clients = require "spec.support.clients"
local libcurl = require "spec.support.libcurl"
local process = require "spec.support.process"

local MOST = 16

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
    local kinds = {}
    for i = 1, count do
      client:go(function()
        local kind = select(3, client:create_webhook(clients.webhook())).kind
        kinds[i] = kind
      end)
    end
    return kinds
  end

  it("are few, and the next follow as they fail", function()
    local client = open { connect_timeout = 0.3 }
    local before, most = process.descriptor_count(), 0
    local kinds = start(client, 40)
    repeat
      local left = client:step(0.02)
      most = math.max(most, process.descriptor_count() - before)
    until left == 0
    assert.equal(40, #kinds)
    for _, kind in ipairs(kinds) do assert.equal("timeout", kind) end
    local bound = libcurl.tells_connected and MOST + 4 or 40 + 4 -- the poller has its own
    assert.is_true(most >= MOST and most <= bound, most)
    client:close()
  end)

  it("make room for others when they are canceled", function()
    local client = open { connect_timeout = 30 }
    local tasks, ended = {}, 0
    for i = 1, 2 * MOST do
      tasks[i] = client:go(function()
        client:create_webhook(clients.webhook())
        ended = ended + 1
      end)
    end
    for _ = 1, 5 do client:step(0.02) end
    for i = 1, MOST do tasks[i]:cancel() end
    local before = process.descriptor_count()
    for _ = 1, 10 do client:step(0.02) end
    assert.equal(MOST, ended)
    assert.is_true(process.descriptor_count() >= before + MOST - 4)
    client:close()
    assert(client:run())
    assert.equal(2 * MOST, ended)
  end)
end)
