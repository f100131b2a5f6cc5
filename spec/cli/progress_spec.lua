-- cli/progress.lua, where there is no terminal: a line every ten seconds, by a clock of the spec's.

local core = require "twilio.webhooks.core"
local progress = require "twilio.webhooks.cli.progress"

describe("twilio.webhooks.cli.progress", function()
  local now, written, real_now

  before_each(function()
    now, written, real_now = 1000, {}, core.now
    core.now = function() return now end -- luacheck: ignore 122
  end)
  after_each(function() core.now = real_now end) -- luacheck: ignore 122

  local stream = { write = function(_, text) written[#written + 1] = text end, flush = function() end }

  it("says every ten seconds what is done, how fast, how much failed and how long it takes", function()
    local shown = progress.new { err = stream, flags = {} }
    for second = 0, 25 do
      now = 1000 + second
      shown:show { phase = "apply", done = second * 20, total = 40000, failed = second > 15 and 3 or 0 }
    end
    assert.same({ "done: 200 of 40000, 20/s, 33 min 10 s left\n", "done: 400 of 40000, 20/s, 3 failed, 33 min 0 s left\n" },
      written)
  end)

  it("says nothing where each request is a line", function()
    local shown = progress.new { err = stream, flags = { verbose = true } }
    now = 1020
    shown:show { phase = "apply", done = 1, total = 2 }
    assert.same({}, written)
  end)

  it("begins anew with each phase", function()
    local shown = progress.new { err = stream, flags = {} }
    shown:show { phase = "read", done = 5000 }
    now = 1011
    shown:show { phase = "list", done = 0, total = 50 }
    now = 1022
    shown:show { phase = "list", done = 11, total = 50 }
    assert.same({ "lists read: 0 of 50\n", "lists read: 11 of 50, 1.0/s, 39 s left\n" }, written)
  end)

  -- { seconds, text }
  for _, row in ipairs { { 0, "0 s" }, { 1.2, "2 s" }, { 60, "1 min 0 s" }, { 3599, "59 min 59 s" }, { 3660, "1 h 1 min" } } do
    it(("writes %g seconds as %s"):format(row[1], row[2]), function()
      assert.equal(row[2], progress.duration(row[1]))
    end)
  end
end)
