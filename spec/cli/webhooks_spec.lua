-- The commands about one webhook, against the sandbox: what they do, say and give.

local cjson = require "cjson"
local commandline = require "spec.support.commandline"
local sandbox = require "twilio.webhooks.sandbox"
local shell = require "spec.support.shell"

local HOOK = "--channel general --url https://example.com/hook --filter onMessageSent "
local ABSENT = "WH" .. ("0"):rep(32)

describe("twilio-webhooks", function()
  local server

  before_each(function() server = assert(sandbox.start()) end)
  after_each(function() server:stop() end)

  local function run(words, input)
    return commandline.run(words, commandline.environment(server), input)
  end

  local function created(words)
    local status, out, err = run("create " .. HOOK .. (words or "") .. " -o json")
    assert.equal(0, status, err)
    return cjson.decode(out)
  end

  describe("create", function()
    it("makes a webhook, and gives it", function()
      local hook = created "--filter onMemberAdded --method get --retry-count 2"
      assert.same({ "onMessageSent", "onMemberAdded" }, hook.configuration.filters)
      assert.equal("GET", hook.configuration.method)
      assert.equal(2, hook.configuration.retry_count)
      assert.equal("webhook", hook.type)
      assert.equal(hook.sid, server:webhooks()[1].sid)
    end)

    -- { words, type or target, of what }
    for _, row in ipairs {
      { "--channel a --url https://example.com --trigger hello", "type", "trigger" },
      { "--channel a --flow FW" .. ("0"):rep(32), "type", "studio" },
      { "--conversation a --url https://example.com --filter onMessageAdded", "target", "webhook" },
      { "--conversation a --url https://example.com --trigger hello --type trigger", "target", "trigger" },
      { "--conversation a --flow FW" .. ("0"):rep(32) .. " --target studio", "target", "studio" },
    } do
      it(("knows by %q that it is a %s"):format(row[1], row[3]), function()
        local status, _, err = run("create " .. row[1])
        assert.equal(0, status, err)
        assert.equal(row[3], server:webhooks()[1][row[2]])
      end)
    end

    it("takes a parameter by its dotted name, and any other by --field", function()
      local status, _, err = run("create --channel general --configuration.url https://example.com "
        .. "--configuration.filters onMessageSent --service_sid " .. server.service_sid
        .. " -f configuration.retry_count=3 -f new_field=a -f new_field=b -f configuration.other=1")
      assert.equal(0, status, err)
      assert.equal("Type=webhook&Configuration.Url=https%3A%2F%2Fexample.com&Configuration.Filters=onMessageSent"
        .. "&Configuration.RetryCount=3&Configuration.Other=1&NewField=a&NewField=b", server:requests()[1].body)
    end)

    it("hints at the event that was meant, and leaves it to the server", function()
      local _, _, err = run "create --dry-run --channel general --url https://a --filter onMessageSnt"
      assert.matches("^hint: %-%-filter onMessageSnt: no event is known by this name; did you mean onMessageSent%?\n", err)
      _, _, err = run "create --dry-run --conversation general --url https://a --filter onMessageSent"
      assert.matches("did you mean onMessage%a+%?", err)
      _, _, err = run("create --dry-run " .. HOOK)
      assert.is_nil(err:find("hint", 1, true))
    end)

    it("with --dry-run sends nothing and shows the form, without credentials", function()
      local status, out, err = run("create --dry-run -o json " .. HOOK)
      assert.equal(0, status, err)
      local request = cjson.decode(out)
      assert.equal("POST", request.method)
      assert.same({ "Type=webhook", "Configuration.Url=https://example.com/hook", "Configuration.Filters=onMessageSent" },
        request.form)
      assert.is_nil((out .. err):find(server.auth_token, 1, true))
      assert.same({}, server:requests())
    end)
  end)

  it("get shows a webhook", function()
    local hook = created()
    local status, out = run("get --channel general -o json " .. hook.sid)
    assert.equal(0, status)
    assert.same(hook, cjson.decode(out))
  end)

  it("update changes what its flags name, and leaves the rest", function()
    local hook = created "--retry-count 2"
    local status, _, err = run(("update %s --channel general --url https://example.com/new"):format(hook.sid))
    assert.equal(0, status, err)
    local now = server:webhooks()[1].configuration
    assert.same({ "https://example.com/new", 2, { "onMessageSent" } }, { now.url, now.retry_count, now.filters })
  end)

  it("update sends an empty --filter as an empty value", function()
    local hook = created()
    run(("update %s --channel general --filter ''"):format(hook.sid))
    assert.equal("Configuration.Filters=", server:requests()[2].body)
  end)

  it("ensure creates, finds and updates, and says which", function()
    for _, row in ipairs { { "", "created" }, { "", "found" }, { "--retry-count 1", "updated" } } do
      local status, _, err = run("ensure " .. HOOK .. row[1])
      assert.equal(0, status)
      assert.matches("^" .. row[2] .. " WH%x+\n$", err)
    end
    assert.equal(1, #server:webhooks())
  end)

  it("ensure --dry-run says what it would do, and only reads", function()
    local function foreseen(words)
      local status, _, err = run("ensure --dry-run " .. HOOK .. words)
      assert.equal(0, status)
      return err
    end
    assert.equal("would create it\n", foreseen "")
    created()
    assert.matches("^found WH", foreseen "")
    assert.matches("^would update WH", foreseen "--retry-count 1")
    for _, request in ipairs(server:requests()) do
      assert.is_true(request.method == "GET" or request.operation == "create", request.operation)
    end
  end)

  describe("delete", function()
    it("wants --yes where nobody can be asked, and deletes nothing without", function()
      local hook = created()
      local status, _, err = run("delete --channel general " .. hook.sid)
      assert.equal(5, status)
      assert.matches("say %-%-yes", err)
      assert.equal(1, #server:webhooks())
    end)

    it("deletes each that it is given, and goes on after one that is not there", function()
      local one, other = created(), created "--retry-count 1"
      local status, out, err = run(("delete --yes --channel general %s %s %s"):format(one.sid, ABSENT, other.sid))
      assert.equal(1, status)
      assert.equal("", out)
      assert.matches("deleted " .. one.sid, err)
      assert.matches("404", err)
      assert.same({}, server:webhooks())
    end)

    it("with --dry-run shows each request, and sends none", function()
      local status, out = run(("delete --dry-run --channel general -o tsv %s %s"):format(ABSENT, ABSENT))
      assert.equal(0, status)
      assert.equal(2, select(2, out:gsub("DELETE\thttp://[^\n]*" .. ABSENT .. "\n", "")))
      assert.same({}, server:requests())
    end)

    it("sends nothing if one of them is no sid", function()
      local hook = created()
      assert.equal(2, (run(("delete --yes --channel general %s WHx"):format(hook.sid))))
      assert.equal(1, #server:webhooks())
    end)
  end)

  it("prints each request with --verbose", function()
    local _, _, err = run "list -v --channel general"
    assert.matches("^GET " .. server.base_url:gsub("%p", "%%%0") .. "/v2/[^ ]* 200 %d+%.%d+ s\n", err)
  end)

  it("is known by its place, whatever a flag's value is", function()
    created()
    for _, words in ipairs { "-o json list --channel general", "list --channel list", "--proxy get list --channel general" } do
      local status, _, err = run(words .. " --proxy ''")
      assert.equal(0, status, err)
    end
  end)

  it("list gives all of them, page by page", function()
    for i = 1, 5 do created("--retry-count " .. i) end
    local status, out = run "list --channel general -o json --page-size 2"
    assert.equal(0, status)
    assert.equal(5, #cjson.decode(out))
  end)

  it("ends quietly when the reader of its output has gone", function()
    created()
    local command = commandline.command("list --channel general -o jsonl", commandline.environment(server))
    local status, output = shell.run(("{ %s; echo \"ended $?\" >&2; } | true"):format(command))
    assert.equal(0, status)
    assert.matches("^ended %d+\n$", output)
    assert.is_truthy(output:find "ended 0" or output:find "ended 141", output)
  end)

  it("says that the disk is full where it is", function()
    created()
    local status, output = shell.run(commandline.command("list --channel general -o json >/dev/full",
      commandline.environment(server)))
    assert.equal(1, status)
    assert.matches("No space left", output)
  end)
end)
