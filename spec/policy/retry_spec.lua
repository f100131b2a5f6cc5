-- The policy as a table: every operation with every outcome. No socket, no clock.

local evidence = require "twilio.webhooks.policy.evidence"
local retry = require "twilio.webhooks.policy.retry"

-- Outcomes as the core reports them. `sure`: of an operation that may be repeated,
-- which is retryable where a create is not.
local outcomes = {
  unsent = { kind = "network", sent = "no", retryable = true },
  certificate = { kind = "tls", sent = "no", retryable = false },
  invalid = { kind = "invalid", sent = "no", retryable = false },
  broken = { kind = "network", sent = "unknown", sure = true },
  broken_answer = { kind = "network", sent = "yes", sure = true },
  timeout = { kind = "timeout", sent = "unknown", sure = true },
  connect_timeout = { kind = "timeout", sent = "no", retryable = true },
  unreadable = { kind = "parse", sent = "yes", status = 201 },
  redirect = { kind = "http", sent = "yes", status = 301 },
  bad_request = { kind = "http", sent = "yes", status = 400, code = 20001 },
  limit = { kind = "http", sent = "yes", status = 400, code = 50321 },
  conversation_limit = { kind = "http", sent = "yes", status = 400, code = 50361 },
  unauthorized = { kind = "http", sent = "yes", status = 401 },
  not_found = { kind = "http", sent = "yes", status = 404 },
  request_timeout = { kind = "http", sent = "yes", status = 408, sure = true },
  conflict = { kind = "http", sent = "yes", status = 409 },
  throttled = { kind = "http", sent = "yes", status = 429, retryable = true },
  server_error = { kind = "http", sent = "yes", status = 500, sure = true },
  unavailable = { kind = "http", sent = "yes", status = 503, sure = true },
}

-- outcome -> { create, create after an ambiguous attempt, delete, delete after one, the others }
local A, L, R, S, F = "again", "later", "look", "succeed", "fail"
local policy = {
  unsent = { A, A, A, A, A },
  certificate = { F, F, F, F, F },
  invalid = { F, F, F, F, F },
  broken = { R, R, A, A, A },
  broken_answer = { R, R, A, A, A },
  timeout = { R, R, A, A, A },
  connect_timeout = { A, A, A, A, A },
  unreadable = { R, R, A, A, A },
  redirect = { F, F, F, F, F },
  bad_request = { F, F, F, F, F },
  limit = { F, R, F, F, F },
  conversation_limit = { F, R, F, F, F },
  unauthorized = { F, F, F, F, F },
  not_found = { F, F, F, S, F },
  request_timeout = { R, R, A, A, A },
  conflict = { F, F, F, F, F },
  throttled = { L, L, L, L, L },
  server_error = { R, R, A, A, A },
  unavailable = { R, R, A, A, A },
}

local columns = {
  { "create_webhook", false, 1 }, { "create_webhook", true, 2 },
  { "delete_webhook", false, 3 }, { "delete_webhook", true, 4 },
  { "fetch_webhook", false, 5 }, { "fetch_webhook", true, 5 },
  { "list_webhooks", false, 5 }, { "list_webhooks", true, 5 },
  { "update_webhook", false, 5 }, { "update_webhook", true, 5 },
}

local function outcome(name, operation)
  local err = {}
  for field, value in pairs(outcomes[name]) do err[field] = value end
  if err.retryable == nil then err.retryable = err.sure == true and operation ~= "create_webhook" end
  return err
end

local function decide(fields)
  local attempt = { operation = "fetch_webhook", err = outcome("unsent"), attempts = 1, max_attempts = 4,
    doubtful = false, elapsed = 0, deadline = 60, random = 0.5, budget = 20 }
  for name, value in pairs(fields) do attempt[name] = value end
  return retry.decide(attempt)
end

describe("retry", function()
  for name in pairs(outcomes) do
    for _, column in ipairs(columns) do
      local operation, doubtful, index = column[1], column[2], column[3]
      it(("%s, %s%s: %s"):format(operation, name, doubtful and ", in doubt" or "", policy[name][index]), function()
        assert.equal(policy[name][index], retry.classify(operation, outcome(name, operation), doubtful))
      end)
    end
  end

  it("has a row for every outcome", function()
    for name in pairs(outcomes) do assert.truthy(policy[name], name) end
    for name in pairs(policy) do assert.truthy(outcomes[name], name) end
  end)

  it("never sends an ambiguous create again without a look", function()
    for name, err in pairs(outcomes) do
      if evidence.doubt(err) then
        assert.equal("look", retry.classify("create_webhook", outcome(name, "create_webhook"), false))
      end
    end
  end)

  describe("delay", function()
    it("is full jitter: even from 0 to base * 2^(n-1), up to the cap", function()
      local err = { kind = "network" }
      for attempts, most in ipairs { 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 20, 20 } do
        assert.equal(0, retry.delay(err, attempts, 0))
        assert.is_near(most, retry.delay(err, attempts, 1), 1e-9)
        assert.is_near(most / 2, retry.delay(err, attempts, 0.5), 1e-9)
      end
    end)

    it("is never shorter than Retry-After", function()
      assert.equal(7, retry.delay({ status = 503, retry_after = 7 }, 1, 0.5))
      assert.equal(0.05, retry.delay({ status = 503, retry_after = 0 }, 1, 0.5))
    end)
  end)

  describe("delay of a look", function()
    it("is half a second, twice that for each further one, and half as much again at random", function()
      for looks, most in ipairs { 1.5, 3, 6, 12, 24, 30, 30 } do
        assert.is_near(most, retry.look_delay({}, looks, 1), 1e-9)
        assert.is_near(most / 1.5, retry.look_delay({}, looks, 0), 1e-9)
      end
      assert.is_near(0.5, retry.look_delay({}, 0, 0), 1e-9)
    end)

    it("is never shorter than Retry-After", function()
      assert.equal(7, retry.look_delay({ retry_after = 7 }, 1, 0.5))
    end)
  end)

  describe("decision", function()
    it("is to wait and try again", function()
      local verdict, delay = decide {}
      assert.equal("again", verdict)
      assert.is_near(0.05, delay, 1e-9)
    end)

    it("is to fail when the attempts are used up", function()
      assert.same({ "fail", "attempts" }, { decide { attempts = 4 } })
      assert.same({ "fail", "attempts" }, { decide { attempts = 1, max_attempts = 1 } })
    end)

    it("is to fail when the wait would pass the deadline", function()
      assert.same({ "fail", "deadline" }, { decide { elapsed = 59.99 } })
      local err = outcome "unsent"
      err.retry_after = 61
      assert.same({ "fail", "deadline" }, { decide { err = err } })
    end)

    it("is to fail when the client's budget is spent", function()
      assert.same({ "fail", "budget" }, { decide { budget = 0.5 } })
    end)

    it("is later after 429, which costs neither an attempt nor the budget", function()
      assert.equal("later", (decide { err = outcome "throttled", attempts = 4, budget = 0 }))
    end)

    it("is to look whatever the number of attempts", function()
      assert.equal("look", (decide { operation = "create_webhook", err = outcome "broken", attempts = 4 }))
    end)
  end)

  it("has a budget that a retry costs one of and a success gives half of, up to its first value", function()
    local budget = retry.full_budget
    assert.equal(budget, retry.refund(budget))
    assert.equal(budget - 1, retry.spend(budget))
    assert.equal(budget - 0.5, retry.refund(retry.spend(budget)))
  end)
end)
