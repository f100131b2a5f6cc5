-- What a server can do to a request: one row each. `serve` is run by
-- fault_server for each connection, with a connection `c` and its number; the
-- other fields say how the call is made and what must come of it.
--
--   kind       of the error; "ok" for success
--   sent, retryable, requests    as the error has them; as the server counted them
--   warm       make this call only after one that succeeded, on the same connection
--   pause      and after what the server does next
--   reused     it fails on that connection; ok where each create has its own
--   fields     parameters of the call, over the example's
--   err        fields of the error that must be equal; message: a part of it
--   operation  of the module; create_webhook
--   tls        name of the certificate, for https
--   trusted    file of the CA certificate, where that is not the server's own
--   slow       the call ends by its timeout
--   closed     nothing listens; full: nothing accepts
--   proxy      the server is a proxy, and the API behind it, for https; tls is the API's; socks: by SOCKS 5
--   retry_after  of the error

local cqueues = require "cqueues"
local example = require "spec.support.example"
local libcurl = require "spec.support.libcurl"

local GOOD = example.answer_json()
local JSON = "Content-Type: application/json"

-- The bytes of an answer; its Content-Length is right unless `headers` has one.
local function http(status, headers, body)
  local lines = { "HTTP/1.1 " .. status }
  local framed = false
  for _, line in ipairs(headers) do
    lines[#lines + 1] = line
    framed = framed or line:find("^Content%-Length") or line:find("^Transfer%-Encoding")
  end
  if not framed then lines[#lines + 1] = "Content-Length: " .. #(body or "") end
  return table.concat(lines, "\r\n") .. "\r\n\r\n" .. (body or "")
end

local CREATED = http("201 Created", { JSON }, GOOD)

-- Reads a request, says these bytes, and closes.
local function says(bytes)
  return function(c)
    if c:request() then c:send(bytes) end
  end
end

-- Answers every request of the connection so.
local function answers(status, headers, body)
  local bytes = http(status, headers, body)
  return function(c)
    while c:request() do c:send(bytes) end
  end
end

local function chunked(...)
  return http("201 Created", { JSON, "Transfer-Encoding: chunked" }, table.concat({ ... }))
end

local function chunk(text)
  return ("%x\r\n%s\r\n"):format(#text, text)
end

local function error_json(status, code, message)
  return ('{"code":%d,"message":"%s","more_info":"https://www.twilio.com/docs/errors/%d","status":%d}')
    :format(code, message, code, status)
end

local faults = {}

local function row(name, serve, expected)
  expected.name, expected.serve = name, serve
  faults[#faults + 1] = expected
end

local function ok(name, serve, expected)
  expected = expected or {}
  expected.kind, expected.requests = "ok", expected.requests or 1
  row(name, serve, expected)
end

-- No whole answer came, and nothing of one.
local function ambiguous(name, serve, expected)
  expected = expected or {}
  expected.kind = expected.kind or "network"
  expected.sent, expected.retryable = "unknown", false
  expected.requests = expected.requests or 1
  row(name, serve, expected)
end

-- The beginning of an answer came, or one that is of no use.
local function broken(name, kind, serve, expected)
  expected = expected or {}
  expected.kind, expected.sent, expected.retryable, expected.requests = kind, "yes", false, 1
  row(name, serve, expected)
end

local function unusable(name, body, expected)
  broken("a 201 with " .. name, "parse", answers("201 Created", { JSON }, body), expected)
end

local function refused(name, status, headers, body, err, expected)
  expected = expected or {}
  expected.err = err or {}
  expected.err.status = tonumber(status:match("%d+"))
  broken(name, "http", answers(status, headers, body), expected)
end

-- --- no connection ------------------------------------------------------------

row("a refused connection", nil, { closed = true, kind = "network", sent = "no", retryable = true, requests = 0 })
row("a name that does not resolve", nil, { closed = true, kind = "network", sent = "no", retryable = true,
  requests = 0, fields = { base_url = "http://no-such-host.invalid", allow_http = true }, patience = 20 })
row("a connect that stalls", nil, { full = true, slow = true, kind = "timeout", sent = "no", retryable = true,
  requests = 0, fields = { connect_timeout = 0.3 } })

-- --- TLS ----------------------------------------------------------------------

local TLS = { kind = "tls", sent = "no", retryable = false, requests = 0 }

local function tls(name, certificate, expected)
  local fields = { tls = certificate }
  for key, value in pairs(TLS) do fields[key] = value end
  for key, value in pairs(expected or {}) do fields[key] = value end
  row(name, answers("201 Created", { JSON }, GOOD), fields)
end

ok("TLS as it should be", answers("201 Created", { JSON }, GOOD), { tls = "good" })
ok("TLS with a directory of certificates too", answers("201 Created", { JSON }, GOOD), { tls = "good",
  fields = { ca_path = "/etc/ssl/certs" } })
ok("TLS as it should be, once more", answers("201 Created", { JSON }, GOOD), { tls = "good" })
ok("a certificate that nobody signed, but trusted", answers("201 Created", { JSON }, GOOD), { tls = "self",
  trusted = "self.pem" })
tls("an expired certificate", "expired")
tls("a certificate for another host", "other")
tls("a certificate that nobody signed", "self")
tls("TLS 1.1 at best", "old", { retryable = true })
row("plain HTTP where TLS belongs", function(c)
  c:send(CREATED)
  c:stall()
end, { plain_tls = true, kind = "tls", sent = "no", retryable = true,
  requests = 0 })
row("TLS that refuses the handshake", function(c)
  c:some()
  c:send "\21\3\3\0\2\2\40"
  c:some()
end, { plain_tls = true, kind = "tls", sent = "no", retryable = true, requests = 0, message = "handshake failure" })
row("a TLS record that is longer than any", function(c)
  c:some()
  c:send("\22\3\3\255\255" .. ("x"):rep(1000))
  c:some()
end, { plain_tls = true, kind = "tls", sent = "no", retryable = true, requests = 0, message = "such as plain http" })
row("a TLS handshake that stalls", function(c) c:stall() end, { plain_tls = true, slow = true, kind = "timeout",
  sent = "no", retryable = true, requests = 0 })

-- --- before an answer -----------------------------------------------------------

ambiguous("a close before the reply", says "")
ambiguous("a reset before the reply", function(c)
  c:request_but_one()
  c:reset()
end)
ambiguous("a close before the request is read", function(c) c:close() end, { requests = 0 })
ambiguous("no answer at all", function(c)
  c:request()
  c:stall()
end, { kind = "timeout", slow = true })
ok("an answer before the request", function(c)
  c:send(CREATED)
  c:request()
end)

-- --- broken off -----------------------------------------------------------------

ambiguous("a close amid the status line", says "HTTP/1.1 2")
broken("a close amid the headers", "parse", says "HTTP/1.1 201 Created\r\nContent-Type: applica")
broken("a close before the headers' end", "parse", says("HTTP/1.1 201 Created\r\n" .. JSON .. "\r\n"))
broken("a reset amid the headers", "parse", function(c)
  c:request_but_one()
  c:send "HTTP/1.1 201 Created\r\nContent-Type: applica"
  c:reset()
end)
broken("a close amid the body", "network", says(CREATED:sub(1, -20)))
broken("a reset amid the body", "network", function(c)
  c:request_but_one()
  c:send(CREATED:sub(1, -20))
  c:reset()
end)
broken("a Content-Length that is too long", "network",
  says(http("201 Created", { JSON, "Content-Length: 9999" }, GOOD)))
broken("a Content-Length that is too short", "parse",
  says(http("201 Created", { JSON, "Content-Length: 9" }, GOOD)))
ok("bytes behind the body", says(CREATED .. "and more"))
broken("two Content-Lengths, the second too short", "parse",
  says(http("201 Created", { JSON, "Content-Length: " .. #GOOD, "Content-Length: 9" }, GOOD)))
broken("an unreadable Content-Length", "parse", says(http("201 Created", { JSON, "Content-Length: x" }, GOOD)))
ok("a Content-Length beside chunks, which win",
  says(http("201 Created", { JSON, "Content-Length: 5", "Transfer-Encoding: chunked" }, chunk(GOOD) .. "0\r\n\r\n")))
ok("a body until the connection closes",
  says("HTTP/1.1 201 Created\r\n" .. JSON .. "\r\nConnection: close\r\n\r\n" .. GOOD))
ok("one byte in each chunk", function(c)
  c:request()
  local chunks = GOOD:gsub(".", chunk)
  c:send(chunked(chunks, "0\r\n\r\n"))
end)
broken("chunks that end too early", "network", says(chunked(chunk(GOOD))))
broken("a chunk that ends too early", "network", says(chunked(("%x\r\n"):format(#GOOD), GOOD:sub(1, -9))))
broken("a chunk's length that is none", "network", says(chunked("xyz\r\n", GOOD)))

-- --- too slow, too much -----------------------------------------------------------

broken("a body that drips", "timeout", function(c)
  c:request()
  c:send(http("201 Created", { JSON, "Content-Length: " .. #GOOD }))
  c:drip(GOOD, 0.05)
end, { slow = true })
broken("headers that drip", "timeout", function(c)
  c:request()
  c:send "HTTP/1.1 201 Created\r\n"
  c:drip(("X-Drip: 1\r\n"):rep(100), 0.02)
end, { slow = true })
broken("a body without an end", "parse", function(c)
  c:request()
  c:send(chunked())
  c:flood(chunk((" "):rep(65536)))
end, { message = "body is too large" })
ok("a body just as large as allowed", answers("201 Created", { JSON }, GOOD),
  { fields = { max_response_bytes = #GOOD } })
broken("a body larger by one byte", "parse", answers("201 Created", { JSON }, GOOD),
  { fields = { max_response_bytes = #GOOD - 1 }, message = "body is too large" })
broken("headers without an end", "parse", function(c)
  c:request()
  c:send "HTTP/1.1 201 Created\r\n"
  c:flood(("X-Flood: 1\r\n"):rep(1000))
end, { message = "header is too large" })
broken("one header of 400 KB", "parse", says(http("201 Created", { "X-Huge: " .. ("x"):rep(400000) }, GOOD)),
  { message = "header is too large" })
broken("20,000 small headers", "parse", says(http("201 Created", { ("X-Small: 1\r\n"):rep(20000) .. JSON }, GOOD)))
broken("informational answers without an end", "parse", function(c)
  c:request()
  c:flood(("HTTP/1.1 103 Early Hints\r\n\r\n"):rep(100))
end)
broken("an answer that switches protocols", "parse", says("HTTP/1.1 101 Switching Protocols\r\n"
  .. "Upgrade: x\r\nConnection: Upgrade\r\n\r\n" .. CREATED), { message = "HTTP 101" })
ok("lines that end in line feeds alone", says((CREATED:gsub("\r\n", "\n"))))
ok("a few informational answers first", says("HTTP/1.1 100 Continue\r\n\r\n"
  .. "HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n" .. CREATED))

-- --- not HTTP -----------------------------------------------------------------------

ambiguous("HTTP/0.9", says(GOOD), { kind = "parse" })
ambiguous("HTTP/0.9 by TLS", says(GOOD), { kind = "parse", tls = "good", message = "the answer is not HTTP" })
ambiguous("a status line of another protocol", says "SSH-2.0-OpenSSH_9.2\r\n\r\n", { kind = "parse" })
ambiguous("a status that is no number", says("HTTP/1.1 abc Created\r\n" .. JSON .. "\r\n\r\n"), { kind = "parse" })
broken("a NUL byte in a header", "parse", says("HTTP/1.1 201 Created\r\nX-Nul: a\0b\r\n\r\n" .. GOOD))
broken("a body in gzip, which was not asked for", "parse",
  answers("201 Created", { JSON, "Content-Encoding: gzip" }, "\31\139\8\0\0\0\0\0\0\3\1\0\0\255\255\0\0\0\0\0\0\0\0"))

-- --- a 201 of no use ------------------------------------------------------------------

unusable("no body", "", { message = "it is empty" })
unusable("an array", "[" .. GOOD .. "]")
unusable("a string", '"' .. example.answer.sid .. '"')
unusable("a number", "201")
unusable("null", "null")
unusable("half of a webhook", GOOD:sub(1, -30))
unusable("bytes behind the object", GOOD .. "}")
unusable("a byte order mark", "\239\187\191" .. GOOD)
unusable("NaN in it", (GOOD:gsub('"retry_count":%s*%d', '"retry_count":NaN')))
unusable("33 levels of arrays", '{"sid":"' .. example.answer.sid .. '","deep":' .. ("["):rep(33) .. ("]"):rep(33) .. "}")
unusable("100,000 levels of arrays", ("["):rep(100000))
unusable("bytes that are not UTF-8", (GOOD:gsub("dummy", "\255\254")), { message = "not UTF-8" })
unusable("a surrogate in UTF-8", (GOOD:gsub("dummy", "\237\160\128")), { message = "not UTF-8" })
unusable("a NUL byte", (GOOD:gsub("dummy", "du\0my")))
unusable("another kind of sid", (GOOD:gsub('"WH', '"CH')))
unusable("a sid that is too short", '{"sid":"WH123"}')
unusable("no sid", '{"type":"webhook"}')
unusable("null for a sid", '{"sid":null}')
unusable("HTML", "<html>created</html>", { err = { body = "<html>created</html>" } })
ok("a key that is there twice, of which the last counts",
  answers("201 Created", { JSON }, (GOOD:gsub("^{", '{"sid":null,', 1))))
ok("a webhook under another content type", answers("201 Created", { "Content-Type: text/html" }, GOOD))
broken("200 instead of 201", "parse", answers("200 OK", { JSON }, GOOD), { message = "HTTP 200, where 201 was expected" })
broken("204 without a body", "parse", answers("204 No Content", { "Connection: keep-alive" }))

-- --- redirects ----------------------------------------------------------------------

for _, status in ipairs { "301 Moved Permanently", "302 Found", "303 See Other", "307 Temporary Redirect",
  "308 Permanent Redirect" } do
  refused("a redirect by " .. status:sub(1, 3), status,
    { "Location: https://user:pass@elsewhere.example/secret/path?token=1#x" }, "", {},
    { message = status:sub(1, 3) .. ": redirect to https://elsewhere.example, not followed" })
end
-- { Location, what is shown of it }
for _, shown in ipairs {
  { "web+a-1.0://elsewhere.example/secret", "redirect to web+a-1.0://elsewhere.example, not followed" },
  { "https://a-b_c~d.example:8443/", "redirect to https://a-b_c~d.example:8443, not followed" },
  { "https://[2001:db8::1]:8443/secret", "redirect to https://[2001:db8::1]:8443, not followed" },
  { "https://[2001:db8::1]secret/", "redirect, not followed" }, { "secret", "redirect, not followed" },
  { "mailto:secret", "redirect, not followed" }, { "https://sec*ret/", "redirect, not followed" },
} do
  refused("a redirect to " .. shown[1], "302 Found", { "Location: " .. shown[1] }, "", {}, { message = shown[2] })
end
refused("a redirect within the host", "302 Found", { "Location: /other" }, "", {},
  { message = "redirect, not followed" })
refused("a redirect without a target", "301 Moved Permanently", {}, "", {}, { message = "redirect, not followed" })

-- --- refused ---------------------------------------------------------------------------

refused("401", "401 Unauthorized", { JSON, 'WWW-Authenticate: Basic realm="Twilio API"' },
  error_json(401, 20003, "Authenticate"), { code = 20003 })
refused("401 with a challenge for Digest", "401 Unauthorized",
  { 'WWW-Authenticate: Digest realm="x", nonce="y"', "WWW-Authenticate: Negotiate" }, "no")
refused("403", "403 Forbidden", { JSON }, error_json(403, 20403, "Forbidden"), { code = 20403 })
refused("404", "404 Not Found", { JSON, "Twilio-Request-Id: RQ1" }, error_json(404, 20404, "was not found"),
  { code = 20404, request_id = "RQ1", more_info = "https://www.twilio.com/docs/errors/20404" },
  { message = "HTTP 404: was not found (code 20404, request RQ1)" })
refused("407 of a proxy", "407 Proxy Authentication Required", { "Proxy-Authenticate: Basic" }, "no")
refused("409", "409 Conflict", { JSON }, error_json(409, 20409, "Conflict"), { code = 20409 })
refused("408", "408 Request Timeout", {}, "")
refused("500", "500 Internal Server Error", { JSON }, error_json(500, 20500, "Internal"), { code = 20500 })
refused("a status line with a colon, which is no header", "503 upstream: timeout", { JSON }, "",
  { headers = { ["content-length"] = "0", ["content-type"] = "application/json" } })
refused("503 with Retry-After", "503 Service Unavailable", { "Retry-After: 3" }, "", { retry_after = 3 })
refused("502 with HTML from a proxy", "502 Bad Gateway", { "Content-Type: text/html" },
  "<html>\1\27[31m" .. ("x"):rep(1000), {}, { body_shown = 256 })
refused("RFC 9457's problem", "400 Bad Request", { "Content-Type: application/problem+json" },
  '{"type":"about:blank","title":"Bad","status":400,"code":20001,"detail":"Method is wrong","errors":[{"detail":"x"}]}',
  { code = 20001, details = { { detail = "x" } } }, { message = "HTTP 400: Method is wrong (code 20001)" })
refused("an error with details", "400 Bad Request", { JSON, "X-Twilio-Request-Id: RQ2" },
  '{"code":50065,"message":"Invalid","details":{"field":"RetryCount"},"status":400}',
  { code = 50065, details = { field = "RetryCount" }, request_id = "RQ2" })
refused("an error of unexpected types", "400 Bad Request", { JSON },
  '{"code":"50065","message":7,"more_info":{},"details":"x"}', {}, { message = "HTTP 400" })
refused("status 999", "999 What", {}, "")

-- { what, Retry-After lines, seconds }
local DATE = "Date: Tue, 24 Nov 2026 12:00:00 GMT"
local waits = {
  { "no Retry-After" },
  { "Retry-After in seconds", 7, "Retry-After: 7" },
  { "Retry-After 0", 0, "Retry-After: 0" },
  { "a date in the future, by the server's clock", 90, "Retry-After: Tue, 24 Nov 2026 12:01:30 GMT" },
  { "a date in the past", 0, "Retry-After: Tue, 24 Nov 2026 11:00:00 GMT" },
  { "a negative number", nil, "Retry-After: -5" },
  { "a fraction", nil, "Retry-After: 1.5" },
  { "words", nil, "Retry-After: soon" },
  { "an empty value", nil, "Retry-After:" },
  { "a huge number", 1e9, "Retry-After: 99999999999999999999999" },
  { "two values", nil, "Retry-After: 1", "Retry-After: 2" },
}
for _, wait in ipairs(waits) do
  local headers = { JSON, DATE, wait[3], wait[4] }
  refused("429 with " .. wait[1], "429 Too Many Requests", headers, error_json(429, 20429, "Too many"),
    { code = 20429, retry_after = wait[2] or "none" })
  faults[#faults].retryable, faults[#faults].pauses = true, true
end

-- --- lists in pages -----------------------------------------------------------------------

local function page(next_url)
  return ('{"meta":{"next_page_url":%s},"webhooks":[%s]}'):format(next_url, GOOD)
end

local LIST = { operation = "list_webhooks" }

local function list(name, kind, serve, expected)
  for key, value in pairs(LIST) do expected[key] = value end
  expected.kind, expected.sent, expected.retryable = kind, "yes", false
  row(name, serve, expected)
end

list("a list whose next page is no URL", "parse",
  answers("200 OK", { JSON }, page '"https://elsewhere.example"'), { requests = 1, message = "next page is none" })
list("a list whose pages do not end", "parse", function(c)
  local n = 0
  while c:request() do
    n = n + 1
    c:send(http("200 OK", { JSON }, page(('"https://elsewhere.example/again?Page=%d"'):format(n))))
  end
end, { requests = 16, message = "pages do not end" })
list("a list whose pages go round", "parse", function(c)
  while c:request() do c:send(http("200 OK", { JSON }, page '"https://elsewhere.example/again"')) end
end, { requests = 2, message = "go round in a circle" })
ok("a list whose next page is on an alias", function(c)
  c:request()
  c:send(http("200 OK", { JSON }, page '"https://elsewhere.example/v2/x?Page=1"'))
  c:request()
  c:send(http("200 OK", { JSON }, page "null"))
end, { operation = "list_webhooks", requests = 2 })
list("a list without webhooks", "parse", answers("200 OK", { JSON }, '{"meta":{}}'), { requests = 1 })
list("a list of what are no webhooks", "parse", answers("200 OK", { JSON }, '{"webhooks":[{"sid":"x"}]}'),
  { requests = 1 })

-- --- a kept-alive connection that is dead ------------------------------------------------

-- Answers the first request of a first connection; what happens then is the row's.
local function then_(what)
  return function(c, number)
    if number > 1 then return answers("201 Created", { JSON }, GOOD)(c) end
    c:request()
    c:send(CREATED)
    what(c)
  end
end

ok("a connection that was closed while idle", then_(function(c) c:close() end), { warm = true, pause = true })
ok("a connection that was reset while idle", function(c, number)
  if number > 1 then return answers("201 Created", { JSON }, GOOD)(c) end
  c:request_but_one()
  c:send(CREATED)
  c:reset()
end, { warm = true, pause = true })
ok("a connection that announces its close", function(c)
  c:request()
  c:send(http("201 Created", { JSON, "Connection: close" }, GOOD))
end, { warm = true })
ambiguous("a kept-alive connection that closes on the request", then_(function(c) c:request() end),
  { warm = true, reused = true, message = "not repeated" })
ambiguous("a kept-alive connection that resets on the request", then_(function(c)
  c:request_but_one()
  c:reset()
end), { warm = true, reused = true, message = "not repeated" })
broken("a kept-alive connection that closes amid the answer", "parse", then_(function(c)
  c:request()
  c:send "HTTP/1.1 201 Created\r\nContent-Ty"
end), { warm = true, reused = true })
broken("a kept-alive connection that closes amid the body", "network", then_(function(c)
  c:request()
  c:send(CREATED:sub(1, -9))
end), { warm = true, reused = true })
ambiguous("a kept-alive connection that falls silent", then_(function(c)
  c:request()
  c:stall()
end), { warm = true, reused = true, kind = "timeout", slow = true })

-- --- a kept-alive connection that has something to read -----------------------------------

local STRAY = CREATED:gsub(example.answer.sid, "WH" .. ("f"):rep(32))

-- Over http and https: what the first connection does after its answer, which the call must
-- not take for its own. It goes out on another connection.
local function kept(name, what, expected)
  for _, certificate in ipairs { false, "good" } do
    local fields = { warm = true, pause = true, tls = certificate or nil }
    for key, value in pairs(expected or {}) do fields[key] = value end
    ok(name .. (certificate and ", by TLS" or ""), then_(what), fields)
  end
end

kept("one answer too many on an idle connection", function(c)
  c:later()
  c:send(STRAY)
  c:stall()
end)
kept("one answer too many, and a close", function(c)
  c:later()
  c:send(STRAY)
end)
kept("an informational answer on an idle connection", function(c)
  c:later()
  c:send "HTTP/1.1 103 Early Hints\r\n\r\n"
  c:stall()
end)
kept("bytes that mean nothing on an idle connection", function(c)
  c:later()
  c:send "\r\n"
  c:stall()
end)
kept("an idle connection that writes no more", function(c)
  c:half_close()
  c:stall()
end)
kept("an idle connection that was closed", function(c) c:close() end)

for _, certificate in ipairs { false, "good" } do
  local function first(bytes)
    return function(c, number)
      if number > 1 then return answers("201 Created", { JSON }, GOOD)(c) end
      c:request()
      c:send(bytes)
      c:stall()
    end
  end
  local by = certificate and ", by TLS" or ""
  if not certificate or not libcurl.reads_ahead then
    ok("two answers, one right after the other" .. by, function(c, number)
      if number > 1 then return answers("201 Created", { JSON }, GOOD)(c) end
      c:request()
      c:send(CREATED)
      c:send(STRAY)
      c:stall()
    end, { warm = true, pause = true, tls = certificate or nil })
  end
  ok("two answers at once" .. by, first(CREATED .. STRAY), { warm = true, pause = true, tls = certificate or nil })
  ok("HTTP/1.0 with a length, and no close" .. by, first((CREATED:gsub("^HTTP/1.1", "HTTP/1.0"))),
    { warm = true, pause = true, tls = certificate or nil })
  ok("a close that is announced and does not come" .. by,
    first(http("201 Created", { JSON, "Connection: close" }, GOOD)), { warm = true, pause = true, tls = certificate or nil })
end
for _, operation in ipairs { "list_webhooks", "update_webhook", "delete_webhook" } do
  row("one answer too many, and then " .. operation, function(c, number)
    local good = operation == "list_webhooks" and http("200 OK", { JSON }, '{"webhooks":[]}')
      or operation == "delete_webhook" and http("204 No Content", {}) or http("200 OK", { JSON }, GOOD)
    if number > 1 then
      while c:request() do c:send(good) end
      return
    end
    c:request()
    c:send(CREATED)
    c:later()
    c:send(operation ~= "list_webhooks" and STRAY
      or http("200 OK", { JSON }, '{"webhooks":[{"sid":"WH' .. ("f"):rep(32) .. '"}]}'))
    c:stall()
  end, { operation = operation, warm = true, pause = true, kind = "ok", requests = 1, empty = operation == "list_webhooks" })
end
ambiguous("a request by TLS that is never answered", function(c)
  c:request()
  c:stall()
end, { kind = "timeout", slow = true, tls = "good" })
ambiguous("a kept-alive connection by TLS that closes on the request", then_(function(c) c:request() end),
  { warm = true, reused = true, message = "not repeated", tls = "good" })
ambiguous("a kept-alive connection by TLS that falls silent", then_(function(c)
  c:request()
  c:stall()
end), { warm = true, reused = true, kind = "timeout", slow = true, tls = "good" })

-- --- headers ---------------------------------------------------------------------------------

local function header(name, status, headers, expected)
  refused(name, status, headers, "", { headers = expected })
end

local TRAILERS = "0\r\nRetry-After: 0\r\nX-Late: 1\r\nHTTP/9: x\r\n\r\n"
broken("trailers, which are no headers", "http", says(http("429 Slow", { JSON, "Retry-After: 3", "Transfer-Encoding: chunked" },
  chunk "{}" .. TRAILERS)), { err = { retry_after = 3, headers = { ["content-type"] = "application/json",
    ["retry-after"] = "3", ["transfer-encoding"] = "chunked" } } })
faults[#faults].retryable, faults[#faults].pauses = true, true
broken("trailers behind an answer that switches protocols", "parse", says("HTTP/1.1 101 Switching Protocols\r\n"
  .. "Retry-After: 3\r\nTransfer-Encoding: chunked\r\n\r\n" .. chunk(GOOD) .. TRAILERS),
  { message = "HTTP 101", err = { headers = { ["retry-after"] = "3", ["transfer-encoding"] = "chunked" } } })
ok("trailers behind a webhook", says(chunked(chunk(GOOD), TRAILERS)))
header("a header whose name looks like a status line", "503 Bad", { "X-A: 1", "HTTP/x: y", "X-B: 2" },
  { ["x-a"] = "1", ["http/x"] = "y", ["x-b"] = "2", ["content-length"] = "0" })
header("headers that are folded over lines of spaces", "503 Bad", { "X-A: 1", " \t", "\t3", "X-B:", "  ", " 4" },
  { ["x-a"] = "1 3", ["x-b"] = "4", ["content-length"] = "0" })
header("headers that are folded", "503 Bad", { "X-A: 1", "  2 ", "\t3", "X-B:", " 4" },
  { ["x-a"] = "1 2 3", ["x-b"] = "4", ["content-length"] = "0" })
local FOLDED = http("503 Bad", { " x: y", "X-A: 1" }, "")
local fold_kind = libcurl.keeps_first_fold and "http" or "parse"
local fold_message = libcurl.keeps_first_fold and "HTTP 503" or "header cannot be read"
broken("a fold before the first header", fold_kind, says(FOLDED), { message = fold_message })
-- The header that libcurl would add it to is that of the answer before, which is freed.
for name, send in pairs {
  [""] = function(c) c:send(FOLDED) end,
  [", with a tab"] = function(c) c:send((FOLDED:gsub("\r\n ", "\r\n\t", 1))) end,
  [", apart from the status line"] = function(c)
    c:send(FOLDED:match "^[^ ]+ [^\n]+\n")
    cqueues.sleep(0.05)
    c:send(FOLDED:match "\n(.*)$")
  end,
  [", behind an informational answer"] = function(c) c:send("HTTP/1.1 103 Early Hints\r\n\r\n" .. FOLDED) end,
} do
  for _, certificate in ipairs { false, "good" } do
    broken("a fold before the first header of a second answer" .. name .. (certificate and ", by TLS" or ""), fold_kind,
      then_(function(c)
        c:request()
        send(c)
      end), { warm = true, reused = true, message = fold_message, tls = certificate or nil })
  end
end
ok("folded headers in a second answer", then_(function(c)
  c:request()
  c:send(http("201 Created", { JSON, " ; charset=utf-8", "\tx" }, GOOD))
end), { warm = true })
ok("an informational answer with headers of its own", says("HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n" .. CREATED))

-- --- the wrong port ------------------------------------------------------------------------------

row("https to an http port", function(c)
  c:send "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"
end, { plain_tls = true, kind = "tls", sent = "no", retryable = true, requests = 0,
  message = "such as plain http" })
ambiguous("http to an https port that answers in TLS", says "\21\3\1\0\2\2\70", { kind = "parse",
  message = "https at this port" })
broken("http to an https port that answers in HTML", "http", says(http("400 Bad Request", { "Content-Type: text/html" },
  "<html>\r\n<head><title>400 The plain HTTP request was sent to HTTPS port</title></head>\r\n</html>")),
  { err = { status = 400 }, message = "not JSON, it begins with <html> <head><title>400 The plain HTTP request" })

-- --- proxies ---------------------------------------------------------------------------------------

local function proxied(name, serve, expected)
  expected.proxy, expected.requests = true, expected.requests or 0
  expected.err = expected.err or {}
  row(name, serve, expected)
end

-- { status, retryable, Retry-After, message }
local refusals = {
  { "407 Proxy Authentication Required", false, nil, "user name or password" },
  { "403 Forbidden", false, nil, "does not connect to this host" },
  { "400 Bad Request", false }, { "405 Method Not Allowed", false }, { "501 Not Implemented", false },
  { "302 Found", false }, { "429 Slow", true, "7" }, { "503 Busy", true, "7" }, { "502 Bad Gateway", true },
  { "504 Gateway Timeout", true }, { "408 Request Timeout", true }, { "425 Too Early", true },
}
for _, refusal in ipairs(refusals) do
  proxied("a proxy that refuses by " .. refusal[1]:sub(1, 3), function(c)
    c:connect()
    c:send(http(refusal[1], { "Proxy-Authenticate: Basic realm=x", "X-Proxy: 1",
      refusal[3] and "Retry-After: " .. refusal[3] or "X-None: 1" }, "<html>no</html>"))
  end, { kind = "network", sent = "no", retryable = refusal[2], message = "the proxy refused: HTTP " .. refusal[1]:sub(1, 3),
    err = { headers = "none", status = "none",
      retry_after = libcurl.tells_proxys_headers and tonumber(refusal[3]) or "none" } })
  faults[#faults].pauses = refusal[1]:find "^429" ~= nil
end
for _, framing in ipairs { "Content-Length: 1000000000000", "Transfer-Encoding: chunked" } do
  proxied("a proxy that refuses without end: " .. framing, function(c)
    c:connect()
    c:send("HTTP/1.1 403 Forbidden\r\n" .. framing .. "\r\n\r\n")
    for _ = 1, 64 do c:flood("400\r\n" .. ("x"):rep(1024) .. "\r\n") end
  end, { kind = "network", sent = "no", retryable = false, message = "the proxy refused: HTTP 403" })
end
local PROXY_GONE = { kind = "network", sent = "no", retryable = true, message = "proxy" }
local function gone(name, serve)
  local expected = {}
  for key, value in pairs(PROXY_GONE) do expected[key] = value end
  proxied(name, serve, expected)
end
gone("a proxy that closes", function(c) c:connect() end)
gone("a proxy that speaks no HTTP", function(c)
  c:connect()
  c:send "SSH-2.0-OpenSSH_9.2\r\n\r\n"
end)
proxied("a proxy whose header has no end", function(c)
  c:connect()
  c:send "HTTP/1.1 200 Connection established\r\n"
  c:flood(("X-Flood: 1\r\n"):rep(1000))
end, { kind = "network", sent = "no", retryable = true, message = "by way of the proxy: its answer is too large" })
proxied("a proxy that says nothing", function(c) c:stall() end,
  { kind = "timeout", sent = "no", retryable = true, slow = true, message = "proxy" })

-- What a SOCKS 5 proxy says to the client's greeting, to its user name and password, and to its wish to
-- connect (RFC 1928, 1929): { what it refuses, its replies, what is said where that is for good }
local socks_refusals = {
  { "a password", { "\5\2", "\1\1" }, "its user name or password is missing or wrong" },
  { "every way to say who one is", { "\5\255" }, "its user name or password is missing or wrong" },
  { "a host that its rules forbid", { "\5\0", "\5\2\0\1\0\0\0\0\0\0" }, "it does not connect to this host" },
  { "a command that it does not know", { "\5\0", "\5\7\0\1\0\0\0\0\0\0" }, "it does not connect to this host" },
  { "a host that it does not reach", { "\5\0", "\5\4\0\1\0\0\0\0\0\0" } },
  { "for a failure of its own", { "\5\0", "\5\1\0\1\0\0\0\0\0\0" } },
}
for _, refusal in ipairs(socks_refusals) do
  local words = libcurl.tells_socks_reason and refusal[3]
  proxied("a SOCKS proxy that refuses " .. refusal[1], function(c)
    for _, reply in ipairs(refusal[2]) do
      if not c:some() then return end
      c:send(reply)
    end
    c:some()
  end, { socks = true, kind = "network", sent = "no", retryable = not words,
    message = words and "the proxy refused: " .. words or "by way of the proxy", err = { headers = "none", status = "none" } })
end

local ESTABLISHED = "HTTP/1.1 200 Connection established\r\nX-Proxy: 1\r\n\r\n"
proxied("a proxy, and a certificate that nobody signed", function(c)
  c:connect()
  c:send(ESTABLISHED)
  c:secure()
end, { tls = "self", kind = "tls", sent = "no", retryable = false, message = "proxy" })
proxied("a proxy that accepts, and an API that closes", function(c)
  c:connect()
  c:send(ESTABLISHED)
  if c:secure() then c:request() end
end, { tls = "good", kind = "network", sent = "unknown", retryable = false, requests = 1, message = "proxy",
  err = { headers = "none", status = "none" } })
proxied("a proxy that accepts, and an API that falls silent", function(c)
  c:connect()
  c:send(ESTABLISHED)
  if c:secure() and c:request() then c:stall() end
end, { tls = "good", kind = "timeout", sent = "unknown", retryable = false, requests = 1, message = "proxy", slow = true,
  err = { headers = "none", status = "none" } })
proxied("a proxy that accepts, and an API that refuses", function(c)
  c:connect()
  c:send(ESTABLISHED)
  if c:secure() and c:request() then c:send(http("503 Busy", { "Retry-After: 3" }, "")) end
end, { tls = "good", kind = "http", sent = "yes", retryable = false, requests = 1,
  err = { status = 503, retry_after = 3, headers = { ["retry-after"] = "3", ["content-length"] = "0" } } })
proxied("a proxy whose answer has no header, and a fold before the first one of the API", function(c)
  c:connect()
  c:send "HTTP/1.1 200 Connection established\r\n\r\n"
  if c:secure() and c:request() then c:send(FOLDED) end
end, { tls = "good", kind = fold_kind, sent = "yes", retryable = false, requests = 1, message = fold_message })
proxied("a proxy with a fold before its first header", function(c)
  c:connect()
  c:send "HTTP/1.1 200 Connection established\r\n x: y\r\n\r\n"
  if c:secure() then while c:request() do c:send(CREATED) end end
end, libcurl.keeps_first_fold and { tls = "good", kind = "ok", requests = 1 }
  or { tls = "good", kind = "network", sent = "no", retryable = false, message = "by way of the proxy" })
proxied("a proxy that accepts", function(c)
  c:connect()
  c:send(ESTABLISHED)
  if c:secure() then while c:request() do c:send(CREATED) end end
end, { tls = "good", kind = "ok", requests = 1 })

-- Without a call before each request nobody can look at a connection first, nor tell what a
-- proxy was sent from what the API was: then more is unknown than there has to be.
local function needs_call(fault)
  return fault.pause and fault.operation or fault.proxy and fault.sent == "no" and not fault.message:find "refused"
end
for i = #faults, 1, -1 do
  if not libcurl.reuses_for_post and needs_call(faults[i]) then table.remove(faults, i) end
end

for _, fault in ipairs(faults) do
  if fault.reused and not libcurl.reuses_for_post then fault.kind = "ok" end
end

return faults
