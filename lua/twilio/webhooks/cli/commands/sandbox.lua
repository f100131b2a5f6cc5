--- twilio-webhooks sandbox

local loading = require "twilio.webhooks.loading"
local status = require "twilio.webhooks.cli.status"

local command = {
  name = "sandbox",
  summary = "Run the API on this machine, to try things out",
  text = "Serves both APIs on this machine until Ctrl-C, and prints lines that point other programs at it. "
    .. "Its log, a line of JSON a request, goes to standard output. Needs Lua 5.4, cqueues and lua-cjson.",
  flags = {
    { name = "--port", target = "port", metavar = "N",
      help = "the port to listen on (8390; 0 for any free one)" },
    { name = "--host", target = "host", metavar = "HOST",
      help = "the address to listen on (127.0.0.1)" },
    { name = "--latency", target = "latency", metavar = "SECONDS",
      help = "time until a request is processed (0)" },
    { name = "--channels", target = "channels", metavar = "N",
      help = "channels that exist from the start" },
    { name = "--conversations", target = "conversations", metavar = "N",
      help = "conversations that exist from the start" },
    { name = "--addresses", target = "addresses", metavar = "N",
      help = "addresses that exist from the start" },
    { name = "--alias", target = "alias", metavar = "BASE",
      help = "the host that answers name, such as https://chat.twilio.com" },
    { name = "--fault", target = "fault", metavar = "NAME,OPTION=VALUE", many = true,
      help = "a fault, such as drop_after,probability=0.1" },
    { name = "--seed", target = "seed", metavar = "N", help = "seed of the faults' random numbers (1)" },
  },
  example = "twilio-webhooks sandbox --fault throttle,times=3",
}

local function words_of(flags)
  local words = {}
  for _, flag in ipairs(command.flags) do
    local values = flags[flag.target]
    for _, value in ipairs(type(values) == "table" and values or { values }) do
      words[#words + 1] = flag.name
      words[#words + 1] = value
    end
  end
  return words
end

function command.run(context)
  local words = words_of(context.flags)
  local options = require "twilio.webhooks.sandbox.options"
  local given, problem = options.parse(words)
  if not given then context:stop(status.USAGE, problem or "a flag's value is not right") end
  local line, why = require "twilio.webhooks.sandbox.launch".command(words)
  if not line then context:stop(status.FAILED, why) end
  -- It replaces this process, so that signals reach it.
  context:stop(status.FAILED, select(2, loading.system().exec("/bin/sh", "-c", line)))
end

return command
