--- Scripts by which a shell completes commands, flags and their values: argparse makes them of the
-- same parser that reads the words.

local parser = require "twilio.webhooks.cli.parser"
local program = require "twilio.webhooks.cli.program"

local completion = {}

completion.SHELLS = { "bash", "zsh", "fish" }

--- The script, or nil and a message.
function completion.script(shell)
  local root, why = parser.build(program, true)
  if not root then return nil, why end
  return root["get_" .. shell .. "_complete"](root)
end

return completion
