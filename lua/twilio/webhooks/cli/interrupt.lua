--- Ctrl-C and SIGTERM as something to be asked for, so that a run over thousands ends between two
-- requests. A second one ends the process as ever.

local status = require "twilio.webhooks.cli.status"
local system = require("twilio.webhooks.loading").system()

local interrupt = {}

--- From now on a signal is noted.
function interrupt.catch()
  system.catch()
end

--- Was there one?
function interrupt.is_caught()
  return system.caught() ~= nil
end

--- The exit status for it; nil where there was none.
function interrupt.status()
  local name, number = system.caught()
  return name and status.SIGNAL + number
end

return interrupt
