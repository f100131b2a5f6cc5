-- The form encoder by example: what a Lua value looks like on the wire, and
-- which values have no faithful spelling there. No network: core.request gives
-- the request as plain data.

local core = require "twilio.webhooks.core"
local example = require "spec.support.example"
local cjson = require "cjson"

local function request(fields)
  fields.type = fields.type or "webhook"
  return core.request("create_webhook", example.params(fields))
end

-- The form without the leading Type=webhook, which every row has.
local function form(fields)
  local made, message = request(fields)
  assert(made, message)
  return (made.body:gsub("^Type=webhook&?", ""))
end

local function nest(levels, value)
  for _ = 1, levels do value = { Group = value } end
  return value
end

local cycle = {}
cycle.again = { cycle = cycle }

local self_holding = {}
self_holding.configuration = self_holding

-- { what, value of configuration.url, its text on the wire }
local values = {
  { "a plain string", "dummy", "dummy" },
  { "the empty string", "", "" },
  { "unreserved characters", "AZaz09-._~", "AZaz09-._~" },
  { "a space", "a b", "a%20b" },
  { "a plus sign", "a+b", "a%2Bb" },
  { "a percent sign", "100%", "100%25" },
  { "what looks encoded already", "%20", "%2520" },
  { "an exclamation mark", "!", "%21" },
  { "a double quote", '"', "%22" },
  { "a hash", "#", "%23" },
  { "a dollar sign", "$", "%24" },
  { "an ampersand", "&", "%26" },
  { "an apostrophe", "'", "%27" },
  { "parentheses", "()", "%28%29" },
  { "an asterisk", "*", "%2A" },
  { "a comma", ",", "%2C" },
  { "a slash", "/", "%2F" },
  { "a colon", ":", "%3A" },
  { "a semicolon", ";", "%3B" },
  { "an equals sign", "=", "%3D" },
  { "a question mark", "?", "%3F" },
  { "an at sign", "@", "%40" },
  { "square brackets", "[]", "%5B%5D" },
  { "angle brackets", "<>", "%3C%3E" },
  { "a backslash and a bar", "\\|", "%5C%7C" },
  { "a caret and a grave", "^`", "%5E%60" },
  { "braces", "{}", "%7B%7D" },
  { "two bytes of UTF-8", "\195\188", "%C3%BC" },
  { "three bytes of UTF-8", "\226\130\172", "%E2%82%AC" },
  { "four bytes of UTF-8", "\240\159\152\128", "%F0%9F%98%80" },
  { "bytes that are not UTF-8", "\255\128", "%FF%80" },
  { "a URL with a query", "https://example.com/h?a=1&b=c d#e",
    "https%3A%2F%2Fexample.com%2Fh%3Fa%3D1%26b%3Dc%20d%23e" },
  { "a string of digits", "007", "007" },
  { "zero", 0, "0" },
  { "minus zero", -0.0, "0" },
  { "a negative number", -1, "-1" },
  { "an integral float", 2.0, "2" },
  { "the largest exact double", 2 ^ 53, "9007199254740992" },
  { "a float above that", 2 ^ 62, "4611686018427387904" },
  { "a float beyond every integer", 2 ^ 63, "9.223372036854776e%2B18" },
  { "a large float", 1e300, "1e%2B300" },
  { "a fraction", 0.5, "0.5" },
  { "a fraction that needs 17 digits", 0.1 + 0.2, "0.30000000000000004" },
  { "a fraction that does not", 0.1, "0.1" },
  { "the smallest double", 2 ^ -1074, "4.94065645841247e-324" },
}

