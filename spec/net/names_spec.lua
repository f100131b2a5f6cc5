-- Names whose server is silent, and names that move.

local namespace = require "spec.support.namespace"
local libcurl = require "spec.support.libcurl"

local CREDENTIALS = ([[
  local webhooks = require "twilio.webhooks"
  local cqueues, socket = require "cqueues", require "cqueues.socket"
  local function options(more)
    local all = { account_sid = "AC" .. ("a"):rep(32), auth_token = "x", service_sid = "IS" .. ("a"):rep(32),
      channel_sid = "general", max_attempts = 1 }
    for name, value in pairs(more) do all[name] = value end
    return all
  end
]])

-- A name server that takes what is asked, and answers nothing.
local SILENT = [[
  printf 'nameserver 127.0.0.1\noptions timeout:5 attempts:1\n' >"$DIR/resolv.conf"
  mount --bind "$DIR/resolv.conf" /etc/resolv.conf
]]

describe("names #plain", function()
  local directory

  setup(function()
    local pipe = io.popen "mktemp -d"
    directory = pipe:read("*l")
    pipe:close()
  end)

  teardown(function()
    os.execute(("rm -rf '%s'"):format(directory))
  end)

  local function run(shell, code)
    return namespace.run("DIR=" .. directory .. "\n" .. shell, CREDENTIALS .. code)
  end

  local function spec(name, test)
    local missing = namespace.lacks_hosts()
    if missing then pending(name .. " (" .. missing .. ")") else it(name, test) end
  end

  if libcurl.leaves_resolver then
    spec("whose server is silent hold no call past connect_timeout, no step, and no close", function()
      local output = run(SILENT, [[
        local silent = assert(socket.listen { host = "127.0.0.1", port = 53, type = socket.SOCK_DGRAM })
        assert(silent:listen())
        local params = options { base_url = "https://api.example", connect_timeout = 0.5 }
        params.max_attempts = nil
        local begin = cqueues.monotime()
        local _, message, err = webhooks.list_webhooks(params)
        print(err.kind, err.sent, err.retryable, cqueues.monotime() - begin < 3)
        local client = assert(webhooks.new(options { base_url = "https://api.example", connect_timeout = 0.5 }))
        client:go(function() client:list_webhooks {} end)
        local longest = 0
        repeat
          local moment = cqueues.monotime()
          local left = client:step()
          longest = math.max(longest, cqueues.monotime() - moment)
          cqueues.sleep(0.01)
        until left == 0
        print("steps", longest < 1)
        client:go(function() client:list_webhooks {} end)
        client:step()
        cqueues.sleep(0.05)
        begin = cqueues.monotime()
        client:close()
        print("close", cqueues.monotime() - begin < 1)
        client = assert(webhooks.new(options { base_url = "https://api.example" }))
        client:go(function() client:list_webhooks {} end)
        client:step()
        cqueues.sleep(0.05)
        begin = cqueues.monotime()
        client = nil
        collectgarbage()
        collectgarbage()
        print("collect", cqueues.monotime() - begin < 1)
      ]])
      assert.equal("timeout\tno\ttrue\ttrue\nsteps\ttrue\nclose\ttrue\ncollect\ttrue\n", output)
    end)
  end

  spec("that were corrected are looked up anew within seconds", function()
    local output = run([[: >"$DIR/hosts"; mount --bind "$DIR/hosts" /etc/hosts]], [[
      local function point(address)
        local file = assert(io.open("/etc/hosts", "w"))
        file:write("127.0.0.1 localhost\n", address, " api.example\n")
        file:close()
      end
      local LIST = '{"meta":{"next_page_url":null},"webhooks":[]}'
      local listener = assert(socket.listen("127.0.0.1", 0))
      local _, _, port = listener:localname()
      local loop = cqueues.new()
      loop:wrap(function()
        while true do
          local connection = listener:accept() -- in PUC's 5.1 nobody may yield in the iterator of a `for`
          connection:setmode("b", "bn")
          repeat local line = connection:read "*L" until not line or line == "\r\n"
          connection:write(("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s"):format(#LIST, LIST))
          connection:flush()
        end
      end)
      loop:wrap(function()
        local client = assert(webhooks.new(options { wait = webhooks.wait.cqueues, allow_http = true,
          base_url = "http://api.example:" .. port }))
        point "127.0.0.2"
        assert(not client:list_webhooks {})
        point "127.0.0.1"
        local begin, list = cqueues.monotime(), nil
        repeat
          list = client:list_webhooks {}
          if not list then cqueues.sleep(0.2) end
        until list or cqueues.monotime() - begin > 20
        print(list and "went through")
        os.exit(cqueues.monotime() - begin < 10 and 0 or 1)
      end)
      assert(loop:loop())
    ]])
    assert.equal("went through\n", output)
  end)
end)
