-- csrc/system where a system call is interrupted by a signal, or fails: see spec/support/strace.lua,
-- under which a sanitizer cannot look for leaks.

local strace = require "spec.support.strace"

local STAT = "newfstatat,fstat" -- libc's stat and fstat, by machine

describe("system #once #plain", function()
  local missing = strace.missing()
  local path

  before_each(function() path = os.tmpname() end)
  after_each(function() os.remove(path) end)

  -- Adds a test: what the code prints where that call about `at`, or the file, comes to this error.
  -- `file` is the file, opened in that mode.
  local function it_prints(name, expected, mode, call, error_name, code, at)
    it(name, function()
      if missing then return pending(missing) end
      local output = strace.run(([[
        local system = require "twilio.webhooks.system"
        local path = %q
        local file = system.open(path, %q)
        %s]]):format(path, mode, code), at or path, call, error_name)
      assert.equal(expected .. "\n", output)
    end)
  end

  describe("goes on after a signal amid", function()
    -- { what, the system call, code, what it prints }
    local rows = {
      { "open", "openat", "print(file:write 'text', file:size() == 4)", "true\ttrue" },
      { "read", "read", "file:write 'text' file:seek(0) print(file:read())", "text" },
      { "write", "write", "print(file:write 'text', file:size() == 4)", "true\ttrue" },
      { "truncate", "ftruncate", "file:write 'text' print(file:truncate(1), file:size() == 1)", "true\ttrue" },
      { "lock", "flock", "print(file:lock(), select(3, system.open(path, 'append'):lock()))", "true\tEWOULDBLOCK" },
    }
    for _, row in ipairs(rows) do it_prints(row[1], row[4], "append", row[2], "EINTR", row[3]) end
  end)

  describe("says why there is no", function()
    -- { what, the system call, code }
    local rows = {
      { "reading", "read", "file:read()" },
      { "writing", "write", "file:write 'text'" },
      { "seeking", "lseek", "file:seek(1)" },
      { "truncating", "ftruncate", "file:truncate(0)" },
      { "syncing", "fdatasync,fsync", "file:sync()" },
      { "locking", "flock", "file:lock()" },
      { "size", STAT, "file:size()" },
      { "mode", STAT, "file:mode()" },
      { "knowing whether it is still there", STAT, "file:is_at(path)" },
      { "journal", STAT, "system.open(path, 'append')" }, -- which has to be an ordinary file
    }
    for _, row in ipairs(rows) do
      it_prints(row[1], "nil\tEIO", "write", row[2], "EIO", ("local done, _, name = %s print(done, name)"):format(row[3]))
    end

    it_prints("syncing of a directory", "nil\t/dev: Input/output error\tEIO", "read", "fsync", "EIO",
      "print(system.sync_name '/dev/x')", "/dev")
  end)

  it_prints("takes a directory for synced whose file system has no such thing", "true", "read", "fsync", "EINVAL",
    "print(system.sync_name '/dev/x')", "/dev")

  it_prints("closes a file again that it refuses", "nil\ttrue", "write", STAT, "EIO", [[
    local process = require "spec.support.process"
    local before = process.descriptor_count()
    print(system.open(path, "append") or nil, process.descriptor_count() == before)]])

  it_prints("has no text for the start of the machine where the system tells none", "nil", "read", "openat", "ENOENT",
    "print(system.boot())", "/proc/sys/kernel/random/boot_id")

  it_prints("says why a standard stream is not held", "nil\tENFILE", "read", "openat", "ENFILE", [[
    local child = require "spec.support.child"
    system.exec("/bin/sh", "-c", child.command [=[
      local held, _, name = require "twilio.webhooks.system".hold_streams()
      print(held, name)]=] .. " <&-")]], "/dev/null")
end)
