-- Every code block of the books (README, CONTRIBUTING, SECURITY, doc/*.md) is tried:
--
--   ```lua            runs as it stands, against the sandbox, and prints in this order what
--                     its comments of the form --> TEXT say, "..." being anything
--   ```lua needs=M    the same where the library M is installed for this Lua; elsewhere it
--                     is only loaded, and its test says so
--   ```lua load       loaded only: it is of a program that this machine cannot run
--   ```lua spec       passes, as a spec
--   ```nginx          passes nginx -t
--   ```c FILE         stands in that file, line for line
--   ```sh             passes sh -n
--   ```sh run         runs, each of its commands with success, with twilio-webhooks against the
--                     sandbox, and prints in this order what its comments # --> TEXT say
--   ```text           is no code
--
-- Any other is an error. And what the books name is there: files, links, make targets.

local child = require "spec.support.child"
local commandline = require "spec.support.commandline"
local example = require "spec.support.example"
local files = require "spec.support.files"
local lfs = require "lfs"
local markdown = require "spec.support.markdown"
local sandbox = require "twilio.webhooks.sandbox"
local shell = require "spec.support.shell"

local books, blocks = {}, {}
for _, path in ipairs(markdown.books()) do
  books[path] = markdown.read(path)
  blocks[path] = markdown.blocks(books[path])
end

-- Runs a shell command; true when it succeeded, and all that it printed.
local function sh(command)
  local pipe = assert(io.popen(("{ %s\n} 2>&1; echo \"status $?\""):format(command)))
  local output = pipe:read("*a")
  pipe:close()
  local said, status = output:match("^(.*)status (%d+)\n$")
  return status == "0", said
end

local write = files.write

local function is_installed(library)
  -- not loaded: not every library survives that busted forgets it
  return child.run(("print((pcall(require, %q)))"):format(library)) == "true\n"
end

-- --- blocks ------------------------------------------------------------------------------

local checks, server = {}, nil

-- Half a minute is enough for each, however slow the machine.
local function run(block)
  local command = child.command(block .. '\nprint "ran to its end"', {
    TWILIO_WEBHOOKS_BASE_URL = server.base_url,
    TWILIO_ACCOUNT_SID = server.account_sid,
    TWILIO_AUTH_TOKEN = server.auth_token,
  })
  return (select(2, sh("timeout 30 " .. command)))
end

-- The lines that the block says it prints stand in what it printed, in this order.
local function check_output(block, output)
  local from = 1
  for expected in block:gmatch("%-%->%s*([^\n]+)") do
    local pattern = expected:gsub("%p", "%%%0"):gsub("%%%.%%%.%%%.", ".-")
    local _, stop = output:find(pattern, from)
    assert(stop, ("it does not print %q:\n%s"):format(expected, output))
    from = stop + 1
  end
end

local function run_spec(text)
  local name = os.tmpname()
  local path = name .. "_spec.lua"
  write(path, text)
  local output = child.program("tools/busted.lua", "--output=plainTerminal " .. path)
  os.remove(name)
  os.remove(path)
  assert.truthy(output:find("[1-9]%d* success[es]* / 0 failures / 0 errors / 0 pending"), output)
end

function checks.lua(block)
  local load_text = loadstring or load
  local library = block.marks:match("^needs=(%S+)$")
  local known = { [""] = true, load = true, spec = true }
  assert(known[block.marks] or library, "unknown mark: " .. block.marks)
  assert(load_text(block.text))
  if block.marks == "spec" then return run_spec(block.text) end
  if block.marks == "load" or library and not is_installed(library) then return end
  local output = run(block.text)
  assert.truthy(output:find("ran to its end\n$"), output)
  check_output(block.text, output)
end

local NGINX = [[
load_module /usr/lib/nginx/modules/ndk_http_module.so;
load_module /usr/lib/nginx/modules/ngx_http_lua_module.so;
pid nginx.pid;
error_log stderr;
events { }
]]

-- An ordinary user may write nowhere else.
local HERE = [[
access_log off;
client_body_temp_path body;
proxy_temp_path proxy;
fastcgi_temp_path fastcgi;
uwsgi_temp_path uwsgi;
scgi_temp_path scgi;
]]

function checks.nginx(block)
  local ok, directory = sh "mktemp -d"
  assert(ok, directory)
  directory = directory:match "%S+"
  local text, count = block.text:gsub("http {\n", function(line) return line .. HERE end)
  assert(count == 1, "a block of nginx has one http block")
  write(directory .. "/nginx.conf", NGINX .. text)
  local passed, said = sh(("unset LD_PRELOAD; PATH=$PATH:/usr/sbin nginx -t -p '%s' -c nginx.conf"):format(directory))
  sh("rm -rf '" .. directory .. "'")
  assert(passed, said)
end

function checks.c(block)
  local source = assert(markdown.read(block.marks), "a block of C names its file")
  assert(source:find(block.text, 1, true), "this does not stand in " .. block.marks)
end

-- In a directory of its own, with the command on the PATH.
local function run_in_shell(block)
  local ok, directory = sh "d=$(mktemp -d) && mkdir \"$d/bin\" && echo \"$d\""
  assert(ok, directory)
  directory = directory:match "%S+"
  local command = child.program_command(lfs.currentdir() .. "/bin/twilio-webhooks", '"$@"')
  write(directory .. "/bin/twilio-webhooks", "#!/bin/sh\nexec " .. command .. "\n")
  write(directory .. "/block", block.text)
  local exports = {}
  for name, value in pairs(commandline.environment(server)) do exports[#exports + 1] = name .. "=" .. value end
  local passed, said = sh(("cd %s && chmod +x bin/* && PATH=$PWD/bin:$PATH %s timeout 60 sh -eu block </dev/null")
    :format(directory, table.concat(exports, " ")))
  sh("rm -r " .. directory)
  assert(passed, said)
  check_output(block.text, said)
end

function checks.sh(block)
  assert(block.marks == "" or block.marks == "run", "unknown mark: " .. block.marks)
  if block.marks == "run" then return run_in_shell(block) end
  local path = os.tmpname()
  write(path, block.text)
  local ok, said = sh("sh -n " .. path)
  os.remove(path)
  assert(ok, said)
end

function checks.text() end

-- What a check of this kind of block does, for its test's name.
local function verb(block)
  local library = block.marks:match("^needs=(%S+)$")
  if block.language ~= "lua" then return "is right" end
  if block.marks == "load" then return "loads (runs elsewhere only)" end
  if library and not is_installed(library) then return ("loads (there is no %s for this Lua)"):format(library) end
  return block.marks == "spec" and "passes" or "runs"
end

describe("the books", function()
  before_each(function() server = assert(sandbox.start()) end) -- of its own: they use the same names
  after_each(function() server:stop() end)

  for path, list in pairs(blocks) do
    for _, block in ipairs(list) do
      local once = block.language == "lua" and "" or " #once"
      it(("%s:%d: the %s block %s%s"):format(path, block.line, block.language, verb(block), once), function()
        local check = assert(checks[block.language], "no check for " .. block.language)
        check(block)
      end)
    end
  end

  it("have code to run", function()
    local count = 0
    for _, list in pairs(blocks) do
      for _, block in ipairs(list) do
        if block.language == "lua" and block.marks ~= "load" then count = count + 1 end
      end
    end
    assert.is_true(count >= 10)
  end)

  it("name make targets that make help knows #once", function()
    local _, help = sh "make --no-print-directory help"
    for path, text in pairs(books) do
      for target in text:gmatch("[`\n] *make (%l[%w.-]*%w)") do
        assert(help:find("  make " .. target .. " ", 1, true), ("%s names make %s"):format(path, target))
      end
    end
  end)

  it("name files that are there #once", function()
    for path, text in pairs(books) do
      for name in markdown.prose(text):gmatch("`([%w_]+/[%w_/.-]+)`") do
        local first = name:match("^[^/]+")
        if sh("test -d " .. first) then
          assert(sh(("test -e '%s'"):format(name)), ("%s names %s"):format(path, name))
        end
      end
    end
  end)

  -- As the place where the books are read makes an anchor of a heading.
  local function anchors(text)
    local set = {}
    for heading in ("\n" .. markdown.prose(text)):gmatch("\n#+ ([^\n]+)") do
      set[heading:lower():gsub("[^%w _-]", ""):gsub(" ", "-")] = true
    end
    return set
  end

  it("have links that lead somewhere #once", function()
    for path, text in pairs(books) do
      local directory = path:match("^.*/") or ""
      for target in markdown.prose(text):gmatch("%]%(([^)]+)%)") do
        local file, anchor = target:match("^([^#]*)#?(.*)$")
        if not target:find("^https?://") then
          local whole = file == "" and path or directory .. file
          assert(sh(("test -e '%s'"):format(whole)), ("%s links to %s"):format(path, target))
          if anchor ~= "" then
            assert(anchors(markdown.read(whole))[anchor], ("%s links to %s"):format(path, target))
          end
        end
      end
    end
  end)
