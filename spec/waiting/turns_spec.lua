-- Turns that nobody releases, because an error or the host has ended their holder; and what
-- becomes of those who wait for theirs.

local clients = require "spec.support.clients"
local turns = require "twilio.webhooks.waiting.turns"

describe("a turn", function()
  it("whose holder's time is over goes to whoever asks next", function()
    local all = turns.new()
    local first, second = turns.new_place(nil, 1), turns.new_place(nil, 100)
    assert.is_true(turns.acquire(all, "key", first, 0))
    assert.is_false(turns.acquire(all, "key", second, 0))
    assert.is_true(turns.acquire(all, "key", second, 50))
    assert.is_nil(turns.release(all, "key", first))
    assert.is_nil(turns.release(all, "key", second))
    assert.same({}, all.of)
  end)

  -- Three who show signs of life, and of whom the first has the turn.
  local function in_line()
    local all, places = turns.new(), {}
    for i = 1, 3 do
      places[i] = turns.new_place(nil, 100, turns.new_life(1))
      assert.equal(i == 1, (turns.acquire(all, "key", places[i], 0)))
    end
    return all, places
  end

  it("whose holder is silent goes to the next after two looks, and over those who are silent, too", function()
    local all, places = in_line()
    turns.show_life(places[3].life, 10)
    assert.is_false((turns.acquire(all, "key", places[3], 3)))
    assert.is_false((turns.acquire(all, "key", places[3], 3.9)))
    assert.is_true(turns.acquire(all, "key", places[3], 4))
    assert.is_nil(turns.release(all, "key", places[1], 4))
    assert.is_nil(turns.release(all, "key", places[3], 4))
    assert.same({}, all.of)
  end)

  it("stays with a holder who was late and lives, and is no one's who is silent", function()
    local all, places = in_line()
    assert.is_false((turns.acquire(all, "key", places[2], 3)))
    turns.show_life(places[1].life, 4)
    assert.is_false((turns.acquire(all, "key", places[2], 4)))
    turns.show_life(places[3].life, 5)
    assert.equal(places[3], turns.release(all, "key", places[1], 5))
    assert.is_false((turns.acquire(all, "key", places[2], 5))) -- it joins again
    turns.show_life(places[2].life, 6)
    assert.equal(places[2], turns.release(all, "key", places[3], 5))
  end)

  it("is looked for again in time that passes, by the first in line sooner", function()
    local all, places = in_line()
    assert.equal(2, turns.next_look(all, "key", places[2], 0))
    for _, now in ipairs { 2, 50, 200 } do
      local first, second = turns.next_look(all, "key", places[2], now), turns.next_look(all, "key", places[3], now)
      assert.is_true(now < first and first < second)
    end
  end)

  it("whose holder is gone is forgotten, in the end", function()
    local all = turns.new()
    for i = 1, 500 do turns.acquire(all, "lost " .. i, turns.new_place(nil, 1), 0) end
    for i = 1, 500 do
      local place = turns.new_place(nil, 100)
      turns.acquire(all, "key " .. i, place, 50)
      turns.release(all, "key " .. i, place)
    end
    assert.same({}, all.of)
  end)
end)

