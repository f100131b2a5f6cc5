-- What the formats give, read by programs that are not ours: jq and Python's csv. And that they do not
-- change in a pipe. #once: it is about no interpreter.

local cjson = require "cjson"
local commandline = require "spec.support.commandline"
local sandbox = require "twilio.webhooks.sandbox"
local shell = require "spec.support.shell"

-- Texts that would be in the way of a terminal, a table or a reader of TSV.
local TRIGGERS = { "tab\\tquote\"back\\slash", "日本 ü é", "comma, and more", "=1+1" }

describe("the output of twilio-webhooks #once", function()
  local server, environment

  setup(function()
    server = assert(sandbox.start())
    environment = commandline.environment(server)
    local words = { "create --channel full --url 'https://example.com/?q=\"a\"&x=日本'" }
    for _, text in ipairs(TRIGGERS) do words[#words + 1] = "--trigger " .. shell.quote(text) end
    for _ = 1, 2 do assert.equal(0, (commandline.run(table.concat(words, " "), environment))) end
  end)
  teardown(function() server:stop() end)

  local function list(words)
    local status, out, err = commandline.run("list --channel " .. words, environment)
    assert.equal(0, status, err)
    return out
  end

  -- What another program makes of the output of the command.
  local function read_by(program, words)
    return (shell.output(("%s | %s"):format(commandline.command("list --channel " .. words, environment), program)))
  end

  describe("json", function()
    it("is read by jq, and holds what the API answered", function()
      local hooks = cjson.decode(read_by("jq -c .", "full -o json"))
      assert.equal(2, #hooks)
      assert.same(server:webhooks()[1].configuration.filters, hooks[1].configuration.filters)
      assert.equal('https://example.com/?q="a"&x=日本', hooks[1].configuration.url)
    end)

    it("is [] for an empty list", function()
      assert.equal("[]\n", list "empty -o json")
    end)

    it("is one object where the command is about one", function()
      local sid = server:webhooks()[1].sid
      local out = shell.output(commandline.command("get --channel full -o json " .. sid, environment) .. " | jq -r .sid")
      assert.equal(sid .. "\n", out)
    end)
  end)

  describe("jsonl", function()
    it("begins with a line that says what follows, and is read by jq", function()
      assert.equal('{"twilio_webhooks":1,"kind":"webhooks"}\n', list "empty -o jsonl")
      assert.equal("2\n", read_by("jq -s 'length - 1'", "full -o jsonl"))
      local lines = select(2, list("full -o jsonl"):gsub("\n", ""))
      assert.equal(3, lines)
    end)
  end)

  describe("tsv", function()
    local READ = [=[python3 -c '
import csv, json, sys
rows = list(csv.reader(sys.stdin, delimiter="\t", quoting=csv.QUOTE_NONE))
print(json.dumps([dict(zip(rows[0], row)) for row in rows[1:]]))
assert all(len(row) == len(rows[0]) for row in rows)']=]

    it("is read by Python's csv", function()
      local rows = cjson.decode(read_by(READ, "full -o tsv"))
      assert.equal(2, #rows)
      assert.equal(server:webhooks()[2].sid, rows[2].sid)
      assert.equal("trigger", rows[2].type)
      assert.equal('https://example.com/?q="a"&x=日本', rows[2]["configuration.url"])
      assert.is_truthy(rows[2]["configuration.filters"]:find('"back\\\\slash', 1, true))
    end)

    it("has its line of names where there is nothing else", function()
      assert.matches("^sid\t[^\n]*\n$", list "empty -o tsv")
    end)
  end)

  describe("table", function()
    it("is aligned by a terminal's columns", function()
      local out = list "full"
      local header, first, second = out:match "^([^\n]*)\n([^\n]*)\n([^\n]*)\n$"
      assert.equal(header:find "TYPE", first:find "trigger")
      local utf8 = require "twilio.webhooks.cli.utf8"
      assert.equal((header:find "CALLS") - 1, utf8.width(second:match "^(.*)POST"))
    end)

    it("is nothing for an empty list, which standard error says", function()
      local status, out, err = commandline.run("list --channel empty", environment)
      assert.same({ 0, "", "no webhooks\n" }, { status, out, err })
    end)
  end)

  for _, format in ipairs { "table", "json", "jsonl", "tsv" } do
    it(format .. " is the same in a pipe as in a file, and holds no escape sequence", function()
      assert.equal(list("full -o " .. format), read_by("cat", "full -o " .. format))
      assert.is_nil(list("full -o " .. format):find("\27", 1, true))
    end)
  end

  it("is coloured by CLICOLOR_FORCE, and not with NO_COLOR beside it", function()
    environment.CLICOLOR_FORCE = "1"
    assert.is_truthy(list("full"):find("\27[1m", 1, true))
    assert.is_nil(list("full -o json"):find("\27", 1, true))
    environment.NO_COLOR = "1"
    assert.is_nil(list("full"):find("\27", 1, true))
    environment.CLICOLOR_FORCE, environment.NO_COLOR = nil, nil
  end)
end)
