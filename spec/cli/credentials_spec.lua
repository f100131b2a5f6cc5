-- Credentials: from where they come, what is refused, and that none shows anywhere.

local commandline = require "spec.support.commandline"
local sandbox = require "twilio.webhooks.sandbox"
local shell = require "spec.support.shell"

describe("the credentials of twilio-webhooks", function()
  local server, path

  setup(function() server = assert(sandbox.start()) end)
  teardown(function() server:stop() end)
  before_each(function() path = os.tmpname() end)
  after_each(function() os.remove(path) end)

  local function write(text, mode)
    local file = assert(io.open(path, "wb"))
    file:write(text)
    file:close()
    shell.output(("chmod %s '%s'"):format(mode or "600", path))
  end

  -- With no credentials in the environment.
  local function run(words, input)
    return commandline.run("list --conversation x -o json " .. words,
      { TWILIO_WEBHOOKS_BASE_URL = server.base_url }, input)
  end

  local function lines(format)
    return (format:gsub("<SID>", server.account_sid):gsub("<SECRET>", server.auth_token))
  end

  -- Ways to write them.
  for _, text in ipairs {
    "TWILIO_ACCOUNT_SID=<SID>\nTWILIO_AUTH_TOKEN=<SECRET>\n",
    "# mine\nexport TWILIO_ACCOUNT_SID='<SID>'\r\n export TWILIO_AUTH_TOKEN=\"<SECRET>\"  \r\nOTHER=1",
    "account_sid = <SID>\nauth_token = <SECRET>",
    '{"TWILIO_ACCOUNT_SID": "<SID>", "TWILIO_AUTH_TOKEN": "<SECRET>", "other": [1]}',
    '\n{"account_sid": "<SID>", "auth_token": "<SECRET>"}',
  } do
    it(("are read from a file: %q"):format(text), function()
      write(lines(text))
      local status, out, err = run("--credentials-file " .. path)
      assert.same({ 0, "[]\n" }, { status, out }, err)
    end)
  end

  it("are read from standard input", function()
    assert.equal(0, (run("--credentials-file -", lines "account_sid=<SID>\nauth_token=<SECRET>\n")))
  end)

  it("are read from a command", function()
    local command = lines "echo account_sid=<SID>; echo auth_token=<SECRET>"
    local status, _, err = run("--credentials-command " .. shell.quote(command))
    assert.equal(0, status, err)
  end)

  it("of a file go before those of the environment", function()
    write(lines "account_sid=<SID>\nauth_token=<SECRET>")
    assert.equal(0, (commandline.run("list --conversation x --credentials-file " .. path,
      { TWILIO_WEBHOOKS_BASE_URL = server.base_url, TWILIO_AUTH_TOKEN = "wrong" })))
  end)

  for _, mode in ipairs { "640", "604", "660", "602" } do
    it(("are refused in a file of mode %s, with the line that mends it"):format(mode), function()
      write(lines "account_sid=<SID>\nauth_token=<SECRET>", mode)
      local status, _, err = run("--credentials-file " .. path)
      assert.equal(4, status)
      assert.is_truthy(err:find("chmod 600 " .. path, 1, true), err)
    end)
  end

  -- { words, what it says }
  for _, row in ipairs {
    { "--credentials-file /nowhere/file", "No such file" },
    { "--credentials-command 'echo a=b; (exit 7)'", "failed with status 7" },
    { "--credentials-command 'kill -PIPE $$; echo alive'", "failed with status 141" },
    { "--credentials-command yes", "too large" },
    { "--credentials-command 'echo \\\"'", "has none of TWILIO_ACCOUNT_SID" },
    { "--credentials-command true", "has none of TWILIO_ACCOUNT_SID" },
    { "--credentials-command 'echo {'", "no JSON object" },
  } do
    it("fail with 4 by " .. row[1], function()
      local status, _, err = run(row[1])
      assert.equal(4, status)
      assert.matches(row[2], err)
    end)
  end

  it("show in no message, whatever is wrong with them", function()
    write "account_sid=AC12\nauth_token=topsecret"
    for _, words in ipairs { "", "-v ", "--base-url http://127.0.0.1:1 --deadline 1 -v " } do
      local _, out, err = run(words .. "--credentials-file " .. path)
      assert.is_nil((out .. err):find("topsecret", 1, true))
    end
  end)
end)
