-- csrc/urlencoded.c, by the function of the core: forms as they come in.

local core = require "twilio.webhooks.core"

describe("read_form", function()
  local rows = {
    { "", {} }, { "&", {} }, { "&&&", {} }, { "a", { "a", "" } }, { "a=", { "a", "" } }, { "=b", { "", "b" } },
    { "=", { "", "" } }, { "a=b&&c=d&", { "a", "b", "c", "d" } }, { "a=b=c&", { "a", "b=c" } },
    { "a+b=%2B+%00%fF", { "a b", "+ \0\255" } }, { "a;b=c;d", { "a;b", "c;d" } }, { "%26=%3D&%25", { "&", "=", "%", "" } },
    { "a=1&a=2&a=1", { "a", "1", "a", "2", "a", "1" } }, { "\195\164=\255", { "\195\164", "\255" } },
    { "%2541", { "%41", "" } },
  }
  for _, row in ipairs(rows) do
    it(("reads %q"):format(row[1]), function() assert.same(row[2], core.read_form(row[1])) end)
  end

  it("refuses bad escapes, wherever they are", function()
    for _, bad in ipairs { "%", "%4", "%g0", "%0g", "%%41", "% 1", "%+1", "%-1", "%0x", "%\0", "%4\0" } do
      for _, form in ipairs { bad, bad .. "=x", "x=" .. bad, "x=" .. bad .. "&y", "y&" .. bad } do
        assert.same({ nil, "malformed_form" }, { core.read_form(form) })
      end
    end
  end)

  it("refuses control characters, and no other byte", function()
    for byte = 0, 255 do
      local form = "a=" .. string.char(byte) .. "20" -- with a percent sign an escape
      local is_control = byte < 32 or byte == 127
      assert.equal(is_control, core.read_form(form) == nil, byte)
    end
  end)

  it("reads so many bytes and pairs, and no more", function()
    local pairs_of_one = ("a&"):rep(core.form_pairs)
    assert.equal(2 * core.form_pairs, #core.read_form(pairs_of_one))
    assert.same({ nil, "too_large" }, { core.read_form(pairs_of_one .. "&a") })
    assert.equal(core.form_bytes, #core.read_form(("x"):rep(core.form_bytes))[1])
    assert.same({}, core.read_form(("&"):rep(core.form_bytes)))
    assert.same({ nil, "too_large" }, { core.read_form(("&"):rep(core.form_bytes + 1)) })
  end)
end)
