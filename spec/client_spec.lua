-- The client's policy: against a core of the spec's own, with a clock that only
-- moves when something waits; and against the sandbox, with faults.

local client = require "twilio.webhooks.client"
local webhooks = require "twilio.webhooks"
local sandbox = require "twilio.webhooks.sandbox"
local core = require "twilio.webhooks.core"
local child = require "spec.support.child"
local example = require "spec.support.example"
local handles = require "spec.support.handles"

local unpack = table.unpack or unpack -- luacheck: ignore 143 (5.2 and newer have the former)

local NOON = "Tue, 24 Nov 2026 12:00:00 GMT"

local function hook(number, fields)
  local made = { sid = "WH" .. ("%032d"):format(number), type = "webhook", date_created = "2026-11-24T12:00:00Z",
    configuration = { url = "u", method = "POST" } }
  for name, value in pairs(fields or {}) do made[name] = value end
  return made
end

local function failure(fields)
  local err = { kind = "network", sent = "unknown", retryable = false, message = "broke", attempts = 1 }
  for name, value in pairs(fields or {}) do err[name] = value end
  return { nil, err.message, err }
end

local UNSENT = failure { sent = "no", retryable = true }
local AMBIGUOUS = failure()
local THROTTLED = failure { kind = "http", status = 429, sent = "yes", retryable = true }

local function made(number) return { hook(number), { status = 201, headers = { date = NOON }, attempts = 1 } } end
local function listed(...) return { { ... }, { status = 200, headers = { date = NOON } } } end

