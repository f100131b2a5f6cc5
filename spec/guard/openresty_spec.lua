-- The guard in a real nginx, with two workers: what passes, what does not, and what its handler
-- then has. #once: nginx brings its own LuaJIT.

local cjson = require "cjson"
local webhooks = require "twilio.webhooks"
local nginx = require "spec.support.nginx"
local openresty = require "spec.support.openresty"
local shell = require "spec.support.shell"

local TOKEN = "12345"
local FORM = "application/x-www-form-urlencoded"
local EVENT = "EventType=onMessageAdded&Index=2&Body=Hi+%C3%A4&Attributes=%7B%22a%22%3A1%7D"

-- One guard for each name, and what its location says of a request that passed.
local HTTP = openresty.HTTP .. [[
  error_log error.log notice;
  client_max_body_size 4m;
  init_by_lua_block {
    local openresty = require "twilio.webhooks".guard.openresty
    local cjson = require "cjson"
    guards = {
      environment = openresty { public_url = "https://example.com" },
      forwarded = openresty { forwarded = true, auth_token = "12345" },
      host = openresty { auth_token = "12345" },
      prefix = openresty { public_url = "https://example.com/api/", auth_tokens = { "other", "12345" } },
      public = openresty { public_url = "https://example.com", auth_token = "12345" },
      shared = openresty { public_url = "https://example.com", shared_keys = { K1 = "secret" } },
      vendor = openresty { public_url = "https://mycompany.com", auth_token = "12345" },
    }
    function say()
      local seen = ngx.ctx.twilio
      ngx.header["X-Worker"] = ngx.worker.id()
      ngx.print(cjson.encode { body = seen.body, event = seen.event, token = seen.idempotency_token,
        read = ngx.req.get_body_data(), file = ngx.req.get_body_file() and true or nil })
    end
  }
]]

local SERVER = [[
  server {
    listen 127.0.0.1:@PORT@;
    listen unix:@DIRECTORY@/http2.sock http2;
    location ~ ^/(?<name>environment|forwarded|host|prefix|public|shared)$ {
      access_by_lua_block { guards[ngx.var.name]() }
      content_by_lua_block { say() }
    }
    location = /file {
      client_body_buffer_size 1k;
      access_by_lua_block { guards.public() }
      content_by_lua_block { say() }
    }
    location = /only-file {
      client_body_in_file_only clean;
      access_by_lua_block { guards.public() }
      content_by_lua_block { say() }
    }
    location = /lost {
      client_body_in_file_only clean;
      rewrite_by_lua_block {
        ngx.req.read_body()
        os.remove(ngx.req.get_body_file())
      }
      access_by_lua_block { guards.public() }
      content_by_lua_block { ngx.print "reached" }
    }
    location = /rewritten {
      rewrite ^ /inside?else=1 break;
      access_by_lua_block { guards.public() }
      content_by_lua_block { say() }
    }
    location = /myapp.php {
      access_by_lua_block { guards.vendor() }
      content_by_lua_block { say() }
    }
    location = /wrong {
      access_by_lua_block { require "twilio.webhooks".guard.openresty { publik_url = "https://secret.example.com" } () }
      content_by_lua_block { ngx.print "reached" }
    }
  }
]]

