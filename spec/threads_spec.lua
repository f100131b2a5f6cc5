-- Lua states in several threads of one process, each with the module of its own, watched by
-- ThreadSanitizer: what they share (libcurl's global state, the clock, constant tables) is
-- all that two could race for. #once: it builds a program, and is the same for each Lua.

local nginx = require "spec.support.nginx"
local shell = require "spec.support.shell"

local function sh(command)
  local status, said = shell.run(command)
  return said, status
end

describe("threads #once", function()
  local server
  local directory = "build/threads"
  local program = directory .. "/threads"

  setup(function()
    server = nginx.start(nginx.api(0.005))
    -- Of the interpreter, libcurl and cjson only what is called is known: they are not built so.
    local said, status = sh(([[exec </dev/null; unset MAKEFLAGS MAKELEVEL
      make -s -j2 LUA=lua5.4 CC=gcc BUILD=%s CFLAGS='-O1 -g -fsanitize=thread' LDFLAGS=-fsanitize=thread build &&
      gcc -std=c99 -O1 -g -fsanitize=thread -pthread $(pkg-config --cflags lua5.4) -o %s \
        %s spec/support/threads.c $(pkg-config --libs lua5.4 libcurl) -ldl -lm]])
      :format(directory, program, shell.objects(directory .. "/lua5.4/obj")))
    assert(status == 0, said)
  end)

  teardown(function()
    server:stop()
  end)

  for _, threads in ipairs { 2, 8 } do
    it(threads .. " at once do not race", function()
      local count = 40
      local said, status = sh(([[TSAN_OPTIONS="exitcode=66 halt_on_error=0" \
        %s './lua/?.lua;./lua/?/init.lua;'"$(lua5.4 -e 'io.write(package.path)')" \
        "$(lua5.4 -e 'io.write(package.cpath)')" '%s' %d %d]])
        :format(program, server.base_url, threads, count))
      assert.equal(("%d\n"):format(threads * count), said)
      assert.equal(0, status)
    end)
  end
end)
