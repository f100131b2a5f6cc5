-- twilio.webhooks.system: csrc/system.

local child = require "spec.support.child"
local shell = require "spec.support.shell"
local system = require "twilio.webhooks.system"

local function path_of()
  local path = os.tmpname()
  os.remove(path)
  return path
end

local function output_of(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read "*a"
  pipe:close()
  return text
end

describe("system", function()
  describe("open", function()
    local path
    before_each(function() path = path_of() end)
    after_each(function() os.remove(path) end)

    it("makes a file that is its owner's alone", function()
      local file = assert(system.open(path, "append"))
      assert.equal("600\n", output_of("stat -c %a " .. path))
      file:close()
    end)

    it("appends, and reads what is there", function()
      local file = assert(system.open(path, "append"))
      assert.is_true(file:write "one\n")
      assert.is_true(file:seek(0))
      assert.equal("one\n", file:read())
      assert.equal("", file:read())
      assert.is_true(file:seek(0))
      assert.is_true(file:write "two\n")
      assert.is_true(file:sync())
      assert.equal(8, file:size())
      assert.is_true(file:truncate(5))
      assert.equal(5, file:size())
      file:close()
      file = assert(system.open(path, "read"))
      assert.equal("one\nt", file:read())
      file:close()
    end)

    it("gives the name of the error", function()
      local file, message, name = system.open("/nonexistent/file", "append")
      assert.is_nil(file)
      assert.equal("/nonexistent/file: No such file or directory", message)
      assert.equal("ENOENT", name)
      assert.equal("EISDIR", (select(3, system.open("/tmp", "append"))))
    end)

    it("appends to no pipe and no device", function()
      assert.equal("EINVAL", (select(3, system.open("/dev/null", "append"))))
    end)

    it("refuses a closed file", function()
      local file = assert(system.open(path, "append"))
      file:close()
      file:close()
      assert.has_error(function() file:size() end, "the file is closed")
      assert.has_error(function() file:seek(0) end, "the file is closed")
    end)

    it("takes no offset that a file cannot have", function()
      local file = assert(system.open(path, "append"))
      for _, offset in ipairs { -1, 2 ^ 53, 0 / 0 } do
        assert.has_error(function() file:seek(offset) end)
        assert.has_error(function() file:truncate(offset) end)
      end
      assert.is_true(file:seek(2 ^ 40))
      file:close()
    end)

    it("gives an error that has no name here its number", function()
      local _, message, name = system.open("/tmp/" .. ("x"):rep(300), "append")
      assert.matches("^x+: File name too long$", message)
      assert.matches("^errno %d+$", name)
    end)

    it("leaves nothing open in a child", function()
      local file = assert(system.open(path, "append"))
      local unnamed = assert(system.temporary())
      local open = output_of "ls -l /proc/self/fd"
      assert.is_nil(open:find(path, 1, true))
      assert.is_nil(open:find("twilio-webhooks.", 1, true))
      file:close()
      unnamed:close()
    end)
  end)

  it("reports a full disk", function()
    local file = assert(system.open("/dev/full", "write"))
    local done, message, name = file:write "x"
    assert.is_nil(done)
    assert.equal("/dev/full: No space left on device", message)
    assert.equal("ENOSPC", name)
    file:close()
  end)

  describe("lock", function()
    it("is for one open file, within a process, too", function()
      local path = path_of()
      local one, other = assert(system.open(path, "append")), assert(system.open(path, "append"))
      assert.is_true(one:lock())
      assert.equal("EWOULDBLOCK", (select(3, other:lock())))
      one:close()
      assert.is_true(other:lock())
      assert.is_true(other:is_at(path))
      os.remove(path)
      assert.is_false(other:is_at(path))
      local following = assert(system.open(path, "append"))
      assert.is_false(other:is_at(path))
      assert.is_true(following:is_at(path))
      following:close()
      other:close()
      os.remove(path)
    end)
  end)

  it("makes a temporary file without a name", function()
    local file = assert(system.temporary())
    assert.is_true(file:write "text")
    assert.is_true(file:seek(0))
    assert.equal("text", file:read())
    file:close()
    assert.equal("ENOENT", (select(3, system.temporary "/nonexistent")))
  end)

  it("makes it in $TMPDIR, or in /tmp", function()
    local code = [[
      local file, message = require "twilio.webhooks.system".temporary()
      print(file and io.popen("ls -l /proc/$PPID/fd 2>/dev/null"):read "*a":match "(%S+)/twilio%-webhooks%." or message)]]
    local directory = path_of()
    shell.output("mkdir " .. directory)
    finally(function() shell.output("rmdir " .. directory) end)
    assert.equal(directory .. "\n", child.run(code, { TMPDIR = directory }))
    assert.equal("/tmp\n", child.run(code, { TMPDIR = "" }))
    assert.equal("/tmp\n", shell.output("unset TMPDIR; " .. child.command(code)))
    assert.equal("/nonexistent: No such file or directory\n", child.run(code, { TMPDIR = "/nonexistent" }))
  end)

  it("syncs a directory", function()
    for _, path in ipairs { "/tmp/x", "/x", "x", "./x" } do assert.is_true(system.sync_name(path)) end
    assert.equal("ENOENT", (select(3, system.sync_name "/nonexistent/x")))
  end)

  it("has the checksum of zlib", function()
    assert.equal("cbf43926", system.checksum "123456789")
    assert.equal("00000000", system.checksum "")
  end)

  it("has the digest that MurmurHash3's author has published", function()
    assert.equal(("0"):rep(32), system.digest "")
    assert.equal("cbd8a7b341bd9b025b1e906a48ae1d19", system.digest "hello")
    assert.equal("e34bbc7bbc071b6c7a433ca9c49a9347", system.digest "The quick brown fox jumps over the lazy dog")
    local seen = {}
    for n = 0, 100 do
      local digest = system.digest(("\255"):rep(n))
      assert.is_nil(seen[digest])
      seen[digest] = true
    end
  end)

  it("knows the time, and the start of the machine", function()
    assert.is_true(math.abs(system.time() - os.time()) < 2)
    assert.equal(system.boot(), system.boot())
  end)

  it("knows that a file is no terminal", function()
    local output = child.run 'local s = require "twilio.webhooks.system" print(s.is_terminal(1), s.width(1))'
    assert.equal("false\tnil\n", output)
  end)

  it("knows a terminal's width, where that has one #once", function()
    local why_not = shell.no_terminal()
    if why_not then return pending(why_not) end
    local code = 'local s = require "twilio.webhooks.system" print(s.is_terminal(1), s.width(1))'
    local function on_terminal(columns)
      local command = ("stty cols %d; %s"):format(columns, child.command(code))
      return (shell.output("script -qec " .. shell.quote(command) .. " /dev/null </dev/null"):gsub("\r", ""))
    end
    assert.equal("true\t77\n", on_terminal(77))
    assert.equal("true\tnil\n", on_terminal(0))
  end)

  it("knows a file's permissions", function()
    local path = path_of()
    local file = assert(system.open(path, "append"))
    for _, mode in ipairs { "600", "644", "777", "000" } do
      output_of(("chmod %s %s"):format(mode, path))
      assert.equal(tonumber(mode, 8), file:mode())
    end
    file:close()
    os.remove(path)
  end)

  it("has a write to a pipe that nobody reads fail", function()
    local output = child.run [[
      assert(require "twilio.webhooks.system".ignore_pipe())
      local pipe = io.popen("exec true", "w")
      os.execute "sleep 0.3"
      print(pipe:write(("x"):rep(100000)))]]
    assert.matches("^nil\tBroken pipe\t%d+", output)
  end)

  it("takes the number of a standard stream that is closed", function()
    local command = child.command [[
      assert(require "twilio.webhooks.system".hold_streams())
      local file = assert(io.tmpfile())
      file:write "mine"
      io.stderr:write "not mine"
      file:flush()
      file:seek "set"
      print(file:read "*a", io.stdin:read(1), io.stderr:write "x")
      io.stdout:flush()]]
    assert.matches("^mine\tnil\tnil", shell.output(command .. " <&- 2>&-"))
  end)

  describe("exec", function()
    it("runs a program in the place of this one, with what was printed before", function()
      local output = child.run [[
        io.write "before "
        require "twilio.webhooks.system".exec("/bin/sh", "-c", 'echo "$1" "$2"', "-", "two words", "*")
        print "not reached"]]
      assert.equal("before two words *\n", output)
    end)

    it("gives the name of the error", function()
      assert.same({ "/nonexistent/program: No such file or directory", "ENOENT" },
        { select(2, system.exec "/nonexistent/program") })
    end)

    it("takes no more arguments than there is room for", function()
      local arguments = {}
      for i = 1, 64 do arguments[i] = "x" end
      assert.has_error(function() system.exec("/nonexistent/program", (table.unpack or unpack)(arguments)) end)
    end)
  end)

  describe("catch", function()
    local code = [[
      local system = require "twilio.webhooks.system"
      assert(system.catch())
      local file = assert(io.open "/proc/self/stat")
      local pid = file:read "*a":match "^%%d+"
      file:close()
      os.execute("kill -%s " .. pid)
      print(system.caught())
      system.release()
      print(system.caught())
      %s]]

    it("sets a flag at the first signal", function()
      assert.equal("TERM\t15\nnil\n", child.run(code:format("TERM", "")))
    end)

    it("puts back what was there", function()
      local output = child.run(code:format("TERM", 'os.execute("kill -TERM " .. pid) print "alive"'))
      assert.is_nil(output:find("alive", 1, true))
    end)

    it("may be released without, and more than once", function()
      local before = "local system = require 'twilio.webhooks.system' system.release() "
      assert.equal("TERM\t15\nnil\nnil\n", child.run(before .. code:format("TERM", "system.release() print(system.caught())")))
    end)
  end)

  describe("evaluate", function()
    it("gives what the text returns", function()
      local value = assert(system.evaluate("local t = { { a = 1, b = { 'x', true } } } return t", "=rows"))
      assert.same({ { a = 1, b = { "x", true } } }, value)
      assert.equal("1", tostring(value[1].a))
    end)

    -- The text, and what is said of it.
    local refused = {
      { "return {", "unexpected symbol" },
      { "return 5", "must return a table, not a number" },
      { "\27Lua", "is bytecode" },
      { "return { print() }", "attempt to call" },
      { "return { ('x'):rep(1e9) }", "attempt to index" },
      { "return setmetatable({}, {})", "attempt to call" },
      { "while true do end", "more than 100000000 instructions" },
      { "local s = 'x' while true do s = s .. s end", "more than 256 MiB of memory" },
      { "local t = {} while true do t = { t } end", "more than 256 MiB of memory" },
      { "local t = {} t.t = t return t", "more than 9 tables in each other" },
      { "return { f = function() end }", "holds a function" },
      { "local function f() return 1 + f() end return f()", "stack overflow" },
      { "error()", "nil" },
      { "local t = {} for i = 1, 100 do t[i] = 1 end for _ = 1, 7 do local u = {} for i = 1, 100 do u[i] = t end "
        .. "t = u end return t", "more than 10000000 values" },
    }
    for _, row in ipairs(refused) do
      it("refuses " .. row[1]:gsub("%c", "?"):sub(1, 60) .. " #plain", function()
        local value, message = system.evaluate(row[1], "=rows")
        assert.is_nil(value)
        assert.truthy(message:find(row[2], 1, true) or row[2] == "nil", message)
      end)
    end

    it("gives its memory back when it returns, whenever the host collects #plain", function()
      local function pages()
        local file = io.open "/proc/self/statm"
        if not file then pending "there is no /proc/self/statm here" end
        local resident = file:read "*l":match "^%d+ (%d+)"
        file:close()
        return tonumber(resident)
      end
      collectgarbage "stop"
      local before = pages()
      for _ = 1, 40 do
        assert(system.evaluate("local t = {} for i = 1, 500000 do t[i] = i end return { 1 }", "=rows"))
      end
      collectgarbage "restart"
      assert.is_true(pages() - before < 8192, "more than 32 MiB are left of 40 times 8 MiB")
    end)

    it("leaves the host as it is", function()
      system.evaluate("_G = 1 x = 2 string = 3 return {}", "=rows")
      assert.is_nil(rawget(_G, "x"))
      assert.is_table(string)
    end)
  end)

  describe("sort", function()
    it("orders strings by their bytes, and leaves the list as it is", function()
      local list = { "b", "", "a\0b", "a", "\255", "B", "ab", "a" }
      assert.same({ "", "B", "a", "a", "a\0b", "ab", "b", "\255" }, system.sort(list))
      assert.equal("b", list[1])
      assert.same({}, system.sort {})
      assert.has_error(function() system.sort { "a", 1 } end)
    end)
  end)

  describe("settings", function()
    local function settings(configuration, type)
      return system.settings { sid = "WH", type = type or "webhook", configuration = configuration }
    end

    it("is the same text for equal settings, and another for others", function()
      local one = settings { url = "https://a", filters = { "x", "y" }, retry_count = 2 }
      assert.equal(one, settings { retry_count = 2.0, filters = { "x", "y" }, url = "https://a" })
      for _, other in ipairs {
        { url = "https://b", filters = { "x", "y" }, retry_count = 2 },
        { url = "https://a", filters = { "y", "x" }, retry_count = 2 },
        { url = "https://a", filters = { "xy" }, retry_count = 2 },
        { url = "https://a", filters = { "x", "y" }, retry_count = 12 },
        { url = "https://a", filters = { "x", "y" } },
        { url = "https://a", method = "x", filters = { "y" }, retry_count = 2 },
      } do
        assert.not_equal(one, settings(other))
      end
      assert.not_equal(settings({}, "webhook"), settings({}, "trigger"))
    end)

    it("has each byte of a long list", function()
      for extra = 0, 2 do
        local filters = {}
        for i = 1, 20000 do filters[i] = "x" end
        local one = settings({ filters = filters }, ("t"):rep(extra))
        assert.equal(one, settings({ filters = filters }, ("t"):rep(extra)))
        assert.equal(40000, select(2, one:gsub("[x\1]", "")))
        filters[19999] = "y"
        assert.not_equal(one, settings({ filters = filters }, ("t"):rep(extra)))
      end
    end)

    it("is nil where a setting is not of the usual names or types", function()
      assert.is_nil(settings { url = "https://a", color = "red" })
      assert.is_nil(settings { filters = { { "x" } } })
      assert.is_nil(settings { filters = { "x", name = "y" } })
      assert.is_nil(settings { url = true })
      assert.is_nil(settings "none")
    end)
  end)

  describe("repeated_key", function()
    for _, row in ipairs {
      { '{"a":1,"a":2}', "a" }, { '{"a":1,"b":2}', nil }, { '{"a":{"a":{"a":1}}}', nil }, { "[]", nil }, { "", nil },
      { '[{"a":1},{"a":2}]', nil }, { '{"b":[{"a":1},"b"],"b":{}}', "b" }, { '{"a":"a","b":"a"}', nil },
      { '{"a\\"":1,"a\\"":2}', 'a\\"' }, { '{"a\\\\":1,"a":2}', nil }, { '{"":1,"":2}', "" }, { '{"a"\n:1,"a" :2}', "a" },
      { '"a":1,"b":1,"a":1', "a" }, { '}"a":1}', nil },
      { '{"a":"\\":{","b":2,"a":3}', "a" }, { '"a', nil }, { '{"a\\', nil }, { ("{\"a\":"):rep(100), nil },
    } do
      it("finds in " .. row[1]:sub(1, 40) .. ": " .. tostring(row[2]), function()
        assert.equal(row[2], (system.repeated_key(row[1])))
      end)
    end

    it("takes no longer than sorting does, however many keys there are", function()
      local keys = {}
      for i = 1, 50000 do keys[i] = ('"%d":0'):format(i) end
      assert.is_nil(system.repeated_key("{" .. table.concat(keys, ",") .. "}"))
      keys[50001] = '"17":0'
      assert.equal("17", system.repeated_key("{" .. table.concat(keys, ",") .. "}"))
    end)
  end)
end)
