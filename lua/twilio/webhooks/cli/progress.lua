--- Shows on standard error how far a run over thousands is: on a terminal in one line that it rewrites,
-- elsewhere in a line every ten seconds.

local core = require("twilio.webhooks.loading").core()
local terminal = require "twilio.webhooks.cli.terminal"

local progress = {}

local Progress = {}
Progress.__index = Progress

local TERMINAL_SECONDS, OTHER_SECONDS = 0.1, 10
local ERASE = "\r\27[K"

local NAMES = { read = "rows read", list = "lists read", recheck = "lists read again", apply = "done",
  export = "lists read" }

--- The progress of a command; the command's own lines replace it.
-- @tparam table context err and flags: with --verbose each request is a line, and there is none
-- @tparam boolean beside_data is standard output written meanwhile? On a terminal that is enough
function progress.new(context, beside_data)
  local rewrites = terminal.can_rewrite(terminal.STDERR)
  local silent = context.flags.verbose or beside_data and terminal.is_terminal(terminal.STDOUT)
  context.progress = setmetatable({ err = context.err, silent = silent, rewrites = rewrites,
    phase = nil, begun = 0, before = 0, shown = false,
    due = core.now() + (rewrites and 0 or OTHER_SECONDS) }, Progress)
  return context.progress
end

-- "1 h 2 min", "3 min 4 s", "5 s".
function progress.duration(seconds)
  seconds = math.ceil(seconds)
  local minutes = math.floor(seconds / 60)
  if minutes >= 60 then return ("%d h %d min"):format(math.floor(minutes / 60), minutes % 60) end
  return minutes > 0 and ("%d min %d s"):format(minutes, seconds % 60) or ("%d s"):format(seconds)
end

local function line_of(self, state, now)
  local words = { ("%s: %d"):format(NAMES[state.phase] or state.phase, state.done) }
  if state.total then words[1] = ("%s of %d"):format(words[1], state.total) end
  local elapsed = now - self.begun
  local rate = elapsed > 0.5 and (state.done - self.before) / elapsed or 0
  if rate > 0 then words[#words + 1] = (rate < 10 and "%.1f/s" or "%.0f/s"):format(rate) end
  local errors = (state.failed or 0) + (state.indeterminate or 0)
  if errors > 0 then words[#words + 1] = ("%d failed"):format(errors) end
  if state.total and rate > 0 then
    words[#words + 1] = progress.duration((state.total - state.done) / rate) .. " left"
  end
  return table.concat(words, ", ")
end

--- Shows a state: phase, done, total, failed, indeterminate.
function Progress:show(state)
  local now = core.now()
  if state.phase ~= self.phase then
    self.phase, self.begun, self.before = state.phase, now, state.done
  end
  if self.silent or now < self.due then return end
  self.due = now + (self.rewrites and TERMINAL_SECONDS or OTHER_SECONDS)
  local line = line_of(self, state, now)
  if self.rewrites then
    line = ERASE .. line:sub(1, terminal.columns(terminal.STDERR) - 1)
  else
    line = line .. "\n"
  end
  self.err:write(line)
  self.err:flush()
  self.shown = self.rewrites
end

--- Removes the line, so that something else can be written.
function Progress:clear()
  if self.shown then self.err:write(ERASE) end
  self.shown = false
end

return progress