end)

-- --- what README says -----------------------------------------------------------------------

describe("README", function()
  local lua = {}
  for _, block in ipairs(blocks["README.md"]) do
    if block.language == "lua" then lua[#lua + 1] = block.text end
  end

  before_each(function() server = assert(sandbox.start()) end) -- of its own: they use the same names
  after_each(function() server:stop() end)

  it("shows what its first block prints: a sid and the URL", function()
    assert.truthy(run(lua[1]):find("^WH%x+\thttps://example%.com/hook\n"))
  end)

  -- Its block that has this text.
  local function block_with(text)
    for _, block in ipairs(lua) do
      if block:find(text, 1, true) then return block end
    end
  end

  it("shows a webhook that is created, and then found", function()
    local block = block_with "info.created"
    local first, again = run(block), run(block)
    assert.truthy(first:find("^created\tWH%x+\n"), first)
    assert.equal(first:match("WH%x+"), again:match("^found\t(WH%x+)\n"))
  end)

  it("shows both problems", function()
    local output = run(block_with "err.problems")
    assert.truthy(output:find("type\tmust be webhook, trigger or studio", 1, true), output)
    assert.truthy(output:find("did you mean configuration.method?", 1, true), output)
  end)

  it("has few words, so that a stranger gets through it in three minutes", function()
    local count = 0
    for _ in markdown.prose(books["README.md"]):gmatch "%S+" do count = count + 1 end
    assert.is_true(count < 800, count .. " words")
  end)

  it("shows by its picture what plan and apply print #once", function()
    local why_not = shell.no_terminal()
    if why_not then return pending(why_not) end
    local ok, made = sh "tools/env build/lua5.4 lua5.4 tools/terminal.lua /dev/stdout"
    assert(ok, made)
    local function text_of(svg) return (svg:gsub("<[^>]*>", ""):gsub("WH%x+", "WH")) end
    assert.equal(text_of(made), text_of(markdown.read "doc/plan.svg"))
  end)

  it("has the contract's channel in its example", function()
    assert.truthy(lua[1]:find(example.service_sid, 1, true))
    assert.truthy(lua[1]:find(example.channel_sid, 1, true))
  end)
end)

-- --- what the reference says ------------------------------------------------------------------

describe("the reference", function()
  local reference = books["doc/reference.md"]

  before_each(function() server = assert(sandbox.start()) end) -- of its own: they use the same names
  after_each(function() server:stop() end)

  -- The names in the cells of the row that begins so.
  local function row(beginning)
    local names = {}
    local cells = assert(reference:match("\n| " .. beginning .. " | (.-)\n"))
    for name in cells:gmatch "`(on%u%a+)`" do names[#names + 1] = name end
    return names
  end

  it("lists events that the sandbox knows, too", function()
    local webhooks = require "twilio.webhooks"
    for beginning, owner in pairs {
      ["a channel"] = { service_sid = server.service_sid, channel_sid = server.channel_sid, type = "webhook" },
      ["a conversation"] = { conversation_sid = server.conversation_sid, target = "webhook" },
    } do
      local events = row(beginning)
      assert.is_true(#events > 20)
      owner.base_url, owner.account_sid, owner.auth_token = server.base_url, server.account_sid, server.auth_token
      owner.configuration = { url = "https://example.com", filters = events }
      local hook = assert(webhooks.create_webhook(owner))
      assert.same(events, hook.configuration.filters)
    end
  end)
end)
