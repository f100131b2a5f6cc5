-- Credentials, endpoint and bounds: from the parameters, or from the
-- environment at the time of the call.

local core = require "twilio.webhooks.core"
local child = require "spec.support.child"
local example = require "spec.support.example"
local shell = require "spec.support.shell"
local strace = require "spec.support.strace"

local SID = example.account_sid
local KEY = "SK" .. ("b"):rep(32)

local function problem(fields)
  local made, _, err = core.request("create_webhook", example.webhook(fields))
  assert.is_nil(made)
  assert.equal(1, #err.problems, err.message)
  return err.problems[1]
end

local function url(fields)
  local made, message = core.request("create_webhook", example.webhook(fields))
  assert(made, message)
  return made.url
end

-- In a process with that environment: "ok URL" or the problems' fields.
local function with_environment(environment, code)
  local output = child.run(([[
    local core = require "twilio.webhooks.core"
    local example = require "spec.support.example"
    local params = example.webhook { account_sid = false, auth_token = false }
    %s
    local made, message, err = core.request("create_webhook", params)
    if made then print("ok " .. made.url) return end
    for _, problem in ipairs(err.problems) do print(problem.field .. ": " .. problem.message) end
  ]]):format(code or ""), environment)
  return (output:gsub("%s+$", ""))
end

describe("options", function()
  describe("credentials", function()
    local accepted = {
      { "the account's sid and token", {} },
      { "an API key", { account_sid = false, auth_token = false, api_key = KEY, api_secret = "s" } },
      { "an access token", { account_sid = false, auth_token = false, access_token = "eyJ.a_b-c~d+/e==" } },
      { "an access token with the account's sid", { auth_token = false, access_token = "eyJ" } },
      { "an API key with the account's sid", { auth_token = false, api_key = KEY, api_secret = "s" } },
      { "a secret with every printable character", { auth_token = "a:b%20/+=\"' \195\188" } },
    }
    for _, row in ipairs(accepted) do
      it("may be " .. row[1], function()
        assert.equal("https://ip-messaging.twilio.com" .. example.path, url(row[2]))
      end)
    end

    local refused = {
      { "no token", { auth_token = false }, "auth_token", "is required, here or as TWILIO_AUTH_TOKEN" },
      { "no account", { account_sid = false }, "account_sid", "is required, here or as TWILIO_ACCOUNT_SID" },
      { "a key without its secret", { auth_token = false, api_key = KEY }, "api_secret", "is required" },
      { "a secret without its key", { auth_token = false, api_secret = "s" }, "api_key", "is required" },
      { "a token and a key", { api_key = KEY, api_secret = "s" }, "auth_token", "not be given together" },
      { "an account's sid of another kind", { account_sid = KEY }, "account_sid", "must be AC and 32" },
      { "a key with a colon", { auth_token = false, api_key = "a:b", api_secret = "s" }, "api_key", "colon" },
      { "an empty token", { auth_token = "" }, "auth_token", "1 to 4096 bytes" },
      { "a token with a line break", { auth_token = "a\r\nX: y" }, "auth_token", "without control characters" },
      { "a token with NUL", { auth_token = "a\0b" }, "auth_token", "without control characters" },
      { "a token that is a number", { auth_token = 12345 }, "auth_token", "must be a string" },
      { "an access token and a token", { access_token = "a" }, "access_token", "not be given together" },
      { "an access token and an API key", { auth_token = false, access_token = "a", api_key = "k", api_secret = "s" },
        "access_token", "not be given together" },
      { "an access token and an API key's secret", { auth_token = false, access_token = "a", api_secret = "s" },
        "access_token", "not be given together" },
      { "an access token with a space", { auth_token = false, access_token = "a b" }, "access_token", "OAuth" },
      { "an access token with a line break", { auth_token = false, access_token = "a\r\nX: y" }, "access_token",
        "without control characters" },
      { "an empty access token", { auth_token = false, access_token = "" }, "access_token", "1 to 4096 bytes" },
    }
    for _, row in ipairs(refused) do
      it("may not be " .. row[1], function()
        local found = problem(row[2])
        assert.equal(row[3], found.field)
        assert.truthy(found.message:find(row[4], 1, true), found.message)
      end)
    end

    it("are refused once", function()
      for _, account in ipairs { "a\nb", "", 5, "AC1" } do
        assert.equal("account_sid", problem { account_sid = account }.field) -- the only one
      end
      local output = with_environment { TWILIO_ACCOUNT_SID = "a\nb", TWILIO_AUTH_TOKEN = "x" }
      assert.equal(1, select(2, output:gsub("TWILIO_ACCOUNT_SID", "")), output)
    end)

    it("are never shown in a refusal", function()
      for _, fields in ipairs {
        { account_sid = "s3cret" }, { auth_token = "s3cret\n" }, { base_url = "https://user:s3cret@host" },
        { proxy = "s3cret\n" }, { auth_token = false, api_key = "s3cret:", api_secret = "s" },
      } do
        local found = problem(fields)
        assert.is_nil(found.given)
        assert.is_nil(found.message:find("s3cret", 1, true))
      end
    end)
  end)

  describe("environment", function()
    local OK = "ok https://ip-messaging.twilio.com" .. example.path

    it("gives the account and its token", function()
      assert.equal(OK, with_environment { TWILIO_ACCOUNT_SID = SID, TWILIO_AUTH_TOKEN = "t" })
    end)

    it("gives an API key", function()
      assert.equal(OK, with_environment { TWILIO_API_KEY = KEY, TWILIO_API_SECRET = "s" })
    end)

    it("gives what the parameters lack of a pair", function()
      assert.equal(OK, with_environment({ TWILIO_AUTH_TOKEN = "t" }, "params.account_sid = example.account_sid"))
      assert.equal(OK, with_environment({ TWILIO_API_SECRET = "s" }, "params.api_key = 'SKx'"))
    end)

    it("gives way to the parameters", function()
      assert.equal(OK, with_environment({ TWILIO_ACCOUNT_SID = "broken", TWILIO_API_KEY = "a:b",
        TWILIO_API_SECRET = "s" }, "params.account_sid = example.account_sid params.auth_token = 't'"))
    end)

    it("counts an empty variable as not set", function()
      assert.equal("auth_token: is required, here or as TWILIO_AUTH_TOKEN in the environment",
        with_environment { TWILIO_ACCOUNT_SID = SID, TWILIO_AUTH_TOKEN = "" })
    end)

    it("is refused where it breaks a line, by the variable's name and without its value", function()
      local output = with_environment { TWILIO_ACCOUNT_SID = SID, TWILIO_AUTH_TOKEN = "s3cret\nX: y" }
      assert.equal("TWILIO_AUTH_TOKEN: must have no control characters, and 4096 bytes at most (in the environment)", output)
    end)

    if jit then -- which alone can change its own environment
      it("is read when the call is made, and not before", function()
        assert.equal("true\n", child.run([[
          local core = require "twilio.webhooks.core"
          local example = require "spec.support.example"
          local ffi = require "ffi"
          ffi.cdef "int setenv(const char *, const char *, int);"
          ffi.C.setenv("TWILIO_ACCOUNT_SID", example.account_sid, 1)
          ffi.C.setenv("TWILIO_AUTH_TOKEN", "t", 1)
          local params = example.webhook { account_sid = false, auth_token = false }
          print((core.request("create_webhook", params)) ~= nil)
        ]]))
      end)
    end

    it("gives edge and region", function()
      local account = { TWILIO_ACCOUNT_SID = SID, TWILIO_AUTH_TOKEN = "t", TWILIO_EDGE = "dublin" }
      assert.equal("ok https://ip-messaging.dublin.us1.twilio.com" .. example.path, with_environment(account))
      account.TWILIO_REGION = "ie1"
      assert.equal("ok https://ip-messaging.dublin.ie1.twilio.com" .. example.path, with_environment(account))
    end)

    it("is asked for an edge where it has a region alone", function()
      local output = with_environment { TWILIO_ACCOUNT_SID = SID, TWILIO_AUTH_TOKEN = "t", TWILIO_REGION = "ie1" }
      assert.truthy(output:find("^TWILIO_REGION: needs its edge %(dublin for ie1"), output)
    end)

    local refused = {
      { { TWILIO_EDGE = "dublin/" }, "TWILIO_EDGE: must be one part of a host name, such as dublin or ie1" },
      { { TWILIO_REGION = "ie1.example" }, "TWILIO_REGION: must be one part of a host name, such as dublin or ie1" },
      { { TWILIO_ACCOUNT_SID = "s3cret" }, "TWILIO_ACCOUNT_SID: must be AC and 32 hexadecimal digits" },
      { { TWILIO_API_KEY = "s3:cret", TWILIO_API_SECRET = "s" }, "TWILIO_API_KEY: must be without a colon" },
    }
    for _, row in ipairs(refused) do
      it("is refused by the variable's name: " .. next(row[1]), function()
        local environment = { TWILIO_ACCOUNT_SID = SID, TWILIO_AUTH_TOKEN = "t" }
        for name, value in pairs(row[1]) do environment[name] = value end
        assert.equal(row[2] .. " (in the environment)", with_environment(environment))
      end)
    end

    it("gives a client's calls what the client lacks of a pair", function()
      -- { what the client is given, the environment, whose user name and password a request has }
      local rows = {
        { "api_key = 'SKx'", { TWILIO_API_SECRET = "env" }, "SKx:env" },
        { "api_secret = 's'", { TWILIO_API_KEY = "SKenv" }, "SKenv:s" },
        { "api_key = 'SKx', api_secret = 's'", { TWILIO_API_KEY = "SKenv", TWILIO_API_SECRET = "env" }, "SKx:s" },
        { "auth_token = 't'", { TWILIO_ACCOUNT_SID = SID }, SID .. ":t" },
        { ("account_sid = %q"):format(SID), { TWILIO_AUTH_TOKEN = "env" }, SID .. ":env" },
      }
      for _, row in ipairs(rows) do
        local output = child.run(([[
          local seen
          local client = assert(require "twilio.webhooks".new { %s, service_sid = "IS" .. ("a"):rep(32), channel_sid = "x",
            transport = function(request)
              seen = request.headers.Authorization
              return { status = 204 }
            end })
          for _ = 1, 2 do assert(client:delete_webhook { sid = "WH" .. ("a"):rep(32) }) end
          print(seen)]]):format(row[1]), row[2])
        local base64 = shell.output("printf %s '" .. row[3] .. "' | base64 -w 0")
        assert.equal("Basic " .. base64 .. "\n", output)
      end
    end)

    it("needs both of an API key and its secret", function()
      assert.equal(OK, with_environment { TWILIO_ACCOUNT_SID = SID, TWILIO_AUTH_TOKEN = "t", TWILIO_API_KEY = KEY })
    end)

    it("does not bend a base URL of the parameters", function()
      assert.equal("ok http://127.0.0.1:8390" .. example.path, with_environment({
        TWILIO_ACCOUNT_SID = SID, TWILIO_AUTH_TOKEN = "t", TWILIO_EDGE = "dublin",
      }, "params.base_url = 'http://127.0.0.1:8390'"))
    end)

    describe("TWILIO_WEBHOOKS_BASE_URL", function()
      -- The URL in the environment; the code that gives parameters; what becomes of it.
      local rows = {
        { "http://127.0.0.1:8390", "", "ok http://127.0.0.1:8390" },
        { "https://example.com/twilio/", "", "ok https://example.com/twilio" },
        { "", "", "ok https://ip-messaging.dublin.ie1.twilio.com" },
        { "http://127.0.0.1:8390", "params.base_url = 'https://example.com'", "ok https://example.com" },
        { "http://127.0.0.1:8390", "params.edge = 'sydney'", "ok https://ip-messaging.sydney.ie1.twilio.com" },
        { "http://127.0.0.1:8390", "params.region = 'au1'", "ok https://ip-messaging.dublin.au1.twilio.com" },
        { "s3cret", "params.base_url = 'https://example.com'", "ok https://example.com" },
        { "s3cret", "params.edge = 'sydney'", "ok https://ip-messaging.sydney.ie1.twilio.com" },
        { "http://example.com", "params.allow_http = true", "ok http://example.com" },
        { "http://example.com", "", "must be an https URL: http is for this machine, or for allow_http = true" },
        { "https://u:s3cret@example.com", "",
          "must be https://host[:port][/prefix], without user name, query or fragment" },
        { "s3cret", "", "must be a URL that begins with https://" },
      }
      for _, row in ipairs(rows) do
        it(("is %q, with %q given"):format(row[1], row[2]), function()
          local output = with_environment({ TWILIO_ACCOUNT_SID = SID, TWILIO_AUTH_TOKEN = "t", TWILIO_EDGE = "dublin",
            TWILIO_REGION = "ie1", TWILIO_WEBHOOKS_BASE_URL = row[1] }, row[2])
          local expected = row[3]:find "^ok" and row[3] .. example.path
            or ("TWILIO_WEBHOOKS_BASE_URL: %s (in the environment)"):format(row[3])
          assert.equal(expected, output)
        end)
      end

      it("may not hold a line break", function()
        assert.equal("TWILIO_WEBHOOKS_BASE_URL: must have no control characters, and 4096 bytes at most (in the environment)",
          with_environment { TWILIO_ACCOUNT_SID = SID, TWILIO_AUTH_TOKEN = "t",
            TWILIO_WEBHOOKS_BASE_URL = "https://s3cret.example\r\n" })
      end)

      it("is refused when a client is made, too", function()
        assert.equal("new: TWILIO_WEBHOOKS_BASE_URL: must be a URL that begins with https:// (in the environment)\n",
          child.run("print((select(2, require('twilio.webhooks').new {})))", { TWILIO_WEBHOOKS_BASE_URL = "s3cret" }))
      end)
    end)
  end)

  describe("endpoint", function()
    local accepted = {
      { {}, "https://ip-messaging.twilio.com" },
      { { region = "us1" }, "https://ip-messaging.us1.twilio.com" },
      { { edge = "dublin" }, "https://ip-messaging.dublin.us1.twilio.com" },
      { { edge = "dublin", region = "ie1" }, "https://ip-messaging.dublin.ie1.twilio.com" },
      { { base_url = "https://example.com" }, "https://example.com" },
      { { base_url = "https://example.com/" }, "https://example.com" },
      { { base_url = "https://example.com:8443/twilio/" }, "https://example.com:8443/twilio" },
      { { base_url = "https://[2001:db8::1]:443/a/b" }, "https://[2001:db8::1]:443/a/b" },
      { { base_url = "https://a_b.example.com/.x/..y/x./xy" }, "https://a_b.example.com/.x/..y/x./xy" },
      { { base_url = "http://localhost:1" }, "http://localhost:1" },
      { { base_url = "http://127.0.0.1" }, "http://127.0.0.1" },
      { { base_url = "http://127.9.9.9:65535" }, "http://127.9.9.9:65535" },
      { { base_url = "http://[::1]:80" }, "http://[::1]:80" },
      { { base_url = "http://example.com", allow_http = true }, "http://example.com" },
    }
    for _, row in ipairs(accepted) do
      it("may be " .. row[2], function()
        assert.equal(row[2] .. example.path, url(row[1]))
      end)
    end

    local refused = {
      { "http to another machine", { base_url = "http://example.com" }, "base_url", "must be an https URL" },
      { "a name that only begins like loopback", { base_url = "http://127.0.0.1.example.com" }, "base_url", "https" },
      { "a name that only ends like loopback", { base_url = "http://a.localhost" }, "base_url", "https" },
      { "another protocol", { base_url = "ftp://example.com" }, "base_url", "begins with https://" },
      { "no protocol", { base_url = "example.com" }, "base_url", "begins with https://" },
      { "nothing behind the protocol", { base_url = "https://" }, "base_url", "https://" },
      { "a user name", { base_url = "https://u@example.com" }, "base_url", "without user name" },
      { "a password", { base_url = "https://u:p@example.com" }, "base_url", "without user name" },
      { "a query", { base_url = "https://example.com/?a=b" }, "base_url", "query" },
      { "a fragment", { base_url = "https://example.com/#a" }, "base_url", "fragment" },
      { "port 0", { base_url = "https://example.com:0" }, "base_url", "[:port]" },
      { "port 65536", { base_url = "https://example.com:65536" }, "base_url", "[:port]" },
      { "an empty port", { base_url = "https://example.com:" }, "base_url", "[:port]" },
      { "a port of six digits", { base_url = "https://example.com:655360" }, "base_url", "[:port]" },
      { "a letter in a port", { base_url = "https://example.com:8o" }, "base_url", "host" },
      { "a name in brackets", { base_url = "https://[::g]" }, "base_url", "host" },
      { "a host of five letters by http", { base_url = "http://abcde" }, "base_url", "must be an https URL" },
      { "less than a protocol", { base_url = "http" }, "base_url", "begins with https://" },
      { "one dot in the path", { base_url = "https://example.com/./a" }, "base_url", "prefix" },
      { "an unclosed bracket", { base_url = "https://[::1" }, "base_url", "host" },
      { "a space", { base_url = "https://exam ple.com" }, "base_url", "host" },
      { "a backslash", { base_url = "https://example.com\\@evil.test" }, "base_url", "host" },
      { "dots in the path", { base_url = "https://example.com/a/../b" }, "base_url", "prefix" },
      { "dots at its end", { base_url = "https://example.com/.." }, "base_url", "prefix" },
      { "a line break", { base_url = "https://example.com/\r\nX: y" }, "base_url", "without control characters" },
      { "an edge that is no label", { edge = "dublin.evil.test/" }, "edge", "one part of a host name" },
      { "a region with a slash", { region = "ie1/" }, "region", "one part of a host name" },
      { "an edge that begins with a hyphen", { edge = "-a" }, "edge", "one part of a host name" },
      { "an edge that ends with a hyphen", { edge = "a-" }, "edge", "one part of a host name" },
      { "an edge of 64 letters", { edge = ("a"):rep(64) }, "edge", "one part of a host name" },
      { "an edge with an underscore", { edge = "a_b" }, "edge", "one part of a host name" },
      { "an edge with a brace", { edge = "a{b" }, "edge", "one part of a host name" },
      { "a region without its edge", { region = "ie1" }, "region", "needs its edge" },
      { "a base URL and a region", { base_url = "https://example.com", region = "ie1" }, "base_url", "together" },
      { "a base URL and an edge", { base_url = "https://example.com", edge = "dublin" }, "base_url", "together" },
      { "a host that is too long", { base_url = "https://" .. ("a"):rep(1100) }, "base_url", "1024 bytes" },
    }
    for _, row in ipairs(refused) do
      it("may not be " .. row[1], function()
        local found = problem(row[2])
        assert.equal(row[3], found.field)
        assert.truthy(found.message:find(row[4], 1, true), found.message)
      end)
    end
  end)

  describe("bound", function()
    local accepted = {
      { timeout = 1 }, { timeout = 0.05, connect_timeout = 0.01 }, { timeout = 1, connect_timeout = 60 },
      { max_response_bytes = 1 }, { max_response_bytes = 2 ^ 30 }, { user_agent = "mine/1.0" },
      { ca_file = "LICENSE" }, { ca_path = "spec" }, { proxy = "" }, { proxy = "http://proxy:3128" },
      { proxy = "proxy:3128" }, { proxy = "socks5h://u:p@proxy" }, { proxy = "", base_url = "http://localhost:1" },
    }
    for i, fields in ipairs(accepted) do
      it("is taken: " .. i, function() url(fields) end)
    end

    local refused = {
      { { timeout = 0 }, "timeout", "must be seconds" },
      { { timeout = -1 }, "timeout", "must be seconds" },
      { { timeout = 0 / 0 }, "timeout", "must be seconds" },
      { { timeout = math.huge }, "timeout", "must be seconds" },
      { { timeout = "30" }, "timeout", 'must be seconds: more than 0, and a day at most, not "30"' },
      { { connect_timeout = 0 }, "connect_timeout", "must be seconds" },
      { { max_response_bytes = 0 }, "max_response_bytes", "must be a number of bytes" },
      { { max_response_bytes = 2 ^ 31 }, "max_response_bytes", "must be a number of bytes" },
      { { allow_http = "yes" }, "allow_http", 'must be true or false, not "yes"' },
      { { user_agent = "a\r\nb" }, "user_agent", "without control characters" },
      { { user_agent = "" }, "user_agent", "1 to 4096 bytes" },
      { { user_agent = ("a"):rep(4097) }, "user_agent", "1 to 4096 bytes" },
      { { user_agent = "a\127" }, "user_agent", 'without control characters, not "a\\x7F"' },
      { { ca_file = 1 }, "ca_file", "must be a string" },
      { { ca_file = "/no/such/file" }, "ca_file", 'must be a file that can be read, not "/no/such/file"' },
      { { ca_file = "spec" }, "ca_file", 'must be a file that can be read, not "spec"' },
      { { ca_path = "/no/such/directory" }, "ca_path", "must be a directory that can be read" },
      { { ca_path = "LICENSE" }, "ca_path", "must be a directory that can be read" },
      { { proxy = "ftp://u:s3cret@h:1" }, "proxy", "must be a URL that begins with http://, https:// or socks5://" },
      { { proxy = "http://h:1", base_url = "http://localhost:1" }, "proxy",
        "must not be given together with an http base_url" },
    }
    it("of ca_file is refused where the file is there, and may not be read #once #plain", function()
      local missing = strace.missing()
      if missing then return pending(missing) end
      local output = strace.run([[
        local example = require "spec.support.example"
        local core = require "twilio.webhooks.core"
        print((select(2, core.request("create_webhook", example.webhook { ca_file = "/etc/passwd" }))))
      ]], "/etc/passwd", "?access,?faccessat", "EACCES")
      assert.equal('create_webhook: ca_file: must be a file that can be read, not "/etc/passwd"\n', output)
    end)

    for _, row in ipairs(refused) do
      it(("of %s is refused: %s"):format(row[2], tostring(row[1][row[2]])), function()
        local found = problem(row[1])
        assert.equal(row[2], found.field)
        assert.truthy(found.message:find(row[3], 1, true), found.message)
      end)
    end
  end)
end)
