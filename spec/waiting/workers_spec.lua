-- client:map: workers that share an iterator.

local core = require "twilio.webhooks.core"
local loops = require "spec.support.loops"
local sandboxes = require "spec.support.sandboxes"

describe("map", function()
  local server, slow, silent
  local webhook = sandboxes.webhook

  setup(function() server, slow, silent = sandboxes.start() end)
  teardown(sandboxes.stop)
  after_each(sandboxes.close)

  -- A client that keeps what it reports in `said`.
  local function open(where, options)
    local said = {}
    options = options or {}
    options.on_event = function(event)
      if event.type == "error" then said[#said + 1] = event.message end
    end
    return sandboxes.client(where or server, options), said
  end

  local function numbers(count)
    local list = {}
    for i = 1, count do list[i] = i end
    return list
  end

  it("calls the function with each item of a list, and with its place", function()
    local seen = {}
    assert.is_true(open():map({ "a", "b", "c" }, 2, function(item, place) seen[#seen + 1] = item .. place end))
    assert.same({ "a1", "b2", "c3" }, seen)
  end)

  it("calls it with all that an iterator gives, of whatever kind it is", function()
    local seen = {}
    local function see(...) seen[#seen + 1] = table.concat({ ... }, " ") end
    assert.is_true(open():map(("a=1 b=2"):gmatch "(%a)=(%d)", 5, see))
    local left = 2
    local callable = setmetatable({}, { __call = function()
      left = left - 1
      return left >= 0 and "called" or nil
    end })
    assert.is_true(open():map(callable, 1, see))
    assert.same({ "a 1", "b 2", "called", "called" }, seen)
  end)

  it("of nothing calls nothing", function()
    assert.is_true(open():map({}, 3, error))
  end)

  it("has as many calls under way as were asked for, and no more", function()
    local client = open(slow)
    local now, most, made = 0, 0, 0
    assert(client:map(numbers(12), 4, function()
      now = now + 1
      most = math.max(most, now)
      assert(client:create_webhook(webhook()))
      made, now = made + 1, now - 1
    end))
    assert.same({ 12, 4 }, { made, most })
  end)

  it("starts no more workers than there are items", function()
    local asked = 0
    assert(open():map(function()
      asked = asked + 1
      return asked <= 3 and asked or nil
    end, 100, function() end))
    assert.equal(4, asked)
  end)

  it("calls an iterator that waits from one worker at a time", function()
    local client = open()
    local inside, left, seen = 0, 6, {}
    assert(client:map(function()
      assert(inside == 0, "entered twice")
      inside = 1
      client:sleep(0.01)
      inside, left = 0, left - 1
      if left >= 0 then return left end
    end, 3, function(item)
      client:sleep(0.03)
      seen[#seen + 1] = item
    end))
    table.sort(seen)
    assert.same({ 0, 1, 2, 3, 4, 5 }, seen)
  end)

  it("reports an error of the function, and goes on with the others", function()
    local client, said = open()
    local seen = 0
    local ok, message = client:map(numbers(10), 2, function(item)
      client:sleep(0.001)
      if item <= 5 then error("item " .. item) end
      seen = seen + 1
    end)
    assert.is_nil(ok)
    assert.truthy(message:find "item [12]")
    assert.same({ 5, 5 }, { seen, #said })
  end)

  it("ends with an iterator that fails, once all calls have returned", function()
    local client, said = open()
    local count, ended = 0, 0
    local ok, message = client:map(function()
      count = count + 1
      if count == 4 then error "no more pages" end
      return count
    end, 2, function()
      client:sleep(0.02)
      ended = ended + 1
    end)
    assert.is_nil(ok)
    assert.truthy(message:find "no more pages")
    assert.same({ 4, 3, 1 }, { count, ended, #said })
  end)

  it("works inside of a function that go started, beside others", function()
    local client = open(slow)
    local made, ticks, result = 0, 0, nil
    client:go(function()
      result = client:map(numbers(6), 3, function()
        assert(client:create_webhook(webhook()))
        made = made + 1
      end)
      assert.equal(6, made)
    end)
    client:go(function()
      while not result do
        ticks = ticks + 1
        client:sleep(0.01)
      end
    end)
    assert(client:run())
    assert.is_true(result)
    assert.is_true(ticks > 1)
  end)

  it("waits for its own calls alone", function()
    local client = open()
    local other = false
    client:go(function()
      client:sleep(60)
      other = true
    end)
    local begin = core.now()
    assert(client:map({ 1, 2 }, 2, function() client:sleep(0.001) end))
    assert.is_true(core.now() - begin < 30)
    assert.is_false(other)
  end)

  it("ends when its client is closed, with the reason", function()
    local client = open(silent)
    local kinds = {}
    local ok, message = client:map(numbers(5), 2, function(item)
      if item == 2 then client:close() end
      local sound, result = pcall(client.create_webhook, client, webhook())
      kinds[item] = sound or tostring(result):match "the client is closed"
    end)
    assert.is_nil(ok)
    assert.equal("the client was closed meanwhile", message)
    assert.is_nil(kinds[3])
  end)

  it("ends when the function that called it is canceled, and cancels its calls", function()
    local client = open(silent)
    local kinds, ok, message = {}, nil, nil
    local begun = 0
    local task = client:go(function()
      ok, message = client:map(numbers(50), 2, function()
        begun = begun + 1
        local kind = select(3, client:create_webhook(webhook())).kind
        kinds[#kinds + 1] = kind
      end)
    end)
    while begun < 2 do client:step(0.01) end
    task:cancel()
    assert(client:run())
    assert.is_nil(ok)
    assert.equal("it was canceled", message)
    assert.same({ "canceled", "canceled" }, kinds)
  end)

  for name, loop in pairs(loops) do
    if type(loop) == "table" and loop.run then
      it("works in the loop of a client with a hook: " .. name, function()
        local client = open(slow, { wait = loop.hook })
        local now, most, made = 0, 0, 0
        loop.run { function()
          assert(client:map(numbers(6), 3, function()
            now = now + 1
            most = math.max(most, now)
            assert(client:create_webhook(webhook()))
            made, now = made + 1, now - 1
          end))
        end }
        assert.same({ 6, 3 }, { made, most })
      end)
    end
  end

  it("refuses what is no list, no number of workers and no function", function()
    local client = open()
    for expected, arguments in pairs {
      ["list or iterator expected, got number"] = { 1, 2, print },
      ["integer from 1 to 10000 expected"] = { {}, 0, print },
      ["function expected, got nil"] = { {}, 1 },
    } do
      local ok, message = pcall(client.map, client, arguments[1], arguments[2], arguments[3])
      assert.is_false(ok)
      assert.truthy(message:find("bad argument to 'map' (" , 1, true), message)
      assert.truthy(message:find(expected, 1, true), message)
    end
  end)
end)
