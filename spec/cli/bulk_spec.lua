-- The commands about thousands: channels, conversations, export, plan, apply, against the sandbox; and
-- that a run which is stopped or killed goes on where it was. #once: the specs of bulk are about
-- the interpreters.

local cjson = require "cjson"
local commandline = require "spec.support.commandline"
local sandbox = require "twilio.webhooks.sandbox"
local shell = require "spec.support.shell"

describe("twilio-webhooks #once", function()
  local server, environment, directory

  local function start(options)
    options = options or {}
    options.channels, options.conversations = options.channels or 12, options.conversations or 3
    server = assert(sandbox.start(options))
    environment = commandline.environment(server)
  end

  before_each(function() directory = shell.output "mktemp -d":gsub("\n", "") end)
  after_each(function()
    server:stop()
    shell.output("rm -r " .. directory)
  end)

  local function run(words, input)
    return commandline.run(words, environment, input)
  end

  local function succeed(words, input)
    local status, out, err = run(words, input)
    assert.equal(0, status, err)
    return out, err
  end

  local function write(name, text)
    local file = assert(io.open(directory .. "/" .. name, "wb"))
    file:write(text)
    file:close()
    return directory .. "/" .. name
  end

  local function row(i, url)
    return ('{"channel_sid":"channel-%d","type":"webhook","configuration":{"url":"%s","filters":["onMessageSent"]}}\n')
      :format(i, url or "https://example.com/" .. i)
  end

  local function rows(count, url)
    local list = {}
    for i = 1, count do list[i] = row(i, url) end
    return write("rows.jsonl", table.concat(list))
  end

  -- How many requests changed something.
  local function writes()
    local count = 0
    for _, request in ipairs(server:requests()) do count = count + (request.method ~= "GET" and 1 or 0) end
    return count
  end

  describe("channels and conversations", function()
    it("list all, and those that their flags name", function()
      start()
      assert.equal(12, #cjson.decode((succeed "channels -o json --page-size 5")))
      local private = cjson.decode((succeed "channels -o json --type private"))
      assert.same({ 1, "private" }, { #private, private[1].type })
      assert.equal(3, #cjson.decode((succeed "conversations -o json")))
      assert.equal("[]\n", (succeed "conversations -o json --state closed"))
      assert.equal(2, (run "channels --type secret"))
    end)
  end)

  describe("export", function()
    it("ends at once where nothing more can be written", function()
      start { channels = 300 }
      succeed("apply --yes --rate 1000 " .. rows(300))
      for _, sink in ipairs { { "> /dev/full", 1, "No space left on device" }, { "| head -c 100", 0, "" } } do
        local command = commandline.command("export --all-channels", environment)
        local ended = shell.output(("{ timeout 60 %s; echo $? >%s/status; } 2>%s/err %s; cat %s/status %s/err")
          :format(command, directory, directory, sink[1], directory, directory))
        local code, said = ended:match "(%d+)\n([^\n]*)\n?$"
        assert.equal(sink[2], tonumber(code), ended)
        assert.truthy(said:find(sink[3], 1, true), ended)
        assert.is_nil(ended:find "a function that go started", ended)
      end
    end)

    it("writes rows from which apply makes the same again", function()
      start()
      succeed("apply --rate 1000 " .. rows(3))
      succeed "create --channel channel-1 --url https://example.com/t --trigger help --trigger me"
      succeed("create --channel channel-2 --flow FW" .. ("0"):rep(32))
      local before = succeed "export --all-channels"
      assert.matches('^{"twilio_webhooks":1,"kind":"rows"}\n', before)
      local path = write("before.jsonl", before)
      succeed("plan --prune --expect-no-changes " .. path)

      succeed "create --channel channel-3 --url https://example.com/other --filter onMemberAdded"
      succeed("apply --yes --rate 1000 " .. write("changed.jsonl", (before:gsub("onMessageSent", "onMemberAdded"))))
      assert.equal(6, (run("plan --prune --expect-no-changes " .. path)))
      succeed("apply --yes --prune --rate 1000 " .. path)
      assert.equal(before, (succeed "export --all-channels"))
    end)

    it("gives the rows of one channel, and of conversations, and in the order of channels", function()
      start { latency = 0.001 }
      succeed("apply --rate 1000 " .. rows(12))
      local sids = {}
      for i, channel in ipairs(cjson.decode((succeed "channels -o json"))) do sids[i] = channel.sid end
      local exported = {}
      for i, one in ipairs(cjson.decode((succeed "export --all-channels -o json"))) do exported[i] = one.channel_sid end
      assert.same(sids, exported)
      assert.equal(1, #cjson.decode((succeed "export --channel channel-2 -o json")))
      succeed "apply --all-conversations --url https://example.com/c --filter onMessageAdded --rate 1000"
      local rows_of_conversations = cjson.decode((succeed "export --all-conversations -o json"))
      assert.same({ 3, "webhook" }, { #rows_of_conversations, rows_of_conversations[1].target })
    end)

    it("fails for the lists that it cannot read, and gives the others", function()
      start { faults = { { "fail_before", operation = "list", after = 5 } } }
      local status, out, err = run "export --all-channels -o json --deadline 1"
      assert.equal(1, status)
      assert.matches("500", err)
      assert.equal("[]\n", out)
      assert.is_true(select(2, err:gsub("HTTP 500", "")) > 5)
    end)
  end)

  describe("plan", function()
    it("shows what is to be done, and does nothing", function()
      start()
      succeed("apply --rate 1000 " .. rows(2))
      local before = writes()
      write("rows.jsonl", row(1) .. row(2, "https://example.com/2") .. row(3))
      local out, err = succeed("plan -o json " .. directory .. "/rows.jsonl")
      local actions = cjson.decode(out)
      assert.same({ 1, "create", 3, "channel-3" },
        { #actions, actions[1].action, actions[1].line, actions[1].parent.channel_sid })
      assert.matches("1 to create, 0 to update, 0 to delete, 2 as they should be", err)
      assert.equal(before, writes())
    end)

    it("exits with 6 if there are changes, with --expect-no-changes alone", function()
      start()
      local path = rows(1)
      assert.equal(6, (run("plan --expect-no-changes " .. path)))
      assert.equal(6, (run("apply --expect-no-changes " .. path)))
      assert.equal(0, writes())
      succeed("apply " .. path)
      assert.equal(0, (run("plan --expect-no-changes " .. path)))
    end)

    it("names each mistake of a file by its line, exits with 2, and sends nothing", function()
      start()
      local path = write("bad.jsonl", row(1) .. '{"channel_sid":"a","type":"hook"}\nno json\n' .. row(1))
      for _, words in ipairs { "plan ", "apply --yes " } do
        local status, out, err = run(words .. path)
        assert.same({ 2, "" }, { status, out })
        assert.matches("bad.jsonl:2: type: must be webhook, trigger or studio", err)
        assert.matches("bad.jsonl:3: .*JSON", err)
        assert.matches("4", err)
        assert.matches("3 mistakes, and nothing was sent", err)
      end
      assert.same({}, server:requests())
    end)

    it("says how to name the service where no row does", function()
      start()
      local without = {}
      for name, value in pairs(environment) do without[name] = name ~= "TWILIO_SERVICE_SID" and value or nil end
      local status, output = shell.run(commandline.command("plan " .. rows(1), without) .. " 2>&1")
      assert.equal(2, status)
      assert.matches("rows.jsonl:1: service_sid: ", output)
      assert.matches("\n%-%-service SID names it for all rows, and so does TWILIO_SERVICE_SID\n", output)
    end)

    it("exits with 1 where a list cannot be read, and shows the others", function()
      start { faults = { { "fail_before", operation = "list", status = 501, after = 1 } } }
      local status, out, err = run("plan -o json " .. rows(2))
      assert.equal(1, status)
      assert.matches("line %d: list_webhooks: HTTP 501", err)
      assert.matches("1 failed", err)
      assert.equal(2, #cjson.decode(out))
    end)

    -- { words, what it says }
    for _, case in ipairs {
      { "plan", "FILE is missing" },
      { "plan /nowhere/x.jsonl", "No such file" },
      { "plan x.unknown", "does not end in" },
      { "plan x.jsonl --all-channels --url https://a", "give one of them" },
      { "plan --all-channels", "what does each of them get" },
      { "plan --all-channels --all-conversations --url https://a --filter b", "give one of them" },
      { "plan --all-channels --where type --url https://a --filter b", "is not NAME=VALUE" },
      { "plan --all-channels --where typ=private --url https://a --filter b", "did you mean type" },
      { "apply --plan /nowhere/x", "No such file" },
      { "apply --plan README.md", "is no plan" },
      { "apply --plan a b", "does what was seen" },
      { "apply --plan a --prune", "does what was seen" },
      { "plan x.jsonl --prune --prune-url https://a", "give one of them" },
      { "apply x.jsonl --prune-url https://a --prune", "give one of them" },
      { "apply --plan a --url https://example.com", "does what was seen" },
      { "apply --plan a --where type=private", "does what was seen" },
      { "apply --plan a --format csv", "does what was seen" },
      { "apply x.jsonl --url https://a", "go with %-%-all%-channels" },
      { "plan x.jsonl --where type=private", "go with %-%-all%-channels" },
    } do
      it("exits with 2: " .. case[1], function()
        start()
        local status, _, err = run(case[1])
        assert.equal(2, status, err)
        assert.matches(case[2], err)
        assert.same({}, server:requests())
      end)
    end

    it("takes CSV, JSON, Lua, and standard input", function()
      start()
      local header = "channel_sid,type,configuration.url,configuration.filters\n"
      for name, text in pairs {
        ["a.csv"] = header .. "channel-1,webhook,https://example.com/1,onMessageSent\n",
        ["a.json"] = "[" .. row(1) .. "]",
        ["a.lua"] = 'return { { channel_sid = "channel-1", type = "webhook", '
          .. 'configuration = { url = "https://example.com/1", filters = { "onMessageSent" } } } }',
      } do
        local out = succeed("plan -o json " .. write(name, text))
        assert.equal("create", cjson.decode(out)[1].action)
      end
      assert.equal("create", cjson.decode((succeed("plan -o json --format jsonl -", row(1))))[1].action)
    end)
  end)

  describe("apply", function()
    it("makes what is missing, once, and leaves no journal", function()
      start()
      local path = rows(10)
      for _, line in ipairs { "10 created, 0 updated, 0 deleted, 0 as", "0 created, 0 updated, 0 deleted, 10 as" } do
        local out, err = succeed("apply --rate 1000 " .. path)
        assert.equal("", out)
        assert.is_truthy(err:find(line, 1, true), err)
      end
      assert.equal(10, #server:webhooks())
      assert.equal("rows.jsonl\n", shell.output("ls " .. directory))
    end)

    it("writes at --rate, and reads ahead of it", function()
      start()
      local path = rows(12)
      succeed("apply --rate 1000 " .. path)
      local begun = os.time()
      succeed("apply --rate 0.2 " .. path)
      assert.is_true(os.time() - begun < 30) -- 12 lists at that rate take a minute
    end)

    it("gives each channel that --where leaves what its flags say", function()
      start { channels = 30 }
      succeed "apply --all-channels --where type=private --url https://example.com/p --filter onMessageSent --rate 1000"
      assert.equal(3, #server:webhooks())
      succeed "apply --all-channels --url https://example.com/p --filter onMessageSent --rate 1000"
      assert.equal(30, #server:webhooks())
    end)

    it("with --dry-run shows the plan, and does nothing", function()
      start()
      local out = succeed("apply --dry-run -o json " .. rows(2))
      assert.equal(2, #cjson.decode(out))
      assert.equal(0, writes())
    end)

    it("wants --yes for a delete, and for many changes, and does nothing without", function()
      start { channels = 40 }
      local path = rows(40)
      succeed("apply --rate 1000 " .. path)
      local before = writes()
      rows(12, "https://example.com/new")
      assert.equal(0, (run("plan --prune " .. path)))
      local status, _, err = run("apply --prune " .. path)
      assert.equal(5, status)
      assert.matches("Delete 12", err)
      local few = {}
      for i = 1, 40 do few[i] = (row(i):gsub("onMessageSent", i <= 12 and "onMemberAdded" or "onMessageSent")) end
      status = run("apply " .. write("few.jsonl", table.concat(few)))
      assert.equal(0, status, "12 of 40 are not more than 30 percent")
      few[13] = row(13):gsub("onMessageSent", "onMemberAdded")
      for i = 1, 12 do few[i] = row(i) end
      status, _, err = run("apply " .. write("few.jsonl", table.concat(few)))
      assert.equal(5, status)
      assert.matches("Update 13 of 40 webhooks", err)
      assert.equal(before + 12, writes())
      assert.equal(0, (run("apply --yes --rate 1000 " .. directory .. "/few.jsonl")))
    end)

    it("--prune-url deletes only what calls a URL that begins so", function()
      start()
      succeed "create --channel channel-1 --url https://mine.example.com/old --filter onMessageSent"
      succeed "create --channel channel-1 --url https://theirs.example.com/ --filter onMessageSent"
      succeed("apply --yes --prune-url https://mine.example.com/ " .. rows(1))
      local urls = {}
      for _, hook in ipairs(server:webhooks()) do urls[hook.configuration.url] = true end
      assert.same({ ["https://example.com/1"] = true, ["https://theirs.example.com/"] = true }, urls)
    end)

    it("--plan does what was seen, or nothing", function()
      start()
      local plan = directory .. "/rows.plan"
      succeed(("plan --out %s %s"):format(plan, rows(3)))
      succeed "create --channel channel-2 --url https://example.com/meanwhile --filter onMessageSent"
      local before = writes()
      local status, _, err = run("apply --plan " .. plan)
      assert.equal(5, status, err)
      assert.equal(before, writes())
      assert.is_nil(io.open(plan .. ".journal")) -- of a run that sent nothing
      succeed(("plan --out %s %s"):format(plan, directory .. "/rows.jsonl"))
      succeed("apply --rate 1000 --plan " .. plan)
      assert.equal(4, #server:webhooks())
    end)

    it("exits with 5 while another has the journal", function()
      start { channels = 30 }
      local path = rows(30)
      local status, output = shell.run(([[
        %s >/dev/null 2>&1 & first=$!
        until [ -s %s.journal ]; do sleep 0.05; done
        %s; echo "second $?"; wait $first; echo "first $?"]]):format(
        commandline.command("apply --rate 20 " .. path, environment), path,
        commandline.command("apply --rate 20 " .. path, environment)))
      assert.equal(0, status)
      assert.matches("another apply is at work", output)
      assert.is_nil(output:find("puts it elsewhere", 1, true), output)
      assert.matches("second 5\nfirst 0\n$", output)
      assert.equal(30, #server:webhooks())
    end)

    it("exits with 1 in part, goes on with the others, and says how to go on itself", function()
      start()
      local path = write("rows.jsonl", row(1) .. row(2):gsub("onMessageSent", "onNothing") .. row(3))
      local status, _, err = run("apply --rate 1000 " .. path)
      assert.equal(1, status, err)
      assert.matches("line 2: channel%-2: create_webhook: HTTP 400", err)
      assert.matches("2 created.*1 failed", err)
      assert.is_truthy(err:find("to go on: twilio-webhooks apply --rate 1000 " .. path, 1, true), err)
      assert.equal(2, #server:webhooks())
      _, _, err = run("apply --prune-url http://me:hidden@example.com/ " .. path)
      assert.is_truthy(err:find("to go on: twilio-webhooks apply --prune-url http://...@example.com/ ", 1, true), err)
      assert.is_nil(err:find("hidden", 1, true))
    end)

    it("exits with 4 where the credentials are refused, and leaves off", function()
      start()
      environment.TWILIO_AUTH_TOKEN = "wrong"
      assert.equal(4, (run("apply " .. rows(12))))
    end)

    it("names another place for a journal where there can be none, and not where there is one", function()
      start()
      local path = rows(1)
      os.remove(path .. ".journal")
      os.execute("mkdir " .. path .. ".journal")
      assert.matches("puts it elsewhere", (select(3, run("apply " .. path))))
      os.remove(path .. ".journal")
      local file = assert(io.open(path .. ".journal", "w"))
      file:write "no journal\n"
      file:close()
      local status, _, err = run("apply " .. path)
      os.remove(path .. ".journal")
      assert.equal(1, status)
      assert.is_nil(err:find("puts it elsewhere", 1, true), err)
    end)

    it("runs on under nohup when its terminal closes", function()
      start { channels = 20 }
      local path = rows(20)
      local status, output = shell.run(([[
        trap '' HUP
        %s </dev/null >/dev/null 2>&1 & pid=$!
        until [ -s %s.journal ]; do sleep 0.02; kill -0 $pid || break; done 2>/dev/null
        kill -HUP $pid; wait $pid; echo "ended $?"]]):format(
        commandline.command("apply --rate 30 " .. path, environment), path))
      assert.same({ 0, "ended 0\n" }, { status, output })
      assert.equal(20, #server:webhooks())
    end)

    it("says what the journal has as done and no list shows, and makes it the next time", function()
      start()
      local path = write("rows.jsonl", row(1) .. row(2):gsub("onMessageSent", "onNothing")) -- the second is refused
      assert.equal(1, (run("apply --rate 1000 " .. path)))
      local hook = server:webhooks()[1]
      succeed(("delete --yes --channel %s %s"):format(hook.channel_sid, hook.sid))
      local _, _, err = run("apply --rate 1000 " .. path)
      assert.matches("0 created.*1 done before, though not listed now", err)
      assert.equal(0, #server:webhooks())
      run(("apply --rate 1000 --journal %s.other %s"):format(path, path))
      assert.equal(1, #server:webhooks())
    end)

    it("says once which lists could not be read", function()
      start { faults = { { "fail_before", operation = "list", status = 501, after = 1 } } }
      local status, _, err = run("apply --deadline 1 --rate 1000 " .. rows(2))
      assert.equal(1, status, err)
      assert.equal(1, select(2, err:gsub("line 1: ", "")), err)
      assert.equal(1, select(2, err:gsub("line 2: ", "")), err)
    end)

    it("sends nothing where its folder is read-only", function()
      start()
      local path = rows(2)
      os.execute("chmod 555 " .. directory)
      -- root, who may write there all the same, gives that power up
      local prefix = shell.output "id -u" == "0\n" and "setpriv --bounding-set=-dac_override,-dac_read_search " or ""
      local status, output = shell.run(prefix .. commandline.command("apply " .. path, environment) .. " 2>&1")
      os.execute("chmod 755 " .. directory)
      assert.equal(1, status, output)
      assert.matches("rows.jsonl.journal: Permission denied\n  %(%-%-journal PATH puts it elsewhere%)", output)
      assert.equal(0, writes())
    end)

    it("stops where no more can be written, says how to go on, and goes on #crash", function()
      start { channels = 40 }
      local path = rows(40)
      -- room for the intents of all workers, and not for all rows: 10 KB, or 20 where a block is 1 KB
      local status, output = shell.run(("trap '' XFSZ; ulimit -f 20; %s 2>&1"):format(
        commandline.command("apply --rate 1000 " .. path, environment)))
      assert.equal(1, status, output)
      assert.matches("journal: File too large\nto go on: twilio%-webhooks apply %-%-rate 1000 ", output)
      local made = writes()
      assert.is_true(made > 0 and made < 40, output)
      succeed("apply --rate 1000 --timeout 2 " .. path)
      assert.equal(40, #server:webhooks())
    end)

    it("fails where its journal cannot be written, before it sends anything", function()
      start()
      local status, _, err = run(("apply --journal /proc/none/journal %s"):format(rows(1)))
      assert.equal(1, status, err)
      assert.equal(0, writes())
    end)

    -- { signal, exit status }; after KILL the shell says it.
    for _, case in ipairs { { "INT", 130 }, { "TERM", 143 }, { "HUP", 129 }, { "KILL", 137 } } do
      it(("that %s ends goes on where it was, with one webhook a row"):format(case[1]), function()
        start { channels = 40 }
        local path = rows(40)
        local status, output = shell.run(([[
          set -m
          %s </dev/null >/dev/null 2>%s/err & pid=$!
          until [ "$(grep -c '"t":"done"' %s.journal 2>/dev/null)" -gt 4 ]; do
            sleep 0.02; kill -0 $pid || break
          done 2>/dev/null
          kill -%s $pid; wait $pid; echo "ended $?"; cat %s/err]]):format(
          commandline.command("apply --rate 30 --timeout 2 " .. path, environment), directory, path, case[1], directory))
        assert.equal(0, status)
        assert.matches("ended " .. case[2] .. "\n", output)
        local made = #server:webhooks()
        assert.is_true(made > 0 and made < 40, tostring(made))
        if case[1] ~= "KILL" then
          assert.matches("to go on: twilio%-webhooks apply %-%-rate 30 %-%-timeout 2 ", output)
        end
        succeed("apply --rate 1000 --timeout 2 " .. path)
        assert.equal(40, #server:webhooks())
        local channels = {}
        for _, hook in ipairs(server:webhooks()) do
          assert.is_nil(channels[hook.channel_sid])
          channels[hook.channel_sid] = true
        end
      end)
    end
  end)
end)
