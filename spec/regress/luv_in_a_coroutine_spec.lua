-- luv takes the coroutine that loads it for the main program. The hook loaded it in the first
-- coroutine that called, and the host crashed once that one was collected.

local child = require "spec.support.child"

local BEGIN = [[
  local webhooks = require "twilio.webhooks"
  local function call(hook)
    local client = assert(webhooks.new { account_sid = "AC" .. ("a"):rep(32), auth_token = "x", max_attempts = 1,
      base_url = "http://127.0.0.1:1", service_sid = "IS" .. ("a"):rep(32), channel_sid = "x", wait = hook })
    return select(2, client:list_webhooks {})
  end
]]

describe("the hook for luv", function()
  if not pcall(require, "luv") then return pending("luv is not installed for this Lua") end

  it("loads it in the main program", function()
    assert.equal("true", child.run(BEGIN .. [[
      local hook, loaded = webhooks.wait.luv, 0
      for i = 1, 3 do
        coroutine.wrap(function()
          if call(hook):find "connect" then loaded = loaded + 1 end
        end)()
      end
      for i = 1, 20 do collectgarbage() end
      require "luv".run()
      io.write(tostring(loaded == 3))
    ]]))
  end)

  it("raises an error where only a coroutine would load it", function()
    local output = child.run(BEGIN .. [[
      coroutine.wrap(function()
        io.write(select(2, pcall(function() return call(webhooks.wait.luv) end)))
      end)()
    ]])
    assert.truthy(output:find("luv has to be loaded by the main program", 1, true), output)
  end)
end)
