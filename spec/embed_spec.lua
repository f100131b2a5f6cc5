-- The module linked into a program, and the process that is its host: nothing there is
-- touched. embed.c notes what the process is like before and after. #once: it is about C.

local sandbox = require "twilio.webhooks.sandbox"
local shell = require "spec.support.shell"

-- What is done in between: answers, a name to resolve, a connection that breaks in the
-- midst of a request, one that is refused, TLS that fails, calls in flight at the end.
local SCRIPT = [[
  local base_url, broken_url, account_sid, auth_token, service_sid, mode = ...
  local webhooks = require "twilio.webhooks"

  local function client_of(url)
    return assert(webhooks.new { base_url = url, account_sid = account_sid, auth_token = auth_token,
      service_sid = service_sid, channel_sid = "general", max_attempts = 1, deadline = 2 })
  end

  local hook = { type = "webhook", configuration = { url = "dummy", filters = { "onMessageSent" } } }
  local function expect(kind, client, operation, params)
    local result, message, err = client[operation](client, params)
    assert((result and "fine" or err.kind) == kind, message)
  end

  local client = client_of(base_url:gsub("127%.0%.0%.1", "localhost"))
  client:go(expect, "fine", client, "create_webhook", hook)
  client:go(expect, "fine", client, "list_webhooks", {})
  assert(client:run())
  expect("indeterminate", client_of(broken_url), "create_webhook", hook)
  expect("network", client_of "http://127.0.0.1:1", "list_webhooks", {})
  expect("tls", client_of(base_url:gsub("http:", "https:")), "list_webhooks", {})
  client:go(client.create_webhook, client, hook)
  client:step()
  if mode == "meddle" then os.setlocale "C" end
]]

describe("the module in a program that it is linked into #once", function()
  local out, sane, broken, script

  setup(function()
    out = shell.output "pwd":match "[^\n]+" .. "/build/spec/embed"
    shell.output(("env -u MAKEFLAGS make -s -j2 -C examples/game_server WERROR=1 OUT=%s"):format(shell.quote(out)))
    shell.output(([[cd %s && ${CC:-cc} -std=c99 -Wall -Wextra -Werror -g -I../../../csrc \
      $(pkg-config --cflags lua5.4) -o embed ../../../spec/embed.c %s \
      $(pkg-config --libs lua5.4 libcurl) -lm -pthread -ldl]]):format(shell.quote(out), shell.objects(out)))
    script = shell.output "mktemp":match "[^\n]+"
    local file = assert(io.open(script, "w"))
    file:write(SCRIPT)
    file:close()
    sane = assert(sandbox.start())
    broken = assert(sandbox.start { account_sid = sane.account_sid, auth_token = sane.auth_token,
      faults = { { "reset_after", operation = "create" }, { "reset_after" } } })
  end)

  teardown(function()
    sane:stop()
    broken:stop()
    os.remove(script)
  end)

  local function run(before, mode)
    local words = { "tools/env", shell.quote(out), "env -u LD_PRELOAD LC_ALL=C.UTF-8", before or "",
      shell.quote(out .. "/embed") }
    for _, argument in ipairs { script, sane.base_url, broken.base_url, sane.account_sid, sane.auth_token,
      sane.service_sid, mode or "" } do
      words[#words + 1] = shell.quote(argument)
    end
    return shell.run(table.concat(words, " "))
  end

  it("touches no signal, no locale, no environment, and leaves no descriptor open", function()
    local status, output = run()
    assert.equal("untouched\n", output)
    assert.equal(0, status)
  end)

  it("is watched by a program that would see it", function()
    local status, output = run(nil, "meddle")
    assert.equal("changed: locale\n", output)
    assert.equal(1, status)
  end)

  -- dladdr gives the program's name as it was called, here without a directory.
  it("does not look for the program among the libraries", function()
    local status, output = shell.run(([[PATH=%s:$PATH; export PATH
      tools/env %s env -u LD_PRELOAD LD_DEBUG=libs embed /dev/null]]):format(shell.quote(out), shell.quote(out)))
    assert.equal(0, status, output)
    assert.truthy(output:find "initialize program: embed", output)
    assert.is_nil(output:find "find library=embed", output)
  end)
end)

-- The Makefile links it with -z nodelete; LuaRocks does not.
describe("the module as a shared object #once", function()
  it("stays in memory when the Lua state is closed, however it was linked", function()
    local directory = shell.output "mktemp -d":match "[^\n]+"
    local output = shell.output(([[mkdir -p %s/twilio/webhooks &&
      ${CC:-cc} -shared -o %s/twilio/webhooks/core.so %s $(pkg-config --libs libcurl) &&
      LUA_CPATH='%s/?.so;;' LD_DEBUG=files lua5.4 -e 'require "twilio.webhooks.core"']])
      :format(directory, directory, shell.objects "build/lua5.4/obj", directory))
    shell.output("rm -r " .. shell.quote(directory))
    assert.truthy(output:find "webhooks/core%.so", output)
    assert.is_nil(output:find "webhooks/core%.so %[%d+%];%s+destroying link map", output)
  end)
end)
