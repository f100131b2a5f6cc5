-- Tasks in nginx's workers: begun in one request, gone on with in another or in a timer, while
-- clients hang up and nginx is reloaded. #once: nginx brings its own LuaJIT.

local cjson = require "cjson"
local cqueues = require "cqueues"
local example = require "spec.support.example"
local nginx = require "spec.support.nginx"
local openresty = require "spec.support.openresty"

local REQUESTS = 1000

-- One client a worker. /go starts a task that sleeps and lists; what ended is counted.
local WORKER = [[
  init_worker_by_lua_block {
    local webhooks = require "twilio.webhooks"
    client = assert(webhooks.new { account_sid = "%s", auth_token = "%s", service_sid = "%s", base_url = "%s",
      channel_sid = "general", %s deadline = 20 })
    counts = { began = 0, ended = 0, failed = 0 }
    function start()
      client:go(function()
        counts.began = counts.began + 1
        client:sleep(0.005)
        local list = client:list_webhooks {}
        counts[list and "ended" or "failed"] = counts[list and "ended" or "failed"] + 1
      end)
    end
    %s
  }
]]

local LOCATIONS = [[
  location = /go { content_by_lua_block { start() ngx.say "started" } }
  location = /access {
    access_by_lua_block { start() client:step() }
    content_by_lua_block { ngx.say "started" }
  }
  location = /step { content_by_lua_block { start() client:step() ngx.sleep(0.002) client:step() ngx.say "started" } }
  location = /linger { content_by_lua_block { start() client:step() ngx.sleep(5) ngx.say "started" } }
  location = /count { content_by_lua_block {
    counts.live = client:step()
    ngx.print(require "cjson".encode(counts))
  } }
]]

local TIMER = "ngx.timer.every(0.01, function() client:step() end)"

describe("tasks in nginx #once", function()
  local api, server

  setup(function()
    openresty.build()
    api = openresty.start_api()
  end)
  teardown(function() api:stop() end)
  after_each(function()
    local alarms = server:alarms()
    server:stop()
    assert.equal("", alarms)
  end)

  local function start(options, timer)
    local worker = WORKER:format(example.account_sid, example.auth_token, api.service_sid, api.base_url, options, timer)
    server = nginx.start(openresty.HTTP .. worker
      .. openresty.server_of("", openresty.LOCATION .. LOCATIONS))
  end

  local function counts() return cjson.decode(server:body "/count") end

  -- Waits until all have ended that began.
  local function assert_all_ended(count)
    openresty.eventually(function() return counts().live == 0 end)
    assert.same({ began = count, ended = count, failed = 0, live = 0 }, counts())
  end

  -- Sends so many, some at a time.
  local function ask(path_of, count)
    local at = 1
    while at <= count do
      local paths = {}
      while #paths < 50 and at <= count do
        paths[#paths + 1] = path_of(at)
        at = at + 1
      end
      for _, body in ipairs(server:bodies(paths)) do assert.equal("started\n", body) end
    end
  end

  for _, row in ipairs { { "without a hook", "" }, { "with the hook", "wait = webhooks.wait.openresty," } } do
    it("end, wherever they were begun and gone on with, " .. row[1], function()
      start(row[2], TIMER)
      local pid = server:workers()[1]
      local places = { "/go", "/access", "/step" }
      ask(function(i) return places[i % 3 + 1] end, REQUESTS)
      assert_all_ended(REQUESTS)
      assert.equal(pid, server:workers()[1])
    end)

    it("end where the client of the request that began them hangs up, " .. row[1], function()
      start(row[2], TIMER)
      local pid = server:workers()[1]
      local loop, count = cqueues.new(), 200
      for i = 1, count do
        loop:wrap(function()
          cqueues.sleep(i * 0.002)
          local connection = require "cqueues.socket".connect("127.0.0.1", server.port)
          connection:setmode("b", "bn")
          connection:write "GET /linger HTTP/1.1\r\nHost: x\r\n\r\n"
          connection:flush()
          cqueues.sleep(0.01)
          connection:close()
        end)
      end
      assert(loop:loop())
      openresty.eventually(function() return counts().began > 0 and counts().live == 0 end)
      local seen = counts()
      assert.same({ 0, seen.began }, { seen.failed, seen.ended })
      assert.equal(pid, server:workers()[1])
    end)

    it("harm no reload, " .. row[1], function()
      start(row[2], TIMER)
      local old = server:workers()[1]
      for _ = 1, 5 do
        ask(function() return "/step" end, 50)
        server:reload()
        cqueues.sleep(0.2)
      end
      openresty.eventually(function()
        local pids = server:workers()
        return #pids == 1 and pids[1] ~= old
      end)
      ask(function() return "/go" end, 50)
      openresty.eventually(function() return counts().live == 0 end)
      assert.equal(0, counts().failed)
    end)
  end

  it("may enter a transport of nginx's, with whoever drives them", function()
    start("transport = webhooks.transport.openresty(),", "")
    local paths = {}
    for i = 1, 100 do paths[i] = "/step" end
    for _, body in ipairs(server:bodies(paths)) do assert.equal("started\n", body) end
    openresty.eventually(function()
      server:body "/step"
      local seen = counts()
      return seen.ended > 0 and seen.began == seen.ended + seen.failed + seen.live
    end)
  end)
end)
