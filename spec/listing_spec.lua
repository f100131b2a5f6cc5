-- Iterators over long lists: what is asked for and when, what an error leaves, and that memory
-- is flat. Against the sandbox, and a transport where each answer is chosen.

local cjson = require "cjson"
local loops = require "spec.support.loops"
local sandbox = require "twilio.webhooks.sandbox"
local webhooks = require "twilio.webhooks"
local example = require "spec.support.example"

local LIST = "/v2/Services/" .. example.service_sid .. "/Channels"

local function channel(n)
  return { sid = ("CH%032d"):format(n), unique_name = "channel " .. n }
end

-- An answer with these channels, numbers, and the query of the next page.
local function page(numbers, following)
  local channels = {}
  for i, n in ipairs(numbers) do channels[i] = channel(n) end
  local body = cjson.encode { channels = channels, meta = { next_page_url = following and LIST .. following or cjson.null } }
  return { status = 200, headers = {}, body = (body:gsub('"channels":{}', '"channels":[]')) }
end

-- A client of a transport that answers by the number of the request; and the queries asked for.
local function answered(answer, options)
  local asked = {}
  local given = example.params { max_attempts = 1, transport = function(request)
    asked[#asked + 1] = request.url:match "Channels(.*)$"
    return answer(#asked, request)
  end }
  given.channel_sid = nil
  for name, value in pairs(options or {}) do given[name] = value or nil end
  return assert(webhooks.new(given)), asked
end

local function numbers_of(channels)
  local numbers = {}
  for one in channels do numbers[#numbers + 1] = tonumber(one.sid:sub(3)) end
  return numbers
end

describe("channels of a transport", function()
  it("are asked for page by page, each when its first item is wanted", function()
    local pages = { page({ 1, 2 }, "?Page=1"), page({ 3 }, "?Page=2"), page { 4 } }
    local client, asked = answered(function(n) return pages[n] end)
    local channels = client:channels {}
    assert.equal(0, #asked)
    assert.equal("CH" .. ("0"):rep(31) .. "1", channels().sid)
    channels()
    assert.same({ "?PageSize=100" }, asked)
    assert.is_false(channels.finished)
    channels()
    assert.same({ "?PageSize=100", "?Page=1" }, asked)
    assert.same({ 4 }, numbers_of(channels))
    assert.is_true(channels.finished)
    assert.is_nil(channels())
    assert.equal(3, #asked)
    assert.equal(200, channels.info.status)
    client:close()
  end)

  it("have pages that are empty passed over", function()
    local pages = { page({}, "?Page=1"), page({}, "?Page=2"), page({ 7 }, "?Page=3"), page {} }
    local client = answered(function(n) return pages[n] end)
    local channels = client:channels {}
    assert.same({ 7 }, numbers_of(channels))
    assert.is_true(channels.finished)
    client:close()
  end)

  it("end within the deadline where empty pages do not", function()
    local client, asked = answered(function(n) return page({}, "?Page=" .. n) end)
    local channels = client:channels { deadline = 0.2 }
    local item, message, err = channels()
    assert.is_nil(item)
    assert.equal("timeout", err.kind)
    assert.equal(message, channels.message)
    assert.is_true(#asked > 1)
    client:close()
  end)

  it("have no more pages asked for than there are, by thousands", function()
    local client, asked = answered(function(n) return page({ n }, n < 3000 and "?Page=" .. n or nil) end)
    local channels = client:channels {}
    assert.equal(3000, #numbers_of(channels))
    assert.is_true(channels.finished)
    assert.equal(3000, #asked)
    client:close()
  end)

  it("are given once where a page shows the end of the one before", function()
    local pages = { page({ 1, 2, 3 }, "?Page=1"), page({ 3, 4 }, "?Page=2"), page({ 4 }, "?Page=3"), page { 5, 6 } }
    local client = answered(function(n) return pages[n] end)
    assert.same({ 1, 2, 3, 4, 5, 6 }, numbers_of(client:channels {}))
    client:close()
  end)

  it("go on after an error of the transport's, which goes to the caller", function()
    local client = answered(function(n)
      if n == 2 then error("out of order", 0) end
      return page({ n }, n < 3 and "?Page=" .. n or nil)
    end)
    local channels = client:channels {}
    channels()
    assert.has_error(channels, "out of order")
    assert.same({ 3 }, numbers_of(channels))
    client:close()
  end)

  it("are had with a token that a function gives", function()
    local asked = 0
    local client = answered(function(n, request)
      assert.equal("Bearer t" .. n, request.headers.Authorization)
      return page({ n }, n < 3 and "?Page=" .. n or nil)
    end, { auth_token = false, account_sid = false, access_token = function()
      asked = asked + 1
      return "t" .. asked
    end })
    assert.same({ 1, 2, 3 }, numbers_of(client:channels {}))
    client:close()
  end)

  -- { what, the queries of the next pages, items that are given, requests }
  local circles = {
    { "itself", { "?Page=1", "?Page=1" }, 2, 2 },
    { "the first, as it was asked for", { "?PageSize=100" }, 1, 1 },
    { "two", { "?Page=1", "?Page=2", "?Page=1" }, 3, 3 },
    { "two hundred", setmetatable({}, { __index = function(_, n) return "?Page=" .. n % 200 end }), 201, 201 },
  }
  for _, row in ipairs(circles) do
    it("end where the next page is one before, of " .. row[1], function()
      local client, asked = answered(function(n) return page({ n }, row[2][n]) end)
      local channels = client:channels {}
      assert.equal(row[3], #numbers_of(channels))
      assert.is_false(channels.finished)
      assert.equal("parse", channels.err.kind)
      assert.truthy(channels.message:find("go round in a circle", 1, true))
      assert.equal(row[4], #asked)
      assert.is_nil(channels())
      assert.equal(row[4], #asked)
      client:close()
    end)
  end

  it("end in time where a circle is longer than what is remembered", function()
    local client, asked = answered(function(n) return page({ n }, "?Page=" .. n % 500) end)
    local channels = client:channels {}
    local count = 0
    for _ in channels do
      count = count + 1
      if count > 2000 then break end
    end
    assert.equal("parse", channels.err.kind)
    assert.is_true(#asked <= 600)
    client:close()
  end)

  local strange = { 5, true, "", "mailto:x", "https://chat.twilio.com", { "x" }, "https://chat.twilio.com/a/../b" }
  for _, following in ipairs(strange) do
    it("end with an error where the next page is " .. cjson.encode { following }, function()
      local client = answered(function()
        return { status = 200, headers = {}, body = cjson.encode { channels = { channel(1) },
          meta = { next_page_url = following } } }
      end)
      local channels = client:channels {}
      assert.is_nil(channels())
      assert.equal("parse", channels.err.kind)
      client:close()
    end)
  end

  for _, body in ipairs { '{"channels":[null]}', '{"channels":{"a":1}}', '{"channels":[{"sid":"IS"}]}', "{}", "[]", "null",
    '{"channels":[{"sid":"CH00000000000000000000000000000001"},null]}' } do
    it("end with an error where a page is " .. body, function()
      local client = answered(function() return { status = 200, headers = {}, body = body } end)
      local channels = client:channels {}
      local item, _, err = channels()
      assert.is_nil(item)
      assert.equal("parse", err.kind)
      assert.is_false(channels.finished)
      client:close()
    end)
  end

  it("are asked for again where the page before an error ended", function()
    local answers = { page({ 1, 2 }, "?Page=1"), { status = 500, headers = {}, body = "" }, page { 3 } }
    local client, asked = answered(function(n) return answers[n] end)
    local channels = client:channels {}
    assert.same({ 1, 2 }, numbers_of(channels))
    assert.is_false(channels.finished)
    assert.equal(500, channels.err.status)
    assert.equal(channels.err.message, channels.message)
    assert.same({ 3 }, numbers_of(channels))
    assert.is_true(channels.finished)
    assert.is_nil(channels.message)
    assert.is_nil(channels.err)
    assert.same({ "?PageSize=100", "?Page=1", "?Page=1" }, asked)
    client:close()
  end)

  it("are tried again as any call is", function()
    local answers = { page({ 1 }, "?Page=1"), { status = 429, headers = { ["Retry-After"] = "0" }, body = "" },
      { status = 503, headers = {}, body = "" }, page { 2 } }
    local client = answered(function(n) return answers[n] end, { max_attempts = 4 })
    local channels = client:channels {}
    assert.same({ 1, 2 }, numbers_of(channels))
    assert.equal(3, channels.info.attempts)
    client:close()
  end)

  it("are asked for again, the same page, where its answer named an odd next one", function()
    local function odd(following)
      return { status = 200, headers = {}, body = cjson.encode { channels = { channel(2) },
        meta = { next_page_url = following } } }
    end
    local answers = { page({ 1 }, "?Page=1"), odd "mailto:x", odd "https://x/a/../b", odd(5), page { 2 } }
    local client, asked = answered(function(n) return answers[n] end, { max_attempts = 4 })
    assert.same({ 1, 2 }, numbers_of(client:channels {}))
    assert.same({ "?PageSize=100", "?Page=1", "?Page=1", "?Page=1", "?Page=1" }, asked)
    client:close()
  end)

  it("are those of when it was made, and leave the table as it is", function()
    local client, asked = answered(function(n) return page({ n }, n == 1 and "?Page=1" or nil) end)
    local params = { type = { "public" } }
    local channels = client:channels(params)
    params.type[1], params.service_sid = "other", "other"
    assert.equal(2, #numbers_of(channels))
    assert.same({ "?Type=public&PageSize=100", "?Page=1" }, asked)
    assert.same({ type = { "other" }, service_sid = "other" }, params)
    client:close()
  end)

  it("begin at the page that is given", function()
    local client, asked = answered(function() return page { 5 } end)
    assert.same({ 5 }, numbers_of(client:channels { page = LIST .. "?Page=9" }))
    assert.same({ 5 }, numbers_of(client:channels { Page = "first", PageSize = 3 }))
    assert.same({ "?Page=9", "?PageSize=3" }, asked)
    client:close()
  end)

  it("with wrong parameters have the error at once, and at each call", function()
    local client, asked = answered(function() return page {} end)
    for _, params in ipairs { { page_size = 101 }, { typ = "x" }, { deadline = -1 }, setmetatable({}, { __index = {} }) } do
      local channels = client:channels(params)
      assert.equal("invalid", channels.err.kind)
      for _ = 1, 2 do
        local item, message, err = channels()
        assert.is_nil(item)
        assert.equal(channels.message, message)
        assert.equal(channels.err, err)
      end
      assert.is_false(channels.finished)
    end
    assert.equal(0, #asked)
    for _, misuse in ipairs { 5, "x" } do
      assert.has_error(function() client:channels(misuse) end, "bad argument to 'channels' (table expected, got "
        .. type(misuse) .. ")")
    end
    assert.has_error(function() client.channels {} end)
    client:close()
    assert.has_error(function() client:channels {} end, "the client is closed")
  end)

  it("give what the page had and then end, where the client is closed within the loop", function()
    local client = answered(function(n) return page({ n * 2 - 1, n * 2 }, "?Page=" .. n) end)
    local channels, count = client:channels {}, 0
    for _ in channels do
      count = count + 1
      if count == 3 then client:close() end
    end
    assert.equal(4, count)
    assert.equal("canceled", channels.err.kind)
    assert.is_false(channels.finished)
  end)

  it("go on through a body that waits longer than the deadline", function()
    local client = answered(function(n) return page({ n }, n < 3 and "?Page=" .. n or nil) end)
    local channels, count = client:channels { deadline = 0.2 }, 0
    for _ in channels do
      count = count + 1
      client:sleep(0.25)
    end
    assert.equal(3, count)
    assert.is_true(channels.finished)
    client:close()
  end)

  it("end with an error where another task has the page for longer than the deadline", function()
    local client
    client = answered(function(n)
      client:sleep(0.4) -- a transport that keeps to no time
      return page({ n }, "?Page=" .. n)
    end)
    local channels, ends = client:channels { deadline = 0.1 }, {}
    for i = 1, 2 do
      client:go(function() ends[i] = { channels() } end)
    end
    assert(client:run())
    assert.equal(channel(1).sid, ends[1][1].sid)
    assert.is_nil(ends[2][1])
    assert.equal("list_channels: another caller waits for the page", ends[2][2])
    assert.equal("timeout", ends[2][3].kind)
    assert.equal("no", ends[2][3].sent)
    assert.is_true(ends[2][3].retryable)
    client:close()
  end)

  it("are refused to a second coroutine where nobody can wait for the first", function()
    local client = answered(function(n)
      coroutine.yield()
      return page({ n }, n < 2 and "?Page=" .. n or nil)
    end)
    local channels = client:channels {}
    local function following() return channels() end
    local first = coroutine.wrap(following) -- which waits in its transport, for whoever resumes it
    first()
    assert.has_error(channels, "another coroutine waits for the next page of this iterator")
    assert.equal(channel(1).sid, first().sid)
    local second = coroutine.wrap(following)
    second()
    assert.equal(channel(2).sid, second().sid)
    client:close()
  end)

  it("say what they are, and nothing that they hold", function()
    local client = answered(function() return page {} end)
    assert.equal("twilio.webhooks.listing (list_channels)", tostring(client:channels {}))
    client:close()
  end)
end)

local function resident_kb()
  local status = assert(io.open "/proc/self/status")
  local kb = tonumber(status:read("*a"):match "VmRSS:%s+(%d+)")
  status:close()
  return kb
end

describe("channels of the sandbox", function()
  local server, client

  local function open(options)
    local given = { base_url = server.base_url, account_sid = server.account_sid, auth_token = server.auth_token,
      service_sid = server.service_sid }
    for name, value in pairs(options or {}) do given[name] = value end
    return assert(webhooks.new(given))
  end

  setup(function()
    server = assert(sandbox.start { channels = 5000, conversations = 230 })
    client = open()
  end)

  teardown(function()
    client:close()
    server:stop()
  end)

  it("are all of them, each once, with flat memory #plain", function()
    local count, most, first, resident = 0, 0, nil, nil
    for one in client:channels {} do
      count = count + 1
      assert(one.unique_name == "channel-" .. count)
      if count % 500 == 0 then
        collectgarbage()
        collectgarbage()
        first = first or collectgarbage "count"
        resident = resident or resident_kb()
        most = math.max(most, collectgarbage "count")
      end
    end
    assert.equal(5000, count)
    assert.is_true(most - first < 200, ("from %.0f to %.0f KB"):format(first, most))
    assert.is_true(resident_kb() - resident < 4000)
  end)

  it("are those that a filter wants", function()
    local channels, count = client:channels { type = "private", page_size = 30 }, 0
    for one in channels do
      count = count + 1
      assert.equal("private", one.type)
    end
    assert.equal(500, count)
    count = 0
    for one in client:conversations { state = "closed" } do
      count = count + 1
      assert.equal("closed", one.state)
    end
    assert.equal(23, count)
    assert.is_nil(client:conversations { start_date = "2999-01-01" }())
  end)

  it("are those that were named when a webhook was made", function()
    local params = { chat_service_sid = server.service_sid, conversation_sid = "named", target = "webhook",
      configuration = { url = "https://example.com/", filters = "onMessageAdded" } }
    assert(client:create_webhook(params))
    local one = assert(client:conversations { chat_service_sid = server.service_sid }())
    assert.equal("named", one.unique_name)
    assert.equal(server.service_sid, one.chat_service_sid)
    assert.equal(1, #assert(client:list_webhooks { conversation_sid = one.sid, chat_service_sid = server.service_sid }))
  end)

  it("may be iterated over by two, with calls in the loops", function()
    local both = client:channels { page_size = 2 }
    local count = 0
    for one in both do
      count = count + 1
      if count > 5 then break end
      local inner = client:channels { page_size = 3 }
      for _ = 1, 4 do assert(inner()) end
      assert.same({}, assert(client:list_webhooks { channel_sid = one.sid }))
      assert.equal("private", client:channels { type = "private" }().type)
    end
    assert.equal("channel-7", both().unique_name)
  end)

  it("are given once each to tasks that share an iterator", function()
    local channels, seen, count = client:channels { page_size = 20 }, {}, 0
    for _ = 1, 8 do
      client:go(function()
        local one = channels()
        while one and count < 300 do
          assert.is_nil(seen[one.sid])
          seen[one.sid], count = true, count + 1
          if count % 7 == 0 then client:sleep(0.001) end
          one = channels()
        end
      end)
    end
    assert(client:run())
    assert.is_true(count >= 300)
    assert.equal(1, #assert(client:list_channels { page = "first", page_size = 1 }))
  end)

  it("work with map", function()
    local conversations, count = client:conversations { page_size = 10 }, 0
    assert(client:map(conversations, 4, function(one)
      count = count + 1
      if count % 50 == 0 then assert(client:list_webhooks { conversation_sid = one.sid }) end
    end))
    assert.equal(230, count)
    assert.is_true(conversations.finished)
  end)

  -- Plain Lua 5.1 has no `for` that waits: this is what is to be written there.
  local function count_of(channels, each)
    local count, one = 0, channels()
    while one do
      count = count + 1
      if each then each(one, count) end
      one = channels()
    end
    return count
  end

  for _, loop in ipairs(loops.all()) do
    it("are iterated over in a loop: " .. loop.name, function()
      local inside = open { wait = loop.hook }
      local shared, total = inside:channels { type = "private", page_size = 20 }, 0
      local function share()
        count_of(shared, function(_, count)
          total = total + 1
          if count % 50 == 0 then inside:sleep(0.001) end
        end)
      end
      local rounds = loop.run { share, share, share, function()
        assert.equal(230, count_of(inside:conversations { page_size = 23 }))
      end }
      assert.equal(500, total)
      assert.is_true(shared.finished)
      assert.is_true(rounds > 10)
      inside:close()
    end)
  end

  if _VERSION ~= "Lua 5.1" or jit then
    it("are iterated over by a for in a task", function()
      local count = 0
      client:go(function()
        for _ in client:conversations { page_size = 50 } do count = count + 1 end
      end)
      assert(client:run())
      assert.equal(230, count)
    end)
  end

  it("end where their task is canceled", function()
    local channels, task, ended = client:channels { page_size = 1 }, nil, false
    task = client:go(function()
      local one = channels()
      while one do
        task:cancel()
        one = channels()
      end
      ended = true
    end)
    client:run()
    assert.is_true(ended)
    assert.equal("canceled", channels.err.kind)
    assert.is_false(channels.finished)
    assert.truthy(channels(), "which others may go on with")
  end)

  -- What two tasks get where the second waits for a page that the first one reads.
  local function wait_for_page(latency, deadline, interrupt)
    local slow = assert(sandbox.start { channels = 2, latency = latency })
    local other = assert(webhooks.new { base_url = slow.base_url, account_sid = slow.account_sid,
      auth_token = slow.auth_token, service_sid = slow.service_sid, deadline = deadline })
    local channels, results, waiting = other:channels {}, {}, nil
    for i = 1, 2 do waiting = other:go(function() results[i] = { channels() } end) end
    other:go(function() interrupt(waiting) end)
    assert(other:run())
    other:close()
    slow:stop()
    return results
  end

  it("are no longer waited for by a task that is canceled, and go to the other", function()
    local results = wait_for_page(0.4, 10, function(task) task:cancel() end)
    assert.is_string(results[1][1].sid)
    assert.is_nil(results[2][1])
    assert.equal("canceled", results[2][3].kind)
  end)

  it("are given up by all who wait when the deadline has come", function()
    for _, result in ipairs(wait_for_page(3, 0.2, function() end)) do
      assert.is_nil(result[1])
      assert.equal("timeout", result[3].kind)
    end
  end)

  it("are given up without a trace", function()
    local other = open()
    for _ = 1, 20 do
      assert(other:channels { page_size = 1 }())
    end
    collectgarbage()
    other:close()
  end)
end)
