--- Asks before a change that cannot be undone: on a terminal by a question, elsewhere --yes is needed.

local interrupt = require "twilio.webhooks.cli.interrupt"
local terminal = require "twilio.webhooks.cli.terminal"

local prompt = {}

--- May it be done? True; or false and why not.
-- @tparam table context flags and err
-- @tparam string question without its mark
function prompt.confirm(context, question)
  if context.flags.yes or context.flags.dry_run then return true end
  if not (terminal.is_terminal(terminal.STDIN) and terminal.is_terminal(terminal.STDERR)) then
    return false, question .. "? There is no terminal to ask on: say --yes"
  end
  context.err:write(question, "? [y/N] ")
  context.err:flush()
  interrupt.catch()
  local line = io.stdin:read "*l"
  if not line then context.err:write "\n" end -- Ctrl-C or Ctrl-D: the question's line is not at its end
  local answer = (line or ""):lower()
  if interrupt.status() then context:stop(interrupt.status(), "stopped; nothing was done") end
  if answer == "y" or answer == "yes" then return true end
  return false, "not confirmed, and nothing was done"
end

return prompt
