--- twilio-webhooks doctor

local checks = require "twilio.webhooks.cli.checks"
local status = require "twilio.webhooks.cli.status"

local doctor = {
  name = "doctor",
  summary = "Find what is wrong: credentials, network, clock, files",
  text = "Checks the installation, the credentials, the network, this machine's clock and the "
    .. "permissions of files, and says what to do. Sends one read.",
  flags = {
    { name = "--journal", target = "journal", metavar = "FILE",
      help = "also check this journal of an apply" },
  },
  example = "twilio-webhooks doctor",
}

local COLORS = { ok = "green", warning = "yellow", failed = "red" }

local KIND = {
  name = "checks", fields = { "check", "state", "found", "remedy" },
  columns = { { name = "CHECK", value = "check" }, { name = "STATE", value = "state" },
    { name = "FOUND", value = "found" } },
  paint = function(paint, text, column)
    return column == 2 and COLORS[text] and paint(COLORS[text], text) or text
  end,
}

-- Writes what to do below a table, in whole sentences.
local function print_remedies(context, findings)
  if (context.flags.output or "table") ~= "table" then return end
  for _, finding in ipairs(findings) do
    if finding.remedy then
      context.err:write(context.paint_err("bold", finding.check), ": ")
      context:note(finding.remedy)
    end
  end
end

function doctor.run(context)
  local findings, ended = checks.run(context), status.DONE
  local writer = context:writer(KIND)
  for _, finding in ipairs(findings) do
    writer:add(finding)
    if finding.state == "failed" and ended == status.DONE then
      ended = finding.exit_status or status.FAILED
    end
  end
  writer:finish()
  print_remedies(context, findings)
  return ended
end

return doctor
