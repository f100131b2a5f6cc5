-- Connections that are kept: which of them serve again, and who else gets them.

local webhooks = require "twilio.webhooks"
local libcurl = require "spec.support.libcurl"
local child = require "spec.support.child"
local example = require "spec.support.example"
local namespace = require "spec.support.namespace"
local cqueues = require "cqueues"
local socket = require "cqueues.socket"

local LIST = '{"meta":{"next_page_url":null},"webhooks":[]}'
local OK = ("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s"):format(#LIST, LIST)

-- An API on this loop. Its first `dead` connections never answer again, and say nothing.
local function api(loop)
  local self = { listener = assert(socket.listen("127.0.0.1", 0)), opened = 0, dead = 0, requests = 0 }
  local _, _, port = self.listener:localname()
  self.base_url = "http://127.0.0.1:" .. port
  local function serve(connection, number)
    while true do
      local line = connection:read "*L"
      if not line then return connection:close() end
      repeat local header = connection:read "*L" until not header or header == "\r\n"
      self.requests = self.requests + 1
      if number <= self.dead then return cqueues.sleep(60) end
      if line:find("/warm/", 1, true) then cqueues.sleep(0.2) end
      connection:write(OK)
      connection:flush()
    end
  end
  loop:wrap(function()
    -- In PUC's 5.1 nobody may yield in the iterator of a `for`, so no clients().
    while true do
      local connection = self.listener:accept()
      if not connection then return end
      self.opened = self.opened + 1
      local number = self.opened
      connection:setmode("b", "bn")
      connection:onerror(function(_, _, why) return why end)
      loop:wrap(function() serve(connection, number) end)
    end
  end)
  return self
end

-- Runs `test(client, api, loop)` there, when the client keeps eight connections.
local function with_eight(options, test)
  local loop = cqueues.new()
  local server = api(loop)
  local passed
  loop:wrap(function()
    local all = { wait = webhooks.wait.cqueues, base_url = server.base_url, timeout = 0.5, deadline = 20,
      account_sid = example.account_sid, auth_token = "x", service_sid = example.params().service_sid }
    for name, value in pairs(options) do all[name] = value end
    local client = assert(webhooks.new(all))
    local warm = 0
    for _ = 1, 8 do
      loop:wrap(function()
        assert(client:list_webhooks { channel_sid = "warm", timeout = 15 })
        warm = warm + 1
      end)
    end
    repeat cqueues.sleep(0.02) until warm == 8
    assert.equal(8, server.opened)
    test(client, server, loop)
    client:close()
    server.listener:close()
    passed = true
  end)
  repeat
    local ok, why = loop:step(5)
    if not ok then error(why, 0) end
  until passed
end

describe("connections", function()
  it("that are kept serve again", function()
    with_eight({}, function(client, server)
      for _ = 1, 20 do assert(client:list_webhooks { channel_sid = "x" }) end
      assert.equal(8, server.opened)
    end)
  end)

  it("are in doubt once one has fallen silent: the next attempt takes a fresh one", function()
    with_eight({}, function(client, server)
      server.dead = server.opened
      local list, info = client:list_webhooks { channel_sid = "x" }
      assert(list, info)
      assert.equal(2, info.attempts)
    end)
  end)

  it("are in doubt for the client's other calls too", function()
    with_eight({ max_attempts = 1 }, function(client, server)
      server.dead = server.opened
      assert.is_nil(client:list_webhooks { channel_sid = "x" })
      for _ = 1, 8 do assert(client:list_webhooks { channel_sid = "x" }) end
      assert.is_true(server.opened <= 8 + 8)
    end)
  end)

  it("that were opened since are not", function()
    with_eight({ max_attempts = 1 }, function(client, server)
      server.dead = server.opened
      assert.is_nil(client:list_webhooks { channel_sid = "x" })
      for _ = 1, 8 do assert(client:list_webhooks { channel_sid = "x" }) end
      local opened = server.opened
      for _ = 1, 20 do assert(client:list_webhooks { channel_sid = "x" }) end
      if libcurl.reuses_for_post then assert.equal(opened, server.opened) end
    end)
  end)

  it("are fit whatever another one of the same port, to another server, has to read #plain", function()
    if not namespace.exists() then return pending "needs namespaces" end
    -- where each connection has the port 40000 (9C40) at this end
    local output = namespace.run("echo '40000 40000' >/proc/sys/net/ipv4/ip_local_port_range", [[
      local example = require "spec.support.example"
      local sandbox = require "twilio.webhooks.sandbox"
      local account = { account_sid = example.account_sid, auth_token = example.auth_token }
      local function serve(port, faults)
        return assert(sandbox.start { port = port, faults = faults, account_sid = account.account_sid,
          auth_token = account.auth_token })
      end
      local one, other = serve(50001, { { "stray", times = 1, seconds = 0.2 } }), serve(50002)
      local client = assert(require "twilio.webhooks.core".open {})
      local function list(server)
        assert(client:list_webhooks(example.params { base_url = server.base_url }))
      end
      list(one)
      list(other)
      local unread
      local last = os.time() + 30
      repeat -- until the stray answer has come
        assert(os.time() < last, "no stray answer")
        for line in io.lines "/proc/net/tcp" do
          unread = unread or line:find ":9C40 0100007F:C351 01 %x+:0*[^0:]"
        end
      until unread
      list(other)
      local requests = other:requests()
      print(#requests, requests[1].connection == requests[2].connection)
      one:stop()
      other:stop()
    ]])
    assert.equal("2\ttrue\n", output)
  end)

  it("are not inherited by a child of the process #plain", function()
    if not io.open "/proc/net/tcp" then return pending "needs /proc" end
    local output = child.run [[
      local webhooks = require "twilio.webhooks"
      local server = assert(require "twilio.webhooks.sandbox".start())
      local params = { base_url = server.base_url, account_sid = server.account_sid, auth_token = server.auth_token,
        service_sid = "IS" .. ("a"):rep(32), channel_sid = "x" }
      local client = assert(webhooks.new(params))
      assert(webhooks.list_webhooks(params))
      assert(client:list_webhooks {})
      client:go(client.list_webhooks, client, {})
      client:run()
      local pipe = io.popen "for f in /proc/self/fd/*; do readlink $f; done; echo; cat /proc/net/tcp"
      local held, tcp = pipe:read("*a"):match("^(.-)\n\n(.*)$")
      pipe:close()
      local port, count = (":%04X"):format(tonumber(server.base_url:match "%d+$")), 0
      for line in tcp:gmatch "[^\n]+" do
        local remote, inode = line:match "^%s*%d+: %S+ %x+(:%x+) %S+ %S+ %S+ %S+ %S+ %S+ (%d+)"
        if remote == port and held:find("socket:[" .. inode .. "]", 1, true) then count = count + 1 end
      end
      print(tcp:find(port, 1, true) and "seen", count, held:find "eventpoll" or held:find "timerfd")
      server:stop()
    ]]
    assert.equal("seen\t0\tnil\n", output)
  end)
end)
