--- The script for zsh: a file of its fpath, or to be sourced after compinit.

local completion = require "twilio.webhooks.cli.completion"

local SCRIPT = [=[
#compdef twilio-webhooks

_twilio-webhooks() {
  local curcontext=$curcontext state line ret=1
  local -A opt_args
  local -a flags commands
  commands=(
@commands@
  )
  flags=(
@global@
  )
  _arguments -C -s -S $flags '(-): :->command' '(-)*:: :->argument' && ret=0

  case $state in
  command)
    _describe -t commands command commands && ret=0
    ;;
  argument)
    case $words[1] in
@cases@
    esac
    _arguments -s -S $flags && ret=0
    ;;
  esac
  return ret
}

if [[ $funcstack[1] == _twilio-webhooks ]]; then
  _twilio-webhooks "$@"
else
  compdef _twilio-webhooks twilio-webhooks
fi
]=]

local function quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

-- What completes a value: files, one of some words, or nothing.
local function action_of(taker)
  if completion.takes_file(taker) then return "_files" end
  local values = completion.values(taker)
  return values and "(" .. table.concat(values, " ") .. ")" or " "
end

-- "once or often, names, text, value", as _arguments reads it.
local function flag_line(flag, indent)
  local equals = flag.metavar and "=" or ""
  local names, once = flag.name .. equals, flag.name
  if flag.short then names, once = "{" .. flag.short .. "," .. names .. "}", flag.short .. " " .. once end
  local often = flag.many and "'*'" or flag.short and quote("(" .. once .. ")") or ""
  local text = "[" .. flag.help:gsub("[%]\\]", "\\%0") .. "]"
  if flag.metavar then text = text .. ":" .. flag.metavar .. ":" .. action_of(flag) end
  return indent .. often .. names .. quote(text)
end

local function argument_line(argument, indent)
  local args = argument.args or 1
  local often = (args == "+" or args == "*") and "*" or args == "?" and ":" or ""
  return indent .. quote(("%s:%s:%s"):format(often, argument.name, action_of(argument)))
end

local function case_of(command)
  local lines = { ("    %s)"):format(command.name), "      flags+=(" }
  for _, flag in ipairs(command.flags) do lines[#lines + 1] = flag_line(flag, "        ") end
  for _, argument in ipairs(command.arguments or {}) do
    lines[#lines + 1] = argument_line(argument, "        ")
  end
  lines[#lines + 1] = "      )\n      ;;"
  return table.concat(lines, "\n")
end

return function(program)
  local commands, global, cases = {}, {}, {}
  for i, command in ipairs(program.commands) do
    commands[i] = "    " .. quote(command.name .. ":" .. command.summary:gsub("[:\\]", "\\%0"))
    cases[i] = case_of(command)
  end
  for i, flag in ipairs(program.flags) do global[i] = flag_line(flag, "    ") end
  return (SCRIPT:gsub("@(%l+)@", {
    commands = table.concat(commands, "\n"), global = table.concat(global, "\n"),
    cases = table.concat(cases, "\n"),
  }))
end
