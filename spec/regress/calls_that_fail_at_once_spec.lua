-- In an event loop, a call that fails before it has to wait (nobody listens there) gave the loop
-- no turn: a coroutine that called again and again held up all others.

local cqueues = require "cqueues"
local webhooks = require "twilio.webhooks"
local example = require "spec.support.example"

describe("calls that fail at once", function()
  it("give the loop its turns", function()
    local client = assert(webhooks.new(example.params { base_url = "http://127.0.0.1:1", max_attempts = 1,
      wait = webhooks.wait.cqueues }))
    local loop, turns, calls = cqueues.new(), 0, 0
    loop:wrap(function()
      while turns < 3 and calls < 100000 do
        assert(client:list_webhooks { channel_sid = "x" } == nil)
        calls = calls + 1
      end
    end)
    loop:wrap(function()
      while turns < 3 do
        cqueues.sleep(0.001)
        turns = turns + 1
      end
    end)
    assert(loop:loop())
    assert.is_true(calls < 100000, "no turn in 100,000 calls")
    client:close()
  end)
end)
