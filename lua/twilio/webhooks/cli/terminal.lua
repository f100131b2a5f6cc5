--- The terminal, if there is one: whether a descriptor is one, its colours and its width.

local terminal = {}

local system = require("twilio.webhooks.loading").system()

local STDIN, STDOUT, STDERR = 0, 1, 2
terminal.STDIN, terminal.STDOUT, terminal.STDERR = STDIN, STDOUT, STDERR

local function is_set(name)
  local value = os.getenv(name)
  return value ~= nil and value ~= ""
end

--- Is the descriptor a terminal's?
function terminal.is_terminal(descriptor)
  return system.is_terminal(descriptor)
end

--- Its width in columns.
function terminal.columns(descriptor)
  return system.width(descriptor) or 80
end

--- Can a line be rewritten, as a line of progress is?
function terminal.can_rewrite(descriptor)
  return terminal.is_terminal(descriptor) and is_set "TERM" and os.getenv "TERM" ~= "dumb"
end

--- Is colour wanted? NO_COLOR and CLICOLOR_FORCE as no-color.org and bixense.com/clicolors have them.
function terminal.has_color(descriptor)
  if is_set "NO_COLOR" then return false end
  if is_set "CLICOLOR_FORCE" and os.getenv "CLICOLOR_FORCE" ~= "0" then return true end
  return terminal.can_rewrite(descriptor) and os.getenv "CLICOLOR" ~= "0"
end

local CODES = { bold = "1", dim = "2", red = "31", green = "32", yellow = "33", cyan = "36" }

--- A function that colours a text, or leaves it as it is.
function terminal.painter(descriptor)
  if not terminal.has_color(descriptor) then
    return function(_, text) return text end
  end
  return function(color, text) return ("\27[%sm%s\27[0m"):format(CODES[color], text) end
end

return terminal
