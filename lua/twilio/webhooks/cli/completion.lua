--- Scripts with which a shell completes commands, flags and their values. argparse makes them from the
-- parser that reads the command line.

local parser = require "twilio.webhooks.cli.parser"
local program = require "twilio.webhooks.cli.program"

local completion = {}

completion.SHELLS = { "bash", "zsh", "fish" }

--- The script for one of the shells.
function completion.script(shell)
  local root = parser.build(program.load(), true)
  return root["get_" .. shell .. "_complete"](root)
end

return completion
