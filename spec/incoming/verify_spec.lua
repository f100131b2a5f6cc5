-- webhooks.verify and webhooks.sign, against the publisher's vectors and whatever an attacker
-- may send. Against other programs: signatures_spec.lua.

local child = require "spec.support.child"
local signature = require "twilio.webhooks.signature"
local webhooks = require "twilio.webhooks"

local TOKEN = "12345"
local URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
local PARAMS = { CallSid = "CA1234567890ABCDE", Caller = "+14158675309", Digits = "1234",
  From = "+14158675309", To = "+18005551212" }
local FORM = "application/x-www-form-urlencoded"
local BODY = "To=%2B18005551212&From=%2B14158675309&Digits=1234&Caller=%2B14158675309&CallSid=CA1234567890ABCDE"
local SIGNATURE = "RSOYDt4T1cUTdK1PDd93/VVr8B8="
local SHA256 = "033hgUJA9M/hXIZsYjwkerEP/DBm35nEri5FhCYjA5s="
local JSON = '{"property": "value", "boolean": true}'
local HASH = "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620"
local JSON_URL, JSON_SIGNATURE = URL .. "&bodySHA256=" .. HASH, "a9nBmqA0ju/hNViExpshrM61xv4="
local SETTINGS, KEYS = "key=SK1,algorithm=HMAC_SHA256", { SK1 = TOKEN }

-- A request that is right but for what is changed; false takes a field away.
local function verify(changes)
  local request = { url = URL, signature = SIGNATURE, body = BODY, content_type = FORM, auth_token = TOKEN }
  for name, value in pairs(changes or {}) do
    if value == false then request[name] = nil else request[name] = value end
  end
  return webhooks.verify(request)
end

