-- Some of what `make crash` does to an apply: see crash.lua.

local child = require "spec.support.child"

describe("an apply #once #plain #crash", function()
  -- Arguments, and what is said.
  local rows = {
    { "kill 12 9 2", "^kill, 12 rows: %d+ points, 0 complaints\n$" },
    { "fail 12 9 2", "^fail, 12 rows: %d+ points, 0 complaints\n$" },
    { "cut 3 97", "^3 rows, a journal of %d+ bytes, cut at %d+ places, 0 complaints\n$" },
  }
  local running = {} -- side by side: they mostly wait

  setup(function()
    for i, row in ipairs(rows) do running[i] = child.start_program("spec/bulk/crash.lua", row[1]) end
  end)

  for i, row in ipairs(rows) do
    it("has exactly one webhook a row in the end: " .. row[1], function()
      local output = running[i]()
      if output:find "strace cannot be used here" then return pending(output) end
      assert.truthy(output:find(row[2]), output)
    end)
  end
end)