describe("a turn that is lost", function()
  local lost, all
  before_each(function()
    lost = {}
    all = turns.new(nil, function(key) lost[#lost + 1] = key end)
  end)

  it("amid a create is told when another takes it, or when it is forgotten", function()
    for i = 1, 2 do
      local place = turns.new_place(nil, 1)
      assert.is_true(turns.acquire(all, i, place, 0))
      place.creating = {}
    end
    all.of.launched = { turn = "launched", creating = false, holder = false, stop = 1 } -- as Tasks:launch takes it
    local place = turns.new_place(nil, 100)
    assert.is_true(turns.acquire(all, 1, place, 50))
    assert.same({ 1 }, lost)
    for i = 1, 1000 do turns.acquire(all, "key " .. i, turns.new_place(nil, 100), 50) end
    table.sort(lost, function(a, b) return tostring(a) < tostring(b) end)
    assert.same({ 1, 2, "launched" }, lost)
  end)

  it("for anything else is not", function()
    assert.is_true(turns.acquire(all, "key", turns.new_place(nil, 1), 0))
    assert.is_true(turns.acquire(all, "key", turns.new_place(nil, 100), 50))
    assert.same({}, lost)
  end)
end)

describe("a task that waits for its turn", function()
  local client
  after_each(function() client:close() end)

  -- A transport that answers nothing for so many seconds.
  local function slow(seconds)
    return function()
      local stop = client.core.now() + seconds
      while client.core.now() < stop do coroutine.yield() end
      return nil, "timeout"
    end
  end

  it("gives up when its time is over, with nothing sent", function()
    client = clients.open { transport = slow(0.6), deadline = 0.3 }
    local errors, params = {}, clients.webhook()
    for i = 1, 2 do
      client:go(function() errors[i] = select(3, client:create_webhook(params)) end)
    end
    client:run()
    assert.equal("timeout", errors[2].kind)
    assert.equal("no", errors[2].sent)
    assert.truthy(errors[2].message:find("an equal create of this client is under way", 1, true), errors[2].message)
  end)

  it("may be canceled while others wait for the client's rate", function()
    client = clients.open { transport = function() return clients.EMPTY_LIST end, rate = 0.1, deadline = 60 }
    local results, tasks, begun = {}, {}, 0
    for i = 1, 3 do
      tasks[i] = client:go(function()
        begun = begun + 1
        results[i] = { client:list_webhooks { channel_sid = "x" } }
      end)
    end
    for _ = 1, 100 do
      client:step() -- which on a busy machine may begin one of them alone
      if results[1] and begun == 3 then break end
    end
    assert.is_table(results[1][1])
    client:step()
    tasks[3]:cancel()
    for _ = 1, 100 do
      client:step()
      if results[3] then break end
    end
    assert.equal("canceled", results[3][3].kind)
    assert.is_nil(results[2])
  end)
end)

describe("a task that yields to an event loop", function()
  it("is ended, and told what to do", function()
    local told
    local client = clients.open { on_event = function(event) told = event end }
    client:go(function() coroutine.yield(io.stdout) end) -- as cqueues.sleep yields an object of its own
    assert.equal(0, client:step())
    assert.equal("error", told.type)
    assert.truthy(told.message:find("wait with client:sleep", 1, true), told.message)
    client:close()
  end)
end)

describe("no descriptor", function()
  it("is told before anything is sent", function()
    local child = require "spec.support.child"
    local code = [[
      local webhooks = require "twilio.webhooks"
      local client = webhooks.new { account_sid = "AC" .. ("a"):rep(32), auth_token = "x",
        service_sid = "IS" .. ("a"):rep(32), base_url = "http://127.0.0.1:1", wait = function() end }
      local files = {}
      repeat
        local file = io.open "/dev/null"
        files[#files + 1] = file
      until not file
      print(pcall(client.list_webhooks, client, { channel_sid = "x" }))
      client = webhooks.new { account_sid = "AC" .. ("a"):rep(32), auth_token = "x",
        service_sid = "IS" .. ("a"):rep(32), base_url = "http://127.0.0.1:1", max_attempts = 1 }
      client:go(function() print(select(2, client:list_webhooks { channel_sid = "x" })) end)
      print((client:pollfd()))
      assert(client:run())
    ]]
    local pipe = io.popen("ulimit -n 64; " .. child.command(code) .. " 2>&1")
    local said = pipe:read "*a"
    pipe:close()
    assert.truthy(said:find("false.*no descriptor to wait for: not enough memory, or too many open files"), said)
    assert.truthy(said:find("\nnil\nlist_webhooks: [^\n]+\n$"), said)
  end)
end)
