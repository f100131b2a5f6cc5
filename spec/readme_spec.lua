-- Every Lua block of the README runs as it stands, against the sandbox; and
-- what the README lists is what there is.

local child = require "spec.support.child"
local example = require "spec.support.example"
local sandbox = require "twilio.webhooks.sandbox"

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("*a")
  file:close()
  return text
end

local readme = read "README.md"

-- In front of a block: the module sends its requests to the sandbox, whose
-- address a reader does not have to write.
local PRELUDE = [[
  local core = require "twilio.webhooks.core"
  local function to_sandbox(f)
    return function(params)
      params.base_url = os.getenv "BASE_URL"
      return f(params)
    end
  end
  local new = require "twilio.webhooks".new
  package.loaded["twilio.webhooks"] = { create_webhook = to_sandbox(core.create_webhook), new = to_sandbox(new) }
]]

describe("README", function()
  local server

  setup(function()
    server = assert(sandbox.start())
  end)

  teardown(function()
    server:stop()
  end)

  local function run(block)
    return child.run(PRELUDE .. block .. '\nprint "ran to its end"', {
      BASE_URL = server.base_url,
      TWILIO_ACCOUNT_SID = server.account_sid,
      TWILIO_AUTH_TOKEN = server.auth_token,
    })
  end

  local blocks = {}
  for block in readme:gmatch("```lua\n(.-)```") do blocks[#blocks + 1] = block end

  it("has code to run", function()
    assert.equal(3, #blocks)
  end)

  for i, block in ipairs(blocks) do
    it(("has a block %d that runs"):format(i), function()
      local output = run(block)
      assert.truthy(output:find("ran to its end\n$"), output)
    end)
  end

  it("shows what its first block prints: a sid and the URL", function()
    assert.truthy(run(blocks[1]):find("^WH%x+\thttps://example%.com/hook\n"))
  end)

  it("shows what its second block prints: a webhook that is created, and then found", function()
    local first, again = run(blocks[2]), run(blocks[2])
    assert.truthy(first:find("^created\tWH%x+\n") or first:find("^found\tWH%x+\n"), first)
    assert.equal(first:match("WH%x+"), again:match("^found\t(WH%x+)\n"))
  end)

  it("shows what its third block prints: both problems", function()
    local output = run(blocks[3])
    assert.truthy(output:find("type\tmust be webhook, trigger or studio", 1, true), output)
    assert.truthy(output:find("did you mean configuration.method?", 1, true), output)
  end)

  it("names no parameter that no operation knows", function()
    local core = require "twilio.webhooks.core"
    for row in readme:match("\n(| parameter.-)\n\n"):gmatch("\n| (`[^|]*) |") do
      for name in row:gmatch("`([%w_.]+)`") do
        local client, message = core.open { [name] = {} }
        assert(client or not message:find("is not a parameter", 1, true), name)
      end
    end
  end)

  it("names every make target that it uses", function()
    local makefile = read "Makefile"
    for target in (readme:gsub("\n    make", "`make")):gmatch("`make (%l+)") do
      assert.truthy(makefile:find("\n" .. target .. ":", 1, true) or target == "check", target)
    end
  end)

  it("has the contract's channel in its example", function()
    assert.truthy(blocks[1]:find(example.service_sid, 1, true))
    assert.truthy(blocks[1]:find(example.channel_sid, 1, true))
  end)
end)
