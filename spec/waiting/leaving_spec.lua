-- A worker of nginx that is told to exit is not kept for a call's deadline. #once: nginx brings
-- its own LuaJIT.

local example = require "spec.support.example"
local nginx = require "spec.support.nginx"
local openresty = require "spec.support.openresty"

local WORKER = [[
  init_worker_by_lua_block {
    ngx.timer.at(0, function()
      local webhooks = require "twilio.webhooks"
      local client = webhooks.new { account_sid = "%s", auth_token = "%s", service_sid = "%s", base_url = "%s",
        channel_sid = "general", wait = webhooks.wait.openresty, timeout = 60, deadline = 60 }
      %s
      ngx.log(ngx.ERR, "left: ", err and err.kind or "nothing")
    end)
  }
]]

describe("leaving nginx #once", function()
  local silent

  setup(function()
    openresty.build()
    silent = openresty.start_api { faults = { { "stall" } } }
  end)
  teardown(function() silent:stop() end)

  for name, work in pairs {
    ["a call"] = "local _, _, err = client:list_webhooks {}",
    ["a sleep"] = "client:sleep(60) local err",
    ["tasks"] = "local err client:go(function() _, _, err = client:list_webhooks {} end) client:run()",
  } do
    it("ends " .. name .. " long before its deadline", function()
      local server = nginx.start(openresty.HTTP .. WORKER:format(example.account_sid, example.auth_token,
        silent.service_sid, silent.base_url, work) .. openresty.server_of())
      finally(function() server:stop() end)
      require "cqueues".sleep(0.3)
      local old = server:workers()[1]
      server:reload()
      openresty.eventually(function() -- within 10 seconds
        local pids = server:workers()
        return #pids == 1 and pids[1] ~= old
      end)
      assert.truthy(server:errors():find("left: ", 1, true))
      assert.equal("", server:alarms())
    end)
  end
end)
