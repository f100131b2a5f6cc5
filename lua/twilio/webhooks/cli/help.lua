--- The text of --help, from the same tables as the man page. It fits a terminal of 24 lines and 80
-- columns.

local program = require "twilio.webhooks.cli.program"
local topics = require "twilio.webhooks.cli.topics"

local help = {}

local COLUMNS = 79

local function label_of(flag)
  local label = flag.short and flag.short .. ", " .. flag.name or flag.name
  return flag.metavar and label .. " " .. flag.metavar or label
end

--- Fills lines with words, with `indent` before each line but the first.
function help.fill(text, indent, columns)
  local lines, line = {}, ""
  for word in text:gmatch "%S+" do
    if line ~= "" and #line + 1 + #word > (columns or COLUMNS) - #indent then
      lines[#lines + 1], line = line, word
    else
      line = line == "" and word or line .. " " .. word
    end
  end
  lines[#lines + 1] = line
  return table.concat(lines, "\n" .. indent)
end

-- Rows of two columns, the first as wide as its widest.
local function rows(list, lines)
  local width = 0
  for _, row in ipairs(list) do width = math.max(width, #row[1]) end
  for _, row in ipairs(list) do
    local first = "  " .. row[1] .. (" "):rep(width - #row[1]) .. "  "
    lines[#lines + 1] = first .. help.fill(row[2], (" "):rep(#first))
  end
end

--- The usage of a command, in one line.
function help.usage(command)
  local words = { program.name, command.name }
  for _, argument in ipairs(command.arguments or {}) do
    local args = argument.args or 1
    words[#words + 1] = (args == "?" or args == "*") and "[" .. argument.name .. "]" or argument.name
    if args == "*" or args == "+" then words[#words] = words[#words] .. "..." end
  end
  if #command.flags > 0 then words[#words + 1] = "[FLAGS]" end
  return table.concat(words, " ")
end

--- Adds rows for the flags of a command: its label, its text.
function help.add_flags(list, command)
  for _, flag in ipairs(command.flags) do
    if not flag.hidden then list[#list + 1] = { label_of(flag), flag.help } end
  end
  if command.more then list[#list + 1] = command.more end
end

--- The help of a command.
function help.of_command(command)
  local text = command.text or command.summary .. "."
  local lines, list = { "usage: " .. help.usage(command), help.fill(text, ""), "" }, {}
  for _, argument in ipairs(command.arguments or {}) do
    list[#list + 1] = { argument.name, argument.help }
  end
  help.add_flags(list, command)
  rows(list, lines)
  if #list > 0 then lines[#lines + 1] = "" end
  lines[#lines + 1] = "example:"
  lines[#lines + 1] = "  " .. command.example:gsub("\n", "\n  ")
  return table.concat(lines, "\n") .. "\n"
end

--- The text of --help without a command.
function help.of_program()
  local lines = { "usage: " .. program.name .. " COMMAND [FLAGS]", program.text,
    "example: " .. program.example }
  for _, group in ipairs(program.groups) do
    lines[#lines + 1] = group.name .. ":"
    local list = {}
    for _, name in ipairs(group.commands) do
      if name ~= "help" then list[#list + 1] = { name, program.commands[name].summary } end
    end
    rows(list, lines)
  end
  lines[#lines + 1] = ("COMMAND --help shows its flags; help TOPIC: %s")
    :format(table.concat(topics.names(), ", "))
  return table.concat(lines, "\n") .. "\n"
end

--- A topic: its text, in lines that fit.
function help.of_topic(topic)
  local lines = {}
  for _, paragraph in ipairs(topic.text) do
    if type(paragraph) == "table" then
      rows(paragraph, lines)
    else
      if #lines > 0 then lines[#lines + 1] = "" end
      lines[#lines + 1] = help.fill(paragraph, "")
    end
  end
  if topic.flags then
    local list = {}
    for _, flag in ipairs(program.flags) do list[#list + 1] = { label_of(flag), flag.help } end
    rows(list, lines)
  end
  return table.concat(lines, "\n") .. "\n"
end

help.label_of = label_of

return help
