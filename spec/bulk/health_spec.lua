local health = require "twilio.webhooks.bulk.health"

local SILENCE = { kind = "timeout" }

describe("bulk.health", function()
  -- So many errors at a moment. True where one of them leaves no hope.
  local function fail(state, count, now, err)
    local hopeless = false
    for _ = 1, count do hopeless = state:failed(err or SILENCE, now) or hopeless end
    return hopeless
  end

  it("gives an API up at twenty errors in a row, if it has never worked", function()
    local state = health.new()
    assert.is_false(fail(state, 19, 0))
    assert.is_true(fail(state, 1, 0))
  end)

  it("gives one that has worked a minute", function()
    local state = health.new()
    state:succeeded()
    assert.is_false(fail(state, 1000, 100))
    assert.is_false(fail(state, 1000, 159))
    assert.is_true(fail(state, 1, 160))
  end)

  it("begins anew after a success", function()
    local state = health.new()
    state:succeeded()
    fail(state, 1000, 100)
    state:succeeded()
    assert.is_false(fail(state, 19, 1000))
    assert.equal(0, state:delay(1000))
  end)

  it("sends one call each two seconds while it does not work", function()
    local state = health.new()
    state:succeeded()
    fail(state, 20, 1)
    assert.equal(0, state:delay(1))
    assert.equal(2, state:delay(1))
    assert.equal(0.5, state:delay(2.5))
    assert.equal(0, state:delay(3))
    state:succeeded()
    assert.equal(0, state:delay(4))
    assert.equal(0, state:delay(4))
  end)

  it("ends at once where the credentials are refused, and at no number of rows that are", function()
    local state = health.new()
    assert.is_true(state:failed({ kind = "http", status = 401 }, 0))
    assert.is_false(fail(health.new(), 1000, 0, { kind = "http", status = 400 }))
  end)
end)
