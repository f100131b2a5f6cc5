-- cli/utf8.lua and cli/json.lua: columns, and texts without what a terminal would obey.

local json = require "twilio.webhooks.cli.json"
local utf8 = require "twilio.webhooks.cli.utf8"

describe("twilio.webhooks.cli.utf8", function()
  describe("width", function()
    -- { text, columns }
    for _, row in ipairs {
      { "", 0 }, { "abc", 3 }, { "é", 1 }, { "e\204\129", 1 }, { "日本", 4 }, { "ｆｕｌｌ", 8 }, { "👍", 2 }, { "한글", 4 },
      { "a\226\128\139b", 2 }, { "\255\254", 2 }, { "…", 1 }, { "ก็", 1 },
    } do
      it(("of %q is %d"):format(row[1], row[2]), function() assert.equal(row[2], utf8.width(row[1])) end)
    end
  end)

  it("printable keeps lines and backslashes, and nothing that a terminal obeys", function()
    assert.equal("a\\b\n\tü \\x1B[0m \\u{9B} \\xFF\\x0D", utf8.printable "a\\b\n\tü \27[0m \194\155 \255\r")
  end)

  describe("escape", function()
    -- { text, what is shown }
    for _, row in ipairs {
      { "plain", "plain" }, { "日本 ü", "日本 ü" }, { "a\tb\nc\r", "a\\tb\\nc\\r" }, { "\\", "\\\\" }, { "\27[31m", "\\x1B[31m" },
      { "\194\155", "\\u{9B}" }, { "\226\128\174", "\\u{202E}" }, { "\255", "\\xFF" }, { "\0", "\\x00" }, { "\127", "\\x7F" },
      { "\237\160\128", "\\xED\\xA0\\x80" }, { "\192\175", "\\xC0\\xAF" },
    } do
      it(("of %q is %q"):format(row[1], row[2]), function() assert.equal(row[2], utf8.escape(row[1])) end)
    end
  end)
end)

describe("twilio.webhooks.cli.json", function()
  -- { value, text }
  for _, row in ipairs {
    { {}, "[]" }, { { 1, 2.5, -3, true }, "[1,2.5,-3,true]" }, { { b = 1, a = "x" }, '{"a":"x","b":1}' },
    { { filters = {}, configuration = {} }, '{"configuration":{},"filters":[]}' },
    { { "\27\1\"\\\n\194\155\255日" }, '["\\u001b\\u0001\\"\\\\\\n\\u009b\\ufffd日"]' },
    { { 2 ^ 40, 0.1, 1e300, 0 / 0 }, "[1099511627776,0.1,1e+300,null]" },
  } do
    it("encodes " .. row[2], function() assert.equal(row[2], json.encode(row[1])) end)
  end

  it("formats an object in lines", function()
    assert.equal('{\n  "a": [\n    1\n  ],\n  "b": {}\n}', json.format { a = { 1 }, b = {} })
  end)
end)
