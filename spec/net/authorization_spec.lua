-- csrc/net/authorization.c: the header line, whose base64 is written over its own text.

local example = require "spec.support.example"
local webhooks = require "twilio.webhooks"

-- RFC 4648, 4, by arithmetic.
local function base64(text)
  local digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
  local encoded = text:gsub("..?.?", function(group)
    local a, b, c = group:byte(1, 3)
    local n = a * 65536 + (b or 0) * 256 + (c or 0)
    local four = {}
    for i = 1, 4 do
      local digit = math.floor(n / 64 ^ (4 - i)) % 64
      four[i] = i <= #group + 1 and digits:sub(digit + 1, digit + 1) or "="
    end
    return table.concat(four)
  end)
  return encoded
end

local function authorization(key, secret)
  local sent
  local client = assert(webhooks.new(example.params {
    account_sid = false, auth_token = false, api_key = key, api_secret = secret,
    transport = function(request)
      sent = request.headers.Authorization
      return { status = 201, body = example.answer_json() }
    end,
  }))
  assert(client:create_webhook(example.webhook { account_sid = false, auth_token = false }))
  client:close()
  return sent
end

describe("authorization", function()
  it("is the base64 of user name and password, of any length", function()
    assert.equal("Zm9vYmFy", base64 "foobar") -- RFC 4648, 10
    assert.equal("Zm9vYmE=", base64 "fooba")
    assert.equal("Zm9vYg==", base64 "foob")
    local text = "~}|\255\254\128z0Az/+ 9QmX#\195\164\226\130\172"
    for n = 1, #text do
      local key, secret = text:sub(1, n), text:rep(40):sub(-n * 3)
      assert.equal("Basic " .. base64(key .. ":" .. secret), authorization(key, secret))
      assert.equal("Basic " .. base64(secret .. ":" .. key), authorization(secret, key))
    end
  end)
end)
