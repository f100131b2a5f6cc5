-- What many calls leave behind, by leaks.lua. #plain: it is about memory.

local child = require "spec.support.child"
local shell = require "spec.support.shell"

-- Each chunk of memory goes back at once, and is not kept for its thread: so the count is exact.
local EXACT = { GLIBC_TUNABLES = "glibc.malloc.tcache_count=0" }

describe("calls among faults #plain", function()
  local directory

  setup(function()
    directory = shell.output "mktemp -d":match "[^\n]+"
    shell.output(("${CC:-cc} -shared -fPIC -Wall -Wextra -Werror $(make -s LUA=%s flags) -o %s/heap.so spec/support/heap.c")
      :format(shell.quote(child.interpreter()), shell.quote(directory)))
  end)

  teardown(function()
    os.execute("rm -rf " .. shell.quote(directory))
  end)

  local function leaks(lost)
    return child.program("spec/leaks.lua", ("%s %d"):format(shell.quote(directory), lost), EXACT)
  end

  it("leave no memory and no descriptor", function()
    local said = leaks(0)
    assert.truthy(said:find "\nnone\n$", said)
  end)

  it("are noticed when each leaves 200 bytes #once", function()
    local said = leaks(200)
    assert.truthy(said:find("memory leaks", 1, true), said)
  end)
end)
