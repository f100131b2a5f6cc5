-- Whatever goes wrong, no credential shows: every string that a failure
-- produces is searched for the token and for its base64 forms.

local webhooks = require "twilio.webhooks"
local child = require "spec.support.child"
local sandbox = require "twilio.webhooks.sandbox"
local example = require "spec.support.example"
local secrets = require "spec.support.secrets"

local TOKEN = "tHe_s3cret.t0ken-of~this/suite"

local function shows_nothing(...)
  secrets.absent(TOKEN, ...)
end

describe("secrets", function()
  local server

  setup(function()
    server = assert(sandbox.start { account_sid = example.account_sid, auth_token = TOKEN })
  end)

  teardown(function()
    server:stop()
  end)

  local function create(fields)
    fields.auth_token = fields.auth_token or TOKEN
    fields.base_url = fields.base_url or server.base_url
    return webhooks.create_webhook(example.webhook(fields))
  end

  it("would be found, in base64 too", function()
    assert.equal("TWFuIGlz", secrets.base64 "Man is")
    assert.has_error(function() shows_nothing { deep = { "a " .. TOKEN .. " b" } } end)
    for _, before in ipairs { "AC1:", "AC12:", "AC123:" } do
      assert.has_error(function() shows_nothing(secrets.base64(before .. TOKEN)) end)
    end
  end)

  local failures = {
    { "a refused parameter", { type = "hook" } },
    { "a token with a line break", { auth_token = TOKEN .. "\r\n" } },
    { "a token where the account's sid belongs", { account_sid = TOKEN } },
    { "a token under a misspelt name", { auth_tokn = TOKEN } },
    { "a token that is a table", { auth_token = { TOKEN } } },
    { "a token in a base URL", { base_url = "https://AC:" .. TOKEN .. "@example.com" } },
    { "a token in a proxy's address", { proxy = "http://u:" .. TOKEN .. "@127.0.0.1:1" } },
    { "a refused connection", { base_url = "http://127.0.0.1:1" } },
    { "a wrong token", { auth_token = TOKEN .. "x" } },
    { "a wrong path", { base_url = "sandbox/x" } },
  }
  for _, row in ipairs(failures) do
    it("are not in what comes of " .. row[1], function()
      local fields = {}
      for name, value in pairs(row[2]) do fields[name] = value end
      if fields.base_url == "sandbox/x" then fields.base_url = server.base_url .. "/x" end
      local hook, message, err = create(fields)
      assert.is_nil(hook)
      shows_nothing(message, err)
    end)
  end

  it("are not in what comes of a success", function()
    shows_nothing(create {})
  end)

  it("are not in the error and traceback of misuse", function()
    shows_nothing(xpcall(function() webhooks.create_webhook(TOKEN:sub(1, 0), TOKEN) end, debug.traceback))
  end)

  it("are not in the request as plain data", function()
    local core = require "twilio.webhooks.core"
    shows_nothing(core.request("create_webhook", example.webhook { auth_token = TOKEN }))
  end)

  -- Everything in Lua that a value leads to, in the debug library's eyes too.
  local function reach(value, seen)
    local kind = type(value)
    if kind == "string" then assert.is_nil(value:find(TOKEN, 1, true)) end
    if seen[value] or kind ~= "table" and kind ~= "userdata" and kind ~= "function" then return end
    seen[value], seen[1] = true, (seen[1] or 0) + 1
    local inside = debug.getmetatable(value)
    if inside then reach(inside, seen) end
    if kind == "table" then
      for name, field in next, value do
        reach(name, seen)
        reach(field, seen)
      end
    elseif kind == "userdata" then
      inside = (debug.getuservalue or debug.getfenv)(value)
      if inside then reach(inside, seen) end
    end
  end

  it("are in nothing that a client holds in Lua", function()
    local client = assert(webhooks.new(example.params { base_url = server.base_url, auth_token = TOKEN }))
    assert(client:list_webhooks {})
    local seen = {}
    reach(client, seen)
    assert.is_true(seen[client.core])
    assert.is_true(seen[1] > 10)
    client:close()
  end)

  -- Searches all memory of its process for a header's line, as only C puts it together; the pattern
  -- is no copy of that line.
  local SEARCH = [[
    local function is_in_memory(pattern)
      local memory = assert(io.open("/proc/self/mem", "rb"))
      memory:setvbuf "no"
      for line in io.lines "/proc/self/maps" do
        local from, to, rights = line:match "^(%x+)-(%x+) (%S+)"
        if rights:find "^rw" and not line:find "%[v" then
          local at, rest = tonumber(from, 16), ""
          while at < tonumber(to, 16) do
            assert(memory:seek("set", at))
            local bytes = memory:read(4096)
            if not bytes then break end
            if (rest .. bytes):find(pattern) then return true end
            at, rest = at + #bytes, bytes:sub(-200)
          end
        end
      end
      return false
    end
    local core = require "twilio.webhooks.core"
    local example = require "spec.support.example"
    local client = assert(core.open(example.params()))
    local headers = { ["X-Long"] = ("x"):rep(300), ["A-Token"] = "t0ken-of-the-users-own" }
    local calls = {}
    for i = 1, 3 do calls[i] = assert(client:draft("create_webhook", example.webhook { headers = headers })) end
    assert(client:submit(calls[1]))
    assert(client:prepare(calls[2]))
  ]]

  it("of a user's own headers are in no memory of a closed client's calls #plain", function()
    local token = "print(is_in_memory 'A%-Token: t0ken%-of%-the')"
    assert.equal("true\n", child.run(SEARCH .. token))
    assert.equal("false\n", child.run(SEARCH .. "client:close() " .. token))
  end)

  it("are in no memory of a closed client's calls #plain", function()
    local authorization = "print(is_in_memory 'Authorization%: Basic QUN')"
    assert.equal("true\n", child.run(SEARCH .. authorization))
    assert.equal("false\n", child.run(SEARCH .. "client:close() " .. authorization))
  end)

  it("are not in the sandbox's log", function()
    local log = assert(io.open(server.log, "rb"))
    local text = log:read("*a")
    log:close()
    assert.is_true(#text > 0)
    shows_nothing(text)
  end)
end)
