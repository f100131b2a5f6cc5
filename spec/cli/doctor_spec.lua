-- doctor: each finding by what is wrong, with what to do.

local cjson = require "cjson"
local commandline = require "spec.support.commandline"
local sandbox = require "twilio.webhooks.sandbox"
local shell = require "spec.support.shell"

describe("twilio-webhooks doctor", function()
  local server

  local function examine(words, changes, options)
    server = assert(sandbox.start(options))
    local environment = commandline.environment(server)
    for name, value in pairs(changes or {}) do environment[name] = value end
    words = (words or ""):gsub("PORT", server.base_url:match "%d+$")
    local status, out, err = commandline.run("doctor -o json " .. words, environment)
    local findings = {}
    for _, finding in ipairs(cjson.decode(out)) do findings[finding.check] = finding end
    return status, findings, err
  end

  after_each(function() server:stop() end)

  it("finds nothing where all is well, and sends one read", function()
    local status, findings = examine()
    assert.equal(0, status)
    for name, finding in pairs(findings) do assert.equal("ok", finding.state, name) end
    for _, name in ipairs { "installation", "signatures", "connection", "tls", "credentials", "clock" } do
      assert.is_table(findings[name], name)
    end
    assert.equal(1, #server:requests())
    assert.equal("GET", server:requests()[1].method)
    assert.matches("libcurl/%d", findings.installation.found)
  end)

  -- { what is wrong, words, changes of the environment, options of the sandbox, exit status, check, what to do }
  for _, row in ipairs {
    { "no credentials", "", { TWILIO_AUTH_TOKEN = "" }, {}, 4, "credentials", "set TWILIO_ACCOUNT_SID" },
    { "refused credentials", "", { TWILIO_AUTH_TOKEN = "wrong" }, {}, 4, "credentials", "the API refuses them" },
    { "an address without a server", "--base-url http://127.0.0.1:1", {}, {}, 1, "connection", "firewall" },
    { "a name that is none", "--base-url https://name.invalid --deadline 8", {}, {}, 1, "name", "name server" },
    { "a wrong base URL", "", { TWILIO_WEBHOOKS_BASE_URL = "ftp://x" }, {}, 2, "settings", "mend" },
    { "no https where it is wanted", "--base-url https://127.0.0.1:PORT", {}, {}, 1, "tls", "ca%-certificates" },
    { "a clock that is off", "", {}, { faults = { { "date_off", seconds = 3600 } } }, 1, "clock", "set this machine's clock" },
    { "an API with a problem", "", {}, { faults = { { "fail_before", status = 503 } } }, 1, "api", "try again later" },
    { "a server that answers nothing", "", {}, { faults = { { "drop_before" } } }, 1, "connection", "try again" },
    { "a journal that is not there", "--journal /nowhere/x", {}, {}, 1, "journal", "that you may read" },
  } do
    it("finds " .. row[1], function()
      local status, findings = examine(row[2], row[3], row[4])
      assert.equal("failed", (findings[row[6]] or {}).state, cjson.encode(findings))
      assert.matches(row[7], findings[row[6]].remedy)
      assert.equal(row[5], status)
    end)
  end

  it("says below its table what to do", function()
    server = assert(sandbox.start())
    local environment = commandline.environment(server)
    environment.TWILIO_AUTH_TOKEN, environment.CLICOLOR_FORCE = "", "1"
    local status, out, err = commandline.run("doctor", environment)
    assert.equal(4, status)
    assert.is_truthy(out:find("\27[31mfailed\27[0m", 1, true))
    assert.is_truthy(err:find("\27[1mcredentials\27[0m: set TWILIO_ACCOUNT_SID", 1, true))
  end)

  it("takes an API key, and a journal that is one's own", function()
    server = assert(sandbox.start())
    local environment, path = commandline.environment(server), os.tmpname()
    environment.TWILIO_API_KEY, environment.TWILIO_API_SECRET = server.api_key, server.api_secret
    local status, out = commandline.run("doctor -o tsv --journal " .. path, environment)
    os.remove(path)
    assert.equal(0, status)
    assert.matches("\ncredentials\tok\tan API key, from the environment, before the token", out)
    assert.matches("\njournal\tok\t", out)
  end)

  it("warns where libcrypto's part is not there", function()
    server = assert(sandbox.start())
    local status, out = commandline.run("doctor -o tsv", commandline.environment(server), nil,
      "package.preload['twilio.webhooks.signature'] = function() error 'none' end")
    assert.equal(0, status)
    assert.matches("\nsignatures\twarning\t", out)
  end)

  it("finds a credentials file that others can read", function()
    local path = os.tmpname()
    shell.output("chmod 644 " .. path)
    local status, findings = examine("--credentials-file " .. path)
    os.remove(path)
    assert.equal(4, status)
    assert.is_truthy(findings["credentials file"].remedy:find("chmod 600 " .. path, 1, true))
  end)
end)