-- A client whose attempts have these results, one after the other. `log` has what
-- it did: operations and waits.
local function scripted(script, options)
  local log, clock, step = {}, 0, 0
  local function attempt(operation)
    return function(_, params, seconds)
      if operation == "create" then -- the core's own check, and what it then sends
        local request, refused, why = core.request("create_webhook", params)
        if not request then return nil, refused, why end
        log.requests = log.requests or {}
        table.insert(log.requests, request)
      end
      step = step + 1
      local result = assert(script[step], "no more attempts are expected: " .. operation)
      log[#log + 1] = operation
      log.timeout = seconds
      clock = clock + (result.takes or 0)
      local err
      for name, value in pairs(result[3] or {}) do -- a copy, since the client may change it
        err = err or {}
        err[name] = value
      end
      return result[1], result[2], err
    end
  end
  local fake = {
    now = function() return clock end,
    sleep = function(seconds)
      log[#log + 1] = ("sleep %g"):format(seconds)
      clock = clock + seconds
    end,
    random = function() return log.random or 1 end,
    problem = core.problem, invalid = core.invalid,
    open = function()
      return handles.new({
        create_webhook = attempt "create", list_webhooks = attempt "list", delete_webhook = attempt "delete",
        update_webhook = attempt "update", fetch_webhook = attempt "fetch",
      }, function() log[#log + 1] = "close" end)
    end,
  }
  return assert(client.new(options or {}, fake)), log
end

local PARAMS = example.params { type = "webhook", configuration = { url = "u" } }

describe("client", function()
  describe("create_webhook", function()
    -- { what, results of the attempts, what it did, outcome, attempts of create }
    local LOST = { "create", "sleep 0.75", "list" }
    local LOST_TWICE = { "create", "sleep 0.75", "list", "sleep 1.5", "list" }
    local AGAIN = { "create", "sleep 0.75", "list", "sleep 1.5", "list", "create", "sleep 0.75", "list" }
    local FOUR_LOOKS = { "create", "sleep 0.75", "list", "sleep 1.5", "list", "sleep 3", "list", "sleep 6", "list" }
    local LIMIT = failure { kind = "http", status = 400, code = 50321, sent = "yes" }
    local UNREADABLE = failure { kind = "parse", status = 200, sent = "yes" }
    local OLD, UNCLEAR = { date_created = "2026-11-24T11:54:00Z" }, { date_created = "2026-11-24T11:59:50Z" }
    local OTHER = { type = "trigger" }
    local rows = {
      { "makes one attempt when that succeeds", { made(1) }, { "create" }, "created", 1 },
      { "sends again what was not sent", { UNSENT, UNSENT, made(1) },
        { "create", "sleep 0.1", "create", "sleep 0.2", "create" }, "created", 3 },
      { "sends again after 429, more slowly", { THROTTLED, made(1) }, { "create", "sleep 1", "create" }, "created", 2 },
      { "adopts what an ambiguous attempt made", { AMBIGUOUS, listed(hook(7)) }, LOST, "adopted", 1 },
      { "looks twice, a second apart, before it sends again, and then whether that was right",
        { AMBIGUOUS, listed(), listed(), made(2), listed(hook(2)) }, AGAIN, "created", 2 },
      { "cannot tell when a late webhook stands beside the one that it made in the end",
        { AMBIGUOUS, listed(), listed(), made(2), listed(hook(7), hook(2)) }, AGAIN, "indeterminate", 2 },
      { "believes no list that does not show yet what it made in the end",
        { AMBIGUOUS, listed(), listed(), made(2), listed(), listed(hook(2)) },
        { "create", "sleep 0.75", "list", "sleep 1.5", "list", "create", "sleep 0.75", "list", "sleep 1.5", "list" },
        "created", 2 },
      { "adopts at the second look", { AMBIGUOUS, listed(), listed(hook(7)) }, LOST_TWICE, "adopted", 1 },
      { "cannot tell with a new one that is another, which may be its own as the server writes it",
        { AMBIGUOUS, listed(hook(7, OTHER)), listed(hook(7, OTHER)), listed(hook(7, OTHER)), listed(hook(7, OTHER)) },
        FOUR_LOOKS, "indeterminate", 1 },
      { "looks past a new one that is another, and adopts its own",
        { AMBIGUOUS, listed(hook(8, OTHER)), listed(hook(8, OTHER), hook(7)) }, LOST_TWICE, "adopted", 1 },
      { "does not adopt one that is older than the call", { AMBIGUOUS, listed(hook(7, OLD)), listed(hook(7, OLD)), made(2),
        listed(hook(7, OLD), hook(2)) }, AGAIN, "created", 2 },
      { "cannot tell with one that may be older than the call, as far as clocks differ",
        { AMBIGUOUS, listed(hook(7, UNCLEAR)) }, LOST, "indeterminate", 1 },
      { "cannot tell without the server's clock", { AMBIGUOUS, { { hook(7) }, { status = 200, headers = {} } } },
        LOST, "indeterminate", 1 },
      { "cannot tell with two of them", { AMBIGUOUS, listed(hook(7), hook(8)) }, LOST, "indeterminate", 1 },
      { "cannot tell when the list is refused", { AMBIGUOUS, failure { kind = "http", status = 401, sent = "yes" } },
        LOST, "indeterminate", 1 },
      { "cannot tell when the list keeps failing", { AMBIGUOUS, UNSENT, UNSENT, UNSENT, UNSENT }, FOUR_LOOKS,
        "indeterminate", 1 },
      { "cannot tell with one look", { AMBIGUOUS, listed(), UNSENT, UNSENT, UNSENT }, FOUR_LOOKS, "indeterminate", 1 },
      { "asks again for a list that cannot be used", { AMBIGUOUS, UNREADABLE, listed(hook(7)) }, LOST_TWICE, "adopted", 1 },
      { "looks anew after every ambiguous attempt", { AMBIGUOUS, listed(), listed(), AMBIGUOUS, listed(), listed(),
        made(2), listed(hook(2)) }, { "create", "sleep 0.75", "list", "sleep 1.5", "list", "create", "sleep 0.75", "list",
        "sleep 1.5", "list", "create", "sleep 0.75", "list" }, "created", 3 },
      { "cannot tell which of two ambiguous attempts made what it sees, and whether the other will",
        { AMBIGUOUS, listed(), listed(), AMBIGUOUS, listed(hook(7)) }, AGAIN, "indeterminate", 2 },
      { "waits for the list as long as the server asks",
        { AMBIGUOUS, failure { kind = "http", status = 429, retryable = true, retry_after = 3 }, listed(hook(7)) },
        { "create", "sleep 0.75", "list", "sleep 3", "list" }, "adopted", 1 },
      { "looks again when the list failed once", { AMBIGUOUS, failure { retryable = true }, listed(hook(7)) },
        LOST_TWICE, "adopted", 1 },
      { "looks after 500, which may have been processed",
        { failure { kind = "http", status = 500, sent = "yes" }, listed(hook(7)) }, LOST, "adopted", 1 },
      { "looks after 503 when the server is ready again",
        { failure { kind = "http", status = 503, sent = "yes", retry_after = 5 }, listed(), listed(), made(2),
          listed(hook(2)) },
        { "create", "sleep 5", "list", "sleep 1.5", "list", "create", "sleep 0.75", "list" }, "created", 2 },
      { "looks after an answer that it cannot read", { failure { kind = "parse", status = 201, sent = "yes" },
        listed(hook(7)) }, LOST, "adopted", 1 },
      { "does not believe the limit of five after an ambiguous attempt",
        { AMBIGUOUS, listed(), listed(), LIMIT, listed(hook(7)) }, AGAIN, "adopted", 2 },
      { "believes it when none of the five is its own", { AMBIGUOUS, listed(), listed(), LIMIT, listed(), listed() },
        { "create", "sleep 0.75", "list", "sleep 1.5", "list", "create", "sleep 0.75", "list", "sleep 1.5", "list" },
        "http", 2 },
      { "believes the limit of five at once otherwise", { LIMIT }, { "create" }, "http", 1 },
      { "gives up on what is refused", { failure { kind = "http", status = 400, sent = "yes" } }, { "create" },
        "http", 1 },
      { "gives up after its attempts", { UNSENT, UNSENT, UNSENT, UNSENT },
        { "create", "sleep 0.1", "create", "sleep 0.2", "create", "sleep 0.4", "create" }, "network", 4 },
    }

    for _, row in ipairs(rows) do
      it(row[1], function()
        local c, log = scripted(row[2])
        local result, info, err = c:create_webhook(PARAMS)
        log.timeout, log.requests = nil, nil
        assert.same(row[3], log)
        local outcome = result and (info.adopted and "adopted" or "created") or err.kind
        assert.equal(row[4], outcome)
        assert.equal(row[5], (err or info).attempts)
        if err then assert.equal(info, err.message) end
      end)
    end

    it("never adopts what it has handed out already", function()
      local c = scripted { made(1), AMBIGUOUS, listed(hook(1)), listed(hook(1)), made(2), listed(hook(1), hook(2)) }
      assert.equal(hook(1).sid, c:create_webhook(PARAMS).sid)
      assert.equal(hook(2).sid, c:create_webhook(PARAMS).sid)
    end)

    it("forgets what it handed out before any call that may go on, which its date tells then", function()
      local script = {}
      for i = 1, 1000 do script[i] = made(i) end
      -- the deadline, 60, twice, as each may have taken as long; the age that a date leaves unclear, 300;
      -- and a minute
      script[500].takes = 481
      for _, result in ipairs { AMBIGUOUS, listed(hook(600)), listed(hook(600)), made(2000),
        listed(hook(600), hook(2000)), AMBIGUOUS, listed(hook(1)) } do
        script[#script + 1] = result
      end
      local c = scripted(script)
      for i = 1, 1000 do assert.equal(hook(i).sid, (c:create_webhook(PARAMS) or {}).sid) end
      assert.equal(hook(2000).sid, c:create_webhook(PARAMS).sid)
      assert.equal(hook(1).sid, c:create_webhook(PARAMS).sid)
    end)

    it("makes one attempt with max_attempts = 1, and only looks", function()
      local c, log = scripted({ AMBIGUOUS, listed(), listed() }, { max_attempts = 1 })
      local _, _, err = c:create_webhook(PARAMS)
      assert.equal("indeterminate", err.kind)
      assert.equal("create", log[1])
      assert.equal(5, #log)
    end)

    it("ends within the deadline, and says so", function()
      local c = scripted({ failure { kind = "http", status = 429, sent = "yes", retryable = true, retry_after = 90 } })
      local _, message, err = c:create_webhook(PARAMS)
      assert.equal("broke (gave up: deadline)", message)
      assert.equal(90, err.retry_after)
      local again = scripted { { nil, "broke", UNSENT[3], takes = 4.95 } }
      PARAMS.deadline = 5
      _, message = again:create_webhook(PARAMS)
      PARAMS.deadline = nil
      assert.equal("broke (gave up: deadline)", message)
    end)

    it("gives an attempt no more time than the call has left", function()
      local c, log = scripted({ { nil, "x", UNSENT[3], takes = 7 }, made(1) }, { deadline = 10 })
      assert(c:create_webhook(PARAMS))
      assert.is_near(2.9, log.timeout, 1e-9)
    end)

    it("stops when the client's budget of retries is spent", function()
      local script = {}
      for i = 1, 40 do script[i] = UNSENT end
      local c = scripted(script, { max_attempts = 100, deadline = 80000 })
      local _, message, err = c:create_webhook(PARAMS)
      assert.equal("broke (gave up: budget)", message)
      assert.equal(21, err.attempts)
    end)

    it("never sends again what may be running, and looks for it at growing intervals until the deadline", function()
      for _, lost in ipairs { failure { kind = "timeout", sent = "unknown" },
        failure { kind = "http", status = 408, sent = "yes" }, failure { kind = "http", status = 504, sent = "yes" } } do
        local script = { lost }
        for i = 2, 20 do script[i] = listed() end
        local c, log = scripted(script, { deadline = 30 })
        local _, _, err = c:create_webhook(PARAMS)
        assert.equal("indeterminate", err.kind)
        assert.is_nil(err.candidates)
        assert.same({ "create", "sleep 0.75", "list", "sleep 1.5", "list", "sleep 3", "list", "sleep 6", "list",
          "sleep 12", "list", "sleep 5.75", "list" }, { unpack(log, 1, #log) })
        script = { lost, listed(), listed(), listed(hook(7)) }
        local webhook, info = scripted(script):create_webhook(PARAMS)
        assert.equal(hook(7).sid, webhook.sid)
        assert.is_true(info.adopted)
      end
    end)

    it("is not tried again in vain by 429s: they cost neither attempts nor the budget", function()
      local script = {}
      for i = 1, 30 do script[i] = THROTTLED end
      script[31] = made(1)
      local c = scripted(script, { max_attempts = 1, deadline = 4000 })
      local _, info = assert(c:create_webhook(PARAMS))
      assert.equal(31, info.attempts)
    end)

    it("pauses all of the client after a 429, and says so to whom has not the time", function()
      local slow = failure { kind = "http", status = 429, sent = "yes", retryable = true, retry_after = 90 }
      local c = scripted { slow }
      assert.equal(90, select(3, c:create_webhook(PARAMS)).retry_after)
      local _, message, err = c:fetch_webhook(example.params { sid = hook(1).sid })
      assert.same({ "timeout", "no", true, 90, 0 }, { err.kind, err.sent, err.retryable, err.retry_after, err.attempts })
      assert.truthy(message:find("paused by a 429", 1, true), message)
    end)

    it("keeps to the client's rate from the first request on", function()
      local c, log = scripted({ made(1), made(2), listed(), made(3) }, { rate = 4 })
      for _ = 1, 2 do assert(c:create_webhook(PARAMS)) end
      assert(c:list_webhooks(example.params {}))
      log.timeout, log.requests = nil, nil
      assert.same({ "create", "sleep 0.25", "create", "sleep 0.25", "list" }, log)
    end)

    it("looks no more when the client's budget is spent", function()
      local script = {}
      for i = 1, 40 do script[i] = UNSENT end
      script[22] = AMBIGUOUS
      local c, log = scripted(script, { max_attempts = 100, deadline = 80000 })
      assert.is_nil((c:list_webhooks(example.params {})))
      local _, _, err = c:create_webhook(PARAMS)
      assert.equal("indeterminate", err.kind)
      assert.equal("sleep 6", log[#log])
      for i = #log - 3, #log do assert.not_equal("list", log[i]) end
    end)

    it("adopts nothing while an equal create of before is unresolved", function()
      local c = scripted { AMBIGUOUS, failure { kind = "http", status = 401, sent = "yes" }, AMBIGUOUS, listed(hook(7)) }
      assert.equal("indeterminate", select(3, c:create_webhook(PARAMS)).kind)
      local _, _, err = c:create_webhook(PARAMS)
      assert.equal("indeterminate", err.kind)
      assert.equal(hook(7).sid, err.candidates[1].sid)
    end)

    it("with a list before it knows its own without a clock", function()
      local before = hook(5, { date_created = "2026-11-24T12:00:00Z" })
      local function undated(...) return { { ... }, { status = 200, headers = {} } } end
      local c, log = scripted { undated(before), AMBIGUOUS,
        undated(before, hook(7, { date_created = "2016-01-01T00:00:00Z" })) }
      PARAMS.baseline = true
      local webhook, info = c:create_webhook(PARAMS)
      PARAMS.baseline = nil
      assert.equal(hook(7).sid, webhook.sid)
      assert.is_true(info.adopted)
      assert.same({ "list", "create", "sleep 0.75", "list" }, { unpack(log, 1, #log) })
    end)

    it("refuses what hides fields as a whole, wherever an option of the call stands", function()
      local hiding = { __index = { channel_sid = "shown" } }
      for _, options in ipairs { {}, { deadline = 5 }, { baseline = true }, { deadline = "x" } } do
        for _, name in ipairs { "create_webhook", "ensure_webhook" } do
          local c, log = scripted {}
          local params = example.webhook(options)
          local _, _, err = c[name](c, setmetatable(params, hiding))
          assert.equal("invalid", err.kind)
          setmetatable(params, nil)
          setmetatable(params.configuration, { __pairs = function() return next, {} end })
          assert.equal("invalid", select(3, c[name](c, params)).kind)
          assert.same({}, log)
        end
      end
      assert.equal("invalid", select(3, webhooks.new(setmetatable({ deadline = 5 }, hiding))).kind)
    end)

    it("tells all that is wrong at once, the options of the call too", function()
      local c = scripted {}
      local _, message, err = c:create_webhook(example.webhook { deadline = 0, baseline = 1, type = "hook" })
      local fields = {}
      for _, problem in ipairs(err.problems) do fields[problem.field] = problem.message end
      assert.same({ deadline = "must be seconds: more than 0, and a day at most, not 0",
        baseline = "must be true or false, not 1", type = fields.type }, fields)
      assert.truthy(fields.type and message:find("type: ", 1, true))
    end)

    it("sends nothing that is refused", function()
      local c, log = scripted {}
      local result, _, err = c:create_webhook(example.params { type = "hook" })
      assert.is_nil(result)
      assert.equal("invalid", err.kind)
      assert.same({}, log)
    end)
  end)

  it("delete_webhook that finds nothing after an ambiguous attempt has succeeded", function()
    local gone = failure { kind = "http", status = 404, sent = "yes", code = 20404 }
    local c = scripted { failure { retryable = true }, gone }
    assert.is_true((c:delete_webhook(example.params { sid = hook(1).sid })))
    local other = scripted { gone }
    assert.is_nil((other:delete_webhook(example.params { sid = hook(1).sid })))
  end)

  describe("delay", function()
    it("is spread evenly over its range", function()
      local bins, n = { 0, 0, 0, 0 }, 4000
      for _ = 1, n do
        local c, log = scripted { UNSENT, made(1) }
        log.random = math.random()
        assert(c:create_webhook(PARAMS))
        local seconds = tonumber(log[2]:match "^sleep (.*)")
        assert.is_true(seconds >= 0 and seconds <= 0.1)
        local bin = math.min(4, math.floor(seconds / 0.025) + 1)
        bins[bin] = bins[bin] + 1
      end
      for _, number in ipairs(bins) do assert.is_near(n / 4, number, n / 16) end
    end)
  end)

  describe("ensure_webhook", function()
    it("adopts an equal one, whatever its age, and creates none", function()
      local c, log = scripted { listed(hook(7, { date_created = "2016-01-01T00:00:00Z" })) }
      local webhook, info = c:ensure_webhook(PARAMS)
      assert.equal(hook(7).sid, webhook.sid)
      assert.is_false(info.created)
      log.timeout = nil
      assert.same({ "list" }, log)
    end)

    it("creates one where none is equal", function()
      local c = scripted { listed(hook(7, { type = "trigger" })), made(1) }
      local webhook, info = c:ensure_webhook(PARAMS)
      assert.equal(hook(1).sid, webhook.sid)
      assert.is_true(info.created)
    end)

    local function changed(number, fields)
      local made_hook = hook(number, fields)
      made_hook.configuration = { url = "u", method = "GET" }
      return made_hook
    end

    it("updates the one with the same type and URL that is not equal", function()
      local c, log = scripted { listed(changed(7)), { hook(7), { status = 200, headers = {} } } }
      local webhook, info = c:ensure_webhook(PARAMS)
      assert.equal(hook(7).sid, webhook.sid)
      assert.same({ false, true }, { info.created, info.updated })
      assert.equal("update", log[2])
    end)

    it("takes an equal one before one that it would have to update", function()
      local c, log = scripted { listed(changed(6), hook(7)) }
      local webhook, info = c:ensure_webhook(PARAMS)
      assert.equal(hook(7).sid, webhook.sid)
      assert.same({ false, false }, { info.created, info.updated })
      assert.equal("list", log[#log])
    end)

    it("creates where the one to be updated is of another type, or gone meanwhile", function()
      local c = scripted { listed(changed(7, { type = "trigger" })), made(1) }
      assert.is_true(select(2, c:ensure_webhook(PARAMS)).created)
      c = scripted { listed(changed(7)), failure { kind = "http", status = 404, sent = "yes" }, made(1) }
      local _, info = c:ensure_webhook(PARAMS)
      assert.same({ true, false }, { info.created, info.updated })
    end)

    it("fails where the update does", function()
      local c = scripted { listed(changed(7)), failure { kind = "http", status = 403, sent = "yes" } }
      local webhook, _, err = c:ensure_webhook(PARAMS)
      assert.is_nil(webhook)
      assert.equal(403, err.status)
    end)

    it("has what it wants where its lost create left two equal ones", function()
      local c = scripted { listed(), AMBIGUOUS, listed(hook(7), hook(8)) }
      local webhook, info = c:ensure_webhook(PARAMS)
      assert.equal(hook(7).sid, webhook.sid)
      assert.same({ true, false, false }, { info.adopted, info.created, info.updated })
    end)

    it("has one deadline for all that it does", function()
      local c, log = scripted({ { {}, { status = 200, headers = {} }, takes = 7 }, made(1) }, { deadline = 10 })
      assert(c:ensure_webhook(PARAMS))
      assert.is_near(3, log.timeout, 1e-9)
    end)

    it("creates none when the list fails", function()
      local c = scripted { failure { kind = "http", status = 401, sent = "yes" } }
      local webhook, _, err = c:ensure_webhook(PARAMS)
      assert.is_nil(webhook)
      assert.equal(401, err.status)
    end)
  end)

  describe("on_event", function()
    it("is told each step", function()
      local types = {}
      local c = scripted({ UNSENT, AMBIGUOUS, listed(hook(7)) },
        { on_event = function(event) types[#types + 1] = event.type end })
      assert(c:create_webhook(PARAMS))
      assert.same({ "attempt", "retry", "attempt", "reconcile", "attempt", "adopt" }, types)
    end)

    it("is told of giving up where the outcome cannot be told, too", function()
      local last
      local c = scripted({ AMBIGUOUS, failure { kind = "http", status = 401, sent = "yes" } },
        { on_event = function(event) last = event end })
      assert.is_nil((c:create_webhook(PARAMS)))
      assert.same({ "give up", "indeterminate" }, { last.type, last.kind })
    end)

    it("does no harm when it raises an error", function()
      local c = scripted({ UNSENT, made(1) }, { on_event = function() error "mine" end })
      assert(c:create_webhook(PARAMS))
    end)
  end)

  describe("new", function()
    local refused = {
      { { deadline = 0 }, "deadline" }, { { max_attempts = 0 }, "max_attempts" }, { { max_attempts = 1.5 }, "max_attempts" },
      { { max_connections = 0 }, "max_connections" }, { { rate = 0 }, "rate" }, { { rate = "5" }, "rate" },
      { { on_event = "print" }, "on_event" }, { { timeout = "1" }, "timeout" }, { { deadlin = 1 }, "deadlin" },
      { { configuration = "x" }, "configuration" }, { { Configuration = { "x" } }, "Configuration" },
      { { auth_token = "a\nb" }, "auth_token" }, { { base_url = "http://example.com" }, "base_url" },
    }
    for _, row in ipairs(refused) do
      it("refuses a wrong " .. row[2], function()
        local c, message, err = webhooks.new(row[1])
        assert.is_nil(c)
        assert.equal("invalid", err.kind)
        assert.equal(row[2], err.problems[1].field)
        assert.truthy(message:find("^new: " .. row[2] .. ": "), message)
      end)
    end

    local misspelt = {
      dedline = "deadline", max_atempts = "max_attempts", max_inflight = "max_in_flight", on_evnt = "on_event",
      transprt = "transport", wiat = "wait", step_bugdet = "step_budget", maxConnection = "max_connections",
      conversation_sidd = "conversation_sid", servicesid = "service_sid", auth_tokn = "auth_token",
      ["confguration.url"] = "configuration.url", DEADLINE = "deadline", MAX_ATEMPTS = "max_attempts",
      replay_aftr = "configuration.replay_after", exra = "extra",
    }
    for name, nearest in pairs(misspelt) do
      it("names the nearest option of " .. name, function()
        local _, message = webhooks.new { [name] = 5 }
        assert.equal(("new: %s: is not a parameter of new; did you mean %s?"):format(name, nearest), message)
      end)
    end

    it("does not advise to send what it does not know", function()
      assert.equal("new: wibble_wobble_what: is not a parameter of new", (select(2, webhooks.new { wibble_wobble_what = 1 })))
    end)

    it("has names that are texts", function()
      local _, message, err = webhooks.new { "x" }
      assert.equal("invalid", err.kind)
      assert.truthy(message:find("a table of named fields", 1, true), message)
    end)

    it("may be given half of a pair of credentials, and the call the rest", function()
      local c = assert(webhooks.new { api_secret = "s", account_sid = example.account_sid })
      local params = { service_sid = example.service_sid, channel_sid = "c" }
      local _, _, err = c:list_webhooks(params)
      assert.equal("api_key", err.problems[1].field)
      assert.equal(1, #err.problems)
      c:close()
    end)

    it("raises for what is no table", function()
      assert.has_error(function() webhooks.new "x" end)
    end)
  end)

  it("makes exactly one webhook for each call, among faults of every kind #plain", function()
    local running = {} -- side by side: they mostly wait
    for i, method in ipairs { "create_webhook", "ensure_webhook" } do
      running[i] = child.start_program("spec/chaos.lua", "100 40 1 " .. method)
    end
    for _, finish in ipairs(running) do
      local output = finish()
      assert.truthy(output:find("\nexactly one for each\n$"), output)
    end
  end)

  describe("against the sandbox", function()
    local server

    setup(function() server = assert(sandbox.start()) end)
    teardown(function() server:stop() end)

    local function open(options)
      options = options or {}
      options.base_url, options.service_sid = server.base_url, server.service_sid
      options.account_sid, options.auth_token = server.account_sid, server.auth_token
      return assert(webhooks.new(options))
    end

    it("takes defaults for every call, and lets a call override them", function()
      local c = open { channel_sid = "defaults", type = "webhook",
        configuration = { url = "a", method = "GET", filters = "onMessageSent" } }
      assert.same({ "a", "GET" }, { c:create_webhook({}).configuration.url, c:create_webhook({}).configuration.method })
      local other = c:create_webhook { configuration = { url = "b" } }
      assert.same({ "b", "GET" }, { other.configuration.url, other.configuration.method })
      assert.equal(3, #c:list_webhooks {})
      assert.equal(0, #c:list_webhooks { channel_sid = "another" })
    end)

    it("takes of its defaults' extra what the call does not give", function()
      local c = open { channel_sid = "extra type",
        extra = { Type = "trigger", configuration = { url = "of extra", new_field = 1 } } }
      assert(c:create_webhook { type = "webhook", configuration = { url = "of call", filters = "onMessageSent" } })
      local requests = server:requests()
      local body = requests[#requests].body
      assert.truthy(body:find("Type=webhook&Configuration.Url=of%20call", 1, true), body)
      assert.truthy(body:find("&Configuration.NewField=1", 1, true), body)
      assert.is_nil(body:find("of%20extra", 1, true), body)
    end)

    it("takes extra from its defaults, and does not put it into a list", function()
      local c = open { channel_sid = "extra", type = "webhook", extra = { new_field = 1 },
        configuration = { url = "a", filters = "onMessageSent" } }
      assert(c:ensure_webhook {})
      local requests = server:requests()
      assert.is_nil(requests[#requests - 1].target:find("?", 1, true))
      assert.truthy(requests[#requests].body:find("&NewField=1", 1, true))
      assert(c:create_webhook { extra = { configuration = { method = "GET" } } })
      requests = server:requests()
      assert.is_nil(requests[#requests].body:find("NewField", 1, true))
      assert.truthy(requests[#requests].body:find("Configuration.Method=GET", 1, true))
    end)

    it("does all five operations on a channel and on a conversation", function()
      for _, owner in ipairs { { channel_sid = "all five", type = "webhook" },
        { conversation_sid = "all five", target = "webhook" },
        { chat_service_sid = server.service_sid, conversation_sid = "all five", target = "webhook" } } do
        local defaults = { configuration = { url = "a", filters = owner.type and "onMessageSent" or "onMessageAdded" } }
        for name, value in pairs(owner) do defaults[name] = value end
        local c = open(defaults)
        local made_hook = assert(c:create_webhook {})
        assert.same(made_hook, (assert(c:fetch_webhook { sid = made_hook.sid })))
        assert.equal("b", assert(c:update_webhook { sid = made_hook.sid, configuration = { url = "b" } }).configuration.url)
        assert.equal("b", assert(c:list_webhooks { page_size = 1 })[1].configuration.url)
        assert.is_true((assert(c:delete_webhook { sid = made_hook.sid })))
        assert.equal(0, #c:list_webhooks {})
        local gone, _, err = c:fetch_webhook { sid = made_hook.sid }
        assert.is_nil(gone)
        assert.equal(404, err.status)
        local requests, seen = server:requests(), {}
        for i = #requests - 6, #requests do
          local request = requests[i]
          seen[#seen + 1] = request.method .. " " .. request.target:gsub("WH%x+", "SID"):gsub("^.*/Webhooks", "")
        end
        assert.same({ "POST ", "GET /SID", "POST /SID", "GET ?PageSize=1", "DELETE /SID", "GET ", "GET /SID" }, seen)
      end
    end)

    it("makes a call about what its table said when it was made, whatever becomes of the table", function()
      local changes = {
        function(params) params.channel_sid = "another" end,
        function(params) params.configuration.url = "another" end,
        function(params) params.configuration = nil end,
        function(params) params.type = "hook" end,
        function(params) table.insert(params.configuration.filters, "another") end,
      }
      local function with_metatables(params) -- that hide nothing
        setmetatable(params.configuration, { __tostring = tostring })
        return setmetatable(params, { __metatable = "locked" })
      end
      local function check(params, change)
        local faulty = assert(sandbox.start { account_sid = example.account_sid, auth_token = example.auth_token,
          faults = { { "throttle", operation = "create", times = 1 }, { "drop_after", operation = "create", times = 1 } } })
        local c = assert(webhooks.new { base_url = faulty.base_url, on_event = function() pcall(change, params) end })
        local _, info = assert(c:create_webhook(params))
        assert.is_true(info.adopted)
        local posts, requests = 0, faulty:requests()
        for _, request in ipairs(requests) do
          assert.equal(example.path, request.target)
          if request.method == "POST" then
            assert.equal(example.form, request.body)
            posts = posts + 1
          end
        end
        assert.same({ 2, true }, { posts, #requests > 2 })
        c:close()
        faulty:stop()
      end
      for i, change in ipairs(changes) do
        check((i % 2 == 0 and with_metatables or function(params) return params end)(example.webhook()), change)
      end
    end)

    it("gathers the pages of a list", function()
      local c = open { channel_sid = "pages", type = "webhook", ["configuration.filters"] = "onMessageSent" }
      for i = 1, 5 do assert(c:create_webhook { configuration = { url = "u" .. i } }) end
      local before = #server:requests()
      local list = assert(c:list_webhooks { page_size = 2 })
      assert.equal(5, #list)
      assert.equal("u5", list[5].configuration.url)
      assert.equal(3, #server:requests() - before)
    end)

    it("finds a conversation's webhook again that does not show its replay_after", function()
      local faulty = assert(sandbox.start { faults = { { "drop_after", operation = "create", times = 1 } } })
      local c = assert(webhooks.new { base_url = faulty.base_url, account_sid = faulty.account_sid,
        auth_token = faulty.auth_token, conversation_sid = "replayed", target = "webhook" })
      local configuration = { url = "u", filters = "onMessageAdded", replay_after = 5 }
      local _, info = assert(c:create_webhook { configuration = configuration })
      assert.is_true(info.adopted)
      local _, ensured = assert(c:ensure_webhook { configuration = configuration })
      assert.is_false(ensured.created)
      assert.equal(1, #faulty:webhooks())
      c:close()
      faulty:stop()
    end)

    it("has one deadline for all pages of a list", function()
      local slow = assert(sandbox.start { latency = 0.3 })
      local c = assert(webhooks.new { base_url = slow.base_url, account_sid = slow.account_sid,
        auth_token = slow.auth_token, service_sid = slow.service_sid, channel_sid = "slow pages",
        type = "webhook", ["configuration.filters"] = "onMessageSent" })
      for i = 1, 5 do
        c:go(function() assert(c:create_webhook { configuration = { url = "u" .. i } }) end)
      end
      assert(c:run())
      local lists = { blocking = function() return c:list_webhooks { page_size = 1, deadline = 1, timeout = 0.7 } end }
      function lists.tasks()
        local list, _, err
        c:go(function() list, _, err = lists.blocking() end)
        assert(c:run())
        return list, _, err
      end
      for name, list in pairs(lists) do
        local before = #slow:requests()
        local all, _, err = list()
        assert.is_nil(all, name)
        assert.equal("timeout", err.kind)
        assert.is_true(#slow:requests() - before <= 4, name) -- 5 pages take 1.5 s
      end
      c:close()
      slow:stop()
    end)

    it("ensures a webhook once, however often it is asked", function()
      local c = open { channel_sid = "ensured", type = "webhook" }
      local first, info = c:ensure_webhook { configuration = { url = "u", filters = { "onMessageSent", "onMemberAdded" } } }
      assert.is_true(info.created)
      local second, again = c:ensure_webhook { configuration = { url = "u", filters = { "onMemberAdded", "onMessageSent" } } }
      assert.is_false(again.created)
      assert.equal(first.sid, second.sid)
      assert.equal(1, #c:list_webhooks {})
    end)

    -- What cannot be promised: the API has no way to create only if there is none.
    it("may ensure a webhook twice where two do so at the same moment, and once from then on", function()
      local slow = assert(sandbox.start { latency = 0.3, account_sid = server.account_sid,
        auth_token = server.auth_token })
      local code = ([[
        local client = assert(require "twilio.webhooks".new { base_url = "%s", account_sid = "%s", auth_token = "%s",
          service_sid = "%s", channel_sid = "at once", type = "webhook" })
        local hook, info = assert(client:ensure_webhook { configuration = { url = "u", filters = "onMessageSent" } })
        print(hook.sid, info.created)
      ]]):format(slow.base_url, slow.account_sid, slow.auth_token, slow.service_sid)
      local command = child.command(code)
      local pipe = io.popen(command .. " & " .. command .. " & wait")
      local first = pipe:read("*a")
      pipe:close()
      assert.equal(2, #slow:webhooks(), first)
      assert.truthy(child.run(code):find("^" .. slow:webhooks()[1].sid .. "\tfalse\n"))
      assert.equal(2, #slow:webhooks())
      slow:stop()
    end)

    it("keeps credentials where no table shows them", function()
      local c = open()
      local function search(value, seen)
        assert.is_nil(tostring(value):find(server.auth_token, 1, true))
        if type(value) ~= "table" or seen[value] then return end
        seen[value] = true
        for name, field in pairs(value) do
          search(name, seen)
          search(field, seen)
        end
      end
      search(c, {})
      assert.equal("twilio.webhooks.client", tostring(c))
    end)

    it("raises when it is used after close", function()
      local c = open { channel_sid = "closed" }
      assert(c:list_webhooks {})
      c:close()
      c:close()
      assert.has_error(function() c:list_webhooks {} end, "the client is closed")
    end)

    if _VERSION == "Lua 5.4" then
      it("is closed by <close>", function()
        local c = open { channel_sid = "closed" }
        assert(load "local c <close> = ... ; c:list_webhooks {}")(c)
        assert.has_error(function() c:list_webhooks {} end, "the client is closed")
      end)
    end

    it("raises for what is no table", function()
      assert.has_error(function() open():list_webhooks() end)
    end)
  end)
end)
