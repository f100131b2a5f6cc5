-- Every example runs as it stands and says what it should: in a sandbox of its own, whatever the
-- environment holds, and with --api where the environment says.

local child = require "spec.support.child"
local sandbox = require "twilio.webhooks.sandbox"

-- { file, what it prints }
local examples = {
  { "create_webhook", { "Configuration%.RetryCount=2\n", "\ncreated WH%x+\n", 'url = "dummy"' } },
  { "ensure_webhook", { "run 1: created (WH%x+)\n", "run 2: found (WH%x+)\n" } },
  { "list_and_prune", { "deleted\tWH%x+\thttps://old.example.com/a\n", "kept\tWH%x+\thttps://new.example.com/a\n",
    "deleted\tWH%x+\thttps://old.example.com/b\n" } },
  { "every_channel", { "run 1: 500 made, 0 changed or deleted, 0 channels failed\n",
    "run 2: 0 made, 0 changed or deleted, 0 channels failed\n" } },
  { "conversations", { "created\tWH%x+\thttps://example.com/hook\n", "updated\tWH%x+\thttps://example.com/other\n",
    "listed\t1\n", "deleted\ttrue\n" } },
  { "cqueues", { "created WH%x+ https://example.com/[123]\n.*created WH.*created WH", "meanwhile: true\n" } },
  { "luv", { "created\tWH%x+\thttps://example.com/[123]\n.*created\tWH.*created\tWH", "all have ended\ttrue\n",
    "meanwhile: true\n" } },
  { "receive", { "\ncreated\tWH%x+\n", "\nrequest 1\t204\tonMessageSent: Hello\n",
    "\nrequest 2\t204\ta repeat, dropped\n", "\nrequest 3\t403\trefused: missing_signature\n",
    "\nanswer to the forger\tHTTP/1.1 403 %-\n" } },
}

-- All that could lead a program to that server.
local function environment_of(server)
  local url = server.base_url
  return {
    TWILIO_WEBHOOKS_BASE_URL = url, TWILIO_EDGE = "dublin", TWILIO_REGION = "ie1",
    TWILIO_ACCOUNT_SID = server.account_sid, TWILIO_AUTH_TOKEN = server.auth_token,
    TWILIO_API_KEY = server.api_key, TWILIO_API_SECRET = server.api_secret,
    TWILIO_SERVICE_SID = server.service_sid, TWILIO_CHANNEL_SID = server.channel_sid,
    TWILIO_CONVERSATION_SID = server.conversation_sid,
    http_proxy = url, https_proxy = url, HTTPS_PROXY = url, all_proxy = url, ALL_PROXY = url, no_proxy = "",
  }
end

local function run(row, arguments, environment)
  local output = child.program("examples/" .. row[1] .. ".lua", arguments, environment)
  for _, pattern in ipairs(row[2]) do assert.truthy(output:find(pattern), output) end
  return output
end

describe("example", function()
  local server
  before_each(function() server = assert(sandbox.start()) end)
  after_each(function() server:stop() end)

  for _, row in ipairs(examples) do
    it(row[1] .. " stays on this machine, whatever the environment holds, and says so", function()
      local output = run(row, "", environment_of(server))
      assert.truthy(output:find("Nothing leaves this machine", 1, true), output)
      assert.same({}, server:requests())
    end)
  end

  -- File, and how many webhooks there are in the end.
  for name, count in pairs { create_webhook = 0, ensure_webhook = 1, conversations = 0, cqueues = 0, luv = 0 } do
    it(name .. " works six times with --api where the environment says", function()
      for _ = 1, 6 do
        local output = child.program("examples/" .. name .. ".lua", "--api", environment_of(server))
        assert.truthy(output:find "WH%x+", output)
        assert.is_nil(output:find "[Ee]rror", output)
        assert.equal(count, #server:webhooks())
      end
    end)
  end

  it("list_and_prune takes --api beside its own argument", function()
    local environment = environment_of(server)
    child.program("examples/ensure_webhook.lua", "--api", environment)
    assert.truthy(child.program("examples/list_and_prune.lua", "https://old.example.com/ --api", environment)
      :find("kept\tWH%x+\thttps://example.com/hook\n"))
    assert.truthy(child.program("examples/list_and_prune.lua", "--api https://example.com/", environment)
      :find("deleted\tWH%x+\thttps://example.com/hook\n"))
    assert.same({}, server:webhooks())
  end)

  it("says what --api lacks", function()
    assert.equal("--api works on what the environment names: set TWILIO_SERVICE_SID and TWILIO_CHANNEL_SID\n",
      child.program("examples/create_webhook.lua", "--api"))
  end)

  it("bulk is killed in the middle, goes on, and makes one webhook for each channel", function()
    local output = child.program("examples/bulk/run.lua", "400", environment_of(server))
    assert.truthy(output:find("\n  200 of 400 done, 0 failed\n  killed\n", 1, true), output)
    assert.truthy(output:find("\n400 channels have a webhook, none more than 1\n", 1, true), output)
    assert.same({}, server:requests())
  end)

  it("is here of each file in examples/", function()
    local pipe = io.popen "ls examples/*.lua"
    local count = 0
    for path in pipe:lines() do
      if path ~= "examples/account.lua" then count = count + 1 end
    end
    pipe:close()
    assert.equal(#examples, count)
  end)
end)
