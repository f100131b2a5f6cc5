--- Makes an argparse parser from the commands' tables. A mistake on the command line gives one line with
-- the nearest name, and nothing else happens.

local nearest = require "twilio.webhooks.cli.nearest"

local parser = {}

parser.MISSING = "the command line needs argparse for this Lua: install Debian's package lua-argparse, or "
  .. "luarocks install argparse"

-- Adds a flag as argparse wants it: its names, whether it takes a value, how often it may be given.
local function add_flag(owner, flag)
  local names = flag.short and flag.short .. " " .. flag.name or flag.name
  local element
  if flag.metavar then element = owner:option(names) else element = owner:flag(names) end
  element:target(flag.target):description(flag.help)
  if flag.aliases and flag.aliases[1] then element:hidden_name(table.concat(flag.aliases, " ")) end
  if flag.values then element:choices(flag.values) end
  if flag.many then element:count "*" end
  if flag.number then element:convert(tonumber) end
  return element
end

local function add_argument(owner, argument)
  local element = owner:argument(argument.name):target(argument.target):description(argument.help)
  element:args(argument.args or 1)
  if argument.values then element:choices(argument.values) end
end

--- Is argparse there?
function parser.is_there()
  return (pcall(require, "argparse"))
end

--- The program as an object of argparse's.
-- @tparam table program see program.lua
function parser.build(program)
  local root = require "argparse"(program.name)
  root:add_help(false):require_command(false):command_target "command"
  local elements = {}
  for _, flag in ipairs(program.flags) do elements[flag.target] = add_flag(root, flag) end
  root:mutex(elements.credentials_file, elements.credentials_command)
  for _, command in ipairs(program.commands) do
    local own = root:command(command.name):add_help(false):description(command.summary)
    own:target("is_" .. command.name) -- which argparse sets; some flags have the commands' own names
    for _, argument in ipairs(command.arguments or {}) do add_argument(own, argument) end
    for _, flag in ipairs(command.flags) do add_flag(own, flag) end
  end
  return root
end

-- --- mistakes -----------------------------------------------------------------------

local function names_of(flags, names)
  for _, flag in ipairs(flags) do
    names[#names + 1] = flag.name
    for _, alias in ipairs(flag.aliases or {}) do names[#names + 1] = alias end
  end
  return names
end

-- The nearest possible name. argparse's own hints differ by one letter only.
local function hint(program, kind, wrong, command)
  local names = {}
  if kind == "command" then
    for _, one in ipairs(program.commands) do names[#names + 1] = one.name end
  else
    names_of(program.flags, names)
    if command then names_of(command.flags, names) end
  end
  return nearest.hint(wrong, names)
end

-- What argparse says, in one line.
local function explain(program, text, command)
  local kind, wrong = text:match "^unknown (%a+) '(.-)'"
  if kind then return ("unknown %s %s%s"):format(kind, wrong, hint(program, kind, wrong, command)) end
  return (text:gsub("'", ""):gsub("^malformed argument (.*)$", "%1 is no number"):gsub("%s*\n%s*", " "))
end

-- Notes for each name of a flag whether it takes a value.
local function note_names(takes_value, flags)
  for _, flag in ipairs(flags) do
    local takes = flag.metavar ~= nil
    takes_value[flag.name] = takes
    if flag.short then takes_value[flag.short] = takes end
    for _, alias in ipairs(flag.aliases or {}) do takes_value[alias] = takes end
  end
end

-- The words with "--rate=-1" for "--rate" "-1": argparse takes every word with a hyphen for a flag.
local function join_values(program, words)
  local takes_value, joined, over = {}, {}, false
  note_names(takes_value, program.flags)
  for _, command in ipairs(program.commands) do note_names(takes_value, command.flags) end
  for _, word in ipairs(words) do
    local flag = joined[#joined] or ""
    local is_value = word:find "^%-[^-]" and takes_value[word:sub(1, 2)] == nil
    if is_value and takes_value[flag] and not over then
      joined[#joined] = flag .. (flag:find "^%-%-" and "=" or "") .. word
    else
      joined[#joined + 1] = word
    end
    over = over or word == "--"
  end
  return joined
end

--- The flags as a table, with `command`; or nil and what is wrong.
-- @tparam table|nil command the one that the words name
function parser.parse(program, words, command)
  local parsed, result = parser.build(program):pparse(join_values(program, words))
  if parsed then return result end
  return nil, explain(program, result, command)
end

return parser
