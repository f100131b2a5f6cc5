--- The script for fish, 3.0 or newer.

local completion = require "twilio.webhooks.cli.completion"

local SCRIPT = [[
# Completes twilio-webhooks in fish.

# The words so far that are neither flags nor values of flags.
function __twilio_webhooks_words
    set -l is_value no
    for word in (commandline -opc)[2..-1]
        if test $is_value = yes
            set is_value no
            continue
        end
        switch $word
            case '--' @switches@ '--*=*'
            case '-*'
                # -ojson is one word. (A ? in a pattern means itself since fish 4.)
                string match -qr -- '^(--.*|-.)$' $word; and set is_value yes
            case '*'
                echo $word
        end
    end
end

# Is the command one of these? ('' is none yet.)
function __twilio_webhooks_command
    set -l words (__twilio_webhooks_words)
    contains -- "$words[1]" $argv
end

# The same, before its argument. (Each takes one.)
function __twilio_webhooks_argument
    set -l words (__twilio_webhooks_words)
    test (count $words) -eq 1; and contains -- $words[1] $argv
end

complete -c twilio-webhooks -f
@lines@
]]

local function quote(text)
  return "'" .. text:gsub("[\\']", "\\%0") .. "'"
end

-- What completes a value: files, one of some words, or nothing.
local function value_of(taker)
  if completion.takes_file(taker) then return " -F" end
  local values = completion.values(taker)
  return values and " -a " .. quote(table.concat(values, " ")) or ""
end

local function flag_line(flag)
  local short = flag.short and " -s " .. flag.short:sub(2) or ""
  local value = flag.metavar and " -r" .. value_of(flag) or ""
  if flag.metavar and not completion.takes_file(flag) then value = value:gsub("^ %-r", " -x") end
  return ("%s -l %s%s -d %s"):format(short, flag.name:sub(3), value, quote(flag.help))
end

-- Collects commands that have the same line.
local function add_command(lines, line, command)
  if not lines[line] then
    lines[line] = {}
    lines[#lines + 1] = line
  end
  table.insert(lines[line], command)
end

return function(program)
  local shared, arguments, lines = {}, {}, {}
  local function add(format, ...) lines[#lines + 1] = "complete -c twilio-webhooks" .. format:format(...) end
  for _, command in ipairs(program.commands) do
    add(" -n \"__twilio_webhooks_command ''\" -a %s -d %s", command.name, quote(command.summary))
    for _, argument in ipairs(command.arguments or {}) do
      local value = value_of(argument)
      if value ~= "" then add_command(arguments, value, command.name) end
    end
    for _, flag in ipairs(command.flags) do add_command(shared, flag_line(flag), command.name) end
  end
  for _, flag in ipairs(program.flags) do add("%s", flag_line(flag)) end
  for _, line in ipairs(shared) do
    add(" -n '__twilio_webhooks_command %s'%s", table.concat(shared[line], " "), line)
  end
  for _, line in ipairs(arguments) do
    add(" -n '__twilio_webhooks_argument %s'%s", table.concat(arguments[line], " "), line)
  end
  local fields = { switches = table.concat(completion.switches(), " "), lines = table.concat(lines, "\n") }
  return (SCRIPT:gsub("@(%l+)@", fields))
end
