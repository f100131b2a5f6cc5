--- The context of a command: its flags, the streams, a client, and ways to end.

local credentials = require "twilio.webhooks.cli.credentials"
local flag_tables = require "twilio.webhooks.cli.flags"
local output = require "twilio.webhooks.cli.output"
local parameters = require "twilio.webhooks.cli.parameters"
local prompt = require "twilio.webhooks.cli.prompt"
local status = require "twilio.webhooks.cli.status"
local stream = require "twilio.webhooks.cli.stream"
local terminal = require "twilio.webhooks.cli.terminal"
local utf8 = require "twilio.webhooks.cli.utf8"

local context = {}

local Context = {}
Context.__index = Context

--- The error that ends a command with a status, from any depth.
context.Stop = {}

-- Flags that are a client's options, by the same names.
local OPTIONS = { "base_url", "edge", "region", "proxy", "ca_file", "deadline", "timeout", "rate" }

function context.new(name, flags)
  return setmetatable({
    name = name, flags = flags, out = stream.new(io.stdout), err = stream.new(io.stderr, true),
    paint = terminal.painter(terminal.STDOUT), paint_err = terminal.painter(terminal.STDERR),
  }, Context)
end

-- --- what people are told ------------------------------------------------------------

--- Writes a line on standard error, in place of a line of progress.
function Context:note(format, ...)
  if self.progress then self.progress:clear() end
  self.err:write(utf8.printable(select("#", ...) > 0 and format:format(...) or format), "\n")
end

--- Writes an error, in one line and perhaps some below it. Gives the status.
function Context:fail(code, message)
  if self.progress then self.progress:clear() end
  self.err:write(self.paint_err("red", "twilio-webhooks: "), utf8.printable(message), "\n")
  return code
end

--- Ends the command.
function Context.stop(_, code, message)
  error(setmetatable({ status = code, message = message }, context.Stop), 0)
end

local function lines_of_problems(err, operation)
  local lines = {}
  for i, problem in ipairs(err.problems) do
    local name = flag_tables.flag_of(problem.field, operation) or problem.field
    lines[i] = ("  %s: %s"):format(name, problem.message)
  end
  return lines
end

local SEE_CREDENTIALS = "  (see: twilio-webhooks help credentials; twilio-webhooks doctor)"

--- Writes an error of the module, with its problems under the names of their flags. Gives the status.
function Context:fail_by(err, operation)
  local code = status.of(err)
  if err.kind ~= "invalid" then
    local text = err.message
    if code == status.CREDENTIALS then text = text .. "\n" .. SEE_CREDENTIALS end
    for _, hook in ipairs(err.candidates or {}) do
      text = ("%s\n  this may be it: %s"):format(text, hook.sid)
    end
    return self:fail(code, text)
  end
  local lines = lines_of_problems(err, operation or err.operation)
  if code == status.CREDENTIALS then
    table.insert(lines, 1, "no credentials:")
    lines[#lines + 1] = SEE_CREDENTIALS
  else
    table.insert(lines, 1, ("%s: nothing was sent:"):format(self.name))
    lines[#lines + 1] = ("  (see: twilio-webhooks %s --help)"):format(self.name)
  end
  return self:fail(code, table.concat(lines, "\n"))
end

--- Ends the command with an error of the module, if there is one; else gives the results.
function Context:check(operation, result, info, err)
  if err == nil then return result, info end
  self:stop(self:fail_by(err, operation))
end

-- --- what it asks for ----------------------------------------------------------------

--- The parameters of an operation, from the flags.
function Context:params(operation)
  local params, problem = parameters.read(self.flags, operation)
  if not params then self:stop(status.USAGE, problem) end
  return params
end

--- Ends the command unless it may go on: the user says yes, or --yes.
function Context:confirm(question)
  local confirmed, why = prompt.confirm(self, question)
  if not confirmed then self:stop(status.REFUSED, why) end
end

--- The credentials that flags name; see credentials.lua.
function Context:credentials()
  if not self.given then
    local problem
    local flags = self.flags
    if flags.credentials_file == "-" and (flags.file == "-" or flags.body == "-") then
      self:stop(status.USAGE, "standard input: it cannot be both credentials and data")
    end
    self.given, problem = credentials.read(self.flags) -- once: standard input cannot be read twice
    if not self.given then self:stop(status.CREDENTIALS, problem) end
  end
  return self.given
end

local function print_event(self, event)
  if event.type ~= "attempt" then return end
  self:note("%s %s %s %.3f s", event.method or event.attempted, event.url or "",
    event.status or event.kind or "", event.duration)
end

--- The options of a client, from the flags.
function Context:options()
  local options = {}
  for name, value in pairs(self:credentials()) do options[name] = value end
  options.shared_secret = nil -- for events, and no client's option
  for _, name in ipairs(OPTIONS) do options[name] = self.flags[name] end
  if self.flags.verbose then options.on_event = function(event) print_event(self, event) end end
  return options
end

--- The client of this run. If it is not open yet, `more` has options beside those of the flags; false:
-- no options at all.
function Context:client(more)
  if not self.opened then
    local options = self:options()
    for name, value in pairs(more or {}) do options[name] = value or nil end
    self.opened = self:check("new", require "twilio.webhooks".new(options))
  end
  return self.opened
end

-- --- what it gives -------------------------------------------------------------------

--- A writer of the items that a command gives; see output.lua.
function Context:writer(kind, single, format)
  return output.open(self.out, self.flags.output or format or "table", kind, self.paint, single)
end

--- Writes one item.
function Context:write(kind, item)
  local writer = self:writer(kind, true)
  writer:add(item)
  writer:finish()
end

return context
