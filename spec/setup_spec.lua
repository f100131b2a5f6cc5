-- tools/setup on a machine that never was: an ordinary user's, with nothing installed, whose
-- apt-get, dpkg-query and sudo are scripts of this file. #once: it is about no interpreter.

local shell = require "spec.support.shell"

-- apt-get takes no lock for an ordinary user, as the real one; `installed` tells dpkg-query.
local COMMANDS = {
  ["apt-get"] = [[
echo "$@" >>"$MACHINE/asked"
case "$*" in
*--print-uris*) echo 'After this operation, 186 kB of additional disk space will be used.' ;;
*install*) [ -n "$SUDO" ] || exit 100; touch "$MACHINE/installed" ;;
esac]],
  ["apt-cache"] = "echo \"Package: $3\"",
  ["dpkg-query"] = [[
[ -e "$MACHINE/installed" ] || exit 1
shift 3
for name; do echo "installed $name"; done]],
  id = "echo 1000",
  sudo = "[ ! -e \"$MACHINE/no-sudo\" ] || exit 1; [ \"$1\" != -n ] || shift; SUDO=yes exec \"$@\"",
}

describe("tools/setup #once", function()
  local machine

  before_each(function()
    machine = shell.output "mktemp -d":gsub("\n", "")
    for name, script in pairs(COMMANDS) do
      local path = machine .. "/" .. name
      local file = assert(io.open(path, "w"))
      file:write("#!/bin/sh\n", script, "\n")
      file:close()
      shell.output("chmod +x " .. path)
    end
  end)

  after_each(function() shell.output("rm -r " .. machine) end)

  local function setup()
    return shell.run(("MACHINE=%s PATH=%s:$PATH tools/setup run"):format(machine, machine))
  end

  it("says what it installs and how much that is, then installs it by sudo", function()
    local status, output = setup()
    assert.equal(0, status, output)
    assert.matches("installing, 186 kB of disk space: .*lua%-cjson", output)
    shell.output("test -e " .. machine .. "/installed")
  end)

  it("installs nothing where nothing is missing", function()
    shell.output("touch " .. machine .. "/installed")
    local status, output = setup()
    assert.equal(0, status, output)
    assert.equal("", output)
    shell.output("test ! -e " .. machine .. "/asked")
  end)

  it("gives who may not install a line to paste, and fails", function()
    shell.output("touch " .. machine .. "/no-sudo")
    local status, output = setup()
    assert.equal(1, status)
    assert.matches("Paste this line", output)
    assert.matches("\n  sudo apt%-get update && sudo apt%-get install %-y %-%-no%-install%-recommends [^\n]*lua%-cjson", output)
    shell.output("test ! -e " .. machine .. "/asked")
  end)
end)
