-- The transport by nginx's subrequests, in a real nginx: see openresty_spec.lua.

local cjson = require "cjson"
local cqueues = require "cqueues"
local example = require "spec.support.example"
local fault_server = require "spec.support.fault_server"
local faults = require "spec.support.faults"
local nginx = require "spec.support.nginx"
local openresty = require "spec.support.openresty"
local secrets = require "spec.support.secrets"

describe("transport.openresty #once", function()
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

  it("says where nginx makes no subrequests", function()
    local before = #api:requests()
    local outcome = openresty.ask(server, "do/timer", api, { way = "transport" })
    assert.truthy(outcome.raised:find("nginx makes no subrequests in the phase timer: use a client with wait", 1, true))
    assert.equal(before, #api:requests())
  end)

  it("says so in a request that came by HTTP/2", function()
    local two = nginx.start(openresty.HTTP .. openresty.server_of "; listen unix:@DIRECTORY@/h2 http2")
    finally(function() two:stop() end)
    local target = "/do/log_created?way=transport&channel=x&base=" .. api.base_url
    -- method GET, scheme http, path, authority, and no other field
    local head = "\130\134\4" .. string.char(#target) .. target .. "\1\1x"
    two:send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" .. "\0\0\0\4\0\0\0\0\0"
      .. "\0\0" .. string.char(#head) .. "\1\5\0\0\0\1" .. head, 1, { path = two.directory .. "/h2" })
    openresty.eventually(function()
      return two:errors():find("nginx makes no subrequests in a request that came by HTTP\\/2", 1, true)
    end)
  end)

  it("says that the location is missing, and sends nothing", function()
    local bare = nginx.start(openresty.HTTP .. openresty.server_of("", "location = /twilio { internal; return 204; }"))
    finally(function() bare:stop() end)
    local outcome = openresty.ask(bare, "do/create", api, { way = "transport", attempts = 1 })
    assert.equal("no", outcome.err.sent)
    assert.truthy(outcome.message:find("the location /twilio is not for the API (status 204)", 1, true), outcome.message)
  end)

  it("sends nothing of the outer request, and leaves it as it was", function()
    local channel, body = openresty.fresh(), ("x"):rep(5000)
    local answer = server:send(table.concat({
      "POST " .. openresty.path("do/outer", api, { way = "transport", channel = channel }) .. " HTTP/1.1",
      "Host: outer.example", "Connection: close", "Cookie: session=outer", "Authorization: Bearer outer",
      "Accept-Encoding: gzip", "Accept: text/html", "User-Agent: outer", "X-Forwarded-For: 10.0.0.1", "Range: bytes=0-3",
      "Expect: 100-continue", "Content-Type: text/plain", "Transfer-Encoding: chunked", "",
      ("%x"):format(#body), body, "0", "", "",
    }, "\r\n"))
    local outcome = cjson.decode(nginx.body((answer:gsub("^HTTP/1.1 100 Continue\r\n\r\n", ""))))
    assert.truthy(outcome.outcome.result, outcome.outcome.message)
    assert.equal(body, outcome.body)
    assert.equal("POST", outcome.method)
    assert.same(outcome.before, outcome.after)
    assert.equal("Bearer outer", outcome.after.authorization)
    local request
    for _, one in ipairs(api:requests()) do
      if one.target:find(channel .. "/", 1, true) then request = one end
    end
    local names = {}
    for name in pairs(request.headers) do names[#names + 1] = name end
    table.sort(names)
    assert.same({ "accept", "authorization", "content-length", "content-type", "host", "user-agent" }, names)
    assert.equal("application/json", request.headers.accept)
    assert.truthy(request.headers["user-agent"]:find "^twilio%-webhooks/")
    assert.equal(api.base_url, "http://" .. request.headers.host)
    assert.equal(example.account_sid, request.user)
  end)

  describe("meets each fault", function()
    -- Which of them nginx is more lenient with, and which it knows less of.
    local OTHERWISE = {
      ["an unreadable Content-Length"] = "ok",
      ["status 999"] = "parse",
      ["a few informational answers first"] = "parse",
      ["an informational answer with headers of its own"] = "parse",
      ["headers that are folded"] = "network", -- which nginx refuses
      ["headers that are folded over lines of spaces"] = "network", -- likewise
      ["a fold before the first header"] = "network", -- likewise
      ["folded headers in a second answer"] = "network", -- likewise
      ["a fold before the first header of a second answer"] = "network", -- likewise
      ["a fold before the first header of a second answer, with a tab"] = "network", -- likewise
      ["a fold before the first header of a second answer, apart from the status line"] = "network", -- likewise
      ["a fold before the first header of a second answer, behind an informational answer"] = "parse",
      ["an answer before the request"] = "any", -- as it happens to come before, or after
      -- What smuggles requests past a proxy: newer ones refuse it.
      ["a Content-Length beside chunks, which win"] = nginx.version() >= 126 and "network" or nil,
    }
    -- What the location would inherit.
    local INHERITED = [[
      proxy_next_upstream error timeout invalid_header http_500 non_idempotent;
      proxy_next_upstream_tries 3;
      proxy_intercept_errors on;
      error_page 401 404 408 500 502 503 504 /50x.html;
      proxy_set_header Cookie inherited;
    ]]
    local attacker, outcomes, proxy

    -- The API by TLS, with a certificate for that name.
    local TLS = [[
      upstream elsewhere.example { server unix:@DIRECTORY@/tls; }
      server {
        listen unix:@DIRECTORY@/tls ssl;
        ssl_certificate %s/other.pem;
        ssl_certificate_key %s/other.key;
        location / { proxy_pass %s; }
      }
    ]]

    -- Servers whose connections nginx keeps.
    local function upstreams()
      local parts = { TLS:format(attacker.directory, attacker.directory, api.base_url) }
      for i, row in ipairs(faults) do
        if row.warm then
          parts[#parts + 1] = ("upstream warm-%d.example { server 127.0.0.1:%s; keepalive 1; }\n")
            :format(i, attacker:base_url(row.name):match "%d+$")
        end
      end
      return table.concat(parts)
    end

    setup(function()
      attacker = fault_server.start()
      local location = openresty.LOCATION:gsub("/etc/ssl/certs/[^;]+", attacker.ca_file)
        :gsub("proxy_connect_timeout [^;]+", "proxy_connect_timeout 1500ms")
      proxy = nginx.start(openresty.HTTP .. upstreams() .. INHERITED .. openresty.server_of("", location))
      local given = {}
      for i, row in ipairs(faults) do
        if not row.operation and not row.proxy then
          given[row.name] = {
            base_url = row.warm and ("http://warm-%d.example"):format(i) or attacker:base_url(row.name),
            timeout = row.slow and row.sent ~= "no" and 0.7 or 5, warm = row.warm, fields = row.fields,
            pause = row.pause, control = attacker.control,
          }
        end
      end
      local body, loop = cjson.encode(given), cqueues.new()
      loop:wrap(function()
        proxy:send(("POST /do/attempts HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s"):format(#body, body), 1)
      end)
      loop:wrap(function() outcomes = cjson.decode(proxy:body("/do/outcomes", 120)) end)
      assert(loop:loop())
    end)

    teardown(function()
      attacker:stop()
      proxy:stop()
    end)

    for _, row in ipairs(faults) do
      if not row.operation and not row.tls and not row.plain_tls and not row.proxy then
        it("and never says unsent of what was sent: " .. row.name, function()
          local outcome = outcomes[row.name]
          local err = outcome.err or { kind = "ok" }
          local count = attacker:requests(row.name) - (row.warm and 1 or 0)
          assert.is_nil(outcome.raised)
          if OTHERWISE[row.name] == "any" then return end
          assert.equal(row.requests, count)
          if row.sent == "no" then assert.equal("no", err.sent, outcome.message) end
          if err.sent == "no" then assert.equal(0, count) end
          if row.kind == "ok" or row.kind == "timeout" or row.kind == "http" then
            assert.equal(OTHERWISE[row.name] or row.kind, err.kind, outcome.message)
          elseif OTHERWISE[row.name] ~= "ok" then
            assert.is_not.equal("ok", err.kind)
          end
          for field, value in pairs(row.kind == "http" and err.kind == "http" and row.err or {}) do
            -- Of the headers nginx keeps those of the connection, and drops odd names.
            if field ~= "headers" then assert.same(value ~= "none" and value or nil, err[field], field) end
          end
          secrets.absent(example.auth_token, outcome)
        end)
      end
    end

    it("and a certificate that is not the host's, in time: nothing is sent", function()
      for _, row in ipairs(faults) do
        if not row.proxy and (row.tls and row.tls ~= "good" or row.plain_tls) then
          local outcome = outcomes[row.name]
          assert.equal("no", outcome.err and outcome.err.sent, row.name)
        end
      end
    end)

    it("but none where the certificate is the host's", function()
      local elsewhere = { base_url = "https://elsewhere.example", service_sid = api.service_sid }
      local outcome = openresty.ask(proxy, "do/create", elsewhere, { way = "transport" })
      assert.truthy(outcome.result, outcome.message)
    end)

    it("and nginx logs no secret, and is well", function()
      assert.truthy(proxy:errors():find("upstream timed out", 1, true))
      secrets.absent(example.auth_token, proxy:errors())
      local alarms = proxy:alarms():gsub("[^\n]*SSL routines::%l+ length too long[^\n]*\n?", "") -- of the longest record
      assert.equal("", alarms)
    end)
  end)
end)