local function assert_refused(reason, changes)
  local verified, word, message = verify(changes)
  assert.is_nil(verified)
  assert.equal(reason, word)
  assert.truthy(message:find "^[^\n]+$" and #message < 200, message)
end

describe("webhooks.verify", function()
  describe("the published vectors:", function()
    local rows = {
      { "a form", {} },
      { "parameters instead of it", { params = PARAMS, body = false } },
      { "the port in the URL that was signed", { signature = "kvajT1Ptam85bY51eRf/AJRuM3w=" } },
      { "no port in the URL that was signed", { url = "https://mycompany.com:443/myapp.php?foo=1&bar=2" } },
      { "another port", { url = "https://mycompany.com:1234/myapp.php?foo=1&bar=2",
        signature = "CYn1h0gLBdNxDGkKJg6hYohgeD8=" } },
      { "another port, where the URL was signed without it", { url = "https://mycompany.com:1234/myapp.php?foo=1&bar=2" } },
      { "the port of http", { url = "http://mycompany.com/myapp.php?foo=1&bar=2",
        signature = "0ZXoZLH/DfblKGATFgpif+LLRf4=" } },
      { "user and password", { url = "https://user:pass@mycompany.com/myapp.php?foo=1&bar=2",
        signature = "CukzLTc1tT5dXEDIHm/tKBanW10=" } },
      { "capitals in the host", { url = "https://MyCompany.com/myapp.php?foo=1&bar=2",
        signature = "g9IN/x4Cft2g517EjYvEvM/W7LU=" } },
      { "no parameters", { body = false, content_type = false, signature = "zYQTYrRWXE7LtzbG4PfP7/bkkGo=" } },
      { "an empty form", { body = "", signature = "zYQTYrRWXE7LtzbG4PfP7/bkkGo=" } },
      { "a repeated name", { body = "Sid=CA123&SidAccount=AC123&Digits=5678&Digits=1234&Digits=1234",
        signature = "IK+Dwps556ElfBT0I3Rgjkr1wJU=" } },
      { "a repeated name as a list", { body = false, signature = "IK+Dwps556ElfBT0I3Rgjkr1wJU=",
        params = { Sid = "CA123", SidAccount = "AC123", Digits = { "5678", "1234", "1234" } } } },
      { "names that differ in their case", { body = "callSid=lowercase&CallSid=uppercase&CALLSID=allcaps",
        signature = "jDK7WKT8wiNrwggd4ceTv4e1MJ4=" } },
      { "JSON with its hash in the URL", { url = JSON_URL, body = JSON, content_type = "application/json",
        signature = JSON_SIGNATURE } },
      { "an escape in the URL, which stays", { url = URL .. "&Body=It%27s+amazing",
        signature = "TfZzewPq8wqrGlMfyAud8+/IvJ0=" } },
      { "a fragment, which is no part of it", { url = URL .. "#here" } },
      { "SHA-256 with a shared key", { auth_token = false, settings = SETTINGS, shared_keys = KEYS, signature = SHA256 } },
    }
    for _, row in ipairs(rows) do
      it(row[1], function()
        local verified, reason = verify(row[2])
        assert.is_true(verified, reason)
      end)
    end
  end)

  describe("a key:", function()
    it("any of several tokens, for rotation and subaccounts", function()
      assert.is_true(verify { auth_token = false, auth_tokens = { "old", TOKEN, "new" } })
      assert_refused("mismatch", { auth_token = false, auth_tokens = { "old", "new" } })
    end)

    it("TWILIO_AUTH_TOKEN where none is given, as it is at the call", function()
      local code = ([[
        local webhooks = require "twilio.webhooks"
        print(webhooks.verify { url = %q, signature = %q, body = %q })
      ]]):format(URL, SIGNATURE, BODY)
      assert.equal("true\n", child.run(code, { TWILIO_AUTH_TOKEN = TOKEN }))
      assert.truthy(child.run(code, { TWILIO_AUTH_TOKEN = "other" }):find("^nil\tmismatch\t"))
      assert.truthy(child.run(code, { TWILIO_AUTH_TOKEN = "" }):find("^nil\tunconfigured\t"))
      assert.equal("true\n", child.run(code:gsub("signature =", "auth_token = '12345', signature ="),
        { TWILIO_AUTH_TOKEN = "other" }))
    end)

    it("by the settings header alone, and never less than that asks for", function()
      local shared = { auth_token = TOKEN, shared_keys = KEYS, settings = SETTINGS }
      assert_refused("malformed_signature", shared) -- SHA-1, though it is right
      shared.signature = SHA256
      assert.is_true(verify(shared))
      shared.settings = false
      assert_refused("malformed_signature", shared)
      shared.settings, shared.signature = "", SIGNATURE -- a header that is empty is none
      assert.is_true(verify(shared))
      shared.auth_token, shared.signature = false, SHA256
      shared.settings = " algorithm = HMAC_SHA256 , key = SK1 "
      assert.is_true(verify(shared))
    end)

    it("is not a token where a shared one is named", function()
      assert_refused("unknown_key", { settings = SETTINGS, signature = SHA256 })
      assert_refused("mismatch", { settings = SETTINGS, signature = SHA256, shared_keys = { SK1 = "another" } })
    end)

    local settings = {
      { "unknown_algorithm", "key=SK1,algorithm=HMAC_SHA1" }, { "unknown_algorithm", "key=SK1,algorithm=none" },
      { "unknown_algorithm", "key=SK1,algorithm=hmac_sha256" }, { "unknown_algorithm", "key=SK1,algorithm=" },
      { "unknown_key", "key=SK2,algorithm=HMAC_SHA256" }, { "unknown_key", "key=sk1,algorithm=HMAC_SHA256" },
      { "malformed_settings", "key=SK1" }, { "malformed_settings", "algorithm=HMAC_SHA256" },
      { "malformed_settings", SETTINGS .. "," .. SETTINGS }, { "malformed_settings", SETTINGS .. ",key=SK2" },
      { "malformed_settings", "SK1" }, { "malformed_settings", ",,," }, { "malformed_settings", "\0" },
      { "malformed_settings", { SETTINGS, SETTINGS } }, { "malformed_settings", true },
      { "malformed_settings", SETTINGS .. (" "):rep(600) }, { "malformed_settings", SETTINGS:lower():upper() },
      { "malformed_settings", "Key=SK1,algorithm=HMAC_SHA256" }, { "malformed_settings", SETTINGS:gsub(",", ";") },
      { "unknown_algorithm", 'key="SK1",algorithm="HMAC_SHA256"' }, { "unknown_algorithm", SETTINGS:lower() },
      { "unknown_key", 'key="SK1",algorithm=HMAC_SHA256' }, { "unknown_key", "key=,algorithm=HMAC_SHA256" },
      { "unknown_key", "key=__index,algorithm=HMAC_SHA256" },
    }
    for _, row in ipairs(settings) do
      it(("refuses the settings %s as %s"):format(tostring(row[2]):sub(1, 60), row[1]), function()
        assert_refused(row[1], { settings = row[2], shared_keys = KEYS, signature = SHA256 })
      end)
    end

    it("in settings that are cut anywhere is none", function()
      for length = 1, #SETTINGS - 1 do
        local verified, reason = verify { settings = SETTINGS:sub(1, length), shared_keys = KEYS, signature = SHA256 }
        assert.is_nil(verified)
        assert.truthy(reason == "malformed_settings" or reason == "unknown_algorithm", reason)
      end
    end)

    it("may stand among settings that are not known here", function()
      for _, more in ipairs { "version=2," .. SETTINGS, SETTINGS .. ", x-new = 1", "key=SK1,a=,algorithm=HMAC_SHA256" } do
        assert.is_true(verify { settings = more, shared_keys = KEYS, signature = SHA256 })
      end
    end)

    it("of one algorithm is none of the other", function()
      local sha1_by_key = signature.sign("HMAC_SHA1", URL, BODY, "secret")
      local sha256_by_token = signature.sign("HMAC_SHA256", URL, BODY, TOKEN)
      local shared_keys = { SK1 = "secret" }
      assert_refused("mismatch", { signature = sha1_by_key, shared_keys = shared_keys })
      assert_refused("unknown_algorithm", { signature = sha1_by_key, shared_keys = shared_keys,
        settings = "key=SK1,algorithm=HMAC_SHA1" })
      assert_refused("mismatch", { signature = sha256_by_token, shared_keys = shared_keys, settings = SETTINGS })
      assert_refused("malformed_signature", { signature = sha256_by_token, shared_keys = shared_keys })
      assert_refused("mismatch", { signature = sha256_by_token:sub(1, 27) .. "=" })
    end)

    it("is missing where only a shared one is there and none is named", function()
      local output = child.run(([[
        print(require "twilio.webhooks".verify { url = %q, signature = %q, body = %q, shared_keys = {} })
      ]]):format(URL, SIGNATURE, BODY), { TWILIO_AUTH_TOKEN = "" })
      assert.truthy(output:find("^nil\tmissing_settings\t"), output)
    end)
  end)

  describe("a signature:", function()
    local refused = {
      { "none", "missing_signature", false }, { "an empty one", "missing_signature", "" },
      { "one that is cut", "malformed_signature", SIGNATURE:sub(1, -2) },
      { "twice the same", "malformed_signature", SIGNATURE .. SIGNATURE },
      { "two headers", "malformed_signature", { SIGNATURE, SIGNATURE } },
      { "two headers in one", "malformed_signature", SIGNATURE .. ", " .. SIGNATURE },
      { "spaces around it", "malformed_signature", " " .. SIGNATURE },
      { "small letters", "mismatch", SIGNATURE:lower() }, { "capitals", "mismatch", SIGNATURE:upper() },
      { "other bits behind the last byte", "mismatch", SIGNATURE:gsub("8=", "9=") },
      { "base64 of another alphabet", "mismatch", (SIGNATURE:gsub("/", "_")) },
      { "that of another token", "mismatch", signature.sign("HMAC_SHA1", URL, BODY, "1234") },
      { "SHA-256 with the token", "malformed_signature", SHA256 },
      { "zero bytes", "mismatch", ("\0"):rep(28) },
    }
    for _, row in ipairs(refused) do
      it("refuses " .. row[1], function() assert_refused(row[2], { signature = row[3] }) end)
    end

    it("is refused when it is cut anywhere, or when the case of one letter is changed", function()
      for place = 1, #SIGNATURE do
        local reason = place == 1 and "missing_signature" or "malformed_signature"
        assert_refused(reason, { signature = SIGNATURE:sub(1, place - 1) })
        local letter = SIGNATURE:sub(place, place)
        local other = letter:lower() == letter and letter:upper() or letter:lower()
        if other ~= letter then
          assert_refused("mismatch", { signature = SIGNATURE:sub(1, place - 1) .. other .. SIGNATURE:sub(place + 1) })
        end
      end
    end)

    it("is refused with anything around it", function()
      for _, extra in ipairs { " ", "\t", "\n", "\r\n", "\0", "=", "," } do
        assert_refused("malformed_signature", { signature = SIGNATURE .. extra })
        assert_refused("malformed_signature", { signature = extra .. SIGNATURE })
      end
      assert_refused("malformed_signature", { signature = '"' .. SIGNATURE .. '"' })
      assert_refused("malformed_signature", { signature = ("x"):rep(2 ^ 20) })
      for _, odd in ipairs { 5, true, {}, function() end } do assert_refused("malformed_signature", { signature = odd }) end
    end)
  end)

  describe("a URL:", function()
    local malformed = { "", "x", "mycompany.com/", "//mycompany.com/", "ftp://mycompany.com/", "https:/mycompany.com/",
      "https://", "https:///path", "https://user@/", "https://host:port/", "https://host:1:2/", "https://[::1/",
      "https://[::1]x/", "https://[::1]:x/", "https://a b/", "https://a/\r\n", "https://a/\0", "https://a/\127" }
    for _, url in ipairs(malformed) do
      it(("%q is none"):format(url), function() assert_refused("malformed_url", { url = url }) end)
    end

    it("that is no text is none", function()
      for _, url in ipairs { true, 1, { URL } } do assert_refused("malformed_url", { url = url }) end
      assert_refused("malformed_url", { url = false })
    end)

    -- As it is received, and what may have been signed. The last column: must not be accepted.
    local ports = {
      { "https://[2001:db8::1]/x", "https://[2001:db8::1]:443/x", "https://[2001:db8::1:443]/x" },
      { "https://[2001:db8::1]:8443/x", "https://[2001:db8::1]/x", "https://[2001:db8::1]:443/x" },
      { "https://u:80@host/x?y=http://z:81/", "https://u:80@host:443/x?y=http://z:81/", "https://u@host/x?y=http://z:81/" },
      { "https://u:p@w@host:1/", "https://u:p@w@host/", "https://u@host:1/" },
      { "http://host", "http://host:80", "http://host/" },
      { "https://host?a:1", "https://host:443?a:1", "https://host?a" },
      { "WSS://host/a@b:7", "WSS://host:443/a@b:7", "wss://host/a@b:7" },
      { "ws://host:/", "ws://host/", "ws://host:80/" },
      { "https://HOST/", "https://HOST:443/", "https://host/" },
      { "https://host:443/", "https://host/", "https://host:80/" }, { "http://host:80/", "http://host/", "http://host:443/" },
      { "http://host:443/", "http://host/", "http://host:80/" }, { "https://host:080/", "https://host/", "https://host:80/" },
      { "https://u%40x:p%3A@host/", "https://u%40x:p%3A@host:443/", "https://u@x:p:@host/" },
      { "https://@host/", "https://@host:443/", "https://host/" },
      { "https://u:p@[::1]/", "https://u:p@[::1]:443/", "https://u:p@[::1:443]/" },
      { "https://host/#f", "https://host:443/", "https://host/f" },
      { "https://host/\195\164?\255", "https://host:443/\195\164?\255", "https://host/%C3%A4?%FF" },
      { "https://host/it's?a='", "https://host:443/it's?a='", "https://host/it%27s?a=%27" },
      { "https://host/%7e%2f", "https://host:443/%7e%2f", "https://host/~%2F" },
      { "https://host/a/../b//", "https://host:443/a/../b//", "https://host/b/" },
      { "https://host", "https://host:443", "https://host/" }, { "https://host?", "https://host:443?", "https://host" },
    }
    for _, row in ipairs(ports) do
      it(("%s is also %s"):format(row[1], row[2]), function()
        local function verified(url)
          return verify { url = row[1], signature = signature.sign("HMAC_SHA1", url, BODY, TOKEN) }
        end
        assert.is_true(verified(row[1]))
        assert.is_true(verified(row[2]))
        assert.is_nil((verified(row[3])))
      end)
    end
  end)

  describe("a body:", function()
    it("that is no form is refused without its hash in the URL", function()
      for _, kind in ipairs { "application/json", "text/plain", "multipart/form-data; boundary=x", FORM .. "x" } do
        assert_refused("missing_body_hash", { body = JSON, content_type = kind })
        assert_refused("missing_body_hash", { body = false, params = {}, content_type = kind })
      end
    end)

    it("is compared with its hash, whatever its type", function()
      for _, kind in ipairs { "application/json", FORM, false } do
        local request = { url = JSON_URL, body = JSON, content_type = kind, signature = JSON_SIGNATURE }
        assert.is_true(verify(request))
        request.params = PARAMS
        assert.is_true(verify(request))
        request.body = JSON .. " "
        assert_refused("body_mismatch", request)
        request.body = false
        assert_refused("missing_body", request)
      end
    end)

    local function hashed(query)
      local url = URL .. query
      return { url = url, body = JSON, content_type = "application/json",
        signature = signature.sign("HMAC_SHA1", url, nil, TOKEN) }
    end

    it("has to equal each hash that the URL has, which may be in capitals", function()
      assert.is_true(verify(hashed("&bodySHA256=" .. HASH:upper())))
      assert.is_true(verify(hashed("&bodySHA256=" .. HASH .. "&bodySHA256=" .. HASH)))
      for _, query in ipairs { "&bodySHA256=", "&bodySHA256", "&bodySHA256=" .. HASH .. "0", "&bodySHA256=" .. HASH:sub(2),
        "&bodySHA256=" .. HASH .. "&bodySHA256=", "&bodySHA256=" .. ("0"):rep(64) } do
        assert_refused("body_mismatch", hashed(query))
      end
      for _, query in ipairs { "&x=1&bodySHA256=" .. HASH .. "&y=2", "&bodySHA256=" .. HASH .. "&bodySHA25=x&" } do
        assert.is_true(verify(hashed(query)))
      end
      for _, query in ipairs { "&bodysha256=" .. HASH, "&xbodySHA256=" .. HASH, "#?bodySHA256=" .. HASH,
        "&body%53HA256=" .. HASH, "&bodySHA256x=1&bodysha256=" .. HASH, "&x=bodySHA256", "/bodySHA256=" .. HASH } do
        assert_refused("missing_body_hash", hashed(query))
      end
    end)

    it("is a form in any spelling of its type", function()
      assert.is_true(verify { content_type = "Application/X-WWW-Form-Urlencoded; charset=UTF-8" })
      assert.is_true(verify { content_type = false })
      assert.is_true(verify { content_type = "" })
    end)

    it("that is empty needs no hash, and with one has to be that of nothing", function()
      local none = signature.sign("HMAC_SHA1", URL, nil, TOKEN)
      assert.is_true(verify { body = "", content_type = "application/json", signature = none })
      assert.is_true(verify { body = false, content_type = "application/json", signature = none })
      local url = URL .. "&bodySHA256=" .. signature.sha256 ""
      local request = { url = url, body = "", content_type = "application/json",
        signature = signature.sign("HMAC_SHA1", url, nil, TOKEN) }
      assert.is_true(verify(request))
      request.body = "{}"
      assert_refused("body_mismatch", request)
    end)

    it("counts where parameters are there, too", function()
      assert.is_true(verify { params = { Digits = "5" } })
      assert_refused("mismatch", { body = BODY .. "&x", params = PARAMS })
      assert.is_true(verify { body = "", params = PARAMS })
    end)

    it("with more than one type is refused", function()
      for _, kind in ipairs { FORM .. ", application/json", { FORM, FORM }, true } do
        assert_refused("malformed_content_type", { content_type = kind })
      end
    end)

    local malformed = {}
    for byte = 0, 31 do malformed[#malformed + 1] = "a=" .. string.char(byte) end
    for _, escape in ipairs { "%", "%4", "%zz", "%4g", "%%41", "%u0041", "% 41", "%\0", "%-1", "%0x" } do
      for _, place in ipairs { "%s", "a=%s", "%s=a", "a=b&%s", "a=b&c=%s&d=e" } do
        malformed[#malformed + 1] = place:gsub("%%s", (escape:gsub("%%", "%%%%")))
      end
    end
    malformed[#malformed + 1] = "a\127=b"

    it(("of a hundred that are no form, or not quite (%d), each is refused"):format(#malformed), function()
      for _, body in ipairs(malformed) do assert_refused("malformed_form", { body = body }) end
      for _, body in ipairs { true, 1, {} } do assert_refused("malformed_form", { body = body }) end
    end)

    if rawget(_G, "jit") then
      it("with LuaJIT's NULL, which equals nil, for a body: there is none", function()
        local null = require "ffi".new "void *"
        assert_refused("mismatch", { body = null })
        assert.is_true(webhooks.verify { url = URL, signature = "zYQTYrRWXE7LtzbG4PfP7/bkkGo=", body = null,
          content_type = "text/plain", auth_token = TOKEN })
        assert.equal("zYQTYrRWXE7LtzbG4PfP7/bkkGo=",
          webhooks.sign { url = URL, body = null, content_type = "text/plain", auth_token = TOKEN }.signature)
      end)
    end

    it("may have empty names, empty values, and no equals sign", function()
      for _, body in ipairs { "&", "a", "a=", "=b", "=", "a=b&&c=d&", "a=b=c", "a+b=%2B+%00" } do
        assert.is_true(verify { body = body, signature = signature.sign("HMAC_SHA1", URL, body, TOKEN) })
      end
    end)

    it("has bounds, also where C is asked", function()
      for _, parameters in ipairs { "a=" .. ("x"):rep(1048576), ("a=b&"):rep(1001), { "a", ("x"):rep(1048576), "b", "c" } } do
        assert.same({ nil, "too_large" }, { signature.sign("HMAC_SHA1", URL, parameters, TOKEN) })
      end
      assert.same({ nil, "too_large" }, { signature.sign("HMAC_SHA1", URL .. ("x"):rep(16384), "a=b", TOKEN) })
    end)

    it("has bounds", function()
      assert_refused("too_large", { body = "a=" .. ("x"):rep(1048576) })
      assert_refused("too_large", { body = ("a=b&"):rep(1001) })
      assert_refused("too_large", { url = URL .. ("x"):rep(16384) })
      assert_refused("too_large", { url = JSON_URL, body = (" "):rep(524289), content_type = "application/json" })
      assert_refused("too_large", { body = false, params = { a = ("x"):rep(1048576) } })
      local values = {}
      for i = 1, 1001 do values[i] = "" end
      assert_refused("too_large", { body = false, params = { a = values } })
      local large = "a=" .. ("x"):rep(524286)
      assert.is_true(verify { body = large, signature = signature.sign("HMAC_SHA1", URL, large, TOKEN) })
    end)
  end)

  describe("parameters:", function()
    it("may be whole numbers, empty, in any script, with any byte, and lists of none", function()
      local rows = {
        { { Digits = 1234, n = -7, big = 2 ^ 53 - 1 }, "Digits=1234&n=-7&big=9007199254740991" },
        { { a = "", [""] = "b", c = {} }, "a=&=b" }, { { ["\195\164"] = "\240\159\152\128" }, "%C3%A4=%F0%9F%98%80" },
        { { ["a\0b"] = "c\0", d = "\255\n" }, "a%00b=c%00&d=%FF%0A" }, { { a = { 2, "1", "2" } }, "a=1&a=2" },
      }
      for _, row in ipairs(rows) do
        assert.is_true(verify { body = false, params = row[1], signature = signature.sign("HMAC_SHA1", URL, row[2], TOKEN) })
      end
    end)

    it("as nginx gives them: lists, and true for a name alone", function()
      assert.is_true(verify { body = false, params = { a = true, b = { "2", true, "1" } },
        signature = signature.sign("HMAC_SHA1", URL, "b=2&a&b=1&b", TOKEN) })
    end)

    it("of another kind are refused", function()
      for _, params in ipairs { true, "a=b", 1, { "x" }, { a = 1.5 }, { a = 2 ^ 53 }, { a = 0 / 0 }, { a = 1 / 0 },
        { a = false }, { a = { {} } }, { a = { "b", false } }, { [1] = { "x" } }, { a = print } } do
        assert_refused("malformed_params", { body = false, params = params })
      end
    end)
  end)

  it("refuses every change of one bit", function()
    local sample = { url = URL, signature = SIGNATURE, body = BODY }
    local accepted = {}
    for name, text in pairs(sample) do
      for i = 1, #text do
        for bit = 0, 7 do
          local byte = text:byte(i)
          local mask = 2 ^ bit
          local flipped = byte % (2 * mask) < mask and byte + mask or byte - mask
          local changed = text:sub(1, i - 1) .. string.char(flipped) .. text:sub(i + 1)
          if verify { [name] = changed } then accepted[#accepted + 1] = changed end
        end
      end
    end
    -- %2b is %2B: what they decode to is what is signed. Nothing else may pass.
    for _, changed in ipairs(accepted) do assert.equal(BODY, (changed:gsub("%%2b", "%%2B"))) end
    assert.equal(3, #accepted)
  end)

  it("refuses every change of one bit of a parameter", function()
    local count = 0
    for name, value in pairs(PARAMS) do
      for i = 1, #name + #value do
        for bit = 0, 7 do
          local text = name .. value
          local mask, byte = 2 ^ bit, text:byte(i)
          local flipped = string.char(byte % (2 * mask) < mask and byte + mask or byte - mask)
          text = text:sub(1, i - 1) .. flipped .. text:sub(i + 1)
          local params = {}
          for key, other in pairs(PARAMS) do params[key] = other end
          params[name] = nil
          params[text:sub(1, #name)] = text:sub(#name + 1)
          if verify { body = false, params = params } then count = count + 1 end
        end
      end
    end
    assert.equal(0, count)
  end)

  it("refuses every change of one parameter", function()
    for name, value in pairs(PARAMS) do
      local changed = {}
      for key, text in pairs(PARAMS) do changed[key] = text end
      for _, other in ipairs { value .. "x", value:sub(2), "", { value, value .. "x" } } do
        changed[name] = other
        assert_refused("mismatch", { body = false, params = changed })
      end
      changed[name] = nil
      assert_refused("mismatch", { body = false, params = changed })
    end
  end)

  it("says what is wrong with its options, by name", function()
    local rows = {
      { { auth_tokn = "x" }, "auth_tokn: is not an option of verify; did you mean auth_token?" },
      { { auth_token = 5 }, "auth_token: must be a string of 1 to 4096 bytes" },
      { { auth_token = "" }, "auth_token: must be a string of 1 to 4096 bytes" },
      { { auth_tokens = { "x" } }, "auth_tokens: is there beside auth_token" },
      { { auth_token = false, auth_tokens = {} }, "auth_tokens: must be a list of 1 to 16 strings" },
      { { auth_token = false, auth_tokens = { "x", 5 } }, "auth_tokens: must be a list of 1 to 16 strings" },
      { { shared_keys = { "x" } }, "shared_keys: must be a table of keys by their names, each a string" },
    }
    for _, row in ipairs(rows) do
      local verified, reason, message = verify(row[1])
      assert.same({ nil, "invalid", row[2] }, { verified, reason, message })
    end
  end)

  it("raises for what is no table alone", function()
    assert.has_error(function() webhooks.verify "x" end, "bad argument to 'verify' (table expected, got string)")
    assert.has_error(function() webhooks:verify {} end, "use a dot: webhooks.verify { ... }")
  end)
end)

describe("webhooks.sign", function()
  it("gives what verify takes", function()
    local rows = {
      { url = URL, body = BODY, content_type = FORM, auth_token = TOKEN },
      { url = URL, params = PARAMS, auth_token = TOKEN },
      { url = URL, auth_token = TOKEN },
      { url = "https://a", body = JSON, content_type = "application/json", auth_token = TOKEN },
      { url = "https://a/?x=1#f", body = JSON, content_type = "application/json", auth_token = TOKEN },
      { url = URL, body = BODY, content_type = FORM, key = "SK1", shared_keys = KEYS },
    }
    for _, row in ipairs(rows) do
      local signed = assert(webhooks.sign(row))
      row.url, row.signature, row.settings, row.key = signed.url, signed.signature, signed.settings, nil
      assert.is_true(webhooks.verify(row))
      row.url = row.url .. "x"
      assert.is_nil((webhooks.verify(row)))
    end
  end)

  it("gives the published signatures", function()
    assert.same({ url = URL, signature = SIGNATURE }, webhooks.sign { url = URL, body = BODY, auth_token = TOKEN })
    assert.same({ url = URL, signature = SHA256, settings = SETTINGS },
      webhooks.sign { url = URL, body = BODY, key = "SK1", shared_keys = KEYS })
    assert.same({ url = JSON_URL, signature = JSON_SIGNATURE },
      webhooks.sign { url = URL, body = JSON, content_type = "application/json", auth_token = TOKEN })
  end)

  it("refuses what it cannot sign", function()
    local rows = {
      { "malformed_url", { url = "x", auth_token = TOKEN } }, { "malformed_url", { auth_token = TOKEN } },
      { "malformed_form", { url = URL, body = "%", auth_token = TOKEN } },
      { "malformed_form", { url = URL, body = 5, content_type = "text/plain", auth_token = TOKEN } },
      { "body_mismatch", { url = JSON_URL, body = "{}", content_type = "application/json", auth_token = TOKEN } },
      { "invalid", { url = URL, key = "SK2", shared_keys = KEYS } },
      { "invalid", { url = URL, signature = "x", auth_token = TOKEN } },
    }
    for _, row in ipairs(rows) do
      local signed, reason, message = webhooks.sign(row[2])
      assert.same({ nil, row[1], "string" }, { signed, reason, type(message) })
    end
  end)
end)
