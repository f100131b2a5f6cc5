--- The command line as tables: its name, the flags of every command, and the commands in their groups.
-- The parser, the help, the man page and the completions are made from these tables.

local output = require "twilio.webhooks.cli.output"

local program = { name = "twilio-webhooks" }

program.text = "Manages the webhooks of Twilio Chat channels and Conversations."
program.example = "twilio-webhooks list --channel general --service IS... -o json"

-- A flag with the name of a client's option sets that option.
program.flags = {
  { name = "--output", short = "-o", target = "output", metavar = "FORMAT", values = output.FORMATS,
    help = "table (the default), json, jsonl or tsv" },
  { name = "--credentials-file", target = "credentials_file", metavar = "FILE",
    help = "credentials as lines NAME=value, or JSON; - is standard input" },
  { name = "--credentials-command", target = "credentials_command", metavar = "COMMAND",
    help = "a command that prints them" },
  { name = "--base-url", target = "base_url", metavar = "URL", help = "where the API is, if not at Twilio" },
  { name = "--edge", target = "edge", metavar = "EDGE", help = "Twilio's edge, with its region" },
  { name = "--region", target = "region", metavar = "REGION", help = "Twilio's region, such as ie1" },
  { name = "--proxy", target = "proxy", metavar = "URL", help = "a proxy, whatever the environment says" },
  { name = "--ca-file", target = "ca_file", metavar = "FILE", help = "CA certificates in PEM" },
  { name = "--deadline", target = "deadline", metavar = "SECONDS", number = true,
    help = "for a call and all its attempts (60)" },
  { name = "--timeout", target = "timeout", metavar = "SECONDS", number = true,
    help = "for one request (30)" },
  { name = "--rate", target = "rate", metavar = "N", number = true,
    help = "requests a second, at most" },
  { name = "--verbose", short = "-v", target = "verbose", help = "print each request on standard error" },
  { name = "--help", short = "-h", target = "help", help = "what a command does, with an example" },
  { name = "--version", target = "version", help = "the version" },
}

program.groups = {
  { name = "One webhook", commands = { "create", "get", "list", "update", "delete", "ensure" } },
  { name = "Thousands", commands = { "channels", "conversations", "export", "plan", "apply" } },
  { name = "Tools", commands = { "verify", "send", "sandbox", "doctor", "completion", "help" } },
}

-- --- flags that several commands have ------------------------------------------------

program.DRY_RUN = { name = "--dry-run", target = "dry_run",
  help = "show what would be sent, and send nothing" }
program.YES = { name = "--yes", short = "-y", target = "yes", help = "do not ask" }
program.FIELD = { name = "--field", short = "-f", target = "field", metavar = "NAME=VALUE", many = true,
  help = "any other parameter" }

-- --- commands -----------------------------------------------------------------------

--- The first of the words that is a command's name; nil for none.
function program.find(words)
  local known = {}
  for _, group in ipairs(program.groups) do
    for _, name in ipairs(group.commands) do known[name] = true end
  end
  for _, word in ipairs(words) do
    if known[word] then return word end
  end
end

--- Loads the command of that name, or all of them, into program.commands.
function program.load(only)
  program.commands = {}
  for _, group in ipairs(program.groups) do
    for _, name in ipairs(group.commands) do
      if not only or name == only then
        local command = require("twilio.webhooks.cli.commands." .. name)
        program.commands[#program.commands + 1] = command
        program.commands[name] = command
      end
    end
  end
  return program
end

return program
