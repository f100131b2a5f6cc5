--- The command line: reads the words, runs a command, and turns its end into an exit status. The
-- commands are in commands/, one a file.

local context = require "twilio.webhooks.cli.context"
local help = require "twilio.webhooks.cli.help"
local loading = require "twilio.webhooks.loading"
local parser = require "twilio.webhooks.cli.parser"
local program = require "twilio.webhooks.cli.program"
local status = require "twilio.webhooks.cli.status"
local stream = require "twilio.webhooks.cli.stream"
local topics = require "twilio.webhooks.cli.topics"

local cli = {}

-- Names of secrets, in small letters without hyphens and underscores; and other names that only flags
-- have.
local SECRETS = { authtoken = true, apisecret = true, apikey = true, accesstoken = true, sharedsecret = true }
local SECRET_FLAGS = { token = true, password = true }

-- A secret among the words, as a flag or as a field: its name, if there is one.
local function find_secret(words)
  for _, word in ipairs(words) do
    local is_flag = word:find "^%-%-" ~= nil
    local name, value = word:gsub("^%-%-field=", ""):gsub("^%-f", ""):match "^([^=]+)(.*)$"
    local plain = (name or ""):lower():gsub("[-_]", ""):gsub("^twilio", "")
    if SECRETS[plain] and (is_flag or value ~= "") or is_flag and SECRET_FLAGS[plain] then return name end
  end
end

local function has_word(words, ...)
  for _, word in ipairs(words) do
    if word == "--" then return false end
    for i = 1, select("#", ...) do
      if word == (select(i, ...)) then return true end
    end
  end
  return false
end

local function show_help(run, command)
  run.out:write(command and help.of_command(command) or help.of_program())
  run.out:flush()
  return status.DONE
end

-- Answers --help and the like before anything is parsed, so that they also work beside a mistake.
local function answer_early(run, words, command)
  local secret = find_secret(words)
  if secret then
    return run:fail(status.USAGE, ("%s: not taken: everybody on this machine can read a command line\n"
      .. "  (see: twilio-webhooks help credentials)"):format(secret))
  elseif has_word(words, "--help", "-h") then
    return show_help(run, command)
  elseif has_word(words, "--version") then
    run.out:write(program.name, " ", require "twilio.webhooks"._VERSION, "\n")
    return status.DONE
  elseif #words == 0 then
    run.err:write(help.of_program())
    return status.USAGE
  end
end

-- The flags; or nil and what is wrong. The name may be a flag's value, and the command another word.
local function parse(words, name)
  local flags, mistake = parser.parse(program.load(name), words)
  if not flags and name then return parser.parse(program.load(), words, program.commands[name]) end
  return flags, mistake
end

local function perform(words)
  local name = program.find(words)
  local run = context.new(name or program.name, {})
  local early = answer_early(run, words, program.load(name).commands[name])
  if early then return early end
  if not parser.is_there() then return run:fail(status.FAILED, parser.MISSING) end
  local flags, mistake = parse(words, name)
  if not flags then
    return run:fail(status.USAGE, ("%s\n  (see: twilio-webhooks %s--help)"):format(mistake,
      name and name .. " " or ""))
  elseif not flags.command then
    return run:fail(status.USAGE, "a command is missing\n  (see: twilio-webhooks --help)")
  end
  run = context.new(flags.command, flags)
  run.words = words
  local ended = program.commands[flags.command].run(run) or status.DONE
  run.out:flush()
  return ended
end

-- Is it the error that Lua's own program raises on Ctrl-C, in any function?
local function is_interrupt(failure)
  return type(failure) == "string" and failure:find "interrupted!" ~= nil
end

-- The status for an error that a command raised.
local function judge(run, failure)
  local kind = type(failure) == "table" and getmetatable(failure)
  if kind == context.Stop then
    if failure.message then run:fail(failure.status, failure.message) end
    return failure.status
  elseif kind == stream.Failure then
    if stream.is_closed(failure) then return status.DONE end
    return run:fail(status.FAILED, "standard output: " .. failure.why)
  elseif is_interrupt(failure) then
    run.err:write "\n"
    return status.SIGNAL + 2
  end
  return run:fail(status.FAILED, "a bug of twilio-webhooks: " .. tostring(failure))
end

local function trace(failure)
  if type(failure) ~= "string" or is_interrupt(failure) then return failure end
  return debug.traceback(failure, 2)
end

--- Runs the program. Gives its exit status.
-- @tparam table words as Lua's arg
function cli.main(words)
  loading.system().hold_streams() -- else a socket gets the number of a closed stream, and the stream's text
  loading.system().ignore_pipe() -- so that a missing reader is an error of writing; see stream.lua
  local ok, result = xpcall(function() return perform(words) end, trace)
  if ok then return result end
  return judge(context.new(program.name, {}), result)
end

cli.topics = topics

return cli
