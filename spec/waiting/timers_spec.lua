-- The timers, when an error, or another change of the same timers, comes at any instruction of a
-- change: a debug hook raises or makes it. None is lost, and they come in their order.

local timers = require "twilio.webhooks.waiting.timers"

-- Enough instructions for any change here to end before.
local MANY = 5000

describe("timers #plain", function()
  local COUNT = 9

  -- Calls fn; before its n-th instruction `other` is called. Did fn come so far?
  local function amid(n, fn, other)
    local came = false
    local function hook()
      debug.sethook()
      came = true
      other()
    end
    pcall(function()
      debug.sethook(hook, "", n)
      fn()
      debug.sethook()
    end)
    return came
  end

  local function open()
    local self, items = timers.new(), {}
    for i = 1, COUNT do
      items[i] = { at = (i * 7) % 10, index = false }
      timers.add(self, items[i])
    end
    return self, items
  end

  -- All moments, the earliest first.
  local function drain(self)
    local list = {}
    for _ = 1, 2 * COUNT do
      local item = timers.first(self)
      if not item then return list end
      list[#list + 1] = item.at
      timers.remove(self, item)
    end
    error "they do not end"
  end

  -- Of each change of each timer, at each instruction: the others are there, and in order.
  local function check(other_of, expected_of)
    local done = 0
    for i = 1, COUNT do
      for n = 1, MANY do
        local self, items = open()
        local came = amid(n, function() timers.remove(self, items[i]) end, other_of(self, items, i))
        timers.remove(self, items[i])
        assert.same(expected_of(i, came), drain(self), "removing " .. i .. ", after " .. n .. " instructions")
        if not came then break end
        done = done + 1
      end
    end
    assert.is_true(done > 10 * COUNT)
  end

  -- The moments 1 to 9 without these.
  local function moments_without(...)
    local without, list = {}, {}
    for _, i in ipairs { ... } do without[(i * 7) % 10] = true end
    for at = 1, 9 do
      if not without[at] then list[#list + 1] = at end
    end
    return list
  end

  it("come in the order of their moments", function()
    assert.same({ 1, 2, 3, 4, 5, 6, 7, 8, 9 }, drain((open())))
  end)

  it("are not lost when an error ends the removal of one", function()
    check(function() return function() error "interrupted" end end, function(i) return moments_without(i) end)
  end)

  it("are not lost when an error ends the addition of one", function()
    for n = 1, MANY do
      local self = open()
      local late = { at = 0, index = false }
      local came = amid(n, function() timers.add(self, late) end, function() error "interrupted" end)
      timers.remove(self, late)
      assert.same({ 1, 2, 3, 4, 5, 6, 7, 8, 9 }, drain(self), "after " .. n .. " instructions")
      if not came then return end
    end
    error "has no end"
  end)

  it("are not lost when the earliest is asked for amid the addition of one", function()
    for n = 1, MANY do
      local self = open()
      local came = amid(n, function() timers.add(self, { at = 10, index = false }) end, function() timers.first(self) end)
      assert.same({ 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 }, drain(self), "after " .. n .. " instructions")
      if not came then return end
    end
    error "has no end"
  end)

  it("are not lost when another is removed meanwhile, and an error may follow", function()
    for _, fails in ipairs { false, true } do
      check(function(self, items, i)
        return function()
          timers.remove(self, items[i % COUNT + 1])
          if fails then error "interrupted" end
        end
      end, function(i, came)
        if came then return moments_without(i, i % COUNT + 1) end
        return moments_without(i)
      end)
    end
  end)
end)
