--- The man page, in roff's man macros, with the texts of --help and of the topics.

local help = require "twilio.webhooks.cli.help"
local program = require "twilio.webhooks.cli.program"
local topics = require "twilio.webhooks.cli.topics"

local man = {}

-- Escapes what roff would read as its own: a backslash, and a dot or a quote at a line's beginning.
local function escape(text)
  return (text:gsub("\\", "\\e"):gsub("%-", "\\-"):gsub("'", "\\(aq"):gsub("^%.", "\\&."))
end

local function bold(text)
  return "\\fB" .. escape(text) .. "\\fR"
end

-- "--url URL" with the flag in bold, and its value in italics.
local function label(text)
  return (text:gsub("%S+", function(word)
    local comma = word:match ",$" or ""
    word = word:gsub(",$", "")
    if word:find "^%-" then return bold(word) .. comma end
    return "\\fI" .. escape(word) .. "\\fR" .. comma
  end))
end

local function add(lines, format, ...)
  lines[#lines + 1] = format:format(...)
end

local function add_rows(lines, list)
  for _, row in ipairs(list) do
    add(lines, ".TP\n%s\n%s", label(row[1]), escape(row[2]))
  end
end

local function rows_of_flags(flags)
  local list = {}
  for i, flag in ipairs(flags) do list[i] = { help.label_of(flag), flag.help } end
  return list
end

local function add_example(lines, example)
  add(lines, ".PP\n.EX\n%s\n.EE", (escape(example):gsub("\n", "\n")))
end

local function add_command(lines, command)
  add(lines, ".SS %s", escape(help.usage(command):gsub("^%S+ ", "")))
  add(lines, "%s", escape(command.text or command.summary .. "."))
  for _, argument in ipairs(command.arguments or {}) do
    add_rows(lines, { { argument.name, argument.help } })
  end
  local list = {}
  help.add_flags(list, command)
  add_rows(lines, list)
  add_example(lines, command.example)
end

local function add_topic(lines, topic)
  add(lines, ".SH %s", escape(topic.title))
  for i, paragraph in ipairs(topic.text) do
    if type(paragraph) == "table" then
      add_rows(lines, paragraph)
    else
      if i > 1 then add(lines, ".PP") end
      add(lines, "%s", escape(paragraph))
    end
  end
  if topic.flags then add_rows(lines, rows_of_flags(program.flags)) end
end

--- The page of a program whose commands were loaded.
function man.page(version)
  local lines = { '.\\" Made by tools/commandline; do not edit.',
    (".TH TWILIO\\-WEBHOOKS 1 \"\" \"twilio\\-webhooks %s\""):format(version),
    ".SH NAME", "twilio\\-webhooks \\- manage the webhooks of Twilio Chat and Conversations",
    ".SH SYNOPSIS", bold(program.name) .. " \\fICOMMAND\\fR [\\fIFLAGS\\fR]", ".SH DESCRIPTION",
    escape(program.text) }
  add(lines, ".SH COMMANDS")
  for _, command in ipairs(program.commands) do add_command(lines, command) end
  for _, topic in ipairs(topics) do add_topic(lines, topic) end
  return table.concat(lines, "\n") .. "\n"
end

return man