if math.type then
  values[#values + 1] = { "the largest integer", math.maxinteger, "9223372036854775807" }
  values[#values + 1] = { "the smallest integer", math.mininteger, "-9223372036854775808" }
end

-- { what, parameters, the form }
local tables = {
  { "nested snake_case", { configuration = { flow_sid = "FW" .. ("0"):rep(32) } },
    "Configuration.FlowSid=FW" .. ("0"):rep(32) },
  { "the API's spelling, nested", { Configuration = { RetryCount = 1 } }, "Configuration.RetryCount=1" },
  { "the API's spelling, flat", { ["Configuration.RetryCount"] = 1 }, "Configuration.RetryCount=1" },
  { "snake_case, flat", { ["configuration.retry_count"] = 1 }, "Configuration.RetryCount=1" },
  { "spellings mixed", { Configuration = { url = "u" }, ["configuration.RetryCount"] = 3 },
    "Configuration.Url=u&Configuration.RetryCount=3" },
  { "the contract's order, whatever the table's",
    { configuration = { retry_count = 1, triggers = { "t" }, filters = { "f" }, method = "GET", url = "u" } },
    "Configuration.Url=u&Configuration.Method=GET&Configuration.Filters=f&Configuration.Triggers=t"
      .. "&Configuration.RetryCount=1" },
  { "no configuration", {}, "" },
  { "an empty configuration", { configuration = {} }, "" },
  { "a list, its name repeated", { configuration = { filters = { "a", "b", "c" } } },
    "Configuration.Filters=a&Configuration.Filters=b&Configuration.Filters=c" },
  { "a list of one", { configuration = { filters = { "a" } } }, "Configuration.Filters=a" },
  { "a comma in a trigger, which may be one", { configuration = { triggers = { "a,b" } } }, "Configuration.Triggers=a%2Cb" },
  { "one string where a list may stand", { configuration = { filters = "a" } }, "Configuration.Filters=a" },
  { "a list with its own repetitions", { configuration = { filters = { "a", "a" } } },
    "Configuration.Filters=a&Configuration.Filters=a" },
  { "a list that needs encoding", { configuration = { triggers = { "a&b", "\195\188" } } },
    "Configuration.Triggers=a%26b&Configuration.Triggers=%C3%BC" },
  { "a list with a metatable, as JSON libraries mark theirs",
    { configuration = { filters = setmetatable({ "a", "b" }, { __index = { "x" } }) } },
    "Configuration.Filters=a&Configuration.Filters=b" },
  { "a table with a harmless metatable", { configuration = setmetatable({ url = "u" }, { __name = "mine" }) },
    "Configuration.Url=u" },
  { "a method in another case", { configuration = { method = "get" } }, "Configuration.Method=GET" },
  { "an integer written as a string", { configuration = { retry_count = "2" } }, "Configuration.RetryCount=2" },
  { "a flow's sid in capital letters", { configuration = { flow_sid = "FW" .. ("ABCDEF09"):rep(4) } },
    "Configuration.FlowSid=FW" .. ("ABCDEF09"):rep(4) },
  { "an integral float for an integer", { configuration = { retry_count = 2.0 } }, "Configuration.RetryCount=2" },
  { "a negative integer, which the server may judge", { configuration = { retry_count = -1 } },
    "Configuration.RetryCount=-1" },
  { "extra, after the contract's fields and in byte order",
    { configuration = { retry_count = 1 }, extra = { zebra = 1, Alpha = 2, ["configuration.new_field"] = 3 } },
    "Configuration.RetryCount=1&Alpha=2&Configuration.NewField=3&Zebra=1" },
  { "extra, nested", { extra = { configuration = { new_field = "x", deeper = { still = "y" } } } },
    "Configuration.Deeper.Still=y&Configuration.NewField=x" },
  { "extra, a list", { extra = { tags = { "a", 1, true } } }, "Tags=a&Tags=1&Tags=true" },
  { "extra, true and false", { extra = { yes = true, no = false } }, "No=false&Yes=true" },
  { "extra, a name with digits", { extra = { line_2 = "x", utf8_name = "y" } }, "Line2=x&Utf8Name=y" },
  { "extra, a name with capitals as it stands", { extra = { friendlyName = 1, FriendlyURL = 2, X_y = 3 } },
    "FriendlyURL=2&X_y=3&friendlyName=1" },
  { "extra, an odd underscore as it stands", { extra = { a__b = 1, c_ = 2, _d = 3 } }, "_d=3&a__b=1&c_=2" },
  { "extra, a name that needs encoding", { extra = { ["a b&c"] = 1 } }, "a%20b%26c=1" },
  { "extra, a name beyond z as it stands", { extra = { ["~x"] = 1 } }, "~x=1" },
  { "extra, an empty part of a name as it stands", { extra = { ["a..b"] = 1 } }, "A..B=1" },
  { "extra, a known field unchecked and in its place",
    { configuration = { retry_count = 1 }, extra = { configuration = { method = "PUT", flow_sid = "any" } } },
    "Configuration.Method=PUT&Configuration.FlowSid=any&Configuration.RetryCount=1" },
  { "extra, an empty table", { extra = {} }, "" },
  { "extra, eight tables deep", { extra = nest(7, { x = 1 }) }, ("Group."):rep(7) .. "X=1" },
}

-- { what, parameters, the field, what its problem says }
local refusals = {
  { "NaN", { configuration = { url = 0 / 0 } }, "configuration.url", "must be a finite number" },
  { "infinity", { configuration = { url = math.huge } }, "configuration.url", "must be a finite number" },
  { "minus infinity", { configuration = { retry_count = -math.huge } }, "configuration.retry_count",
    "must be a finite number" },
  { "NUL in a string", { configuration = { url = "a\0b" } }, "configuration.url",
    "must be a string without NUL bytes, not a string with a NUL byte" },
  { "NUL in a list", { configuration = { filters = { "a", "b\0" } } }, "configuration.filters[2]", "without NUL" },
  { "a return at the end of a URL", { configuration = { url = "https://example.com/\r" } }, "configuration.url",
    'must be a string without control characters, not "https://example.com/\\x0D"' },
  { "a newline in a URL", { configuration = { url = "https://example.com/\nb" } }, "configuration.url",
    "without control characters" },
  { "a tab in a URL", { configuration = { url = "\thttps://example.com/" } }, "configuration.url",
    "without control characters" },
  { "an escape in a URL", { configuration = { url = "a\27[31m" } }, "configuration.url", "without control characters" },
  { "the delete character in a URL", { configuration = { url = "a\127" } }, "configuration.url",
    "without control characters" },
  { "a return in the name of an event", { configuration = { filters = { "a", "onMessageSent\r" } } },
    "configuration.filters[2]", "without control characters" },
  { "a newline in a trigger", { configuration = { triggers = "help\n" } }, "configuration.triggers",
    "without control characters" },
  { "two events in one text", { configuration = { filters = "onMessageSent,onMessageUpdated" } },
    "configuration.filters", 'must be a list, one name each, not "onMessageSent,onMessageUpdated"' },
  { "two events in one place of a list", { configuration = { filters = { "onMessageSent, onMessageUpdated" } } },
    "configuration.filters[1]", "must be a list, one name each" },
  { "NUL in a name", { extra = { ["a\0b"] = 1 } }, "extra", "without NUL" },
  { "a boolean for a string", { configuration = { url = true } }, "configuration.url", "must be a string, not true" },
  { "false for a string", { configuration = { url = false } }, "configuration.url", "must be a string, not false" },
  { "a function", { configuration = { url = print } }, "configuration.url", "must be a string, not a function" },
  { "a coroutine", { configuration = { url = coroutine.create(function() end) } }, "configuration.url", "not a thread" },
  { "a userdata", { configuration = { url = io.stdout } }, "configuration.url", "not a userdata" },
  { "a JSON library's null", { configuration = { url = cjson.null } }, "configuration.url", "not null" },
  { "a group where a string belongs", { configuration = { url = { a = 1 } } }, "configuration.url",
    "must be a string, not a table" },
  { "a list where a string belongs", { configuration = { url = { "a" } } }, "configuration.url",
    "must be a string, not a table" },
  { "an empty table where a string belongs", { configuration = { url = {} } }, "configuration.url",
    "must be a string, not a table" },
  { "a fraction for an integer", { configuration = { retry_count = 2.5 } }, "configuration.retry_count",
    "must be an integer, not 2.5" },
  { "an integer of more than 18 digits", { configuration = { retry_count = ("1"):rep(19) } },
    "configuration.retry_count", "must be an integer" },
  { "an integer with a letter in it", { configuration = { retry_count = "1a" } }, "configuration.retry_count",
    "must be an integer" },
  { "words for an integer", { configuration = { retry_count = "two" } }, "configuration.retry_count",
    'must be an integer, not "two"' },
  { "the empty string for an integer", { configuration = { retry_count = "" } }, "configuration.retry_count",
    "must be an integer" },
  { "a method that the contract has not", { configuration = { method = "PATCH" } }, "configuration.method",
    'must be GET or POST, not "PATCH"' },
  { "a part of a method's name", { configuration = { method = "GE" } }, "configuration.method", "must be GET or POST" },
  { "more than a method's name", { configuration = { method = "GETS" } }, "configuration.method",
    "must be GET or POST" },
  { "a type in another case", { type = "Webhook" }, "type",
    'must be webhook, trigger or studio, not "Webhook"' },
  { "a flow's sid of another kind", { configuration = { flow_sid = "FX" .. ("0"):rep(32) } },
    "configuration.flow_sid", "must be FW and 32 hexadecimal digits" },
  { "a flow's sid too short", { configuration = { flow_sid = "FW" .. ("0"):rep(31) } },
    "configuration.flow_sid", "must be FW and 32 hexadecimal digits" },
  { "a flow's sid with another letter", { configuration = { flow_sid = "FW" .. ("0"):rep(31) .. "g" } },
    "configuration.flow_sid", "must be FW and 32 hexadecimal digits" },
  { "a flow's sid with a capital letter beyond F", { configuration = { flow_sid = "FW" .. ("0"):rep(31) .. "G" } },
    "configuration.flow_sid", "must be FW and 32 hexadecimal digits" },
  { "a flow's sid with a colon", { configuration = { flow_sid = "FW" .. ("0"):rep(31) .. ":" } },
    "configuration.flow_sid", "must be FW and 32 hexadecimal digits" },
  { "a flow's sid with a hyphen", { configuration = { flow_sid = "FW" .. ("0"):rep(31) .. "-" } },
    "configuration.flow_sid", "must be FW and 32 hexadecimal digits" },
  { "a hole in a list", { configuration = { filters = { "a", nil, "c" } } }, "configuration.filters",
    "must be a list without holes" },
  { "a list that begins at 2", { configuration = { filters = { [2] = "a" } } }, "configuration.filters",
    "must be a list without holes" },
  { "a list with a fractional position", { configuration = { filters = { "a", [1.5] = "b" } } },
    "configuration.filters", "must be a list without holes" },
  { "a list with a fraction between its positions", { configuration = { filters = { "a", "b", [1.5] = "c" } } },
    "configuration.filters", "must be a list without holes" },
  { "a list with a position 0", { configuration = { filters = { [0] = "z", "a" } } },
    "configuration.filters", "must be a list without holes" },
  { "a list with a name in it", { configuration = { filters = { "a", n = 1 } } }, "configuration.filters",
    "must be a list without holes, and without names" },
  { "a set where a list belongs", { configuration = { filters = { onMessageSent = true } } },
    "configuration.filters", "must be a list" },
  { "an empty list", { configuration = { filters = {} } }, "configuration.filters", "a form has no empty list" },
  { "an empty list that may hide values", { configuration = { filters = setmetatable({}, { __pairs = pairs }) } },
    "configuration.filters", "must be a plain table, without __index or __pairs" },
  { "a list in a list", { configuration = { filters = { { "a" } } } }, "configuration.filters[1]", "not a table" },
  { "a boolean in a list", { configuration = { filters = { true } } }, "configuration.filters[1]", "not true" },
  { "a string where a group belongs", { configuration = "x" }, "configuration", "must be a table of named fields" },
  { "a list where a group belongs", { configuration = { "x" } }, "configuration", "must be a table of named fields" },
  { "a name and positions mixed", { configuration = { url = "u", [7] = "x" } }, "configuration", "must be" },
  { "a position among the parameters", { [1] = "x" }, "parameters", "must be" },
  { "a table that may hide fields behind __index",
    { configuration = setmetatable({}, { __index = { url = "u" } }) }, "configuration",
    "without __index or __pairs" },
  { "a group with fields and __index",
    { configuration = setmetatable({ url = "u" }, { __index = { method = "GET" } }) }, "configuration",
    "without __index or __pairs" },
  { "a group with __pairs", { configuration = setmetatable({ url = "u" }, { __pairs = pairs }) },
    "configuration", "without __index or __pairs" },
  { "the same field in two spellings", { configuration = { url = "a" }, ["Configuration.Url"] = "b" },
    "configuration.url", "is given twice" },
  { "the same field twice in one table", { configuration = { url = "a", Url = "a" } }, "configuration.url",
    "is given twice" },
  { "a field both checked and extra", { configuration = { url = "a" }, extra = { configuration = { url = "b" } } },
    "configuration.url", "is given twice" },
  { "an unknown field in two spellings", { extra = { new_field = 1, NewField = 2 } }, "extra", "is given twice" },
  { "a group that holds itself", self_holding, "configuration", "must be a table that does not hold itself" },
  { "extra that holds itself", { extra = cycle }, "extra.again.cycle", "must be a table that does not hold itself" },
  { "extra, nine tables deep", { extra = nest(8, { x = 1 }) }, "extra" .. (".Group"):rep(8), "at most 8 tables deep" },
  { "extra that is no table", { extra = "x" }, "extra", "must be a table of fields" },
  { "extra with a list of tables", { extra = { list = { { 1 } } } }, "extra.list[1]", "not a table" },
  { "extra with a function", { extra = { f = print } }, "extra.f", "not a function" },
  { "an empty name", { extra = { [""] = 1 } }, "extra", "named by 1 to 128 bytes" },
  { "a name of 129 bytes", { extra = { [("n"):rep(129)] = 1 } }, "extra", "named by 1 to 128 bytes" },
  { "a group's name that leaves no room for a field's", { [("g"):rep(128)] = { x = 1 } }, ("g"):rep(100),
    "named by 1 to 128 bytes in all" },
  { "extra, a path that leaves no room for a dot", { extra = { [("g"):rep(122)] = { x = 1 } } },
    "extra." .. ("g"):rep(100), "named by 1 to 128 bytes in all" },
  { "extra, a path that leaves no room for a name", { extra = { [("g"):rep(120)] = { xx = 1 } } },
    "extra." .. ("g"):rep(100), "named by 1 to 128 bytes in all" },
  { "a list of more than 64 KiB", { configuration = { filters = { ("x"):rep(40000), ("y"):rep(40000), "z" } } },
    "parameters", "more than 64 KiB" },
  { "a form of more than 64 KiB", { configuration = { url = ("x"):rep(65536) } }, "parameters", "more than 64 KiB" },
}

local many = {}
for i = 1, 65 do many["field_" .. i] = i end
refusals[#refusals + 1] = { "extra with more than 64 fields", { extra = many }, "extra", "a table of 64 fields at most" }

if debug.upvalueid then -- the only pointer that Lua alone can make
  local pointer = debug.upvalueid(function() return many end, 1)
  refusals[#refusals + 1] = { "a pointer", { configuration = { url = pointer } }, "configuration.url", "not a userdata" }
end

-- The problem of that field, among however many there are.
local function problem_of(err, field)
  for _, problem in ipairs(err.problems) do
    if problem.field:sub(1, #field) == field then return problem end
  end
end

describe("form", function()
  describe("value", function()
    for _, row in ipairs(values) do
      it("writes " .. row[1], function()
        assert.equal("Configuration.Url=" .. row[3], form { configuration = { url = row[2] } })
      end)
    end

    it("writes every byte but NUL so that decoding gives it back, in a field that is not known", function()
      local bytes = {}
      for byte = 1, 255 do bytes[byte] = string.char(byte) end
      local text = table.concat(bytes)
      local encoded = form { extra = { text = text } }:match("=(.*)$")
      local decoded = encoded:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end)
      assert.equal(text, decoded)
      assert.is_nil(encoded:find("[^%w%-%._~%%]"))
    end)
  end)

  describe("table", function()
    for _, row in ipairs(tables) do
      it("writes " .. row[1], function()
        assert.equal(row[3], form(row[2]))
      end)
    end

    it("is left as it was", function()
      local configuration = { url = 2.0, filters = { "a", 1 } }
      form { configuration = configuration }
      assert.same({ url = 2.0, filters = { "a", 1 } }, configuration)
      assert.equal("number", type(configuration.url))
      assert.equal("number", type(configuration.filters[2]))
    end)
  end)

  describe("refusal", function()
    for _, row in ipairs(refusals) do
      it("meets " .. row[1], function()
        local made, message, err = request(row[2])
        assert.is_nil(made)
        local problem = problem_of(err, row[3])
        assert(problem, message)
        assert.truthy(problem.message:find(row[4], 1, true), problem.message)
        assert.equal("invalid", err.kind)
        assert.equal("no", err.sent)
        assert.is_false(err.retryable)
      end)
    end

    it("names the table of a name that has no room, without the dot after it", function()
      for _, params in ipairs { { extra = { [("n"):rep(129)] = 1 } }, { extra = { [("n"):rep(125)] = 1 } } } do
        local err = select(3, request(params))
        assert.equal("extra", problem_of(err, "extra").field)
      end
    end)
  end)
end)
