-- What a user of the package gets: that LuaRocks installs everything, that the
-- installed module works away from this tree, that its parts agree. #once: it is
-- about the files and not about the interpreter, so one run of it is enough.

local ROCKSPEC = "twilio-webhooks-scm-1.rockspec"

-- Runs a shell command; true when it succeeded, and all that it printed.
local function sh(format, ...)
  local pipe = assert(io.popen(("{ %s\n} 2>&1; echo \"status $?\""):format(format:format(...))))
  local output = pipe:read("*a")
  pipe:close()
  local said, status = output:match("^(.*)status (%d+)\n$")
  return status == "0", said
end

local function lines(format, ...)
  local ok, output = sh(format, ...)
  assert(ok, output)
  local list = {}
  for line in output:gmatch("[^\n]+") do list[#list + 1] = line end
  return list
end

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("*a")
  file:close()
  return text
end

local function rockspec()
  local env = {}
  local chunk
  if setfenv then
    chunk = setfenv(assert(loadfile(ROCKSPEC)), env)
  else
    chunk = assert(loadfile(ROCKSPEC, "t", env))
  end
  chunk()
  return env
end

-- The paths that the environment of this run puts in front must not help.
local CLEAN = "env -u LUA_PATH -u LUA_CPATH -u LUA_PATH_5_4 -u LUA_CPATH_5_4 -u LUA_INIT"

-- Its modules in C.
local PARTS = { "core", "signature", "system" }

describe("the package #once", function()
  describe("its rockspec", function()
    it("passes luarocks lint", function()
      local ok, output = sh("%s luarocks --lua-version 5.4 lint %s", CLEAN, ROCKSPEC)
      assert.is_true(ok, output)
    end)

    it("is that of this version's release, but for the version and the source", function()
      local ok, release = sh "tools/package rockspec"
      assert.is_true(ok, release)
      local version = release:match 'version = "([^"]+)"'
      assert.equal(release, read("rockspecs/twilio-webhooks-" .. version .. ".rockspec"))
    end)

    it("lists every C file", function()
      local modules, listed, there = rockspec().build.modules, {}, {}
      for _, name in ipairs(PARTS) do
        for _, path in ipairs(modules["twilio.webhooks." .. name].sources) do listed[path] = true end
      end
      for _, path in ipairs(lines("find csrc -name '*.c'")) do there[path] = true end
      assert.same(there, listed)
    end)

    it("lists every Lua file under the name that requires it", function()
      local expected = {}
      for _, path in ipairs(lines("find lua -name '*.lua'")) do
        local name = path:gsub("^lua/", ""):gsub("%.lua$", ""):gsub("/init$", ""):gsub("/", ".")
        expected[name] = path
      end
      local listed = rockspec().build.modules
      for _, name in ipairs(PARTS) do listed["twilio.webhooks." .. name] = nil end
      assert.same(expected, listed)
    end)

    it("has every other file beside the one that reads it", function()
      local others = lines("find lua -type f ! -name '*.lua'")
      assert.same({ "lua/twilio/webhooks/sandbox/page.html" }, others)
      assert.same({ ["twilio.webhooks.sandbox.page"] = others[1] }, rockspec().build.install.lua)
    end)
  end)

  describe("its page of dependencies", function()
    local page = read "doc/dependencies.md"

    it("names what each shared object links", function()
      for _, name in ipairs(PARTS) do
        local path = assert(package.searchpath("twilio.webhooks." .. name, package.cpath))
        local linked = {}
        for _, library in ipairs(lines("objdump -p '%s' | sed -n 's/.*NEEDED *//p'", path)) do
          if not library:find "^libc%.so" then linked[#linked + 1] = library:match "^[^.]+" end
        end
        local listed = page:match("\n| `" .. name .. "%.so` | (%w+) |")
        assert.same(listed == "none" and {} or { listed }, linked, name)
      end
    end)

    it("names what the Lua files load", function()
      local listed, loaded = {}, {}
      for name in page:gmatch "\n| `(%w+)` |" do listed[name] = true end
      for _, line in ipairs(lines [[grep -rhoE 'require[ (,]+"[a-z.]+"' lua bin]]) do
        local name = line:match '"(%l+)'
        if name ~= "twilio" then loaded[name] = true end
      end
      assert.same(loaded, listed)
    end)
  end)

  it("has every package that building needs in the lines of README and of doc/install.md", function()
    local needed = { gcc = true, ["libc6-dev"] = true }
    for name in read "tools/setup":match "\nrun='(.-)'":gmatch "%S+" do
      local first = name:match "^[^|]+"
      if first:find "^lib" and not first:find "^liblua" or first == "lua-cjson" then needed[first] = true end
    end
    local count = 0
    for line in (read "README.md" .. read "doc/install.md"):gmatch "\nsudo apt%-get install ([^\n]+)" do
      count = count + 1
      for name in pairs(needed) do assert((" " .. line .. " "):find(" " .. name .. " ", 1, true), name .. ": " .. line) end
    end
    assert.equal(2, count)
  end)

  describe("its version", function()
    local version = read("lua/twilio/webhooks/init.lua"):match('_VERSION%s*=%s*"([^"]+)"')
    local defined
    for _, path in ipairs(lines("find csrc -name '*.[ch]'")) do
      defined = defined or read(path):match('#define%s+TW_VERSION%s+"([^"]+)"')
    end

    it("is defined in C, and is what the module says", function()
      assert.is_string(defined)
      assert.equal(defined, require("twilio.webhooks")._VERSION)
    end)

    it("is the command line's, and Debian's package's", function()
      assert.equal(defined, read("bin/twilio-webhooks"):match 'VERSION = "([^"]+)"')
      assert.equal(defined, read("debian/changelog"):match "^%S+ %(([^)]+)%)")
    end)

    it("is not contradicted by the Lua file", function()
      assert.equal(defined, version or defined)
    end)

    it("is what the command says, which loads nothing for it", function()
      assert.equal(defined, read("bin/twilio-webhooks"):match '\nlocal VERSION = "([^"]+)"')
      assert.equal("twilio-webhooks " .. defined,
        lines("LUA_INIT_5_4='require, package.path, package.cpath = nil, \"\", \"\"' lua5.4 bin/twilio-webhooks --version")[1])
    end)

    it("is the topmost entry of the changelog", function()
      assert.equal(defined, read("CHANGELOG.md"):match("\n## %[?(%d+%.%d+%.%d+)"))
    end)
  end)

  for _, name in ipairs(PARTS) do
    describe("its shared object " .. name, function()
      local path = assert(package.searchpath("twilio.webhooks." .. name, package.cpath))

      it("exports the opener and nothing else #symbols", function()
        local names = {}
        for _, line in ipairs(lines("nm -D --defined-only '%s'", path)) do
          names[#names + 1] = line:match("(%S+)$")
        end
        assert.same({ "luaopen_twilio_webhooks_" .. name }, names)
      end)

      it("links its own library and not the other's", function()
        local needed = table.concat(lines("objdump -p '%s' | grep NEEDED", path))
        assert.equal(name == "core", needed:find("libcurl", 1, true) ~= nil, needed)
        assert.equal(name == "signature", needed:find("libcrypto", 1, true) ~= nil, needed)
      end)
    end)
  end

  describe("installed", function()
    local scratch, tree, elsewhere

    -- Runs `command` in an empty directory where only the installed tree is on the path.
    local function away(tree_kind, command)
      return sh("cd '%s' && %s LUA_PATH='%s/share/lua/5.4/?.lua;%s/share/lua/5.4/?/init.lua;;' "
        .. "LUA_CPATH='%s/lib/lua/5.4/?.so;;' %s",
        elsewhere, CLEAN, tree_kind, tree_kind, tree_kind, command)
    end

    local function works_away_from_the_source(prefix)
      local ok, output = away(prefix, [[lua5.4 -e '
        assert(require "twilio.webhooks".sign { url = "https://a/", auth_token = "t" })
        for _, name in ipairs { "twilio.webhooks", "twilio.webhooks.core", "twilio.webhooks.signature",
          "twilio.webhooks.system" } do
          local path = package.searchpath(name, package.path) or package.searchpath(name, package.cpath)
          print(path)
        end']])
      assert.is_true(ok, output)
      for path in output:gmatch("[^\n]+") do
        assert.equal(prefix, path:sub(1, #prefix))
      end
      ok, output = away(prefix, [[lua5.4 -e '
        local server = assert(require "twilio.webhooks.sandbox".start())
        local pipe = io.popen("curl -s --noproxy \"*\" " .. server.window)
        assert(pipe:read "*a":find "^<!doctype html>.*</html>%s*$")
        server:stop()']])
      assert.is_true(ok, output)
      ok, output = away(prefix, "lua5.4 create_webhook.lua")
      assert.is_true(ok, output)
      assert.truthy(output:find("WH" .. ("%x"):rep(32)), output)
    end

    -- By itself: it knows its interpreter, and its libraries.
    local function command_works(prefix)
      local ok, output = sh("cd '%s' && %s %s/bin/twilio-webhooks list --conversation x --dry-run", elsewhere, CLEAN, prefix)
      assert.is_false(ok, output)
      assert.truthy(output:find("unknown option --dry-run", 1, true), output)
      ok, output = sh("cd '%s' && %s %s/bin/twilio-webhooks verify --url https://a/", elsewhere, CLEAN, prefix)
      assert.is_false(ok, output)
      assert.truthy(output:find("TWILIO_AUTH_TOKEN", 1, true), output)
    end

    setup(function()
      scratch = lines("mktemp -d")[1]
      tree, elsewhere = scratch .. "/tree", scratch .. "/elsewhere"
      -- A copy, since LuaRocks leaves object files beside the sources.
      lines("mkdir '%s/source' '%s' && cp -R bin csrc lua %s LICENSE '%s/source' && cp examples/*.lua '%s'",
        scratch, elsewhere, ROCKSPEC, scratch, elsewhere)
    end)

    teardown(function()
      sh("rm -rf '%s'", scratch)
    end)

    it("by LuaRocks, as README has it, runs the example in another directory", function()
      local command = read "README.md":match "sudo (luarocks %-%-lua%-version 5%.4 [^\n]+)"
      local ok, output = sh("cd '%s/source' && %s %s --tree '%s'", scratch, CLEAN, command, tree)
      assert.is_true(ok, output)
      works_away_from_the_source(tree)
      command_works(tree)
    end)

    it("by LuaRocks for LuaJIT, as doc/install.md has it, is found by LuaJIT", function()
      local command = read "doc/install.md":match "sudo (luarocks %-%-lua%-version 5%.1 [^\n]+)"
      local ok, output = sh("cd '%s/source' && rm -rf `find . -name '*.o'` && %s %s --tree '%s'",
        scratch, CLEAN, command, tree)
      assert.is_true(ok, output)
      ok, output = sh("%s LUA_PATH='%s/share/lua/5.1/?.lua;%s/share/lua/5.1/?/init.lua;;' "
        .. "LUA_CPATH='%s/lib/lua/5.1/?.so;;' luajit -e 'print(require \"twilio.webhooks\"._VERSION)'",
        CLEAN, tree, tree, tree)
      assert.is_true(ok and output:find "^%d+%.%d+%.%d+\n$" ~= nil, output)
    end)

    it("by make install, runs the example in another directory, and is removed by make uninstall", function()
      local prefix = scratch .. "/prefix"
      local ok, output = sh("%s make install LUA=lua5.4 PREFIX='%s'", CLEAN, prefix)
      assert.is_true(ok, output)
      works_away_from_the_source(prefix)
      command_works(prefix)
      for _, path in ipairs { "man/man1/twilio-webhooks.1", "bash-completion/completions/twilio-webhooks",
        "zsh/site-functions/_twilio-webhooks", "fish/vendor_completions.d/twilio-webhooks.fish" } do
        lines("test -s '%s/share/%s'", prefix, path)
      end
      ok, output = sh("%s make uninstall LUA=lua5.4 PREFIX='%s'", CLEAN, prefix)
      assert.is_true(ok, output)
      -- directories that others have put there as a rule
      assert.same({ "bin", "lib", "share", "share/man", "share/zsh", "share/zsh/site-functions" },
        lines("cd '%s' && find * | LC_ALL=C sort", prefix))
    end)
  end)
end)
