local child = require "spec.support.child"
local shell = require "spec.support.shell"
local support = require "spec.support.bulk"
local bulk = require "twilio.webhooks.bulk"

-- What a file gives: "line: value of `a`", or "line! what is wrong".
local function lines_of(text, format)
  local source = support.closing(assert(bulk.source { path = support.path(text), format = format }))
  local found = {}
  for line, row, problem in source:each() do
    found[#found + 1] = row and ("%d: %s"):format(line, tostring(row.a)) or ("%d! %s"):format(line, problem)
  end
  return found
end

local HEADER = '{"twilio_webhooks":1}\n'

-- Format, what it shows, the text, what it gives.
local files = {
  { "jsonl", "an object a line", '{"a":1}\n{"a":"x"}\n', { "1: 1", "2: x" } },
  { "jsonl", "a version line, a mark, empty lines, CR LF, no last end", "\239\187\191" .. HEADER .. '\n{"a":1}\r\n{"a":2}',
    { "3: 1", "4: 2" } },
  { "jsonl", "another version", '{"twilio_webhooks":2}\n{"a":1}',
    { "1! version 2 of the format is not known, only 1", "2: 1" } },
  { "jsonl", "a version line that is not the first", '{"a":1}\n' .. HEADER,
    { "1: 1", "2! the header must be the first line" } },
  { "jsonl", "an array", "[1]", { "1! must be a JSON object, not an array" } },
  { "jsonl", "a key twice", '{"a":1,"b":{"a":1}}\n{"a":1, "b" : {"x":"a\\":","x":2}}\n{"a":2,"b":1,"a" :3}',
    { "1: 1", '2! has the key "x" twice', '3! has the key "a" twice' } },
  { "json", "a key twice", '[{"a":1,"b":[{"c":1},{"c":2}]},\n{"a":"a","a":2}]', { "1: 1", '2! has the key "a" twice' } },
  { "json", "an array", ' [{"a":1},\n\n{"a":"]}\\"{\\\\"}]\n', { "1: 1", '3: ]}"{\\' } },
  { "json", "a mark before it", '\239\187\191[{"a":1}]', { "1: 1" } },
  { "json", "elements that are no objects", '[5,\n"x",{"a":1}\n, 7]', { "1! is no JSON object: it is not a JSON object",
    "2! is no JSON object: it is not a JSON object", "2: 1", "3! is no JSON object: it is not a JSON object" } },
  { "json", "an empty array", "[]", {} },
  { "json", "no array", "{}", { "1! must begin with [: an array of objects" } },
  { "json", "no end", '[{"a":1}', { "1: 1", "1! ends without a ]" } },
  { "json", "no end of an element", '[{"a":1},\n{"a"', { "1: 1", "2! ends amid an element" } },
  { "json", "no comma", '[{"a":1}\n{"a":2}]', { "1: 1", '2! has "{" where a comma belongs' } },
  { "json", "a comma too many", '[{"a":1},]', { "1: 1", "1! has a comma before the ]" } },
  { "json", "more after it", "[]\n[]", { "2! has text after the array" } },
  { "csv", "records", 'a,configuration.url\r\n1,u\r\n"x,""y""\nz",\n', { "2: 1", '3: x,"y"\nz' } },
  { "csv", "an empty line, and a cell too few", "a,b\n\n1\n2,3", { "3! has 1 cells, and the header 2", "4: 2" } },
  { "csv", "quotes where they do not belong",
    'a,b\nx"y,2\n"x"y,2\n"x', { "2! has a quote in a cell that does not begin with one",
    "3! has text after a closing quote", "4! ends amid a quoted cell" } },
  { "csv", "a column twice", "a,a\n1,2\n", { "1! has the column a twice" } },
  { "csv", "a column without a name", "a,\n1,2\n", { "1! column 2 has no name" } },
  { "csv", "nothing", "", {} },
  { "lua", "a table", "local t = {} for i = 1, 2 do t[i] = { a = i } end return t", { "1: 1", "2: 2" } },
  { "lua", "a hole, and what is no row", "return { { a = 1 }, 5, nil, { a = 4 } }", { "1: 1", "2! must be a table",
    "3! must be a table", "4: 4" } },
  { "lua", "a key that is no place", "return { { a = 1 }, [1 / 0] = { a = 2 } }",
    { "1! must return a list of rows: { { ... }, { ... } }" } },
  { "lua", "no list", "return { a = 1 }", { "1! must return a list of rows: { { ... }, { ... } }" } },
  { "lua", "no table", "return 5", { "1! must return a table, not a number" } },
}

describe("bulk.source", function()
  after_each(support.stop)

  for _, row in ipairs(files) do
    it(("reads %s: %s"):format(row[1], row[2]), function()
      assert.same(row[4], lines_of(row[3], row[1]))
    end)
  end

  for _, format in ipairs { "csv", "json", "jsonl" } do
    it("reads no row of any length: " .. format, function()
      local begin = format == "json" and '[{"a":1},' or format == "jsonl" and '{"a":1}\n' or "a\n1\n"
      local found = lines_of(begin .. '{"a":"' .. ("x"):rep(20 * 1048576) .. '"}', format)
      assert.equal(2, #found)
      assert.truthy(found[2]:find "^%d! is longer than 1048576 bytes$", found[2])
    end)
  end

  it("gives a quoted cell up that does not end, however short its lines are", function()
    assert.same({ "2! is longer than 1048576 bytes", "1048579: 1" },
      lines_of('a\n"' .. ("\n"):rep(1048576) .. "\n1\n", "csv"))
  end)

  it("reads standard input from where it stands, and says why it cannot", function()
    local function read(from)
      local command = child.command [[
        local source = assert(require "twilio.webhooks.bulk".source { path = "-", format = "jsonl" })
        for line, row, problem in source:each() do print(line, row and row.a, problem) end
        print(select(2, source:each()()))]]
      return select(2, shell.run(("exec <%s; read line; %s"):format(from, command)))
    end
    local path = support.path '{"a":1}\n{"a":2}\n'
    assert.equal("1\t2\tnil\nnil\n", read(path))
    assert.matches("standard input: ", read "/")
  end)

  it("reads what is longer than a block", function()
    local texts, wide = {}, ("x"):rep(20000)
    for i = 1, 20 do texts[i] = ('{"a":%d,"b":"%s"}'):format(i, wide) end
    for _, joined in ipairs { { "jsonl", table.concat(texts, "\n") }, { "json", "[" .. table.concat(texts, ",") .. "]" } } do
      local found = lines_of(joined[2], joined[1])
      assert.equal(20, #found)
      assert.equal("20", found[20]:match "%d+$")
    end
  end)

  it("takes CSV cells by the type of their column", function()
    local path = support.path("channel_sid,type,configuration.filters,configuration.triggers,configuration.retry_count\n"
      .. 'CH1,webhook,onMessageSent; onMemberAdded,"[""a;b""]",2\n', ".csv")
    local source = support.closing(assert(bulk.source { path = path }))
    local _, row = source:each()()
    assert.same({ channel_sid = "CH1", type = "webhook", configuration = { filters = { "onMessageSent", "onMemberAdded" },
      triggers = { "a;b" }, retry_count = 2 } }, row)
  end)

  it("applies a template to each channel", function()
    local channels, i = { { sid = "CH1", service_sid = "IS1" }, { sid = "CH2", service_sid = "IS1" } }, 0
    local source = assert(bulk.source { row = { type = "webhook" }, channels = function()
      i = i + 1
      return channels[i]
    end })
    local found = {}
    for line, row in source:each() do found[line] = row end
    assert.same({ { type = "webhook", service_sid = "IS1", channel_sid = "CH1" },
      { type = "webhook", service_sid = "IS1", channel_sid = "CH2" } }, found)
  end)

  it("passes on that a list of channels broke off", function()
    local listing = setmetatable({ finished = false }, { __call = function() return nil, "no answer" end })
    local source = assert(bulk.source { row = { type = "webhook" }, channels = listing })
    local line, message = source:each()()
    assert.is_nil(line)
    assert.equal("no answer", message)
  end)

  it("says what is wrong with a name of any length in a message of bounded length", function()
    local _, message = bulk.source { path = ("x"):rep(2 ^ 20) }
    assert.is_true(#message < 10000, #message)
  end)

  -- Options, and what is said of them.
  local HIDING = setmetatable({}, { __index = function() return nil end })
  local refused = {
    { {}, "source: path: give one of path, rows and channels" },
    { { rows = {}, path = "x" }, "source: path: give one of path, rows and channels" },
    { { row = {}, channels = {} }, "source: channels: must be an iterator, such as client:channels { ... }" },
    { { channels = print }, "source: row: must be a table, or a function that gives one for a channel" },
    { { rows = { {}, nil, {} } }, "source: rows: must be a list of tables, without holes" },
    { { rows = {}, formt = "x" }, "source: formt: is unknown; did you mean format?" },
    { { rwos = {}, Path = 1, format = "x" }, "source: path: give one of path, rows and channels; format: must be one of csv, "
      .. "json, jsonl, lua; Path: is unknown; did you mean path?; rwos: is unknown; did you mean rows?" },
    { { path = "x.txt" }, "source: format: x.txt does not end in .jsonl, .json, .csv or .lua: say which it is" },
    { { path = "x", format = "yaml" }, "source: format: must be one of csv, json, jsonl, lua" },
    { { rows = {}, defaults = "x" }, "source: defaults: must be a table" },
    { { rows = HIDING }, "source: rows: must be a plain table, without __index or __pairs" },
    { { rows = {}, defaults = HIDING }, "source: defaults: must be a plain table, without __index or __pairs" },
    { { channels = print, row = HIDING }, "source: row: must be a plain table, without __index or __pairs" },
  }
  for _, row in ipairs(refused) do
    it("refuses: " .. row[2], function()
      local source, message, err = bulk.source(row[1])
      assert.is_nil(source)
      assert.equal(row[2], message)
      assert.equal("invalid", err.kind)
    end)
  end

  it("says why a file cannot be read", function()
    local source, message, err = bulk.source { path = "/nonexistent/x.csv" }
    assert.is_nil(source)
    assert.equal("/nonexistent/x.csv: No such file or directory", message)
    assert.equal("file", err.kind)
    assert.equal("ENOENT", err.error_name)
  end)
end)
