--- Scripts with which a shell completes commands, flags and their values, from the commands' tables. A shell
-- proposes files only where a file belongs, and nothing where only the user knows the value.

local program = require "twilio.webhooks.cli.program"

local completion = {}

completion.SHELLS = { "bash", "zsh", "fish" }

local FILES = { FILE = true, PATH = true, PLAN = true }

--- The values to propose for a flag or an argument; nil for none.
function completion.values(taker)
  local values = taker.values or taker.proposed
  return type(values) == "function" and values() or values
end

--- Does a flag or an argument take the path of a file?
function completion.takes_file(taker)
  return FILES[taker.metavar or taker.name] or false
end

--- The spellings of a flag, the short one first.
function completion.names(flag)
  return flag.short and { flag.short, flag.name } or { flag.name }
end

--- The spellings of all flags that take no value, in the order of their first command.
function completion.switches()
  local seen, switches = {}, {}
  local function add(flags)
    for _, flag in ipairs(flags) do
      for _, name in ipairs(flag.metavar and {} or completion.names(flag)) do
        if not seen[name] then switches[#switches + 1] = name end
        seen[name] = true
      end
    end
  end
  add(program.flags)
  for _, command in ipairs(program.commands) do add(command.flags) end
  return switches
end

--- The script for one of the shells.
function completion.script(shell)
  program.load()
  return require("twilio.webhooks.cli.completion." .. shell)(program)
end

return completion
