--- Notes Ctrl-C, SIGTERM and SIGHUP, so that a run over thousands can ask for them and end between two
-- requests. A second Ctrl-C or SIGTERM ends the process as usual.

local status = require "twilio.webhooks.cli.status"
local system = require("twilio.webhooks.loading").system()

local interrupt = {}

local told

--- From now on a signal is noted.
-- @tparam[opt] table context tells the user once that the run ends
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

--- The exit status for the signal; nil if there was none.
function interrupt.status()
  local name, number = system.caught()
  return name and status.SIGNAL + number
end

return interrupt
