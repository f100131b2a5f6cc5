-- The handle, below waiting/: what submit, step, announce, result, cancel, timeout and
-- pollfd do, each for itself. See csrc/lua/drive.h.

local core = require "twilio.webhooks.core"
local example = require "spec.support.example"
local libcurl = require "spec.support.libcurl"
local process = require "spec.support.process"
local sandbox = require "twilio.webhooks.sandbox"
local sandboxes = require "spec.support.sandboxes"

-- The number of a call that is done, each once.
local function announce(handle)
  local id = handle:announce()
  if id then handle:announce(id) end
  return id
end

describe("drive", function()
  local server, slow, silent
  local webhook = sandboxes.webhook

  setup(function() server, slow, silent = sandboxes.start() end)
  teardown(sandboxes.stop)
  after_each(sandboxes.close)

  local function open(where, in_flight)
    local base_url = (where or server).base_url
    return sandboxes.closing(assert(core.open(example.params { base_url = base_url }, 4, in_flight or 8)))
  end

  local held = {} -- calls, until the spec ends: a dropped one cancels itself

  local function submit(handle, fields, seconds)
    local call, id, err = handle:submit("create_webhook", webhook(fields), seconds)
    held[#held + 1] = call
    return call, id, err
  end

  after_each(function() held = {} end)

  -- Steps until one is announced, for ten seconds at most.
  local function announced(handle)
    local stop = core.now() + 10
    repeat
      local id = announce(handle)
      if id then return id end
      handle:step(0.05)
    until core.now() > stop
    error "nothing was announced"
  end

  describe("awaited", function()
    it("counts calls from submit until they were announced", function()
      local handle = open()
      local call, id = submit(handle)
      submit(handle)
      assert.equal(2, handle:awaited())
      handle:announce(announced(handle))
      assert.equal(1, handle:awaited())
      announced(handle)
      assert.equal(0, handle:awaited())
      assert.truthy(call:result().sid)
      assert.equal("number", type(id))
    end)

    it("counts none that was canceled, or whose client was closed", function()
      local handle = open()
      local call = submit(handle)
      submit(handle)
      call:cancel()
      assert.equal(1, handle:awaited())
      handle:close()
      assert.equal(0, handle:awaited())
    end)
  end)

  describe("announce", function()
    it("sends what was submitted meanwhile, without a step, once a number is passed back", function()
      local handle = open()
      local function list() -- on a kept connection with any libcurl
        held[#held + 1] = handle:submit("list_webhooks", webhook(), nil, true)
      end
      list()
      local stop = core.now() + 10
      local id
      repeat
        handle:step(0.05)
        id = handle:announce()
      until id or core.now() > stop
      local before = #server:requests()
      list()
      assert.equal(id, handle:announce())
      core.sleep(0.05)
      assert.equal(before, #server:requests())
      assert.not_equal(id, (handle:announce(id))) -- the other may be done already
      while #server:requests() == before and core.now() < stop do core.sleep(0.02) end
      assert.equal(before + 1, #server:requests())
      announced(handle)
    end)
  end)

  describe("launch", function()
    it("submits a create, and takes the turn of its aim for the task", function()
      local handle, task, turns = open(), {}, {}
      local call, id, begin = handle:launch(webhook(), 5, task, turns)
      assert.equal(task, turns[task.turn])
      assert.equal(begin + 5, task.stop)
      assert.equal(id, announced(handle))
      assert.truthy(call:result().sid)
    end)

    it("sends nothing where another has the turn, and leaves it to that", function()
      local handle, task, turns = open(), {}, {}
      local params, other = webhook(), {}
      local call = handle:launch(params, 5, task, turns)
      assert.is_nil(handle:launch(params, 5, other, turns))
      assert.is_nil(other.turn)
      assert.equal(task, turns[task.turn])
      assert.equal(1, handle:awaited())
      call:cancel()
    end)

    it("leaves to the ordinary way what is refused, and what has an option of the client's", function()
      local handle, task, turns = open(), {}, {}
      for name, value in pairs { type = "no such type", deadline = 1, baseline = true } do
        local params = webhook()
        params[name] = value
        assert.is_nil(handle:launch(params, 5, task, turns), name)
      end
      assert.is_nil(handle:launch("no table", 5, task, turns))
      assert.is_nil(next(turns))
      assert.is_nil(task.turn)
      assert.equal(0, handle:awaited())
    end)

    it("refuses a task or turns that are no tables", function()
      local handle = open()
      for _, arguments in ipairs { { 5 }, { 5, {} }, { 5, nil, {} }, { 5, {}, "turns" } } do
        local ok, message = pcall(handle.launch, handle, webhook(), arguments[1], arguments[2], arguments[3])
        assert.is_false(ok)
        assert.truthy(message:find("table expected", 1, true), message)
      end
      assert.equal(0, handle:awaited())
    end)

    it("uses a call again once it has succeeded, and none that failed", function()
      local handle, task, turns = open(), {}, {}
      local call = handle:launch(webhook(), 5, task, turns)
      announced(handle)
      assert.truthy(call:result().sid)
      turns[task.turn] = nil
      local again = handle:launch(webhook(), 5, task, turns)
      assert.equal(call, again)
      again:cancel()
      assert.is_nil((again:result()))
      turns[task.turn] = nil
      assert.not_equal(again, (handle:launch(webhook(), 5, task, turns)))
    end)
  end)

  describe("submit", function()
    it("gives a call and a number, and nothing is sent before a step", function()
      local handle = open()
      local before = #server:requests()
      local call, id = submit(handle)
      assert.equal("userdata", type(call))
      assert.equal("number", type(id))
      core.sleep(0.05)
      assert.equal(before, #server:requests())
      assert.equal(id, announced(handle))
      assert.truthy(call:result().sid)
      assert.equal(before + 1, #server:requests())
    end)

    it("sends nothing for which it comes too late", function()
      local handle = open()
      local before = #server:requests()
      local call, id = submit(handle, {}, 0.001)
      core.sleep(0.02)
      assert.equal(id, announced(handle))
      local _, message, err = call:result()
      assert.equal("create_webhook: timed out while queued", message)
      assert.same({ "timeout", "no" }, { err.kind, err.sent })
      assert.equal(before, #server:requests())
    end)

    it("gives each a number of its own", function()
      local handle = open()
      local seen = {}
      for _ = 1, 20 do
        local _, id = submit(handle)
        assert.is_nil(seen[id])
        seen[id] = true
      end
    end)

    it("refuses what the blocking function refuses, in the same words", function()
      local handle = open()
      local call, message, err = submit(handle, { type = "hook" })
      local _, expected, expected_err = handle:create_webhook(webhook { type = "hook" })
      assert.is_nil(call)
      assert.equal(expected, message)
      assert.same(expected_err, err)
    end)

    it("takes no more in flight than it was opened for; the rest in order", function()
      local handle = open(slow, 2)
      local calls, before = {}, #slow:requests()
      for i = 1, 6 do
        local call, id = submit(handle, { channel_sid = "in order " .. i })
        calls[id] = { call = call, number = i }
      end
      local begin, waves = core.now(), {}
      for _ = 1, 6 do
        local id = announced(handle)
        assert.truthy(calls[id].call:result().sid)
        waves[calls[id].number] = math.floor((core.now() - begin) / 0.3 + 0.01)
      end
      for i = 1, 6 do assert.is_true(waves[i] >= math.ceil(i / 2), i .. " came too early") end
      local requests, connections = slow:requests(), {}
      for i = before + 1, #requests do connections[requests[i].connection] = true end
      local count = 0
      for _ in pairs(connections) do count = count + 1 end
      assert.equal(libcurl.reuses_for_post and 2 or 6, count)
    end)

    it("ends those that wait for their turn in the order of their times", function()
      local handle = open(silent, 1)
      submit(handle, {}, 30)
      local seconds, of = { 0.4, 0.2, 0.6, 0.3 }, {}
      local begin = core.now()
      for _, own in ipairs(seconds) do
        local call, id = submit(handle, {}, own)
        of[id] = { call = call, seconds = own }
      end
      for _, own in ipairs { 0.2, 0.3, 0.4, 0.6 } do
        local ended = of[announced(handle)]
        assert.equal(own, ended.seconds)
        assert.is_true(core.now() - begin >= own)
        local _, message, err = ended.call:result()
        assert.equal("create_webhook: timed out while queued", message)
        assert.equal("no", err.sent)
      end
    end)

    it("counts the wait for its turn as time of the attempt", function()
      local handle = open(silent, 1)
      submit(handle, {}, 30)
      local call, id = submit(handle, {}, 0.2)
      local begin = core.now()
      assert.equal(id, announced(handle))
      assert.is_true(core.now() - begin >= 0.2)
      assert.is_true(core.now() - begin < 5)
      local result, message, err = call:result()
      assert.is_nil(result)
      assert.equal("create_webhook: timed out while queued", message)
      assert.same({ "timeout", "no", true }, { err.kind, err.sent, err.retryable })
    end)

    it("tells of what was never sent nothing that is the request's before", function()
      local handle = open(server, 1)
      local calls = {}
      for i = 1, 2 do calls[i] = submit(handle) end
      for i = 1, 2 do
        announced(handle)
        assert.truthy(calls[i]:result().sid)
      end
      submit(handle, { base_url = silent.base_url }, 30)
      local call, id = submit(handle, {}, 0.2)
      assert.equal(id, announced(handle))
      local _, _, err = call:result()
      assert.same({ "timeout", "no", true }, { err.kind, err.sent, err.retryable })
      assert.is_nil(err.status)
      assert.is_nil(err.headers)
    end)

    it("gives what had to wait only the time that is left", function()
      local handle = open(silent, 1)
      local first = submit(handle, {}, 1)
      local second = submit(handle, {}, 1.5)
      local begin = core.now()
      announced(handle)
      announced(handle)
      assert.is_true(core.now() - begin < 2.4) -- and not 1 + 1.5
      local _, _, err = first:result()
      assert.same({ "timeout", "unknown" }, { err.kind, err.sent })
      _, _, err = second:result()
      assert.same({ "timeout", "unknown" }, { err.kind, err.sent })
    end)

    it("raises for what is no operation, no table, or another call's page", function()
      local handle = open()
      assert.has_error(function() handle:submit("create", {}) end)
      assert.has_error(function() handle:submit("create_webhook", "x") end)
      local call = submit(handle)
      assert.has_error(function() handle:submit(call) end)
    end)
  end)

  describe("step", function()
    it("without seconds does not wait", function()
      local handle = open(silent)
      submit(handle)
      for _ = 1, 5 do handle:step() end
      local before = process.waits()
      for _ = 1, 100 do handle:step(0) end
      assert.is_true(process.waits() - before < 20)
      assert.is_false(handle:step(0))
    end)

    it("waits for as long as it was told when nothing comes", function()
      local handle = open(silent)
      submit(handle)
      repeat until not handle:step(0.02)
      local begin = core.now()
      handle:step(0.05)
      assert.is_true(core.now() - begin >= 0.045)
    end)

    it("does not wait where a request has failed before it was sent", function()
      local engine = open(silent)
      local shortest = math.huge -- of many: a busy machine makes some of them long
      for _ = 1, 20 do
        local call = submit(engine, {}, 0.001)
        core.sleep(0.003)
        local begin = core.now()
        engine:step(0.1)
        shortest = math.min(shortest, core.now() - begin)
        assert.equal("timeout", select(3, call:result()).kind)
      end
      assert.is_true(shortest < 0.05, shortest)
    end)

    it("comes back as soon as something comes", function()
      local handle = open(slow)
      local call = submit(handle)
      local steps = 0
      repeat
        handle:step(0.1)
        steps = steps + 1
      until announce(handle) or steps == 100
      assert.truthy(call:result().sid)
      assert.is_true(steps < 20)
    end)

    it("with a budget does not begin with all at once, and loses none", function()
      local handle = open(server, 100)
      local calls = {} -- which would cancel themselves if they were dropped
      for i = 1, 100 do calls[i] = submit(handle) end
      handle:step(0, 1e-9)
      local done, stop = 0, core.now() + 30
      while done < 100 and core.now() < stop do
        handle:step(0.05, 1e-9)
        while announce(handle) do done = done + 1 end
      end
      assert.equal(100, done)
      assert.equal(100, #calls)
      assert.is_nil(announce(handle))
    end)

    it("does nothing where nothing was ever asked for", function()
      assert.is_false(open():step(10))
    end)
  end)

  describe("announce", function()
    it("says a number again until it is told", function()
      local handle = open(server)
      local _, id = submit(handle)
      local told
      repeat
        handle:step(0.05)
        told = handle:announce()
      until told
      assert.equal(id, told)
      assert.equal(id, handle:announce(0))
      assert.is_nil(handle:announce(id))
      assert.is_nil(handle:announce())
    end)

    it("gives each number once, and none that has no end yet", function()
      local handle = open(slow)
      local seen = {}
      local calls = {}
      for i = 1, 5 do calls[i] = submit(handle) end
      assert.is_nil(announce(handle))
      for _ = 1, 5 do
        local id = announced(handle)
        assert.is_nil(seen[id])
        seen[id] = true
      end
      handle:step(0.01)
      assert.is_nil(announce(handle))
      assert.equal(5, #calls)
    end)
  end)

  describe("result", function()
    it("is that of the blocking function", function()
      local handle = open()
      local call = submit(handle)
      announced(handle)
      local result, info = call:result()
      local expected, expected_info = handle:create_webhook(webhook())
      for name, value in pairs(result) do assert.equal(type(expected[name]), type(value), name) end
      for name, value in pairs(expected_info) do assert.equal(type(info[name]), type(value), name) end
      assert.equal(201, info.status)
    end)

    it("can be taken once", function()
      local handle = open()
      local call = submit(handle)
      announced(handle)
      assert.truthy(call:result())
      assert.has_error(function() call:result() end, "the call's result was taken")
    end)

    it("cannot be taken before its end", function()
      local handle = open(slow)
      local call = submit(handle)
      assert.has_error(function() call:result() end, "the call has no result yet")
    end)

    it("after close says so, and whether the request had left", function()
      local handle = open(silent)
      local before = #silent:requests()
      local sent = submit(handle)
      repeat handle:step(0.02) until #silent:requests() > before
      local unsent = submit(handle)
      handle:close()
      local _, message, err = sent:result()
      assert.equal("create_webhook: the client was closed meanwhile", message)
      assert.same({ "canceled", "unknown", false }, { err.kind, err.sent, err.retryable })
      _, message, err = unsent:result()
      assert.equal("create_webhook: the client was closed meanwhile", message)
      assert.equal("no", err.sent)
    end)

    it("of a page may be taken, and the next be asked for, while announcements are read", function()
      local handle = open()
      local params = { channel_sid = "handle pages in a loop", page_size = 2 }
      for _ = 1, 5 do assert(handle:create_webhook(webhook { channel_sid = params.channel_sid })) end
      local call = handle:submit("list_webhooks", params)
      local stop, announced_pages, list = core.now() + 30, 0, false
      repeat
        handle:step(0.05)
        for _ in handle.announce, handle do
          announced_pages = announced_pages + 1
          list = call:result()
          if not list then handle:submit(call) end
        end
      until list or core.now() > stop
      assert.equal(5, #list)
      assert.equal(3, announced_pages)
    end)

    it("of a list is false for each page that is still to come", function()
      local handle = open()
      local params = { channel_sid = "handle pages", page_size = 2 }
      for _ = 1, 5 do assert(handle:create_webhook(webhook { channel_sid = "handle pages" })) end
      local call, list, info
      local pages = 0
      repeat
        call = assert(call and handle:submit(call) or handle:submit("list_webhooks", params))
        announced(handle)
        pages = pages + 1
        list, info = call:result()
      until list ~= false
      assert.equal(3, pages)
      assert.equal(5, #list)
      assert.equal(200, info.status)
    end)

    it("takes calls alone", function()
      local call = submit(open())
      assert.has_error(function() call.result(io.stdout) end)
      assert.has_error(function() call.result(nil) end)
      assert.has_error(function() call.cancel {} end)
    end)
  end)

  describe("cancel", function()
    it("ends a call, which is announced no more, and the others go on", function()
      local handle = open(slow)
      local before = #silent:requests()
      local call, id = submit(handle, { base_url = silent.base_url })
      local other, other_id = submit(handle)
      repeat handle:step(0.02) until #silent:requests() > before
      call:cancel()
      assert.not_equal(id, other_id)
      assert.equal(other_id, announced(handle))
      assert.truthy(other:result().sid)
      local _, message, err = call:result()
      assert.equal("create_webhook: it was canceled", message)
      assert.same({ "canceled", "unknown" }, { err.kind, err.sent })
    end)

    it("of one that waits for its turn leaves nothing sent", function()
      local handle = open(slow, 1)
      local first = submit(handle)
      local call = submit(handle, { channel_sid = "canceled in the queue" })
      handle:step()
      call:cancel()
      announced(handle)
      assert.truthy(first:result())
      local _, _, err = call:result()
      assert.equal("no", err.sent)
      for _, request in ipairs(slow:requests()) do
        assert.is_nil(request.target:find("canceled%20in%20the%20queue", 1, true))
      end
    end)

    it("of one that is done takes its number back, and leaves its answer", function()
      local handle = open()
      local call = submit(handle)
      repeat handle:step(0.05) until handle:timeout() == 0
      call:cancel()
      assert.is_nil(announce(handle))
      assert.truthy(call:result().sid)
    end)

    it("twice, or after the result, does nothing", function()
      local handle = open()
      local call = submit(handle)
      call:cancel()
      call:cancel()
      local _, message = call:result()
      assert.equal("create_webhook: it was canceled", message)
      call:cancel()
    end)
  end)

  describe("timeout", function()
    it("is nil without work, 0 with a call to begin, 0 with one to announce", function()
      local handle = open()
      assert.is_nil(handle:timeout())
      local call = submit(handle)
      assert.equal(0, handle:timeout())
      repeat handle:step(0.05) until handle:timeout() == 0
      announce(handle)
      call:result()
    end)

    it("is libcurl's while a call is in flight, its end at the latest", function()
      local handle = open(silent)
      submit(handle, {}, 2)
      for _ = 1, 10 do handle:step(0.01) end
      assert.is_true(handle:timeout() <= 2)
      assert.is_true(handle:timeout() >= 0)
    end)

    it("is nil again when all has ended", function()
      local handle = open(server, 1)
      submit(handle)
      submit(handle)
      announced(handle)
      announced(handle)
      assert.is_nil(handle:timeout())
    end)
  end)

  describe("pollfd", function()
    local handle = open()
    local has = handle:pollfd() ~= nil
    handle:close()
    sandboxes.forget()

    -- Whether that descriptor becomes readable within so many seconds, as poll has it.
    local function readable(fd, seconds)
      local cqueues = require "cqueues"
      local ready = false
      local loop = cqueues.new()
      loop:wrap(function()
        ready = cqueues.poll({ pollfd = fd, events = "r" }, seconds) ~= seconds
        cqueues.cancel(fd)
      end)
      assert(loop:loop())
      return ready
    end

    if has then
      it("is one descriptor, whatever is in flight", function()
        local e = open(slow)
        local fd = e:pollfd()
        for _ = 1, 4 do submit(e) end
        e:step()
        assert.equal(fd, e:pollfd())
      end)

      it("is readable when there is work, and not when there is none", function()
        local e = open(slow)
        local fd = e:pollfd()
        assert.is_false(readable(fd, 0.02))
        local call = submit(e)
        assert.is_true(readable(e:pollfd(), 10)) -- a call to begin
        e:step()
        local wakes, begin = 0, core.now()
        repeat
          assert.is_true(readable(fd, 10))
          e:step()
          wakes = wakes + 1
        until announce(e)
        assert.is_true(core.now() - begin >= 0.29)
        assert.is_true(wakes < 10, wakes .. " wakes for one request")
        assert.truthy(call:result().sid)
        assert.is_false(readable(fd, 0.02))
      end)

      it("is readable when what begins amid an announcement ends at once: its kept connection has an answer", function()
        local stray = assert(sandbox.start { account_sid = example.account_sid, auth_token = example.auth_token,
          faults = { { "stray", times = 1, seconds = 0.05 } } })
        finally(function() stray:stop() end)
        local e = sandboxes.closing(assert(core.open(
          example.params { base_url = stray.base_url, connect_timeout = 20 }, 4, 1)))
        local _, one = submit(e)
        local call, two = submit(e)
        repeat e:step(0.05) until e:announce() == one
        core.sleep(0.3) -- the second answer comes meanwhile
        e:announce(one)
        local stop = core.now() + 60
        while e:announce() ~= two and core.now() < stop do
          assert.is_true(readable(e:pollfd(), 10))
          e:step()
        end
        assert.truthy(call:result().sid)
      end)

      it("is readable when there is one to announce", function()
        local e = open()
        submit(e)
        repeat e:step(0.05) until e:timeout() == 0
        assert.is_true(readable(e:pollfd(), 10))
        announce(e)
      end)

      it("tells the time", function()
        local e = open()
        local begin = core.now()
        assert.is_true(readable(e:pollfd(0.1), 10))
        assert.is_true(core.now() - begin >= 0.099)
        e:step()
      end)

      it("keeps the earliest of the times that it was told", function()
        local e = open()
        e:pollfd(5)
        e:pollfd(0.05)
        local fd = e:pollfd(5)
        local begin = core.now()
        assert.is_true(readable(fd, 10))
        assert.is_true(core.now() - begin < 4)
      end)

      it("is readable when the time of a call is over", function()
        local e = open(silent)
        submit(e, {}, 0.2)
        repeat
          assert.is_true(readable(e:pollfd(), 10))
          e:step()
        until announce(e)
      end)

      it("is readable when the time of one that waits for its turn is over", function()
        local e = open(silent, 1)
        submit(e, {}, 20)
        local call = submit(e, {}, 0.2)
        local begin = core.now()
        repeat
          assert.is_true(readable(e:pollfd(), 10))
          e:step()
        until announce(e)
        assert.is_true(core.now() - begin < 8)
        local _, _, err = call:result()
        assert.equal("timeout", err.kind)
      end)

      it("stays, readable, where close is told that somebody waits for it; a second close ends it", function()
        local before = process.descriptors()
        local e = open()
        local call = submit(e)
        local fd = e:pollfd()
        e:close(true)
        assert.is_true(readable(fd, 10))
        assert.is_true(readable(fd, 10))
        assert.is_nil(e:pollfd())
        call:result()
        e:close()
        assert.same(before, process.descriptors())
      end)
    end

    it("is nil after close", function()
      local e = open()
      e:close()
      assert.is_nil(e:pollfd())
    end)
  end)

  describe("close", function()
    it("leaves no descriptor, whatever was under way, and may be called again", function()
      local before = process.descriptors()
      local handle = open(silent)
      local calls = {}
      for i = 1, 4 do calls[i] = submit(handle) end
      for _ = 1, 5 do handle:step(0.02) end
      handle:pollfd()
      assert.not_same(before, process.descriptors())
      handle:close()
      handle:close()
      assert.same(before, process.descriptors())
      assert.equal(4, #calls)
      assert.is_false(handle:step())
      assert.is_nil(handle:timeout())
    end)

    it("cancels whatever is asked afterwards, and sends nothing", function()
      local handle = open()
      handle:close()
      local before = #server:requests()
      for _, ask in ipairs { submit, function() return handle:create_webhook(webhook()) end,
        function() return handle:prepare("create_webhook", webhook()) end } do
        local _, message, err = ask(handle)
        assert.equal("create_webhook: the client was closed meanwhile", message)
        assert.same({ "canceled", "no" }, { err.kind, err.sent })
      end
      assert.equal(before, #server:requests())
    end)
  end)
end)
