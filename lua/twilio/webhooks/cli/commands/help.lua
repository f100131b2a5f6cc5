--- twilio-webhooks help

local help = require "twilio.webhooks.cli.help"
local program = require "twilio.webhooks.cli.program"
local status = require "twilio.webhooks.cli.status"
local topics = require "twilio.webhooks.cli.topics"

local function names()
  local list = topics.names()
  for _, command in ipairs(program.commands) do list[#list + 1] = command.name end
  return list
end

local command = {
  name = "help",
  summary = "Explain a command or a topic: " .. table.concat(topics.names(), ", "),
  arguments = { { name = "TOPIC", target = "topic", args = "?", proposed = names,
    help = "a command, or one of: " .. table.concat(topics.names(), ", ") } },
  flags = {},
  example = "twilio-webhooks help exit",
}

local function text_of(name)
  program.load()
  if not name then return help.of_program() end
  if topics[name] then return help.of_topic(topics[name]) end
  return program.commands[name] and help.of_command(program.commands[name])
end

function command.run(context)
  local text = text_of(context.flags.topic)
  if not text then
    context:stop(status.USAGE, ("no command and no topic is called %s"):format(context.flags.topic))
  end
  context.out:write(text)
end

return command
