-- A sandbox whose process ended before it was written to took the caller with it (SIGPIPE), and
-- one that ended before its FIFO was opened was waited for without end.

local child = require "spec.support.child"

describe("sandbox.start, of a process that ends at once,", function()
  it("says so, and neither ends nor waits", function()
    local path = os.tmpname()
    finally(function() os.remove(path) end)
    local file = assert(io.open(path, "w"))
    file:write("#!/bin/sh\n[ \"$1\" != -v ] || echo 'Lua 5.4'\n")
    file:close()
    os.execute("chmod +x " .. path)
    local output = child.run(([[
      local sandbox = require "twilio.webhooks.sandbox"
      for _ = 1, 20 do
        local server, why = sandbox.start { lua = %q }
        assert(server == nil and why == "the process ended at once", why)
      end
      print "twenty times"
    ]]):format(path))
    assert.equal("twenty times\n", output)
  end)
end)
