-- The sandbox as a process: that it starts, and that it ends. How it speaks HTTP is
-- in sandbox/server_spec.lua, what the API answers in sandbox/api_spec.lua.

local cqueues = require "cqueues"
local child = require "spec.support.child"
local http_client = require "spec.support.http_client"
local sandbox = require "twilio.webhooks.sandbox"


local function sh(format, ...)
  local pipe = assert(io.popen(format:format(...), "r"))
  local output = pipe:read("*a")
  pipe:close()
  return output
end

local function answers(url)
  local connection = http_client.connect(url):send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
  local response = connection:receive()
  connection:close()
  return response ~= nil
end

-- Not asked of `kill -0`: an orphan that has ended may wait long for init to notice.
local function stops_answering(url)
  for _ = 1, 100 do
    if not answers(url) then return true end
    cqueues.sleep(0.02)
  end
  return false
end

local function exists(path)
  return os.rename(path, path) ~= nil
end

describe("twilio.webhooks.sandbox", function()
  describe("start", function()
    it("gives an address, credentials, and a service and channel to use", function()
      local server = assert(sandbox.start())
      finally(function() server:stop() end)
      assert.truthy(server.base_url:find("^http://127%.0%.0%.1:%d+$"))
      local sids = { account_sid = "AC", api_key = "SK", service_sid = "IS", channel_sid = "CH" }
      for name, prefix in pairs(sids) do
        assert.truthy(server[name]:find("^" .. prefix .. ("%x"):rep(32) .. "$"), name)
      end
      assert.equal(32, #server.auth_token)
      assert.equal(32, #server.api_secret)
    end)

    it("takes the credentials that it is given, whatever characters are in them", function()
      local given = { account_sid = "AC'1", auth_token = "$(x) '\"%s", api_key = "K 1", api_secret = "`y`\\" }
      local server = assert(sandbox.start(given))
      finally(function() server:stop() end)
      for name, value in pairs(given) do assert.equal(value, server[name]) end
    end)

    it("lets several run side by side", function()
      local one, other = assert(sandbox.start()), assert(sandbox.start())
      finally(function() one:stop(); other:stop() end)
      assert.are_not.equal(one.base_url, other.base_url)
      one:stop()
      assert.is_true(answers(other.base_url))
    end)

    it("is not disturbed by what the environment loads into this process", function()
      local output = sh("LD_PRELOAD=/nonexistent.so %s -e '%s' 2>/dev/null", "lua5.4", [[
        package.path = "lua/?.lua;" .. package.path
        local server = assert(require("twilio.webhooks.sandbox").start())
        local environment = io.open("/proc/" .. server.pid .. "/environ")
        print(environment and environment:read("*a"):find("LD_PRELOAD") or "clean")
        server:stop()]])
      assert.equal("clean\n", output)
    end)

    -- What the environment holds for other Luas, or for none.
    local environments = {
      { "paths without the standard ones", "export LUA_PATH=/nowhere/?.lua LUA_CPATH=/nowhere/?.so" },
      { "paths of Lua 5.4 that lead nowhere", "export LUA_PATH_5_4=/nowhere/?.lua LUA_CPATH_5_4=/nowhere/?.so" },
      { "what LuaRocks exports for Lua 5.1", "eval \"$(luarocks --lua-version 5.1 path)\"" },
      { "code that is LuaJIT's", "export LUA_INIT='jit.off()'" },
    }
    for _, row in ipairs(environments) do
      it("is not disturbed by " .. row[1], function()
        local output = sh("%s; lua5.4 -E -e '%s' 2>&1", row[2], [[
          package.path, package.cpath = "lua/?.lua;" .. package.path, package.cpath
          local server = assert(require("twilio.webhooks.sandbox").start())
          print "started"
          server:stop()]])
        assert.equal("started\n", output)
      end)
    end

    it("finds libraries that only the environment names", function()
      local directory = sh("LD_PRELOAD= mktemp -d"):gsub("\n", "")
      finally(function() sh("rm -r %s", directory) end)
      -- an interpreter that knows no path of its own
      sh([[printf '#!/bin/sh\nexport LUA_PATH_5_4="${LUA_PATH_5_4:-/nowhere/?.lua}"\n
        export LUA_CPATH_5_4="${LUA_CPATH_5_4:-/nowhere/?.so}"\nexec lua5.4 "$@"\n' >%s/lua54; chmod +x %s/lua54]],
        directory, directory)
      local paths = sh([[lua5.4 -E -e '
        print(("export LUA_PATH_5_4=%%q LUA_CPATH_5_4=%%q"):format(package.path, package.cpath))']])
      local code = [[
        package.path = "lua/?.lua;" .. package.path
        local server, why = require("twilio.webhooks.sandbox").start { lua = "]] .. directory .. [[/lua54" }
        print(server and "started" or why)
        if server then server:stop() end]]
      assert.equal("started\n", sh("%s; lua5.4 -e '%s' 2>&1", paths:gsub("\n", ""), code))
      local output = sh("lua5.4 -E -e '%s' 2>&1", code)
      assert.equal("the sandbox needs cqueues (apt-get install lua-cqueues, or "
        .. "luarocks --lua-version 5.4 install cqueues): module 'cqueues' not found\n", output)
    end)

    local refused = {
      { "an unknown option", { prot = 1 }, "prot" },
      { "a port that is no number", { port = "80" }, "port" },
      { "a port out of range", { port = 65536 }, "port" },
      { "a fractional port", { port = 0.5 }, "port" },
      { "a token that is no string", { auth_token = 1 }, "auth_token" },
      { "a token of two lines", { auth_token = "a\nb" }, "auth_token" },
      { "a time-out of nothing", { idle_timeout = 0 }, "idle_timeout" },
      { "a latency below nothing", { latency = -1 }, "latency" },
      { "a fractional seed", { seed = 1.5 }, "seed" },
      { "faults that are no list", { faults = "drop_after" }, "faults" },
      { "an unknown fault", { faults = { { "drop_aftr" } } }, "drop_aftr" },
      { "an interpreter that is not there", { lua = "/nonexistent/lua" }, "/nonexistent/lua" },
      { "an interpreter that is not Lua 5.4", { lua = "sh" }, "sh" },
      { "a log that cannot be written", { log = "/nonexistent/log" }, "/nonexistent/log" },
      { "an address of another machine", { host = "192.0.2.1" }, "192.0.2.1" },
    }
    for _, row in ipairs(refused) do
      it("refuses " .. row[1] .. " with a message that names it", function()
        local server, message = sandbox.start(row[2])
        assert.is_nil(server)
        assert.truthy(message:find(row[3], 1, true), message)
      end)
    end

    it("says that a port is taken", function()
      local server = assert(sandbox.start())
      finally(function() server:stop() end)
      local other, message = sandbox.start { port = tonumber(server.base_url:match("%d+$")) }
      assert.is_nil(other)
      assert.truthy(message:find("in use", 1, true), message)
    end)

    it("raises when its argument is no table", function()
      assert.has_error(function() sandbox.start("8080") end, "bad argument to 'start' (table expected, got string)")
    end)

    -- What sandbox.start says where a process finds only those programs, and this Lua.
    local function start_among(programs, options)
      local path = sh "mktemp -d":match "%S+"
      finally(function() sh("rm -r '%s'", path) end)
      for _, program in ipairs(programs) do sh("ln -s $(command -v %s) '%s'", program, path) end
      local code = ("print(require [[twilio.webhooks.sandbox]].start(%s))"):format(options)
      return sh([[lua=$(command -v lua5.4); PATH='%s' $lua -e '%s' 2>&1]], path, code)
    end

    it("says that there is no Lua 5.4", function()
      local said = start_among({ "sh", "mktemp", "mkfifo" }, "")
      assert.truthy(said:find("^nil\tthe sandbox needs Lua 5.4, and there is no lua5.4, lua54 or lua of that version: "), said)
    end)

    it("says that a fault needs perl", function()
      local said = start_among({ "sh", "mktemp", "mkfifo", "lua5.4" }, '{ faults = { { "reset_after" } } }')
      assert.equal("nil\tthe fault reset_after needs perl\n", said)
    end)

    it("says that it has no directory for temporary files", function()
      local output = sh("TMPDIR=/no/such/directory lua5.4 -e '%s'", [[
        package.path = "lua/?.lua;" .. package.path
        print(require("twilio.webhooks.sandbox").start {})]])
      assert.equal("nil\tthe sandbox cannot make a temporary directory: is TMPDIR writable?\n", output)
    end)

    it("leaves nothing behind when it fails", function()
      local directory = sh("LD_PRELOAD= mktemp -d"):gsub("\n", "")
      finally(function() os.remove(directory) end)
      local output = sh("TMPDIR=%s lua5.4 -e '%s'", directory, [[
        package.path = "lua/?.lua;" .. package.path
        print(require("twilio.webhooks.sandbox").start { host = "192.0.2.1" })]])
      assert.truthy(output:find("192.0.2.1", 1, true), output)
      assert.equal("", sh("ls %s", directory))
    end)
  end)

  describe("webhooks", function()
    local CREATE = "Configuration.FlowSid=FW" .. ("0"):rep(32)
    local CONVERSATION = "/v1/Conversations/c/Webhooks"
    local server, channel, connection

    before_each(function()
      server = assert(sandbox.start { account_sid = "AC1", auth_token = "token" })
      channel = ("/v2/Services/%s/Channels/c/Webhooks"):format(server.service_sid)
      connection = http_client.connect(server.base_url)
    end)

    after_each(function()
      connection:close()
      server:stop()
    end)

    -- The sid in the answer, if there is one.
    local function send(method, target, body)
      return connection:send(http_client.format(method, target, {
        "Host: x", "Authorization: Basic QUMxOnRva2Vu", -- base64 of "AC1:token"
        "Content-Type: application/x-www-form-urlencoded", "Content-Length: " .. #(body or ""),
      }, body)):receive().body:match('"sid":"(%w+)"')
    end

    local function sids()
      local list = {}
      for i, webhook in ipairs(server:webhooks()) do list[i] = webhook.sid end
      return list
    end

    it("are those of every resource that exist at the time, the oldest first", function()
      assert.same({}, sids())
      local one = send("POST", channel, "Type=studio&" .. CREATE)
      local two = send("POST", CONVERSATION, "Target=studio&" .. CREATE)
      local three = send("POST", channel, "Type=studio&" .. CREATE)
      assert.same({ one, two, three }, sids())
      send("POST", channel .. "/" .. one, "Configuration.RetryCount=2")
      send("DELETE", CONVERSATION .. "/" .. two)
      send("DELETE", CONVERSATION .. "/" .. two)
      assert.same({ one, three }, sids())
      assert.equal("2", tostring(server:webhooks()[1].configuration.retry_count))
    end)

    it("are no request", function()
      server:webhooks()
      assert.same({}, server:requests())
    end)
  end)

  describe("stop", function()
    it("ends the process, removes the temporary log, and may be called twice", function()
      local server = assert(sandbox.start())
      assert.is_true(exists(server.log))
      assert.is_true(server:stop())
      assert.is_false(answers(server.base_url))
      assert.is_false(exists(server.log))
      assert.is_true(server:stop())
    end)

    it("leaves a log that was asked for", function()
      local log = os.tmpname()
      finally(function() os.remove(log) end)
      local server = assert(sandbox.start { log = log })
      assert.is_true(answers(server.base_url))
      server:stop()
      assert.equal(1, #server:requests())
    end)

    it("works when another program has inherited the pipe", function()
      local server = assert(sandbox.start())
      local file = os.tmpname()
      os.execute("sleep 20 >/dev/null 2>&1 & echo $! >" .. file) -- popen would close the pipe
      finally(function() sh("kill $(cat %s); rm %s", file, file) end)
      local before = cqueues.monotime()
      server:stop()
      assert.is_true(cqueues.monotime() - before < 5)
    end)

    it("works when the process is gone already", function()
      local server = assert(sandbox.start())
      sh("kill -9 %d; sleep 0.1", server.pid)
      assert.is_true(server:stop())
      assert.is_false(exists(server.log))
    end)
  end)

  describe("the process", function()
    -- Of a program that starts a sandbox and then does `last`: the sandbox's address and log.
    local function orphan(last)
      local output = sh("lua5.4 -e '%s' 2>&1", [[
        package.path = "lua/?.lua;" .. package.path
        server = assert(require("twilio.webhooks.sandbox").start())
        print(server.base_url, server.log)
        io.stdout:flush()
      ]] .. last)
      local url, log = output:match("^(%S+)\t(%S+)")
      assert.is_string(log, output)
      return url, log
    end

    local ends = {
      { "returns", "" },
      { "fails", "error(1)" },
      { "exits without closing its state", "os.exit(0, false)" },
      { "drops the handle", "server = nil; collectgarbage(); collectgarbage()" },
      { "is killed", "io.popen(\"kill -9 $PPID\"):read(1)" },
    }
    for _, row in ipairs(ends) do
      it(("ends, and removes its files, when its parent %s"):format(row[1]), function()
        local url, log = orphan(row[2])
        assert.is_true(stops_answering(url))
        assert.is_false(exists(log))
        assert.is_false(exists((log:gsub("/log$", ""))))
      end)
    end

    it("leaves Ctrl-C to its parent", function()
      local server = assert(sandbox.start())
      finally(function() server:stop() end)
      sh("kill -INT %d; sleep 0.1", server.pid)
      assert.is_true(answers(server.base_url))
    end)

    it("removes its files when it is told to end", function()
      local server = assert(sandbox.start())
      finally(function() server:stop() end)
      sh("kill %d", server.pid)
      assert.is_true(stops_answering(server.base_url))
      assert.is_false(exists(server.log))
    end)

    it("does not show the credentials to others", function()
      local server = assert(sandbox.start { auth_token = "very-secret" })
      finally(function() server:stop() end)
      local processes = sh("unset LD_PRELOAD; ps -ef")
      assert.truthy(processes:find("sandbox/server.lua", 1, true), processes)
      assert.is_nil(processes:find("very-secret", 1, true))
    end)
  end)

  describe("by hand", function()
    local SERVER = "lua5.4 lua/twilio/webhooks/sandbox/server.lua"

    it("serves without stdin till it is told to end, and logs to stdout", function()
      local scratch = sh("LD_PRELOAD= mktemp -d"):gsub("\n", "")
      finally(function() sh("rm -r %s", scratch) end)
      local pid = sh("%s --port 0 </dev/null >%s/out 2>%s/err & echo $!", SERVER, scratch, scratch)
      local url
      for _ = 1, 100 do
        url = sh("cat %s/err", scratch):match("TWILIO_WEBHOOKS_BASE_URL=(%S+)")
        if url then break end
        cqueues.sleep(0.02)
      end
      assert.is_true(answers(assert(url)))
      local banner = sh("cat %s/err", scratch)
      assert.truthy(banner:find(url .. "/window\n", 1, true), banner)
      local command = banner:match "\n  (curl [^\n]+)\n" -- as it stands, but for a proxy
      assert.equal('{"event":"onMessageSent","webhooks":[]}\n', sh("LD_PRELOAD= %s -s --noproxy '*'", command))
      sh("kill %d", pid)
      assert.is_true(stops_answering(url))
      assert.truthy(sh("head -n 1 %s/out", scratch):find('^{"n":1,.-"target":"/".-}\n$'))
    end)

    it("prints lines that lead a program to it, whatever the environment holds", function()
      local scratch = sh("LD_PRELOAD= mktemp -d"):gsub("\n", "")
      finally(function() sh("rm -r %s", scratch) end)
      local code = [[
        local hook, message = require "twilio.webhooks".create_webhook { type = "webhook",
          service_sid = os.getenv "TWILIO_SERVICE_SID", channel_sid = os.getenv "TWILIO_CHANNEL_SID",
          configuration = { url = "https://example.com", filters = { "onMessageSent" } } }
        print(hook and "created" or message)]]
      local output = sh([[
        %s --port 0 </dev/null >%s/out 2>%s/err & server=$!
        for _ in $(seq 100); do grep -qs "^Each request" %s/err && break; sleep 0.1; done
        export TWILIO_API_KEY=SK1 TWILIO_API_SECRET=other TWILIO_EDGE=dublin TWILIO_AUTH_TOKEN=other
        eval "$(sed -n "s/^  export/export/p" %s/err)"
        %s 2>&1
        kill $server]], SERVER, scratch, scratch, scratch, scratch, child.command(code))
      assert.equal("created\n", output)
    end)

    it("goes on accepting after it had no descriptor left", function()
      -- 20 for itself, beside those that it inherits from this process
      local pipe = io.popen("ulimit -n $((20 + $(ls /dev/fd | wc -l))); " .. SERVER
        .. " --port 0 2>&1 </dev/null & echo $!; wait")
      local pid = pipe:read("*l")
      finally(function()
        sh("kill %d", pid)
        pipe:close()
      end)
      local url
      repeat url = assert(pipe:read("*l")):match("http://127%.0%.0%.1:%d+") until url
      local held = {}
      for i = 1, 40 do held[i] = http_client.connect(url) end
      cqueues.sleep(0.2)
      for i = 1, 40 do held[i]:close() end
      assert.is_true(answers(url))
    end)

    it("says which option is wrong", function()
      local output = sh("%s --fault drop_aftr 2>&1", SERVER)
      assert.truthy(output:find("drop_aftr", 1, true) and output:find("usage:", 1, true), output)
    end)

    for _, arguments in ipairs { "--port", "--port x", "--port 65536", "--help", "8390", "--hots x" } do
      it(("explains its use when given %q"):format(arguments), function()
        assert.truthy(sh("%s %s 2>&1", SERVER, arguments):find("usage:", 1, true))
      end)
    end
  end)
end)
