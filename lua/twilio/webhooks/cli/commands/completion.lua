--- twilio-webhooks completion

local completion = require "twilio.webhooks.cli.completion"

local command = {
  name = "completion",
  summary = "Print a completion script for bash, zsh or fish",
  arguments = {
    { name = "SHELL", target = "shell", values = completion.SHELLS, help = "bash, zsh or fish" },
  },
  flags = {},
  example = "source <(twilio-webhooks completion bash)",
}

function command.run(context)
  context.out:write(completion.script(context.flags.shell))
end

return command
