--- A standard stream. If the reader of standard output has gone (`| head`), there is nothing left to do,
-- and that is no failure. A full disk is one.

local stream = {}

local Stream = {}
Stream.__index = Stream

--- The error that says that standard output cannot be written.
stream.Failure = {}

--- Is the reader gone, rather than the disk full?
function stream.is_closed(failure)
  return failure.why:find("Broken pipe", 1, true) ~= nil
end

local function check(self, written, why)
  if written then return end
  if self.quiet then return end
  error(setmetatable({ why = tostring(why) }, stream.Failure), 0)
end

--- `quiet`: reports no failure to write, as for standard error.
function stream.new(file, quiet)
  return setmetatable({ file = file, quiet = quiet }, Stream)
end

function Stream:write(...)
  check(self, self.file:write(...))
end

function Stream:flush()
  check(self, self.file:flush())
end

return stream
