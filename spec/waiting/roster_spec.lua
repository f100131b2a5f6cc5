-- Who has not ended, and who is next to begin: without coroutines, and with an error amid each change.

local hooks = require "spec.support.hooks"
local roster = require "twilio.webhooks.waiting.roster"

-- Begins and ends all that are in the line. Gives how many.
local function serve_all(all)
  local served, task = 0, roster.next(all)
  while task do
    roster.begin(all, task)
    assert.is_true(roster.remove(all, task))
    served, task = served + 1, roster.next(all)
  end
  return served
end

describe("a roster", function()
  local all
  before_each(function() all = roster.new() end)

  it("gives tasks in the order in which they were added, each once", function()
    local tasks = { {}, {}, {} }
    for _, task in ipairs(tasks) do roster.add(all, task) end
    assert.equal(3, roster.count(all))
    for _, task in ipairs(tasks) do
      assert.equal(task, roster.next(all))
      roster.begin(all, task)
    end
    assert.is_nil(roster.next(all))
    assert.equal(3, roster.count(all))
  end)

  it("passes by those that were removed before they began", function()
    local first, second = {}, {}
    roster.add(all, first)
    roster.add(all, second)
    assert.is_true(roster.remove(all, first))
    assert.is_false(roster.remove(all, first))
    assert.is_false(roster.has(all, first))
    assert.equal(second, roster.next(all))
    assert.equal(1, roster.count(all))
  end)

  it("keeps no place of those that have ended", function()
    for _ = 1, 100 do roster.add(all, {}) end
    assert.equal(100, serve_all(all))
    assert.is_nil(next(all.tasks))
    assert.equal(0, roster.count(all))
  end)

  it("counts right after an error amid any change", function()
    local errors = 0
    for n = 1, 60 do
      local task = {}
      if hooks.call(n, function() roster.add(all, task) end, hooks.interrupt) then errors = errors + 1 end
      local left = roster.count(all)
      assert.equal(left, serve_all(all), "added, after " .. n .. " instructions")
      assert.equal(0, roster.count(all))
      task = {}
      roster.add(all, task)
      if hooks.call(n, function() roster.remove(all, task) end, hooks.interrupt) then errors = errors + 1 end
      assert.equal(roster.has(all, task) and 1 or 0, roster.count(all), "removed, after " .. n .. " instructions")
      serve_all(all)
    end
    assert.is_true(errors > 10)
  end)
end)
