--- Ctrl-C, SIGTERM and SIGHUP as something to be asked for, so that a run over thousands ends between
-- two requests. A second one of the first two ends the process as ever.

local status = require "twilio.webhooks.cli.status"
local system = require("twilio.webhooks.loading").system()

local interrupt = {}

local told

--- From now on a signal is noted.
-- @tparam[opt] table context is told once that it ends
function interrupt.catch(context)
  told = context and { context = context }
  system.catch()
end

--- Was there one?
function interrupt.is_caught()
  local caught = system.caught() ~= nil
  if caught and told then
    told.context:note "stopping, after what is under way; once more to stop at once"
    told = nil
  end
  return caught
end

--- The exit status for it; nil where there was none.
function interrupt.status()
  local name, number = system.caught()
  return name and status.SIGNAL + number
end

return interrupt
