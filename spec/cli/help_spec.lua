-- The texts: --help fits a screen and has an example that its own parser takes; the man page and the
-- completions are what tools/commandline makes of the tables. #once: it is about no interpreter.

local commandline = require "spec.support.commandline"
local shell = require "spec.support.shell"
local program = require("twilio.webhooks.cli.program").load()
local topics = require "twilio.webhooks.cli.topics"
local parser = require "twilio.webhooks.cli.parser"

local LINES, COLUMNS = 24, 80

local function assert_fits(text)
  local count = 0
  for line in text:gmatch "([^\n]*)\n" do
    count = count + 1
    assert(#line <= COLUMNS, line)
  end
  assert(count < LINES, ("%d lines, and a prompt:\n%s"):format(count, text))
end

describe("the help of twilio-webhooks #once", function()
  it("fits a screen, and names every command and every topic", function()
    local status, out = commandline.run "--help"
    assert.equal(0, status)
    assert_fits(out)
    for _, command in ipairs(program.commands) do
      assert.is_truthy(out:find((command.name == "help" and "" or "\n  ") .. command.name .. " ", 1, true))
    end
    for _, topic in ipairs(topics) do assert.is_truthy(out:find(topic.name, 1, true)) end
  end)

  for _, command in ipairs(program.commands) do
    it(("of %s fits a screen, and has an example that the parser takes"):format(command.name), function()
      local status, out = commandline.run(command.name .. " --help")
      assert.equal(0, status)
      assert_fits(out)
      assert.equal(out, (select(2, commandline.run("help " .. command.name))))
      local example = command.example:gsub("\\\n%s*", ""):gsub("^[^\n]-(twilio%-webhooks)", "%1"):gsub("%).*", "")
      local words = {}
      for word in example:gsub("[|#>].*", ""):gmatch "%S+" do words[#words + 1] = word end
      assert.equal(program.name, table.remove(words, 1))
      assert(parser.parse(program, words, command))
    end)
  end

  for _, topic in ipairs(topics) do
    it(("about %s fits a screen"):format(topic.name), function()
      assert_fits((select(2, commandline.run("help " .. topic.name))))
    end)
  end

  it("has the flags of the sandbox that the sandbox has", function()
    local names = {}
    for i, flag in ipairs(program.commands.sandbox.flags) do names[i] = flag.name:sub(3) end
    table.sort(names)
    assert.same(require("twilio.webhooks.sandbox.options").names(), names)
  end)

  it("has no flag twice, and none that a parameter's would hide", function()
    for _, command in ipairs(program.commands) do
      local seen = {}
      for _, list in ipairs { program.flags, command.flags } do
        for _, flag in ipairs(list) do
          for _, name in ipairs { flag.name, flag.short or flag.name .. " ", (table.unpack or unpack)(flag.aliases or {}) } do
            assert.is_nil(seen[name], command.name .. " " .. name)
            seen[name] = true
          end
        end
      end
    end
  end)
end)

describe("the files of the command line #once", function()
  local scratch

  setup(function()
    scratch = shell.output "mktemp -d":gsub("\n", "")
    shell.output(require("spec.support.child").program_command("tools/commandline", scratch))
  end)
  teardown(function() shell.output("rm -r " .. scratch) end)

  for _, path in ipairs { "man/twilio-webhooks.1", "completions/twilio-webhooks.bash", "completions/_twilio-webhooks",
    "completions/twilio-webhooks.fish" } do
    it(path .. " is what tools/commandline makes", function()
      shell.output(("cmp '%s/%s' '%s'"):format(scratch, path, path))
    end)
  end

  it("are a man page that groff takes without a warning", function()
    assert.equal("", shell.output "groff -man -Tutf8 -ww -z man/twilio-webhooks.1")
    local text = shell.output "MANWIDTH=80 man -l man/twilio-webhooks.1 | col -bx"
    for _, command in ipairs(program.commands) do
      assert.is_truthy(text:find("\n   " .. command.name, 1, true), command.name)
    end
    for _, topic in ipairs(topics) do assert.is_truthy(text:find("\n" .. topic.title .. "\n", 1, true), topic.title) end
  end)
end)
