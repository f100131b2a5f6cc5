-- On a real terminal, tmux's: colour, questions, progress, Ctrl-C. #once: it is about no interpreter.

local commandline = require "spec.support.commandline"
local sandbox = require "twilio.webhooks.sandbox"
local shell = require "spec.support.shell"

local PATIENCE = 300 -- tenths of a second; only a spec that fails waits so long

describe("twilio-webhooks on a terminal #once", function()
  local why_not = shell.no_terminal()
  if why_not then return pending("cannot be tried: " .. why_not) end

  local server, environment, directory
  local sockets = {}

  local function tmux(format, ...)
    return shell.output(("tmux -L %s -f /dev/null "):format(sockets[#sockets]) .. format:format(...))
  end

  -- A new terminal, with a shell's command. Each has a server of its own, which may take a while to end.
  local function open_terminal(command)
    sockets[#sockets + 1] = directory:match "[^/.]+$" .. #sockets
    tmux("new-session -d -x 100 -y 30 -s t %s", shell.quote(command))
  end

  -- Runs a command on a new terminal; its status comes behind "ended".
  local function run(words, changes)
    local own = { TERM = "screen-256color" }
    for name, value in pairs(environment) do own[name] = value end
    for name, value in pairs(changes or {}) do own[name] = value end
    open_terminal(commandline.command(words, own) .. '; echo "ended $?"; sleep 60')
  end

  -- What is on the screen once the pattern is; with its colours.
  local function await(pattern)
    local screen
    for _ = 1, PATIENCE do
      screen = tmux "capture-pane -p -e -J -t t" -- a long path may go on in the next line
      if screen:find(pattern) then return screen end
      os.execute "sleep 0.1"
    end
    error(("no %q on the screen:\n%s"):format(pattern, screen))
  end

  local function press(keys)
    tmux("send-keys -t t -- %s", keys)
  end

  local function start(options)
    server = assert(sandbox.start(options or { channels = 60 }))
    environment = commandline.environment(server)
  end

  local function create(words)
    local status, _, err = commandline.run("create --channel channel-1 --filter onMessageSent --url " .. words, environment)
    assert.equal(0, status, err)
    return server:webhooks()[#server:webhooks()].sid
  end

  before_each(function()
    directory, sockets = shell.output "mktemp -d":gsub("\n", ""), {}
  end)

  after_each(function()
    for _, socket in ipairs(sockets) do shell.run(("tmux -L %s kill-server"):format(socket)) end
    server:stop()
    shell.output("rm -r " .. directory)
  end)

  it("is coloured, and not with NO_COLOR or TERM=dumb", function()
    start()
    create "https://example.com"
    run "list --channel channel-1"
    assert.is_truthy(await "ended 0":find("\27[1mSID", 1, true))
    run("list --channel channel-1", { NO_COLOR = "1" })
    assert.is_nil(await "ended 0":find("\27[1m", 1, true))
    run("list --channel channel-1", { TERM = "dumb" })
    assert.is_nil(await "ended 0":find("\27[1m", 1, true))
  end)

  -- { keys, what follows, webhooks left }
  for _, case in ipairs {
    { "y Enter", "deleted WH.*ended 0", 0 }, { "n Enter", "not confirmed.*ended 5", 1 },
    { "Enter", "not confirmed.*ended 5", 1 }, { "C-d", "y/N%][^\n]*\n[^\n]*not confirmed.*ended 5", 1 },
    { "C-c", "y/N%][^\n]*\n[^\n]*stopped.*ended 130", 1 },
  } do
    it(("asks before it deletes, and takes %s for an answer"):format(case[1]), function()
      start()
      run("delete --channel channel-1 " .. create "https://example.com")
      await "Delete WH%x+%? %[y/N%]"
      press(case[1])
      await(case[2])
      assert.equal(case[3], #server:webhooks())
    end)
  end

  it("shows how far an apply is, and Ctrl-C ends it with the command that goes on", function()
    start()
    local rows = directory .. "/rows.jsonl"
    local file = assert(io.open(rows, "wb"))
    for i = 1, 60 do
      file:write(('{"channel_sid":"channel-%d","type":"webhook","configuration":{"url":"https://example.com"'
        .. ',"filters":["onMessageSent"]}}\n'):format(i))
    end
    file:close()
    run("apply --rate 15 " .. rows)
    await "done: %d+ of 60, %d[%d.]*/s, %d+ s left"
    press "C-c"
    local screen = await "ended 130"
    assert.is_truthy(screen:find("to go on: twilio-webhooks apply --rate 15 " .. rows, 1, true), screen)
    assert.is_nil(screen:find "s left")
    local made = #server:webhooks()
    assert.is_true(made > 0 and made < 60)
    assert.equal(0, (commandline.run("apply --rate 1000 " .. rows, environment)))
    assert.equal(60, #server:webhooks())
  end)

  it("is completed by zsh: commands, flags, values", function()
    start()
    open_terminal "env PS1='ready ' zsh -f"
    await "ready"
    tmux("send-keys -t t -- %s Enter",
      shell.quote "fpath=($PWD/completions $fpath); autoload -U compinit; compinit -D -u; PS1=be''gun")
    await "begun"
    press "'twilio-webhooks cre' Tab"
    await "twilio%-webhooks create"
    press "'--fil' Tab"
    await "%-%-filter"
    press "'x -o tab' Tab"
    await "%-o table"
  end)

  it("is completed by bash: a command, and a file's name that has a space", function()
    start()
    shell.output(("touch '%s/my rooms.csv'"):format(directory))
    open_terminal "env PS1='ready ' bash --norc"
    await "ready"
    tmux("send-keys -t t -- %s Enter",
      shell.quote(". completions/twilio-webhooks.bash; cd " .. directory .. "; PS1=be''gun"))
    await "begun"
    press "'twilio-webhooks app' Tab"
    await "twilio%-webhooks apply "
    press "'my' Tab"
    await "apply my\\ rooms%.csv"
  end)

  it("Ctrl-C ends a command that waits for an answer", function()
    start { latency = 60 }
    run "list --channel channel-1"
    os.execute "sleep 0.7" -- so that it waits, as a rule; sooner it ends as well
    press "C-c"
    await "ended 130"
  end)
end)