-- The bytes of a request. `headers` is a list of lines; those of the framing are added.
local function format(method, target, headers, body)
  local lines = { ("%s %s HTTP/1.1"):format(method, target), "Connection: close" }
  local has_host = false
  for _, line in ipairs(headers) do
    has_host = has_host or line:find "^Host:" ~= nil
    lines[#lines + 1] = line
  end
  if not has_host then lines[#lines + 1] = "Host: localhost" end
  if body then lines[#lines + 1] = "Content-Length: " .. #body end
  return table.concat(lines, "\r\n") .. "\r\n\r\n" .. (body or "")
end

local function signature(url, body, content_type, token)
  return assert(webhooks.sign { url = url, body = body, content_type = content_type or body and FORM,
    auth_token = token or TOKEN }).signature
end

describe("webhooks.guard.openresty #once", function()
  local server

  setup(function()
    openresty.build()
    server = nginx.start(HTTP .. SERVER, "env TWILIO_AUTH_TOKEN=12345;", 2)
  end)
  teardown(function() server:stop() end)

  -- Status, and the decoded body where it passed, else the body.
  local function ask(bytes)
    local answer = server:send(bytes)
    local status = tonumber(answer:match "^HTTP/1.1 (%d+)")
    local body = nginx.body(answer)
    if status == 200 and body ~= "" then return status, cjson.decode(body) end
    return status, body
  end

  -- A form that is signed for the URL, with more header lines.
  local function post(target, url, body, more)
    local headers = { "Content-Type: " .. FORM, "X-Twilio-Signature: " .. signature(url, body) }
    for _, line in ipairs(more or {}) do headers[#headers + 1] = line end
    return ask(format("POST", target, headers, body))
  end

  local function get(target, url, more)
    local headers = { "X-Twilio-Signature: " .. signature(url) }
    for _, line in ipairs(more or {}) do headers[#headers + 1] = line end
    return ask(format("GET", target, headers))
  end

  describe("lets pass", function()
    it("the vendor's own example", function()
      local status, seen = ask(format("POST", "/myapp.php?foo=1&bar=2", { "Content-Type: " .. FORM,
        "X-Twilio-Signature: RSOYDt4T1cUTdK1PDd93/VVr8B8=" },
        "CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&To=%2B18005551212"))
      assert.equal(200, status)
      assert.is_nil(seen.event) -- of another product
    end)

    it("a form, and gives its event and the idempotency token", function()
      local status, seen = post("/public", "https://example.com/public", EVENT, { "I-Twilio-Idempotency-Token: t-1" })
      assert.equal(200, status)
      assert.same({ event_type = "onMessageAdded", index = 2, body = "Hi \195\164", attributes = { a = 1 } }, seen.event)
      assert.equal("t-1", seen.token)
      assert.equal(EVENT, seen.body)
      assert.equal(EVENT, seen.read)
    end)

    it("a GET, whose event is its query, as it came over the wire", function()
      local target = "/public?" .. EVENT .. "&Odd=it's%2f%2F+@:~"
      local status, seen = get(target, "https://example.com" .. target)
      assert.equal(200, status)
      assert.equal("onMessageAdded", seen.event.event_type)
      assert.equal("it's// @:~", seen.event.odd)
    end)

    it("JSON by bodySHA256", function()
      local body = '{"EventType":"x"}'
      local signed = webhooks.sign { url = "https://example.com/public", body = body,
        content_type = "application/json", auth_token = TOKEN }
      local headers = { "Content-Type: application/json", "X-Twilio-Signature: " .. signed.signature }
      local target = signed.url:match "^https://example.com(.*)$"
      local status, seen = ask(format("POST", target, headers, body))
      assert.equal(200, status)
      assert.equal(body, seen.body)
      assert.equal(403, (ask(format("POST", target, headers, '{"EventType":"y"}'))))
      assert.equal(403, (ask(format("POST", target, headers, ""))))
    end)

    for _, path in ipairs { "/file", "/only-file" } do
      it("a body that nginx has in a file: " .. path, function()
        local body = EVENT .. "&Long=" .. ("x"):rep(100000)
        local status, seen = post(path, "https://example.com" .. path, body)
        assert.equal(200, status)
        assert.is_true(seen.file)
        assert.is_nil(seen.read)
        assert.equal(body, seen.body)
        assert.equal("onMessageAdded", seen.event.event_type)
        assert.equal(403, (ask(format("POST", path, { "Content-Type: " .. FORM,
          "X-Twilio-Signature: " .. signature("https://example.com" .. path, body) }, body:sub(1, -2) .. "y"))))
      end)
    end

    it("an empty body, in memory or in a file", function()
      for _, path in ipairs { "/public", "/only-file" } do
        local status, seen = post(path, "https://example.com" .. path, "")
        assert.equal(200, status)
        assert.equal("", seen.body)
      end
    end)

    it("400 parameters, in a form and in a query", function()
      local list = { "EventType=onMessageAdded" }
      for i = 1, 400 do list[#list + 1] = ("p%d=%d"):format(i, i) end
      local form = table.concat(list, "&")
      local status, seen = post("/public", "https://example.com/public", form)
      assert.equal(200, status)
      assert.equal("400", seen.event.p400)
      status, seen = get("/public?" .. form, "https://example.com/public?" .. form)
      assert.equal(200, status)
      assert.equal("400", seen.event.p400)
      form = form .. "x"
      assert.equal(403, (get("/public?" .. form, "https://example.com/public?" .. form:sub(1, -2))))
    end)

    it("a chunked body", function()
      local head = format("POST", "/public", { "Content-Type: " .. FORM, "Transfer-Encoding: chunked",
        "X-Twilio-Signature: " .. signature("https://example.com/public", EVENT) })
      local first, rest = EVENT:sub(1, 10), EVENT:sub(11)
      local status, seen = ask(head .. ("a\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n"):format(first, #rest, rest))
      assert.equal(200, status)
      assert.equal(EVENT, seen.body)
    end)

    it("what is signed after a hundred other headers", function()
      local many = {}
      for i = 1, 150 do many[i] = ("X-%d: %d"):format(i, i) end
      many[151], many[152] = "Content-Type: " .. FORM,
        "X-Twilio-Signature: " .. signature("https://example.com/public", EVENT)
      assert.equal(200, (ask(format("POST", "/public", many, EVENT))))
    end)

    it("the URL that was asked for, whatever nginx makes of it", function()
      assert.equal(200, (post("/rewritten?a=%7e", "https://example.com/rewritten?a=%7e", EVENT)))
      assert.equal(200, (post("//x/..//public", "https://example.com//x/..//public", EVENT)))
      assert.equal(403, (post("//x/..//public", "https://example.com/public", EVENT)))
    end)

    it("a path before its own, and any of several tokens", function()
      assert.equal(200, (post("/prefix", "https://example.com/api/prefix", EVENT)))
      assert.equal(403, (post("/prefix", "https://example.com/prefix", EVENT)))
    end)

    it("a shared key's SHA-256, and the token of the environment", function()
      local signed = webhooks.sign { url = "https://example.com/shared", body = EVENT, key = "K1",
        shared_keys = { K1 = "secret" } }
      local headers = { "Content-Type: " .. FORM, "X-Twilio-Signature: " .. signed.signature,
        "X-Twilio-Webhooks-Signature-Settings: " .. signed.settings }
      assert.equal(200, (ask(format("POST", "/shared", headers, EVENT))))
      assert.equal(200, (post("/environment", "https://example.com/environment", EVENT)))
    end)

    it("a request by HTTP/2, with its body, whose length may come late", function()
      local function curl(body, how)
        local words = { "printf", "%s", "'" .. body .. "'", "| curl -s -o /dev/null --http2-prior-knowledge",
          "-w '%{http_code} %{http_version}' --unix-socket", server.directory .. "/http2.sock", how, "http://localhost/public",
          "-H 'X-Twilio-Signature: " .. signature("https://example.com/public", EVENT) .. "'" }
        return shell.output(table.concat(words, " "))
      end
      assert.equal("200 2", curl(EVENT, "-d @-"))
      assert.equal("403 2", curl(EVENT .. "x", "-d @-"))
      assert.equal("200 2", curl(EVENT, "-X POST -T - -H 'Content-Type: " .. FORM .. "'"))
    end)

    it("in both workers", function()
      local seen, count = {}, 0
      local bytes = format("GET", "/public", { "X-Twilio-Signature: " .. signature "https://example.com/public" })
      openresty.eventually(function()
        local answer = server:send(bytes)
        assert.truthy(answer:find "^HTTP/1.1 200")
        local id = answer:match "X%-Worker: (%d)"
        if not seen[id] then seen[id], count = true, count + 1 end
        return count == 2
      end)
    end)
  end)

  describe("refuses", function()
    -- 403, and nothing of the reason.
    local function assert_refused(bytes, reason)
      local from = #server:errors()
      local status, body = ask(bytes)
      assert.equal(403, status)
      assert.truthy(body:find("403 Forbidden", 1, true))
      for _, word in ipairs { "ignature", "wilio", "mismatch", "oken" } do assert.is_nil(body:find(word, 1, true)) end
      openresty.eventually(function()
        return server:errors():sub(from):find("webhooks.guard.openresty: refused: " .. reason .. ",", 1, true)
      end)
    end

    local function form(lines, body, method)
      table.insert(lines, "Content-Type: " .. FORM)
      return format(method or "POST", "/public", lines, body or EVENT)
    end

    local right = "X-Twilio-Signature: " .. signature("https://example.com/public", EVENT)

    it("another token's signature, and one of another URL or body", function()
      assert_refused(form { "X-Twilio-Signature: " .. signature("https://example.com/public", EVENT, FORM, "54321") },
        "mismatch")
      assert_refused(form { "X-Twilio-Signature: " .. signature("https://example.org/public", EVENT) }, "mismatch")
      assert_refused(form({ right }, EVENT .. "&Author=eve"), "mismatch")
    end)

    it("no signature, whatever the body; an empty, a short and a doubled one", function()
      assert_refused(form {}, "missing_signature")
      assert_refused(form({}, ("x"):rep(2 ^ 20)), "missing_signature")
      assert_refused(form { "X-Twilio-Signature:" }, "missing_signature")
      assert_refused(form { right:sub(1, -2) }, "malformed_signature")
      assert_refused(form { right, right }, "malformed_signature")
    end)

    it("a doubled Content-Type, and doubled settings", function()
      assert_refused(form { right, "Content-Type: " .. FORM }, "malformed_content_type")
      local settings = "X-Twilio-Webhooks-Signature-Settings: key=K1,algorithm=HMAC_SHA256"
      assert_refused(form { right, settings, settings }, "malformed_settings")
      assert_refused(form { right, settings }, "unknown_key")
    end)

    it("JSON without bodySHA256", function()
      assert_refused(format("POST", "/public", { "Content-Type: application/json",
        "X-Twilio-Signature: " .. signature "https://example.com/public" }, "{}"), "missing_body_hash")
    end)

    it("methods that no webhook has", function()
      for _, method in ipairs { "PUT", "DELETE", "OPTIONS" } do assert_refused(form({ right }, EVENT, method), "method") end
      local bytes = format("HEAD", "/public", { "X-Twilio-Signature: " .. signature "https://example.com/public" })
      assert.truthy(server:send(bytes):find "^HTTP/1.1 403[^\n]*\r\n.*\r\n\r\n$")
    end)

    it("a fragment in the target", function()
      assert_refused(format("GET", "/public#?EventType=x",
        { "X-Twilio-Signature: " .. signature "https://example.com/public" }), "malformed_url")
    end)

    it("a body that is too large, announced or not, before it is read or soon after", function()
      local body = "a=" .. ("x"):rep(524288)
      local one = "X-Twilio-Signature: " .. ("A"):rep(27) .. "="
      assert.equal(413, (ask(form({ one }, body))))
      local head = format("POST", "/public", { "Content-Type: " .. FORM, one, "Transfer-Encoding: chunked" })
      assert.equal(413, (ask(head .. ("%x\r\n%s\r\n0\r\n\r\n"):format(#body, body))))
      head = head:gsub("/public", "/file", 1)
      assert.equal(413, (ask(head .. ("%x\r\n%s\r\n0\r\n\r\n"):format(#body, body))))
      assert.equal(200, (post("/public", "https://example.com/public", body:sub(1, 524288))))
    end)
  end)

  it("gives no idempotency token that is doubled, empty or of unlikely length", function()
    local line = "I-Twilio-Idempotency-Token: "
    for _, lines in ipairs { {}, { line }, { line .. "a", line .. "b" }, { line .. ("x"):rep(257) } } do
      local status, seen = post("/public", "https://example.com/public", EVENT, lines)
      assert.equal(200, status)
      assert.is_nil(seen.token)
    end
  end)

  describe("takes scheme and host", function()
    it("from the request, whose port may have been signed or not", function()
      assert.equal(200, (post("/host", "http://example.com/host", EVENT, { "Host: example.com" })))
      assert.equal(200, (post("/host", "http://example.com:8080/host", EVENT, { "Host: example.com:8080" })))
      assert.equal(200, (post("/host", "http://example.com/host", EVENT, { "Host: example.com:8080" })))
      assert.equal(200, (post("/host", "http://[2001:db8::1]:8080/host", EVENT, { "Host: [2001:db8::1]:8080" })))
      assert.equal(403, (post("/host", "http://example.com:8081/host", EVENT, { "Host: example.com:8080" })))
    end)

    local FORWARDED = { "Host: inside:8080", "X-Forwarded-Proto: https", "X-Forwarded-Host: example.com" }

    it("from X-Forwarded-* by option alone", function()
      assert.equal(200, (post("/forwarded", "https://example.com/forwarded", EVENT, FORWARDED)))
      assert.equal(403, (post("/host", "https://example.com/host", EVENT, FORWARDED)))
      assert.equal(200, (post("/host", "http://inside:8080/host", EVENT, FORWARDED)))
      assert.equal(200, (post("/public", "https://example.com/public", EVENT, { "X-Forwarded-Host: example.org" })))
      assert.equal(200, (post("/forwarded", "http://inside:8080/forwarded", EVENT, { "Host: inside:8080" })))
    end)

    it("with the port of X-Forwarded-Port, where the host has none", function()
      local function forwarded(url, host, port)
        return (post("/forwarded", url .. "/forwarded", EVENT,
          { "X-Forwarded-Proto: https", "X-Forwarded-Host: " .. host, "X-Forwarded-Port: " .. port }))
      end
      assert.equal(200, forwarded("https://example.com:8443", "example.com", "8443"))
      assert.equal(200, forwarded("https://example.com", "example.com", "443"))
      assert.equal(200, forwarded("https://example.com:9", "example.com:9", "8443"))
      assert.equal(200, forwarded("https://[::1]:8443", "[::1]", "8443"))
      assert.equal(403, forwarded("https://example.com", "example.com", "443, 80"))
    end)

    it("and refuses forwarded headers that say two things, or no host", function()
      local wrong = {
        { "X-Forwarded-Proto: https", "X-Forwarded-Host: example.com", "X-Forwarded-Host: example.com" },
        { "X-Forwarded-Proto: https", "X-Forwarded-Host: example.com, example.org" },
        { "X-Forwarded-Proto: https", "X-Forwarded-Host: example.com/forwarded?" },
        { "X-Forwarded-Proto: ftp", "X-Forwarded-Host: example.com" },
      }
      for _, lines in ipairs(wrong) do
        assert.equal(403, (post("/forwarded", "https://example.com/forwarded", EVENT, lines)))
      end
    end)
  end)

  describe("that cannot judge", function()
    it("answers 500 where it is not configured, and says so in the log", function()
      local bare = nginx.start(openresty.HTTP .. [[
        init_by_lua_block { guard = require "twilio.webhooks".guard.openresty { public_url = "https://example.com" } }
        server {
          listen 127.0.0.1:@PORT@;
          location / { access_by_lua_block { guard() } content_by_lua_block { ngx.print "reached" } }
        }
      ]])
      finally(function() bare:stop() end)
      local answer = bare:send(format("POST", "/", { "X-Twilio-Signature: " .. signature("https://example.com/", EVENT),
        "Content-Type: " .. FORM }, EVENT))
      assert.truthy(answer:find "^HTTP/1.1 500")
      assert.is_nil(answer:find("reached", 1, true))
      assert.truthy(bare:errors():find("webhooks.guard.openresty: there is no key: give auth_token, "
        .. "auth_tokens or shared_keys, or set TWILIO_AUTH_TOKEN", 1, true), bare:errors())
      assert.is_nil(bare:errors():find(signature("https://example.com/", EVENT), 1, true))
    end)

    it("answers 500 where the body's file is gone", function()
      local status, body = post("/lost", "https://example.com/lost", EVENT)
      assert.equal(500, status)
      assert.is_nil(body:find("reached", 1, true))
      local said = "webhooks.guard.openresty: the file that nginx has written the body to cannot be read"
      openresty.eventually(function() return server:errors():find(said, 1, true) end)
    end)

    it("answers 500 where it is made wrong in the location itself", function()
      local status, body = ask(format("GET", "/wrong", {}))
      assert.equal(500, status)
      assert.is_nil(body:find("reached", 1, true))
      local said = "webhooks.guard.openresty: publik_url: is not an option; did you mean public_url?"
      openresty.eventually(function() return server:errors():find(said, 1, true) end)
      assert.is_nil(server:errors():find("secret.example.com", 1, true))
    end)
  end)

  it("logs neither token nor key nor signature", function()
    local log = server:errors()
    assert.equal("", server:alarms())
    assert.truthy(log:find("refused: mismatch", 1, true))
    for _, secret in ipairs { "54321", "K1", signature("https://example.com/public", EVENT), "onMessage" } do
      for line in log:gmatch "[^\n]+" do
        local ours = line:match "webhooks%.guard%.openresty: (.-), client: "
        assert.is_nil((ours or ""):find(secret, 1, true), line)
      end
    end
  end)
end)

describe("making a guard", function()
  local openresty_guard = webhooks.guard.openresty

  -- Options, and what is said of them.
  local rows = {
    { { public_url = "example.com" }, "public_url: must be scheme and host as Twilio knows them, such as https://example.com" },
    { { public_url = "https://example.com/?a=1" }, "public_url: must be" },
    { { public_url = "https:///hook" }, "public_url: must be" },
    { { forwarded = "yes" }, "forwarded: must be true or false" },
    { { forwarded = true, public_url = "https://example.com" }, "forwarded: is there beside public_url" },
    { { auth_token = "" }, "auth_token: must be a string of 1 to 4096 bytes" },
    { { auth_token = "a", auth_tokens = { "b" } }, "auth_tokens: is there beside auth_token" },
    { { shared_keys = { "a" } }, "shared_keys: must be a table of keys by their names" },
    { { token = "s3cret" }, "token: is not an option" },
    { { "s3cret" }, "1: is not an option" },
  }
  for i, row in ipairs(rows) do
    it("refuses what is wrong and names no value: " .. i, function()
      local made, message = pcall(openresty_guard, row[1])
      assert.is_false(made)
      assert.truthy(message:find("webhooks.guard.openresty: " .. row[2], 1, true), message)
      assert.is_nil(message:find("s3cret", 1, true))
    end)
  end

  it("raises where there is no table, and for a guard that is not there", function()
    local _, message = pcall(openresty_guard)
    assert.truthy(message:find("bad argument to 'openresty' (table expected, got nil)", 1, true), message)
    _, message = pcall(function() return webhooks.guard.openrestly end)
    assert.truthy(message:find("webhooks.guard has no openrestly; did you mean openresty?", 1, true), message)
  end)
end)
