-- How the module waits for sockets: with poll for few, by way of a descriptor for many, or
-- where somebody wants that. (What it is to wait in other loops is not of here.)

local webhooks = require "twilio.webhooks"
local core = require "twilio.webhooks.core"
local sandbox = require "twilio.webhooks.sandbox"

-- How many descriptors of epoll the process has.
local function polls()
  local pipe = assert(io.popen("ls -l /proc/$PPID/fd | grep -c eventpoll"))
  local count = tonumber(pipe:read("*l"))
  pipe:close()
  return count
end

describe("poller #plain", function()
  local server, client, before

  setup(function() server = assert(sandbox.start { latency = 2 }) end)
  teardown(function() server:stop() end)

  before_each(function()
    collectgarbage() -- what other specs have left
    collectgarbage()
    before = polls()
    client = assert(webhooks.new { base_url = server.base_url, service_sid = server.service_sid,
      account_sid = server.account_sid, auth_token = server.auth_token, max_in_flight = 200 })
  end)
  after_each(function() client:close() end)

  -- As many creates in flight, and `look()` while they are; how many webhooks there are then.
  local function create(count, look)
    local made = 0
    for i = 1, count do
      client:go(function()
        assert(client:create_webhook { channel_sid = ("%d of %d"):format(i, count), type = "webhook",
          configuration = { url = "u", filters = "onMessageSent" } })
        made = made + 1
      end)
    end
    local sent = core.now() + 0.5
    while core.now() < sent do client:step(0.01) end
    assert.equal(0, made)
    look()
    assert(client:run())
    return made
  end

  it("needs no descriptor for few requests", function()
    assert.equal(60, create(60, function() assert.equal(before, polls()) end))
    assert(client:list_webhooks { channel_sid = "x" })
    assert.equal(before, polls())
  end)

  it("has one for many, and goes on with those that it waited for before", function()
    assert.equal(120, create(120, function() assert.equal(before + 1, polls()) end))
    assert.equal(70, create(70, function() assert.equal(before + 1, polls()) end))
    client:close()
    assert.equal(before, polls())
  end)

  it("has none for as many as its list takes, even where all are ready at once", function()
    assert.equal(64, create(64, function()
      core.sleep(2.5) -- longer than the latency: each has its answer now
      assert.equal(before, polls())
    end))
  end)

  it("gives the one that it has for many", function()
    assert.equal(70, create(70, function()
      assert.equal(before + 1, polls())
      assert.is_number(client:pollfd())
      assert.equal(before + 1, polls())
    end))
  end)

  it("has one as soon as it is asked for it", function()
    assert.equal(10, create(10, function()
      assert.is_number(client:pollfd())
      assert.equal(before + 1, polls())
    end))
  end)
end)
