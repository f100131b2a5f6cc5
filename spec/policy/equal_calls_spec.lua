-- Equal calls of one client at once, over a model of the API: whatever becomes of each request,
-- no webhook is given to two creates, and none is made that nobody was told of, unless a call
-- said that it cannot tell. The clock is the model's own.

local cjson = require "cjson"
local client = require "twilio.webhooks.client"
local core = require "twilio.webhooks.core"
local example = require "spec.support.example"

local EPOCH = 1795521600

-- What becomes of a create: seconds until the answer, seconds from then to its effect (false:
-- it has none), and the answer.
local FATES = {
  made = { 0.1, 0, "webhook" }, made_slowly = { 3, -2.9, "webhook" },
  lost = { 0.1, false, "closed" }, made_and_lost = { 0.1, 0, "closed" }, made_late = { 0.1, 0.9, "closed" },
  timed_out = { 5, false, "timeout" }, made_after_timeout = { 5, 2, "timeout" }, made_before_timeout = { 5, -4.9, "timeout" },
}

local function sorted(set)
  local names = {}
  for name in pairs(set) do names[#names + 1] = name end
  table.sort(names)
  return names
end

local function new_api(fates)
  local api = { clock = 0, hooks = {}, posts = 0 }

  local function wait(seconds)
    local stop = api.clock + seconds
    while api.clock < stop - 1e-9 do coroutine.yield() end
  end

  local function commit(moment)
    local hook = { sid = ("WH%032d"):format(#api.hooks + 1), type = "webhook",
      date_created = os.date("!%Y-%m-%dT%H:%M:%SZ", EPOCH + math.floor(moment)),
      configuration = { url = "u", method = "POST", filters = { "onMessageSent" } } }
    api.hooks[#api.hooks + 1] = { moment = moment, webhook = hook }
    return hook
  end

  local function answer(status, body)
    return { status = status, body = cjson.encode(body),
      headers = { Date = os.date("!%a, %d %b %Y %H:%M:%S GMT", EPOCH + math.floor(api.clock)) } }
  end

  local function create()
    api.posts = api.posts + 1
    local fate = FATES[fates[api.posts] or "made"]
    local hook = fate[2] and commit(api.clock + fate[1] + fate[2])
    wait(fate[1])
    if fate[3] == "webhook" then return answer(201, hook) end
    return nil, fate[3], "unknown"
  end

  local function list()
    wait(0.1)
    local listed = {}
    for _, hook in ipairs(api.hooks) do
      if hook.moment <= api.clock then listed[#listed + 1] = hook.webhook end
    end
    return answer(200, { meta = { next_page_url = cjson.null }, webhooks = listed })
  end

  function api.transport(request)
    return (request.method == "POST" and create or list)()
  end
  return api
end

local function open(api)
  local options = example.params { type = "webhook", transport = api.transport, timeout = 10, deadline = 40,
    configuration = { url = "u", filters = { "onMessageSent" } } }
  return assert(client.new(options, {
    now = function() return api.clock end,
    sleep = function(seconds) api.clock = api.clock + seconds end,
    random = function() return 0.5 end,
    open = core.open, alarm = core.alarm, problem = core.problem, invalid = core.invalid,
  }))
end

-- Runs the calls, the second a moment after the first. Gives how many creates each webhook was
-- given to, how many calls could not tell, and all that was made.
local function run(methods, fates)
  local api = new_api(fates)
  local c = open(api)
  local given, count, doubtful = {}, 0, 0
  for i, method in ipairs(methods) do
    c:go(function()
      c:sleep((i - 1) * 0.15)
      local hook, message, err = c[method](c, {})
      if hook then
        if not given[hook.sid] then count = count + 1 end
        given[hook.sid] = (given[hook.sid] or 0) + 1
      else
        assert(err.kind == "indeterminate", message)
        doubtful = doubtful + 1
      end
    end)
  end
  local steps = 0
  while c:step() > 0 do
    api.clock, steps = api.clock + 0.05, steps + 1
    assert(steps < 10000, "it does not end")
  end
  assert(c:run())
  c:close()
  return given, count, doubtful, #api.hooks
end

describe("equal calls at once", function()
  for _, methods in ipairs { { "create_webhook", "create_webhook" }, { "ensure_webhook", "ensure_webhook" },
    { "create_webhook", "ensure_webhook" }, { "ensure_webhook", "create_webhook" } } do
    it(table.concat(methods, " and ") .. ", in every order of what becomes of their requests", function()
      local told = 0
      for _, first in ipairs(sorted(FATES)) do
        for _, second in ipairs(sorted(FATES)) do
          local given, count, doubtful, made = run(methods, { first, second })
          local words = ("%s, %s: %d given, %d cannot tell, %d made"):format(first, second, count, doubtful, made)
          if methods[1] == "create_webhook" and methods[2] == "create_webhook" then
            for _, times in pairs(given) do assert.equal(1, times, words) end
          end
          if doubtful == 0 then
            assert.equal(count, made, words)
            told = told + 1
          end
        end
      end
      assert.is_true(told >= 20, told)
    end)
  end
end)
