-- What becomes of an answer, whatever it is: status, headers and body as a transport
-- could bring them, and the results that the caller gets. No network. What libcurl makes
-- of bytes is faults_spec's.

local core = require "twilio.webhooks.core"
local cjson = require "cjson"
local example = require "spec.support.example"

local open = assert(core.open(example.params { type = "webhook", configuration = { url = "u" } }))

-- The results of an operation whose answer is this.
local function results(response, operation)
  local call = assert(open:prepare(operation or "create_webhook",
    operation and operation ~= "list_webhooks" and { sid = example.answer.sid } or {}, 0, true))
  call:answer(response)
  return call:result()
end

local function created(body)
  return results { status = 201, body = body }
end

-- A webhook with one more field, as JSON.
local function with(json)
  return ('{"sid":"%s","x":%s}'):format(example.answer.sid, json)
end

local function refused(response, operation)
  local result, message, err = results(response, operation)
  assert.is_nil(result)
  assert.equal(message, err.message)
  assert.is_nil(message:find("[^\32-\126]"), message)
  return err
end

describe("reply", function()
  teardown(function() open:close() end)

  describe("JSON", function()
    -- { what, JSON, value }
    local values = {
      { "null", "null", nil },
      { "true", "true", true },
      { "an integer", "2", 2 },
      { "an integer with a fraction of 0", "2.0", 2 },
      { "a fraction", "2.5", 2.5 },
      { "the largest float below 2^63", "9223372036854774784", 9223372036854774784 },
      { "2^63", "9223372036854775808", 2 ^ 63 },
      { "-2^63", "-9223372036854775808", -2 ^ 63 },
      { "less than -2^63", "-1e19", -1e19 },
      { "two bytes of UTF-8", '"\195\188"', "\195\188" },
      { "three bytes of UTF-8", '"\226\130\172"', "\226\130\172" },
      { "the first of three bytes", '"\224\160\128"', "\224\160\128" },
      { "the last before the surrogates", '"\237\159\191"', "\237\159\191" },
      { "four bytes of UTF-8", '"\240\159\152\128"', "\240\159\152\128" },
      { "the last of Unicode", '"\244\143\191\191"', "\244\143\191\191" },
      { "an escape", '"\\u00fc\\n"', "\195\188\n" },
    }
    for _, row in ipairs(values) do
      it("may have " .. row[1], function()
        assert.equal(row[3], (assert(created(with(row[2])))).x)
      end)
    end

    it("has integers where Lua has them", function()
      local hook = created(with "[2, 2.5, 1e3]")
      if math.type then
        assert.same({ "integer", "float", "integer" },
          { math.type(hook.x[1]), math.type(hook.x[2]), math.type(hook.x[3]) })
      end
      assert.same({ 2, 2.5, 1000 }, hook.x)
    end)

    it("has no null in a nested table either", function()
      assert.same({ a = { c = 1 } }, created(with '{"a":{"b":null,"c":1}}').x)
    end)

    it("has no hole in a list where a null was", function()
      assert.same({ "a", "b" }, created(with '["a",null,"b",null]').x)
      assert.same({}, created(with "[null,null]").x)
      assert.same({ { 1 }, { { a = 2 } } }, created(with '[null,[null,1],[{"a":2,"b":null}]]').x)
    end)

    if math.type then
      it("has a float for an integer that lua-cjson cannot tell exactly", function()
        local x = created(with "[9007199254740991,9007199254740993,-9007199254740993,123456789012345678901]").x
        assert.equal(9007199254740991, x[1])
        assert.equal("integer", math.type(x[1]))
        for i = 2, 4 do
          -- some versions of lua-cjson read integers as such
          assert.is_true(math.type(x[i]) == "float" or x[i] == 9007199254740993 or x[i] == -9007199254740993)
        end
      end)
    end

    local broken = {
      { "a number that is too large", with "1e999", "a number that is too large" },
      { "one within a list", with '[1,{"a":-1e999}]', "a number that is too large" },
      { "an empty body", "", "empty" },
      { "no JSON", "<html>", "not JSON, it begins with <html>" },
      { "a number", "42", "not a JSON object" },
      { "a text", '"WH"', "not a JSON object" },
      { "true", "true", "not a JSON object" },
      { "false", "false", "not a JSON object" },
      { "null", "null", "not a JSON object" },
      { "a negative number", "-1", "not a JSON object" },
      { "NaN", with "NaN", "invalid" },
      { "Infinity", with "Infinity", "invalid" },
      { "a hexadecimal number", with "0x10", "invalid" },
      { "an object without a sid", "{}", "not what was asked for" },
      { "a sid that is no text", '{"sid":7}', "not what was asked for" },
      { "a sid of another kind", '{"sid":"CH' .. ("a"):rep(32) .. '"}', "not what was asked for" },
      { "HTML", "<html>\n<body>", "not JSON, it begins with <html> <body>" },
      { "nesting without an end", ("["):rep(2000), "nested" },
      { "a byte that never is in UTF-8", with '"\255"', "not UTF-8" },
      { "a byte that only goes on", with '"\128"', "not UTF-8" },
      { "two bytes for ASCII", with '"\192\175"', "not UTF-8" },
      { "three bytes for fewer", with '"\224\128\175"', "not UTF-8" },
      { "four bytes for fewer", with '"\240\128\128\175"', "not UTF-8" },
      { "a surrogate", with '"\237\160\128"', "not UTF-8" },
      { "what is beyond Unicode", with '"\244\144\128\128"', "not UTF-8" },
      { "two bytes of which one is missing", with '"\195"', "not UTF-8" },
      { "three bytes of which the last is wrong", with '"\226\130x"', "not UTF-8" },
      { "a text that ends within a character", '{"sid":"\226\130', "not UTF-8" },
    }
    for _, row in ipairs(broken) do
      it("may not be " .. row[1], function()
        local err = refused { status = 201, body = row[2] }
        assert.equal("parse", err.kind)
        assert.equal("yes", err.sent)
        assert.is_false(err.retryable)
        assert.truthy(err.message:find(row[3], 1, true), err.message)
      end)
    end

    it("that cannot be read is shown up to 256 printable bytes", function()
      assert.equal("\\x00\\x7F\\xFF", refused({ status = 201, body = "\0\127\255" }).body)
      for length = 250, 270 do
        for _, filler in ipairs { "x", "\1" } do
          local shown = refused({ status = 201, body = filler .. ("x"):rep(length) .. filler }).body
          assert.is_true(#shown <= 256)
          assert.is_nil(shown:find("[^\32-\126]"))
        end
      end
      assert.equal(("x"):rep(256), refused({ status = 201, body = ("x"):rep(256) }).body)
      assert.equal(("x"):rep(253) .. "...", refused({ status = 201, body = ("x"):rep(257) }).body)
    end)
  end)

  describe("headers", function()
    local function headers(given)
      local _, info = assert(results { status = 201, headers = given, body = example.answer_json() })
      return info.headers
    end

    it("have names in lower case and values without white space around them", function()
      assert.same({ ["x-a"] = "b c" }, headers { ["X-A"] = "\t b c \t" })
    end)

    it("of one name are joined", function()
      assert.same({ vary = "a, b" }, headers { Vary = { "a", "b" } })
    end)

    it("may have an empty value, or only white space", function()
      assert.same({ a = "", b = "" }, headers { a = "", b = " \t" })
    end)

    it("have names of up to 128 bytes", function()
      assert.same({ [("n"):rep(128)] = "v" }, headers { [("n"):rep(200)] = "v" })
    end)

    it("give the request's id by either of its names", function()
      for _, name in ipairs { "Twilio-Request-Id", "X-Twilio-Request-Id" } do
        local _, info = results { status = 201, headers = { [name] = "RQ1" }, body = example.answer_json() }
        assert.equal("RQ1", info.request_id)
      end
    end)
  end)

  describe("refusal of the server", function()
    -- { what, response, message, fields of err }
    local rows = {
      { "with Twilio's words", { status = 400, body = '{"code":50321,"message":"Full","more_info":"https://x","status":400}' },
        "create_webhook: HTTP 400: Full (code 50321)", { code = 50321, more_info = "https://x" } },
      { "with RFC 9457's", { status = 400, body = '{"title":"Bad","detail":"Very","errors":[{"a":1}]}' },
        "create_webhook: HTTP 400: Very", { details = { { a = 1 } } } },
      { "with a title alone", { status = 400, body = '{"title":"Bad"}' }, "create_webhook: HTTP 400: Bad", {} },
      { "with details", { status = 400, body = '{"message":"Bad","details":{"b":2}}' }, "create_webhook: HTTP 400: Bad",
        { details = { b = 2 } } },
      { "with fields of other types", { status = 400, body = '{"code":"1","message":7,"more_info":{},"details":3}' },
        "create_webhook: HTTP 400", {} },
      { "without words", { status = 503, body = "" }, "create_webhook: HTTP 503", {} },
      { "without words, and a request's id", { status = 500, headers = { ["Twilio-Request-Id"] = "RQ9" }, body = "" },
        "create_webhook: HTTP 500 (request RQ9)", { request_id = "RQ9" } },
      { "with a code and a request's id",
        { status = 500, headers = { ["Twilio-Request-Id"] = "RQ9" }, body = '{"code":20500}' },
        "create_webhook: HTTP 500 (code 20500, request RQ9)", { code = 20500 } },
      { "that is HTML", { status = 502, body = "<html>\n" },
        "create_webhook: HTTP 502: not JSON, it begins with <html>", { body = "<html>\\x0A" } },
      { "that is a page", { status = 400, body = "\r\n<html>\r\n  <title>Not\there</title>\r\n" .. ("x"):rep(100) },
        "create_webhook: HTTP 400: not JSON, it begins with <html> <title>Not here</title> " .. ("x"):rep(62) .. "...", {} },
      { "that is text", { status = 400, body = "no\27[31m" },
        "create_webhook: HTTP 400: not JSON, it begins with no\\x1B[31m", {} },
      { "that is broken JSON", { status = 500, body = '{"code":' }, "create_webhook: HTTP 500", {} },
      { "of a proxy", { status = 407, body = "<html>" },
        "create_webhook: HTTP 407: a proxy on the way wants a user name and password", {} },
      { "that sends elsewhere", { status = 307, headers = { Location = "https://u:p@evil.test/a?b" }, body = "" },
        "create_webhook: HTTP 307: redirect to https://evil.test, not followed", {} },
      { "that sends elsewhere without a name", { status = 302, headers = { Location = "https://evil.test" }, body = "" },
        "create_webhook: HTTP 302: redirect to https://evil.test, not followed", {} },
      { "that sends elsewhere with a port", { status = 302, headers = { Location = "HTTP://Evil.test:8080?x" }, body = "" },
        "create_webhook: HTTP 302: redirect to HTTP://Evil.test:8080, not followed", {} },
      { "that sends to an address", { status = 302, headers = { Location = "https://u:p@[::1]:1/" }, body = "" },
        "create_webhook: HTTP 302: redirect to https://[::1]:1, not followed", {} },
      { "that sends elsewhere with two signs",
        { status = 302, headers = { Location = "https://u:p@x:s3@evil.test/" }, body = "" },
        "create_webhook: HTTP 302: redirect to https://evil.test, not followed", {} },
      { "that sends elsewhere by the same scheme", { status = 302, headers = { Location = "//u@evil.test/" }, body = "" },
        "create_webhook: HTTP 302: redirect to //evil.test, not followed", {} },
      { "that names another URL in its query", { status = 302, headers = { Location = "/login?to=https://u:p@evil.test/" },
        body = "" }, "create_webhook: HTTP 302: redirect, not followed", {} },
      { "whose password has a slash", { status = 302, headers = { Location = "https://u:s3cret/x@evil.test/" }, body = "" },
        "create_webhook: HTTP 302: redirect, not followed", {} },
      { "whose scheme is none", { status = 302, headers = { Location = "1s3cret://evil.test/" }, body = "" },
        "create_webhook: HTTP 302: redirect, not followed", {} },
      { "that sends to a host that is none", { status = 302, headers = { Location = "https://ev il.test/" }, body = "" },
        "create_webhook: HTTP 302: redirect, not followed", {} },
      { "with a bracket in its host", { status = 302, headers = { Location = "https://evil]test/" }, body = "" },
        "create_webhook: HTTP 302: redirect, not followed", {} },
      { "that sends to a path", { status = 302, headers = { Location = "/a" }, body = "" },
        "create_webhook: HTTP 302: redirect, not followed", {} },
      { "that sends nowhere", { status = 304, body = "" }, "create_webhook: HTTP 304: redirect, not followed", {} },
      { "that says when", { status = 429, headers = { ["Retry-After"] = "7" }, body = "" },
        "create_webhook: HTTP 429", { retry_after = 7, retryable = true } },
    }
    for _, row in ipairs(rows) do
      it(row[1] .. " is told", function()
        local err = refused(row[2])
        assert.equal("http", err.kind)
        assert.equal(row[3], err.message)
        for name, value in pairs(row[4]) do assert.same(value, err[name]) end
      end)
    end

    it("may be tried again where that does no harm", function()
      for _, row in ipairs {
        { 408, true }, { 429, true }, { 500, true }, { 503, true }, { 400, false }, { 404, false }, { 307, false },
      } do
        local response = { status = row[1], body = "" }
        for _, operation in ipairs { "delete_webhook", "fetch_webhook", "update_webhook", "list_webhooks" } do
          assert.equal(row[2], refused(response, operation).retryable, operation)
        end
        assert.equal(row[1] == 429, refused(response).retryable)
      end
    end)
  end)

  describe("Retry-After", function()
    local DATE = "Tue, 24 Nov 2026 12:00:00 GMT"
    -- { what, value, seconds }
    local rows = {
      { "seconds", "120", 120 }, { "none", "0", 0 }, { "more than anyone waits", ("9"):rep(30), 1e9 },
      { "a date", "Tue, 24 Nov 2026 12:00:30 GMT", 30 }, { "a date that has passed", "Tue, 24 Nov 2026 11:00:00 GMT", 0 },
      { "a fraction", "1.5", nil }, { "a negative number", "-1", nil }, { "words", "Soon", nil }, { "nothing", "", nil },
      { "small letters", "tomorrow", nil },
    }
    for _, row in ipairs(rows) do
      it("may be " .. row[1], function()
        assert.equal(row[3], refused({ status = 503, body = "", headers = { Date = DATE, ["Retry-After"] = row[2] } })
          .retry_after)
      end)
    end

    it("is read by this machine's clock where the server tells none", function()
      local soon = os.date("!%a, %d %b %Y %H:%M:%S GMT", os.time() + 100)
      for _, headers in ipairs { { ["Retry-After"] = soon }, { ["Retry-After"] = soon, Date = "junk" } } do
        assert.is_near(100, refused({ status = 503, body = "", headers = headers }).retry_after, 5)
      end
    end)
  end)

  describe("status that is not what the operation promises", function()
    for _, row in ipairs { { 100, "parse" }, { 200, "parse" }, { 204, "parse" }, { 299, "parse" }, { 301, "http" } } do
      it(row[1] .. " is no success", function()
        local err = refused { status = row[1], body = example.answer_json() }
        assert.equal(row[2], err.kind)
        if row[2] == "parse" then
          assert.equal(("create_webhook: HTTP %d, where 201 was expected"):format(row[1]), err.message)
        end
      end)
    end

    it("of a delete with a body is no success", function()
      assert.equal("parse", refused({ status = 200, body = example.answer_json() }, "delete_webhook").kind)
      assert.is_true((results({ status = 204, body = "" }, "delete_webhook")))
    end)
  end)

  describe("list", function()
    local function page(webhooks, meta)
      return { status = 200, body = cjson.encode { webhooks = webhooks, meta = meta } }
    end

    it("may come without meta", function()
      local list = assert(results(page { example.answer, example.answer }, "list_webhooks"))
      assert.equal(2, #list)
    end)

    it("goes on where a next page is named", function()
      local next_url = "https://ip-messaging.twilio.com/v2/next?Page=1"
      assert.is_false((results(page({ example.answer }, { next_page_url = next_url }), "list_webhooks")))
    end)

    local broken = {
      { "webhooks that are no list", { status = 200, body = '{"webhooks":7}' }, "not what was asked for" },
      { "one that is no webhook", page { example.answer, {} }, "not what was asked for" },
      { "one that is no table", page { 7 }, "not what was asked for" },
      { "a next page without a path", page({ example.answer }, { next_page_url = "https://x" }),
        "the URL of its next page is none" },
      { "a next page that is no text", page({ example.answer }, { next_page_url = 5 }), "the URL of its next page is none" },
    }
    for _, row in ipairs(broken) do
      it("may not have " .. row[1], function()
        local err = refused(row[2], "list_webhooks")
        assert.equal("parse", err.kind)
        assert.truthy(err.message:find(row[3], 1, true), err.message)
      end)
    end
  end)
end)
