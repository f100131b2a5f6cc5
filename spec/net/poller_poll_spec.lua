-- The way of waiting for systems that have neither epoll nor kqueue, which this machine takes
-- only when it is built so: the specs of all that waits, with such a build. #once: the
-- interpreter makes no difference to it.

local function sh(command)
  local pipe = assert(io.popen("{ " .. command .. "\n} 2>&1; echo \"status $?\""))
  local output = pipe:read("*a")
  pipe:close()
  local said, status = output:match("^(.*)status (%d+)\n$")
  return said, tonumber(status)
end

describe("poller_poll #once", function()
  local BUILD = "build/poller-poll"

  setup(function()
    local said, status = sh(([[exec </dev/null; unset MAKEFLAGS MAKELEVEL
      make -s -j2 LUA=lua5.4 BUILD=%s CPPFLAGS=-DTW_POLLER=3 build]]):format(BUILD))
    assert(status == 0, said)
  end)

  it("by poll has no descriptor to share, and so no epoll", function()
    local said = sh(([[tools/env %s/lua5.4 lua5.4 -e 'local core = require "twilio.webhooks.core"
      print(core.open({}):pollfd(), core.alarm()(1))']]):format(BUILD))
    assert.equal("nil\n", said)
  end)

  for _, name in ipairs { "lua/drive", "waiting/task", "loops" } do
    it("by poll passes the specs of " .. name, function()
      local said, status = sh(("tools/env %s/lua5.4 lua5.4 tools/busted.lua --output=plainTerminal "
        .. "--exclude-tags=plain spec/%s_spec.lua"):format(BUILD, name))
      assert.equal(0, status, said)
      assert.truthy(said:find("%d+ success[es]* / 0 failures / 0 errors"), said)
    end)
  end
end)
