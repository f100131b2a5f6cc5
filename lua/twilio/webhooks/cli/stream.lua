--- A standard stream. The reader of standard output may have gone (`| head`): then there is nothing
-- left to do, which is not a failure. A full disk is one.

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

--- `quiet`: nobody is told that it could not be written, as of standard error.
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
