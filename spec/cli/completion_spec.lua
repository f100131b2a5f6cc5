-- What the shells propose, by the scripts in completions/: each shell itself is asked, not the scripts' text.
-- #once: it is about no interpreter.

local program = require("twilio.webhooks.cli.program").load()
local shell = require "spec.support.shell"

local ROOT = shell.output "pwd":gsub("\n", "")

-- { what was typed, what may follow }
local CASES = {
  { "c", "channels completion conversations create" },
  { "-o json --verbose --rate 3 li", "list" },
  { "create --channel list --fil", "--filter" },
  { "create --channel 'create' --url https://a:8/list?b=c --ty", "--type" },
  { "create --url 'it is: \"odd\"' --ty", "--type" },
  { "create --url \"it's $HOME odd\" --ty", "--type" },
  { "list -o js", "json jsonl" },
  { "list --output=js", "json jsonl" },
  { "plan --output=json --fo", "--format" },
  { "plan --prune --format c", "csv" },
  { "create --type ", "webhook trigger studio" },
  { "channels --type ", "public private" },
  { "conversations --state a", "active" },
  { "send --method ", "GET POST" },
  { "ensure --filter onMessageU", "onMessageUpdate onMessageUpdated" },
  { "send --event onUserA", "onUserAdded" },
  { "completion ", "bash zsh fish" },
  { "help e", "ensure exit export" },
  { "create --channel r", "" },
  { "create --url r", "" },
  { "create --url https:", "" },
  { "create --url https://exam", "" },
  { "create -f name=r", "" },
  { "get r", "" },
  { "export r", "" },
  { "help create e", "" },
  { "completion bash z", "" },
  { "frobnicate r", "" },
  { "plan r", "rooms.csv rows one.csv" },
  { "apply --prune 'rows o", "rows one.csv" },
  { "plan --out r", "rooms.csv rows one.csv" },
  { "list --ca-file roo", "rooms.csv" },
}

-- The flags of a command, as a line of the table above.
local function row_of(command)
  local names = {}
  for _, flags in ipairs { program.flags, command.flags } do
    for _, flag in ipairs(flags) do names[#names + 1] = flag.name end
  end
  return { command.name .. " --", table.concat(names, " ") }
end
for _, command in ipairs(program.commands) do CASES[#CASES + 1] = row_of(command) end

local function sorted(names)
  table.sort(names)
  return table.concat(names, " ")
end

-- Words of a text in the order of the alphabet; "rows one.csv" is one.
local function in_order(text)
  local names = {}
  for name in text:gsub("rows one", "rows\1one"):gmatch "%S+" do names[#names + 1] = (name:gsub("\1", " ")) end
  return sorted(names)
end

describe("twilio-webhooks completion #once", function()
  local scratch

  local function run(command)
    return shell.output(("cd '%s' && export TMPDIR='%s.tmp' && %s"):format(scratch, scratch, command))
  end

  setup(function()
    scratch = shell.output "mktemp -d":gsub("\n", "")
    shell.output(("mkdir '%s.tmp' && touch '%s/rooms.csv' '%s/rows one.csv'"):format(scratch, scratch, scratch))
  end)
  teardown(function() shell.output(("rm -r '%s' '%s.tmp'"):format(scratch, scratch)) end)

  -- What follows each "line": a list of lists of { word, text }.
  local function read(output)
    local answers = {}
    for line in output:gmatch "[^\n]+" do
      if line == "line" then
        answers[#answers + 1] = {}
      else
        local word, text = line:match "^([^\t]*)\t?(.*)$"
        word = word:gsub("^%-%-output=", "")
        table.insert(answers[#answers], { (word:gsub("\\ ", " ")), text })
      end
    end
    return answers
  end

  local function as_words(lines)
    local list = {}
    for i, line in ipairs(lines) do list[i] = shell.quote("twilio-webhooks " .. line) end
    return table.concat(list, " ")
  end

  local function by_bash(lines)
    return read(run(("bash '%s/spec/support/completions.bash' '%s/completions' %s"):format(ROOT, ROOT, as_words(lines))))
  end

  -- Without what only resembles the word, which fish proposes, too: if nothing else fits, or always (fish 4).
  local function without_similar(lines, answers)
    for i, answer in ipairs(answers) do
      local word, kept = lines[i]:match " '([^']*)$" or lines[i]:match "[^ =]*$", {}
      for _, one in ipairs(answer) do
        if one[1]:sub(1, #word) == word then kept[#kept + 1] = one end
      end
      answers[i] = kept
    end
    return answers
  end

  local function by_fish(lines)
    local code = ("source '%s/completions/twilio-webhooks.fish'; for line in $argv; echo line; complete -C $line; end")
      :format(ROOT)
    return without_similar(lines, read(run(("HOME=$TMPDIR fish -c %s %s"):format(shell.quote(code), as_words(lines)))))
  end

  local function by_zsh(lines)
    return read(run(("zsh -f '%s/spec/support/completions.zsh' '%s/completions' %s"):format(ROOT, ROOT, as_words(lines))))
  end

  local function why_not(name)
    if shell.run("command -v " .. name) ~= 0 then return name .. " is not installed" end
    return name ~= "fish" and shell.no_terminal() or nil
  end

  for name, ask in pairs { bash = by_bash, fish = by_fish, zsh = by_zsh } do
    describe("in " .. name, function()
      local missing = why_not(name)
      if missing then return pending("cannot be tried: " .. missing) end
      local answers

      setup(function()
        local lines = {}
        for i, case in ipairs(CASES) do lines[i] = case[1] end
        answers = ask(lines)
      end)

      it("answers every line", function() assert.equal(#CASES, #answers) end)

      for i, case in ipairs(CASES) do
        it(("proposes for %q what belongs there"):format(case[1]), function()
          local names = {}
          for k, answer in ipairs(answers[i]) do names[k] = answer[1] end
          assert.equal(in_order(case[2]), sorted(names))
        end)
      end

      if name ~= "bash" then
        it("says what a flag and a command are for", function()
          local said = ask { "pla", "list --ca", "plan --where", "verify --set" }
          for i, text in ipairs { program.commands.plan.summary, "CA certificates in PEM",
            "only those with type=private, state=active, ...", "X-Twilio-Webhooks-Signature-Settings" } do
            assert.is_truthy(said[i][1][2]:find(text, 1, true), said[i][1][2])
          end
        end)
      end
    end)
  end

  it("proposes the same in zsh by `source <(...)` as by a file of its fpath", function()
    if why_not "zsh" then return pending(why_not "zsh") end
    local output = shell.output [[zsh -fc 'autoload -U compinit; compinit -D -u
      . completions/_twilio-webhooks; print $_comps[twilio-webhooks]']]
    assert.equal("_twilio-webhooks\n", output)
  end)
end)
