-- Every exit status, by what leads to it; and that a mistake sends nothing.

local commandline = require "spec.support.commandline"
local sandbox = require "twilio.webhooks.sandbox"
local shell = require "spec.support.shell"

local CREATE = "create --channel general --url https://example.com/hook --filter onMessageSent "

describe("the exit status of twilio-webhooks", function()
  local server

  local function start(options)
    server = assert(sandbox.start(options))
  end

  local function run(words, changes, input)
    local environment = commandline.environment(server)
    for name, value in pairs(changes or {}) do environment[name] = value end
    return commandline.run(words, environment, input)
  end

  after_each(function()
    if server then server:stop() end
    server = nil
  end)

  describe("is 0 where it is done, or there is nothing to do:", function()
    for _, words in ipairs { "--version", "--version -v", "--help",
      "help", "help exit", "create --help", "-h", "completion bash",
      "list --channel general", CREATE, CREATE .. "--dry-run" } do
      it(words, function()
        start()
        local status, _, err = run(words)
        assert.equal(0, status, err)
      end)
    end
  end)

  describe("is 1 where it failed:", function()
    it("the API refuses", function()
      start()
      local status, _, err = run "create --channel general"
      assert.equal(1, status)
      assert.matches("50329", err)
    end)

    it("the API cannot be reached", function()
      start()
      local status, _, err = run("list --channel general --base-url http://127.0.0.1:1 --deadline 1")
      assert.equal(1, status)
      assert.matches("connect", err)
    end)
  end)

  it("is 1 where standard output is closed; and nothing is written to what takes its number", function()
    start()
    local command = commandline.command("list --channel general -o json", commandline.environment(server))
    local status, text = shell.run(command .. " >&-")
    assert.equal(1, status)
    assert.matches("standard output: Bad file descriptor", text)
    assert.equal(0, (shell.run(command .. " <&- 2>&-")))
  end)

  it("is 1 where argparse is not there, whose package it names", function()
    local status, _, err = commandline.run("help exit", nil, nil, "package.preload.argparse = function() error 'none' end")
    assert.equal(1, status)
    assert.matches("install Debian's package lua%-argparse", err)
  end)

  -- A command whose run raises an error.
  local function raising(value)
    return commandline.run("get", nil, nil, ([[package.preload["twilio.webhooks.cli.commands.get"] = function()
      return { name = "get", summary = "", flags = {}, run = function() error(%s) end } end]]):format(value))
  end

  it("is 1 after an error of the program's own, which says where", function()
    local status, _, err = raising '"boom"'
    assert.equal(1, status)
    assert.matches("a bug of twilio%-webhooks: .*boom\nstack traceback:", err)
  end)

  it("is 130 after Ctrl-C, as Lua reports it", function()
    assert.same({ 130, "", "\n" }, { raising '"interrupted!"' })
  end)

  -- { words, what it says }
  describe("is 2 after a mistake, and nothing is sent:", function()
    for _, row in ipairs {
      { "", "usage: twilio%-webhooks COMMAND" },
      { "-o json", "a command is missing" },
      { "lst", "unknown command lst; did you mean list%?" },
      { "nothing-like-it", "unknown command nothing%-like%-it\n" },
      { "create --ulr x", "unknown option %-%-ulr; did you mean %-%-url%?" },
      { "create --credential-file x", "did you mean %-%-credentials%-file%?" },
      { "create", "whose webhook%? %-%-channel" },
      { "create --channel", "option %-%-channel requires an argument" },
      { "create --channel general --type hook", "%-%-type: must be webhook, trigger or studio" },
      { "create --channel general --retry-count x --method PUT", "%-%-method: .*%-%-retry%-count: must be an integer" },
      { "create --conversation general --retry-count 1", "%-%-retry%-count: is a parameter of a channel" },
      { "create --channel general --service x", "%-%-service: must be IS" },
      { "create --channel general -f url", "%-%-field: .*name=value" },
      { "create --channel general -f auth_token=secret", "auth_token: not taken: everybody" },
      { "create --channel general --field=AuthToken=secret", "AuthToken: not taken: everybody" },
      { "create --channel general -f timeout=3", "%-%-field: timeout is no parameter" },
      { "--credentials-file list get WHx --chanel general", "unknown option %-%-chanel; did you mean %-%-channel%?" },
      { "get WHx --channel general", "SID: must be WH and 32" },
      { "get --channel general", "missing argument SID" },
      { "get a b --channel general", "too many arguments" },
      { "list --channel general -o xml", "%-o must be one of table, json, jsonl, tsv" },
      { "list --channel general --timeout x", "x is no number" },
      { "list --channel general --timeout -1", "timeout: must be seconds: more than 0, and a day at most, not %-1" },
      { "create --channel general --retry-count -2.5", "%-%-retry%-count: must be an integer, not \"%-2%.5\"" },
      { "create --channel general -f -1", "%-%-field: \"%-1\" is not name=value" },
      { "delete WHx --channel -y --timeout -y", "option %-%-channel requires an argument" },
      { "get WHx -- --timeout -1", "too many arguments" },
      { "list --channel general --deadline=0", "deadline: must be seconds" },
      { "list --channel general --base-url ftp://x", "base_url: " },
      { "list --channel general --auth-token secret", "%-%-auth%-token: not taken: everybody" },
      { "list --channel general --auth_token=secret", "%-%-auth_token: not taken: everybody" },
      { "list --channel general --credentials-file a --credentials-command b", "can not be used together" },
      { "help nothing", "no command and no topic is called nothing" },
      { "completion tcsh", "SHELL must be one of bash, zsh, fish" },
      { "verify", "%-%-url is missing" },
      { "verify --url https://a --body - -f a=b", "give one of them" },
      { "apply - --format jsonl --credentials-file -", "cannot be both credentials and data" },
      { "verify --url https://a --body - --credentials-file -", "cannot be both credentials and data" },
      { "send https://a", "%-%-event is missing" },
      { "send ftp://a --event onMessageAdded", "must begin with http" },
      { "send https://a --event onMessageAddd", "did you mean onMessageAdd" },
      { "sandbox --port x", "value is not right" },
      { "sandbox --fault nothing", "nothing" },
    } do
      it(row[1], function()
        start()
        local status, out, err = run(row[1])
        assert.equal(2, status, err)
        assert.equal("", out)
        assert.matches(row[2], err)
        assert.is_nil(err:find("secret", 1, true))
        assert.is_nil(err:find("traceback", 1, true))
        assert.same({}, server:requests())
      end)
    end
  end)

  it("is 3 where it cannot be told whether a webhook was made", function()
    start { faults = { { "stall_late", operation = "create", seconds = 60 } } }
    local status, _, err = run(CREATE .. "--timeout 0.3 --deadline 2")
    assert.equal(3, status, err)
    assert.matches("it cannot be told whether the webhook was made", err)
  end)

  it("is 3 with what may be the webhook, where something may be", function()
    start { faults = { { "drop_after", operation = "create" }, { "created_missing" } } }
    local status, _, err = run(CREATE .. "--deadline 5")
    assert.equal(3, status, err)
    assert.matches("\n  this may be it: " .. server:webhooks()[1].sid, err)
  end)

  describe("is 4 for credentials:", function()
    it("that are missing, for thousands: said once, and not of each row", function()
      start()
      local rows = ('{"channel_sid":"a%d","type":"webhook","configuration":{"url":"https://example.com"}}\n')
      local input = rows:format(1) .. rows:format(2)
      for _, command in ipairs { "plan", "apply" } do
        local status, _, err = run(command .. " - --format jsonl", { TWILIO_AUTH_TOKEN = "" }, input)
        assert.equal(4, status, err)
        assert.equal(1, select(2, err:gsub("auth_token: is required", "")), err)
        assert.matches("help credentials", err)
      end
    end)

    it("none", function()
      start()
      local status, _, err = run("list --channel general", { TWILIO_AUTH_TOKEN = "" })
      assert.equal(4, status)
      assert.matches("auth_token: is required", err)
      assert.matches("help credentials", err)
    end)

    it("refused", function()
      start()
      local status, _, err = run("list --channel general", { TWILIO_AUTH_TOKEN = "wrong" })
      assert.equal(4, status)
      assert.matches("401", err)
      assert.is_nil(err:find("wrong", 1, true))
    end)

    it("no secret for a shared key", function()
      start()
      local status, _, err = run "send https://a --event onMessageAdded --key k"
      assert.equal(4, status)
      assert.matches("TWILIO_SHARED_SECRET", err)
    end)

    it("no token to verify by", function()
      start()
      local status = run("verify --url https://example.com --signature x", { TWILIO_AUTH_TOKEN = "" })
      assert.equal(4, status)
    end)
  end)

  it("is 5 where nobody can be asked and --yes is not given", function()
    start()
    local status, _, err = run("delete --channel general WH" .. ("0"):rep(32))
    assert.equal(5, status)
    assert.matches("%-%-yes", err)
    assert.same({}, server:requests())
  end)
end)
