--- The script for bash, 3.2 or newer, without the package bash-completion.

local completion = require "twilio.webhooks.cli.completion"

-- Bash ends a word at = and at : too, so that --output=json is three words, and a URL several. A command
-- with values to propose takes one argument.
local SCRIPT = [=[
# Completes twilio-webhooks in bash.

_twilio_webhooks() {
    local IFS=$' \t\n'
    local current=${COMP_WORDS[COMP_CWORD]} command= argument= flag= joined= word= words= i
    COMPREPLY=()

    # Bash makes words of = and :, too.
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        case $word in
        [=:]*)
            joined=yes
            continue
            ;;
        esac
        if [[ $flag ]]; then
            flag=
        elif [[ ! $joined ]]; then
            case $word in
            -- | @switches@ | -[!-]?*) ;;
            -*) flag=$word ;;
            *) if [[ $command ]]; then argument=$word; else command=$word; fi ;;
            esac
        fi
        joined=
    done
    case $current in
    =) current= joined=yes ;;
    :*) joined=yes flag= ;;
    esac
    if [[ $joined && ! $flag ]]; then return; fi # in the middle of a value

    current=${current#[\"\']}
    if [[ $flag ]]; then
        case $command:$flag in
@values@
        esac
    elif [[ $current == -* ]]; then
        case $command in
@flags@
        esac
        words="$words @global@"
    elif [[ ! $argument ]]; then
        case $command in
        '') words="@commands@" ;;
@arguments@
        esac
    fi

    if [[ $words == "<files>" ]]; then
        # Bash's own way knows about quotes. Bash 3.2 has no compopt.
        IFS=$'\n'
        compopt -o default 2>/dev/null || COMPREPLY=($(compgen -f -- "$current"))
    else
        COMPREPLY=($(compgen -W "$words" -- "$current"))
    fi
}

complete -o bashdefault -F _twilio_webhooks twilio-webhooks
]=]

local FILES = "<files>"

local function words_of(taker)
  if completion.takes_file(taker) then return FILES end
  local values = completion.values(taker)
  return values and table.concat(values, " ")
end

-- Patterns that set the same words, in the order in which the words came first.
local function add_pattern(cases, words, pattern)
  if not words or words == "" then return end
  if not cases[words] then
    cases[words] = {}
    cases[#cases + 1] = words
  end
  table.insert(cases[words], pattern)
end

local function lines_of(cases)
  local lines = {}
  for _, words in ipairs(cases) do
    lines[#lines + 1] = ('        %s) words="%s" ;;'):format(table.concat(cases[words], " | "), words)
  end
  return table.concat(lines, "\n")
end

local function flag_words(flags)
  local words = {}
  for _, flag in ipairs(flags) do
    for _, name in ipairs(completion.names(flag)) do words[#words + 1] = name end
  end
  return table.concat(words, " ")
end

local function add_values(cases, flags, command)
  for _, flag in ipairs(flags) do
    for _, name in ipairs(flag.metavar and completion.names(flag) or {}) do
      add_pattern(cases, words_of(flag), command .. ":" .. name)
    end
  end
end

return function(program)
  local values, flags, arguments, commands = {}, {}, {}, {}
  for _, command in ipairs(program.commands) do
    commands[#commands + 1] = command.name
    add_values(values, command.flags, command.name)
    add_pattern(flags, flag_words(command.flags), command.name)
    for _, argument in ipairs(command.arguments or {}) do
      add_pattern(arguments, words_of(argument), command.name)
    end
  end
  add_values(values, program.flags, "*")
  return (SCRIPT:gsub("@(%l+)@", {
    switches = table.concat(completion.switches(), " | "), values = lines_of(values),
    flags = lines_of(flags), global = flag_words(program.flags),
    arguments = lines_of(arguments), commands = table.concat(commands, " "),
  }))
end
