-- The module in a real nginx's workers: the hook `wait.openresty`, and what it has in common
-- with the transport. What the workers do is in support/worker.lua. #once: nginx brings its own
-- LuaJIT.

local cjson = require "cjson"
local cqueues = require "cqueues"
local socket = require "cqueues.socket"
local example = require "spec.support.example"
local nginx = require "spec.support.nginx"
local openresty = require "spec.support.openresty"
local shell = require "spec.support.shell"
local webhooks = require "twilio.webhooks"

local root = io.popen("pwd"):read "*l"

local function descriptors(pid)
  return tonumber(io.popen("ls /proc/" .. pid .. "/fd | wc -l"):read "*n")
end

describe("OpenResty #once", function()
  local api, server

  setup(function()
    openresty.build()
    api = openresty.start_api()
    server = nginx.start(openresty.HTTP .. openresty.server_of())
  end)

  teardown(function()
    api:stop()
    server:stop()
  end)

  after_each(function() assert.equal("", server:alarms()) end)

  it("is told once of a client whose calls block a worker", function()
    for _ = 1, 2 do
      local outcome = openresty.ask(server, "do/create", api, { way = "block" })
      assert.truthy(outcome.result, outcome.message)
    end
    local _, count = server:errors():gsub("calls block the whole worker", "")
    assert.equal(1, count)
  end)

  it("is told of a client whose other waits block a worker, and of none with the hook", function()
    local function warnings()
      local _, count = server:errors():gsub("calls block the whole worker", "")
      return count
    end
    for i, by in ipairs { "map", "run", "sleep", "step" } do
      local before = warnings()
      openresty.ask(server, "do/waits", api, { way = "wait", by = by, attempts = i })
      assert.equal(before, warnings(), by)
      for _ = 1, 2 do openresty.ask(server, "do/waits", api, { way = "block", by = by, attempts = i }) end
      assert.equal(before + 1, warnings(), by)
    end
  end)

  for _, way in ipairs { "wait", "transport" } do
    describe(way, function()
      for _, what in ipairs { "before/rewrite", "before/access", "do/create" } do
        it("creates in " .. what, function()
          local channel = openresty.fresh()
          local outcome = openresty.ask(server, what, api, { way = way, channel = channel })
          assert.equal("https://example.com/" .. channel, outcome.result and outcome.result.configuration.url, outcome.message)
          assert.equal(1, openresty.count(api, channel))
        end)
      end

      it("does all operations, on a channel with a difficult name", function()
        local name = way .. " a b/c\195\164.?#%2F+&"
        local outcome = openresty.ask(server, "do/all", api, { way = way, channel = name })
        assert.equal(outcome.made[2].sid, outcome.fetched.sid)
        assert.equal("POST", outcome.fetched.configuration.method)
        assert.equal("GET", outcome.updated.configuration.method)
        assert.equal(3, #outcome.listed)
        assert.truthy(outcome.date) -- by which the age of a webhook is told
        assert.is_true(outcome.deleted)
        assert.equal(2, outcome.left)
        local targets = {}
        for _, request in ipairs(api:requests()) do
          local target = request.target:match("/Channels/(" .. way .. "[^/]*)/")
          if target then targets[target] = (targets[target] or 0) + 1 end
        end
        -- 3 creates, fetch, update, 3 pages, delete, list
        assert.same({ [way .. "%20a%20b%2Fc%C3%A4.%3F%23%252F%2B%26"] = 10 }, targets)
      end)

      it("tries again, and adopts what a lost answer made", function()
        local faulty = openresty.start_api { faults = {
          { "throttle", operation = "create", times = 1 },
          { "drop_after", operation = "create", times = 1 },
        } }
        finally(function() faulty:stop() end)
        local channel = openresty.fresh()
        local outcome = openresty.ask(server, "do/create", faulty, { way = way, channel = channel })
        assert.truthy(outcome.info, outcome.message)
        assert.is_true(outcome.info.adopted)
        assert.equal(2, outcome.info.attempts)
        assert.equal(1, openresty.count(faulty, channel))
      end)

      it("serves many requests at the same time, and others meanwhile", function()
        local slow = openresty.start_api { latency = 0.4 }
        finally(function() slow:stop() end)
        local paths = {}
        for i = 1, 30 do paths[i] = openresty.path("do/create", slow, { way = way, channel = "many-" .. i }) end
        local begin = openresty.now()
        for i, body in ipairs(server:bodies(paths)) do
          assert.equal("https://example.com/many-" .. i, cjson.decode(body).result.configuration.url)
        end
        assert.truthy(openresty.now() - begin < 30 * 0.4 / 3, openresty.now() - begin)
        assert.equal(30, #slow:requests())
      end)

      for _, phase in ipairs { "header_filter", "log" } do
        it("says that nobody can wait in " .. phase .. ", and sends nothing", function()
          local before = #api:requests()
          assert.equal("done\n", server:body(openresty.path("in/" .. phase, api, { way = way })))
          openresty.eventually(function()
            return server:errors():find('in ' .. phase .. ': {"raised":"nginx lets nobody wait in the phase ' .. phase, 1, true)
          end)
          assert.equal(before, #api:requests())
        end)
      end
    end)
  end

  -- --- the hook ------------------------------------------------------------------------

  it("waits in timers", function()
    local outcome = openresty.ask(server, "do/timer", api, { way = "wait" })
    assert.truthy(outcome.result, outcome.raised)
  end)

  it("goes on where the request whose coroutine waited for all is aborted", function()
    local slow = openresty.start_api { latency = 0.6 }
    finally(function() slow:stop() end)
    local loop, bodies, begin = cqueues.new(), {}, openresty.now()
    loop:wrap(function() -- the first one leads
      local connection = require "cqueues.socket".connect("127.0.0.1", server.port)
      connection:setmode("b", "bn")
      connection:write("GET " .. openresty.path("do/create", slow, { way = "wait" }) .. " HTTP/1.1\r\nHost: x\r\n\r\n")
      connection:flush()
      cqueues.sleep(0.3)
      connection:close()
    end)
    for i = 1, 5 do
      loop:wrap(function()
        cqueues.sleep(0.1)
        bodies[i] = server:body(openresty.path("do/create", slow, { way = "wait" }))
      end)
    end
    assert(loop:loop())
    for i = 1, 5 do assert.truthy(cjson.decode(bodies[i]).result, bodies[i]) end
    assert.truthy(openresty.now() - begin < 5, openresty.now() - begin)
    assert.equal(6, #slow:requests())
  end)

  it("loses nothing in a reload under load", function()
    local old = server:workers()[1]
    local slow = openresty.start_api { latency = 0.1 }
    finally(function() slow:stop() end)
    local loop, answers, until_ = cqueues.new(), 0, openresty.now() + 2
    for i = 1, 16 do
      loop:wrap(function()
        while openresty.now() < until_ do
          local body = server:body(openresty.path("do/create", slow, { way = i % 2 == 0 and "wait" or "transport" }))
          assert(cjson.decode(body).result, body)
          answers = answers + 1
        end
      end)
    end
    loop:wrap(function()
      for _ = 1, 3 do
        cqueues.sleep(0.5)
        server:reload()
      end
    end)
    assert(loop:loop())
    assert.truthy(answers > 32, answers)
    assert.equal(answers, #slow:requests())
    openresty.eventually(function()
      local pids = server:workers()
      return #pids == 1 and pids[1] ~= old
    end)
  end)

  it("takes a client from before the fork into two workers", function()
    local client = ([[
      init_by_lua_block {
        local webhooks = require "twilio.webhooks"
        client = webhooks.new { account_sid = "%s", auth_token = "%s", service_sid = "%s", base_url = "%s",
          wait = webhooks.wait.openresty }
      }
    ]]):format(example.account_sid, example.auth_token, api.service_sid, api.base_url)
    local location = [[
      location = /forked {
        content_by_lua_block {
          local hook, message = client:create_webhook { channel_sid = ngx.var.arg_channel, type = "webhook",
            configuration = { url = "https://example.com/" .. ngx.var.arg_channel, filters = { "onMessageSent" } } }
          ngx.say(ngx.worker.pid(), " ", hook and hook.sid or message)
        }
      }
    ]]
    local forked = nginx.start(openresty.HTTP .. client .. openresty.server_of("reuseport", location), nil, 2)
    finally(function() forked:stop() end)
    local paths, pids = {}, {}
    for i = 1, 40 do paths[i] = "/forked?channel=forked-" .. i end
    for _, body in ipairs(forked:bodies(paths)) do
      local pid, sid = body:match "^(%d+) (WH%x+)\n$"
      assert(sid, body)
      pids[pid] = true
    end
    local workers = forked:workers()
    assert.equal(2, #workers)
    for _, pid in ipairs(workers) do assert.is_true(pids[pid]) end
    for i = 1, 40 do assert.equal(1, openresty.count(api, "forked-" .. i)) end
    assert.equal("", forked:alarms())
  end)

  it("closes with the Lua state of each request where code is not cached", function()
    local fresh_code = nginx.start(openresty.HTTP .. "lua_code_cache off;" .. openresty.server_of())
    finally(function() fresh_code:stop() end)
    local pid = fresh_code:workers()[1]
    local slow = openresty.start_api { latency = 0.2 }
    finally(function() slow:stop() end)
    local function burst()
      local paths = {}
      for i = 1, 20 do
        local way = i % 4 < 2 and "wait" or "transport"
        if i % 2 == 0 then paths[i] = openresty.path("do/create", api, { way = way })
        else paths[i] = openresty.path("do/leave", slow, { way = "wait" }) end
      end
      for i, body in ipairs(fresh_code:bodies(paths)) do
        assert.truthy(body:find(i % 2 == 0 and '"result":{' or "^left$"), body)
      end
    end
    burst()
    local before = descriptors(pid)
    for _ = 1, 3 do burst() end
    openresty.eventually(function() return descriptors(pid) <= before + 2 end)
    assert.equal(pid, fresh_code:workers()[1])
    assert.equal("", fresh_code:alarms())
  end)

  local PATHS = ("LUA_PATH='%s/lua/?.lua;%s/lua/?/init.lua;;' LUA_CPATH='%s/build/luajit/?.so;;'"):gsub("%%s", root)

  -- As it stands, but for the port.
  it("runs the example", function()
    local text = openresty.read "examples/openresty/nginx.conf":gsub("127%.0%.0%.1:8391", "127.0.0.1:@PORT@")
    local shown = nginx.run(text, { ["chat.lua"] = openresty.read "examples/openresty/chat.lua" },
      ("%s TWILIO_ACCOUNT_SID=%s TWILIO_AUTH_TOKEN=%s TWILIO_SERVICE_SID=%s CHAT_API=%s"):format(
        PATHS, example.account_sid, example.auth_token, api.service_sid, api.base_url))
    finally(function() shown:stop() end)
    local sid = shown:body "/wait/example":match "^created (WH%x+)\n$"
    assert.truthy(sid, shown:body "/wait/example" .. shown:errors())
    assert.equal("found " .. sid .. "\n", shown:body "/subrequest/example")
    assert.truthy(shown:body "/subrequest/another":find "^created WH%x+\n$")
    assert.truthy(shown:get "/twilio":find "^HTTP/1.1 404")
    assert.equal("", shown:alarms())
  end)

  -- The example, whose handler does that.
  local function receiver(handler)
    local text = openresty.read "examples/openresty/nginx.conf":gsub("127%.0%.0%.1:8391", "127.0.0.1:@PORT@")
    local chat = openresty.read "examples/openresty/chat.lua":gsub("(local function handle%(event%)\n)", "%1" .. handler)
    local shown = nginx.run(text, { ["chat.lua"] = chat }, ("%s TWILIO_ACCOUNT_SID=%s TWILIO_AUTH_TOKEN=%s "
      .. "TWILIO_SERVICE_SID=%s CHAT_API=%s"):format(PATHS, example.account_sid, example.auth_token, api.service_sid,
      api.base_url))
    finally(function() shown:stop() end)
    return shown
  end

  -- The bytes of an event with that token.
  local function event_bytes(token)
    local body = "EventType=onMessageSent"
    local signed = webhooks.sign { url = "https://example.com/hook", body = body, auth_token = example.auth_token }
    return ("POST /hook HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: %d\r\n"
      .. "Content-Type: application/x-www-form-urlencoded\r\nX-Twilio-Signature: %s\r\n%s\r\n%s"):format(#body,
      signed.signature, token and "I-Twilio-Idempotency-Token: " .. token .. "\r\n" or "", body)
  end

  it("drops repeats of the example's events, but not of those that failed", function()
    local shown = receiver "  if ngx.shared.twilio_events:incr('tries', 1, 0) == 1 then error 'not now' end\n"
    local function status(token) return shown:send(event_bytes(token)):match "^HTTP/1.1 (%d+)" end
    assert.equal("500", status "a")
    for _, token in ipairs { "a", "a", "b", "b", "a" } do assert.equal("200", status(token)) end
    assert.equal("2\n", shown:body "/received")
    assert.equal("200", status(nil)) -- without a token nobody can tell
    assert.equal("200", status(nil))
    assert.equal("4\n", shown:body "/received")
  end)

  it("has a repeat of the example's event come again while the first is handled", function()
    local shown, loop, answers = receiver "  ngx.sleep(0.5)\n", cqueues.new(), {}
    for i = 1, 3 do
      loop:wrap(function() answers[i] = shown:send(event_bytes "a"):match "^HTTP/1.1 (%d+)" end)
    end
    assert(loop:loop())
    table.sort(answers)
    assert.same({ "200", "503", "503" }, answers)
    assert.truthy(shown:send(event_bytes "a"):find "repeat\n")
    assert.equal("1\n", shown:body "/received")
  end)

  it("runs the example by its command, on this machine whatever the environment holds", function()
    local directory = shell.output "mktemp -d":match "%S+"
    local stop = ("kill $(cat %s/openresty/nginx.pid)"):format(directory)
    finally(function() shell.run(stop .. "; rm -r " .. directory) end)
    local listener = socket.listen("127.0.0.1", 0)
    local port = select(3, listener:localname())
    listener:close()
    shell.output(("chmod 755 %s; cp -R examples/account.lua examples/openresty %s; "
      .. "sed -i s/127.0.0.1:8391/127.0.0.1:%d/ %s/openresty/nginx.conf"):format(directory, directory, port, directory))
    local before = #api:requests()
    local pipe = io.popen(("%s TWILIO_WEBHOOKS_BASE_URL=%s TWILIO_SERVICE_SID=%s TWILIO_ACCOUNT_SID=%s "
      .. "TWILIO_AUTH_TOKEN=%s http_proxy=%s lua5.4 %s/openresty/run.lua 2>&1"):format(PATHS, api.base_url,
      api.service_sid, example.account_sid, example.auth_token, api.base_url, directory))
    local shown, lines = nginx.at(port), {}
    for line in pipe:lines() do
      lines[#lines + 1] = line
      if line:find "own proxy" then break end -- the last one
    end
    local outcome = { shown:body "/wait/general", shown:body "/subrequest/general" }
    shell.output(stop)
    local said = table.concat(lines, "\n") .. pipe:read "*a"
    pipe:close()
    local sid = said:match "\na webhook:%s+created (WH%x+)\n"
    assert.truthy(sid, said)
    for _, what in ipairs { "an event:%s+onMessageSent%s+200", "the same again:%s+200%s+repeat",
      "without a signature:%s+403", "received in all:%s+1" } do
      assert.truthy(said:find("\n" .. what .. "\n"), said)
    end
    assert.equal("found " .. sid .. "\n", outcome[1])
    assert.equal("found " .. sid .. "\n", outcome[2])
    assert.truthy(said:find("Nothing leaves this machine", 1, true), said)
    assert.equal(before, #api:requests())
  end)

  it("has an upstream block that nginx takes", function()
    local text = openresty.read "examples/openresty/nginx.conf"
    local block = text:match "\n  # (upstream [^\n]*{\n.-\n  # })\n":gsub("\n  #", "\n")
      :gsub("server ip%-messaging%.twilio%.com:443", "server 127.0.0.1:443")
    nginx.start(block .. openresty.HTTP .. openresty.server_of()):stop()
  end)
end)
