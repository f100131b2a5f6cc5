-- How fast a client may send. The moments are the spec's own.

local pace = require "twilio.webhooks.policy.pace"

-- Requests in flight at a time, at most.
local IN_FLIGHT = 64

-- Sends as fast as it may, from `now` until `stop`, to a server that takes `capacity` requests
-- a second (a bucket of as many) and answers after `latency`. Gives how many were taken and
-- how many refused.
local function run(of, now, stop, capacity, latency, retry_after)
  local tokens, last, taken, refused = capacity, now, 0, 0
  local answers = {}
  while now < stop do
    while answers[1] and answers[1].at <= now do
      local answer = table.remove(answers, 1)
      if answer.refused then of:refused(answer.at, answer.sent, retry_after, 0.5) end
    end
    local delay = of:delay(now)
    if #answers == IN_FLIGHT then
      now = answers[1].at
    elseif delay > 0 then
      now = math.min(now + delay, answers[1] and answers[1].at or stop)
    else
      of:sent(now)
      tokens, last = math.min(capacity, tokens + (now - last) * capacity), now
      local is_refused = tokens < 1
      if is_refused then refused = refused + 1 else tokens, taken = tokens - 1, taken + 1 end
      answers[#answers + 1] = { at = now + latency, sent = now, refused = is_refused }
      now = now + 1e-3
    end
  end
  return taken, refused
end

describe("pace", function()
  it("holds nobody who was never refused and has no rate", function()
    local of = pace.new()
    for i = 1, 1000 do
      assert.is_false(of:is_bound(i / 1e6))
      assert.equal(0, of:delay(i / 1e6))
      of:sent(i / 1e6)
    end
  end)

  it("keeps to a rate from the first request on", function()
    local of, now, moments = pace.new(5), 100, {}
    for i = 1, 11 do
      assert.is_true(of:is_bound(now))
      now = now + of:delay(now)
      of:sent(now)
      moments[i] = now
    end
    assert.is_near(100, moments[1], 1e-9)
    assert.is_near(102, moments[11], 1e-9)
  end)

  it("saves nothing up while it is idle", function()
    local of = pace.new(5)
    of:sent(0)
    of:sent(100)
    assert.is_near(0.2, of:delay(100), 1e-9)
  end)

  it("pauses for Retry-After, and for a random half to a whole second where there is none", function()
    local of = pace.new()
    of:sent(0)
    of:refused(0.1, 0, 7, 0.5)
    assert.is_near(7, of:delay(0.1), 1e-9)
    for random, seconds in pairs { [0] = 0.5, [0.5] = 0.75, [1] = 1 } do
      local another = pace.new()
      another:sent(0)
      another:refused(0.1, 0, nil, random)
      assert.is_near(seconds, another:delay(0.1), 1e-9)
    end
    local at_once = pace.new()
    at_once:refused(0.1, 0, 0, 1)
    assert.is_false(at_once:is_bound(0.1))
  end)

  it("believes no more than ten times a second that nothing has to wait", function()
    local of, now, requests = pace.new(), 100, 0
    while now < 110 do
      of:sent(now)
      requests = requests + 1
      of:refused(now + 1e-3, now, 0, 0)
      now = now + 1e-3 + of:delay(now + 1e-3)
    end
    assert.is_true(requests <= 200, requests .. " requests in 10 seconds")
    now = now + 60
    of:refused(now, now, 0, 0)
    assert.equal(0, of:delay(now))
  end)

  it("believes no more than an hour", function()
    local of = pace.new()
    of:refused(0, 0, 1e9, 0)
    assert.equal(3600, of:delay(0))
  end)

  it("never shortens a pause", function()
    local of = pace.new()
    of:refused(0, 0, 10, 0)
    of:refused(0, 0, 2, 0)
    of:refused(0.1, 0.1, nil, 0)
    assert.is_near(9.9, of:delay(0.1), 1e-9)
  end)

  it("falls by 0.7 for each 429, once for all that were under way", function()
    local of = pace.new(10)
    for _ = 1, 50 do of:refused(1, 0, 0.1, 0) end
    of:sent(1.1)
    assert.is_near(1 / 7, of:delay(1.1), 0.001)
    of:refused(1.5, 1.2, 0.1, 0)
    of:sent(1.6)
    assert.is_near(1 / 4.9, of:delay(1.6), 0.01)
  end)

  it("never falls to nothing", function()
    local of = pace.new()
    for i = 1, 1000 do of:refused(i / 1000, i / 1000, 0.001, 0) end
    of:sent(2)
    assert.is_near(10, of:delay(2), 0.5)
  end)

  it("falls from the busiest second, of which it remembers the less the longer ago it was", function()
    local rates = {}
    for _, quiet in ipairs { 0, 5, 60 } do
      local of = pace.new()
      for i = 1, 100 do of:sent(10 + i / 1000) end
      local now = 11.5 + quiet
      of:sent(now)
      of:refused(now, now, 0.1, 0)
      of:sent(now + 0.1)
      rates[#rates + 1] = 1 / of:delay(now + 0.1)
    end
    assert.is_true(rates[1] > 55 and rates[1] <= 71, rates[1])
    assert.is_true(rates[2] > 30 and rates[2] < rates[1], rates[2])
    assert.is_near(3.5, rates[3], 0.1)
  end)

  it("climbs back to the rate, and to no bound where there was none", function()
    local of = pace.new(10)
    of:refused(0, 0, 0.1, 0)
    of:sent(100)
    assert.is_near(0.1, of:delay(100), 1e-9)
    local free = pace.new()
    free:refused(0, 0, 0.1, 0)
    assert.is_true(free:is_bound(1))
    assert.is_false(free:is_bound(100))
  end)

  for _, row in ipairs { { 5, 0.05 }, { 5, 1 }, { 30, 0.1 }, { 1, 0.1 }, { 200, 0.02 } } do
    local capacity, latency = row[1], row[2]
    for _, retry_after in ipairs { false, 1 } do
      it(("finds the %d a second of a server that answers after %g s%s"):format(capacity, latency,
        retry_after and ", with Retry-After" or ""), function()
        local taken, refused = run(pace.new(), 0, 60, capacity, latency, retry_after or nil)
        assert.is_true(taken > 60 * capacity * 0.7, taken)
        assert.is_true(refused < IN_FLIGHT * 4 + taken / 5, refused)
      end)
    end
  end
end)
