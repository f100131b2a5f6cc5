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
  local drawn, all = {}, faults.new(assert(faults.read(rules)), random)
  for operation in operations:gmatch("%a+") do
    local rule = all:draw(operation, operation == "create" and "POST" or "GET")
    drawn[#drawn + 1] = rule and rule.name or "-"
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

    local processed = {
      drop_before = false, throttle = false, fail_before = false,
      drop_after = true, reset_after = true, truncate = true, stall = true, fail_after = true,
    }
    for name, value in pairs(processed) do
      it(("tells that with %s a request is %sprocessed"):format(name, value and "" or "not "), function()
        assert.equal(value, faults.new(faults.read { { name } }, certain):draw().processed)
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
    end)
  end)
end)
