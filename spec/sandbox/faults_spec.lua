-- Which request meets which fault, decided by rules, chance and count. What the faults
-- then do to a connection is in server_spec.lua.

local faults = require "twilio.webhooks.sandbox.faults"

-- A random() that gives these numbers one after the other, and fails when there is none.
local function sequence(...)
  local numbers, i = { ... }, 0
  return function()
    i = i + 1
    return assert(numbers[i], "a number too many was drawn")
  end
end

local function certain() return 0 end

-- The names of the faults that the operations of a list meet, "-" for none.
local function names(rules, random, operations)
  local drawn, all = {}, faults.new(assert(faults.read(rules)), random, function() return 0 end)
  for operation in operations:gmatch("%a+") do
    local rule, altering = all:draw(operation, operation == "create" and "POST" or "GET")
    local name = rule and rule.name or "-"
    for _, one in ipairs(altering) do name = name .. "+" .. one.name end
    drawn[#drawn + 1] = name
  end
  return table.concat(drawn, " ")
end

describe("twilio.webhooks.sandbox.faults", function()
  describe("draw", function()
    local rows = {
      { "nothing of no rules", {}, "create list", "- -" },
      { "a rule without conditions each time", { { "stall" } }, "create list", "stall stall" },
      { "one with its name as a field", { { name = "stall" } }, "list", "stall" },
      { "one of an operation", { { "stall", operation = "list" } }, "create list fetch", "- stall -" },
      { "one of a method", { { "stall", method = "POST" } }, "list create", "- stall" },
      { "one that comes later", { { "stall", after = 2 } }, "list list list list", "- - stall stall" },
      { "one that ends", { { "stall", times = 2 } }, "list list list", "stall stall -" },
      { "one that never comes", { { "stall", times = 0 } }, "list", "-" },
      { "of its own requests only when it counts", { { "stall", operation = "create", after = 1, times = 1 } },
        "create list create create", "- - stall -" },
      { "the first of several", { { "stall", times = 1 }, { "truncate" } }, "list list", "stall truncate" },
      { "one that a former has kept out, which counts", { { "stall", times = 1 }, { "truncate", after = 1 } },
        "list list", "stall truncate" },
      { "what has no probability", { { "stall", probability = 0 } }, "list list", "- -" },
      { "all that alter the answer, and one fault", { { "date_missing" }, { "stall" }, { "truncate" }, { "trailers" } },
        "list", "stall+date_missing+trailers" },
      { "what alters a list to lists alone, and counts no other", { { "stale", after = 1 } },
        "list create fetch list", "- - - -+stale" },
      { "what alters a new webhook to creates alone", { { "created_off" }, { "url_normalised" } },
        "create update list", "-+created_off+url_normalised -+url_normalised -" },
      { "the requests that are too many", { { "rate_limit", rate = 2, operation = "create" } },
        "create list create create list create", "- - - rate_limit - rate_limit" },
      { "too many only of those that no other fault kept out", { { "stall", times = 2 }, { "rate_limit", rate = 1 } },
        "list list list list", "stall stall - rate_limit" },
    }
    for _, row in ipairs(rows) do
      it("gives " .. row[1], function()
        assert.equal(row[4], names(row[2], certain, row[3]))
      end)
    end

    it("goes by probability, below which a number must be", function()
      assert.equal("stall - -",
        names({ { "stall", probability = 0.5 } }, sequence(0.49, 0.5, 0.9), "list list list"))
    end)

    it("draws one number for each rule that applies, and none for another", function()
      local rules = { { "stall", probability = 0.5 }, { "truncate", probability = 0.5, operation = "list" } }
      assert.equal("stall - truncate", names(rules, sequence(0, 0, 0.6, 0.6, 0.1), "list create list"))
    end)

    it("lets as many through in any second as the rate says", function()
      local time = 0
      local all = faults.new(faults.read { { "rate_limit", rate = 3 } }, certain, function() return time end)
      local function passes(at)
        time = at
        return all:draw("create", "POST") == nil
      end
      local at = { 0, 0.5, 0.6, 0.9, 1, 1.4, 1.5, 1.6, 1.7, 9, 9, 9, 9, 10 }
      local expected = { true, true, true, false, true, false, true, true, false, true, true, true, false, true }
      local actual = {}
      for i, seconds in ipairs(at) do actual[i] = passes(seconds) end
      assert.same(expected, actual)
    end)

    it("draws the same for the same seed, of faults and of what alters answers", function()
      local function drawn(seed)
        math.randomseed(seed)
        return names({ { "drop_after", probability = 0.3 }, { "date_missing", probability = 0.3 } }, math.random,
          ("list "):rep(200))
      end
      assert.equal(drawn(3), drawn(3))
      assert.are_not.equal(drawn(3), drawn(4))
      local _, drops = drawn(3):gsub("drop_after", "")
      assert.is_true(drops > 30 and drops < 90, drops)
    end)

    it("tells the longest time by which a list may lag", function()
      local rules = { { "stale", seconds = 2 }, { "stale" }, { "stall", seconds = 9 } }
      assert.equal(2, faults.new(faults.read(rules), certain):longest_lag())
      assert.equal(0, faults.new({}, certain):longest_lag())
    end)

    local processed = {
      rate_limit = false, restart = false, close_idle = true, stray = true,
      drop_before = false, throttle = false, fail_before = false,
      drop_after = true, reset_after = true, truncate = true, stall = true, fail_after = true,
    }
    for name, value in pairs(processed) do
      it(("tells that with %s a request is %sprocessed"):format(name, value and "" or "not "), function()
        local rule = { name, rate = name == "rate_limit" and 1 or nil }
        local all = faults.new(faults.read { rule }, certain, function() return 0 end)
        if name == "rate_limit" then assert.is_nil((all:draw())) end
        assert.equal(value, all:draw().processed)
      end)
    end
  end)

  describe("read", function()
    local refused = {
      { "what is no list", "stall", "list" },
      { "a rule outside of a list", { "stall" }, "rule 1" },
      { "a list with names", { a = { "stall" } }, "list" },
      { "a rule without a name", { { probability = 1 } }, "rule 1" },
      { "an unknown name", { { "stall" }, { "stal" } }, "rule 2 of faults has the unknown name stal" },
      { "an unknown option", { { "stall", probabilty = 1 } }, "probabilty" },
      { "an option of another fault", { { "stall", status = 500 } }, "status" },
      { "a probability above one", { { "stall", probability = 1.1 } }, "probability" },
      { "a probability that is none", { { "stall", probability = 0 / 0 } }, "probability" },
      { "an unknown operation", { { "stall", operation = "make" } }, "operation" },
      { "a method in small letters", { { "stall", method = "get" } }, "method" },
      { "a fractional count", { { "stall", times = 0.5 } }, "times" },
      { "a count below nothing", { { "stall", after = -1 } }, "after" },
      { "a status of success", { { "fail_after", status = 200 } }, "status" },
      { "a date to retry after", { { "throttle", retry_after = "tomorrow" } }, "retry_after" },
      { "a share above one", { { "truncate", share = 2 } }, "share" },
      { "seconds that are none", { { "stall", seconds = "1" } }, "seconds" },
      { "an offset that is none", { { "date_off", seconds = 1 / 0 } }, "seconds" },
      { "seconds below nothing where they are no offset", { { "stale", seconds = -1 } }, "seconds" },
      { "a zone that is none", { { "created_off", zone = "CET" } }, "zone" },
      { "a limit without a rate", { { "rate_limit" } }, "rate" },
      { "a rate of nothing", { { "rate_limit", rate = 0 } }, "rate" },
      { "an operation that a rule is never about", { { "stale", operation = "create" } }, "create" },
    }
    for _, row in ipairs(refused) do
      it("refuses " .. row[1], function()
        local rules, problem = faults.read(row[2])
        assert.is_nil(rules)
        assert.truthy(problem:find(row[3], 1, true), problem)
      end)
    end

    it("gives rules whose fields all have names", function()
      assert.same({ { name = "throttle", retry_after = 2, times = 1 } },
        faults.read { { "throttle", retry_after = 2, times = 1 } })
      assert.same({ { name = "created_off", seconds = -2.5, zone = "+02:00", operation = "create" } },
        faults.read { { "created_off", seconds = -2.5, zone = "+02:00", operation = "create" } })
    end)
  end)
end)
