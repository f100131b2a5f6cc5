local decode = require "twilio.webhooks.sandbox.decode"

describe("twilio.webhooks.sandbox.decode", function()
  describe("form", function()
    local rows = {
      { "", {} },
      { "a=1", { a = { "1" } } },
      { "a=1&b=2&a=3", { a = { "1", "3" }, b = { "2" } } },
      { "a+b=c+d%2B", { ["a b"] = { "c d+" } } },
      { "%61%3D=%26", { ["a="] = { "&" } } },
      { "a", { a = { "" } } },
      { "&&a==&", { a = { "=" } } },
      { "a=%", nil },
      { "%zz=a", nil },
    }
    for _, row in ipairs(rows) do
      it(("of %q"):format(row[1]), function()
        assert.same(row[2], decode.form(row[1]))
      end)
    end
  end)

  describe("target", function()
    local rows = {
      { "/", { path = "/", segments = { "" }, query = "" } },
      { "/a/b%2Fc?d=e?", { path = "/a/b%2Fc", segments = { "a", "b/c" }, query = "d=e?" } },
      { "HTTP://h:1/a", { origin = "HTTP://h:1", path = "/a", segments = { "a" }, query = "" } },
      { "https://h?a", { origin = "https://h", path = "/", segments = { "" }, query = "a" } },
      { "*", nil },
      { "/%4", nil },
      { "", { path = "/", segments = { "" }, query = "" } },
    }
    for _, row in ipairs(rows) do
      it(("of %q"):format(row[1]), function()
        assert.same(row[2], decode.target(row[1]))
      end)
    end
  end)

  describe("credentials", function()
    it("gives user and password, which may have a colon", function()
      assert.same({ "user", "pass:word" }, { decode.credentials("Basic dXNlcjpwYXNzOndvcmQ=") })
      assert.same({ "user", "" }, { decode.credentials("basic dXNlcjo=") })
    end)

    for _, header in ipairs { "", "Basic", "Basic ****", "Bearer dXNlcjo=", "Basic dXNlcg==" } do
      it(("gives nothing of %q"):format(header), function()
        assert.is_nil(decode.credentials(header))
      end)
    end

    it("gives nothing without a header", function()
      assert.is_nil(decode.credentials(nil))
    end)
  end)
end)
