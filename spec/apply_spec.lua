-- client:apply_webhooks: what is refused before anything is sent, the fewest changes and their
-- order, failures amid the work. Against the sandbox.

local loops = require "spec.support.loops"
local sandbox = require "twilio.webhooks.sandbox"
local webhooks = require "twilio.webhooks"
local example = require "spec.support.example"

local OWN = "https://hooks.example.com/"

local function hook(url, filter, retries)
  return { type = "webhook", configuration = { url = url, filters = { filter or "onMessageSent" }, retry_count = retries } }
end

local function own(name, filter, retries) return hook(OWN .. name, filter, retries) end

local function urls_of(list)
  local urls = {}
  for i, one in ipairs(list) do urls[i] = one.configuration.url or one.configuration.flow_sid end
  table.sort(urls)
  return urls
end

describe("client:apply_webhooks", function()
  local server, client, channels = nil, nil, 0

  local function open(options)
    local given = { base_url = server.base_url, account_sid = server.account_sid, auth_token = server.auth_token,
      service_sid = server.service_sid }
    for name, value in pairs(options or {}) do given[name] = value end
    return assert(webhooks.new(given))
  end

  setup(function()
    server = assert(sandbox.start())
    client = open()
  end)

  teardown(function()
    client:close()
    server:stop()
  end)

  local function new_channel(...)
    channels = channels + 1
    local name = "channel " .. channels
    for _, one in ipairs { ... } do
      assert(client:create_webhook { channel_sid = name, type = one.type, configuration = one.configuration })
    end
    return name
  end

  local function list(channel)
    return assert(client:list_webhooks { channel_sid = channel })
  end

  -- What a function asked the sandbox for: "list", "create" and so on.
  local function operations(f)
    local before = #assert(server:requests())
    f()
    local names = {}
    local requests = assert(server:requests())
    for i = before + 1, #requests do names[#names + 1] = requests[i].operation end
    return table.concat(names, " ")
  end

  local function apply(channel, wanted, options)
    local params = { channel_sid = channel, webhooks = wanted }
    for name, value in pairs(options or {}) do params[name] = value end
    return client:apply_webhooks(params)
  end

  local function counts(result)
    return ("%d created, %d updated, %d deleted, %d kept"):format(#result.created, #result.updated, #result.deleted,
      #result.kept)
  end

  -- { what it shows, webhooks before, wanted, options, requests, counts, URLs at the end }
  local rows = {
    { "makes what is not there", {}, { own "a", own "b" }, nil, "list create create",
      "2 created, 0 updated, 0 deleted, 0 kept", { OWN .. "a", OWN .. "b" } },
    { "sends one list where all is as it should be", { own "a", own "b" }, { own "b", own "a" }, nil, "list",
      "0 created, 0 updated, 0 deleted, 2 kept", { OWN .. "a", OWN .. "b" } },
    { "updates what has the same type and URL", { own "a" }, { own("a", "onMemberAdded", 2) }, nil, "list update",
      "0 created, 1 updated, 0 deleted, 0 kept", { OWN .. "a" } },
    { "deletes nothing unless it is told", { own "a" }, { own "b" }, nil, "list create",
      "1 created, 0 updated, 0 deleted, 0 kept", { OWN .. "a", OWN .. "b" } },
    { "deletes what is its own by a prefix, after what it makes", { own "a", hook "https://other.example/" }, { own "b" },
      { prune = OWN }, "list create delete", "1 created, 0 updated, 1 deleted, 0 kept",
      { OWN .. "b", "https://other.example/" } },
    { "knows a prefix that is written otherwise", { own "a" }, {}, { prune = "HTTPS://Hooks.Example.com:443" },
      "list delete", "0 created, 0 updated, 1 deleted, 0 kept", {} },
    { "takes no host for the beginning of another", { hook "https://hooks.example.com.evil.example/" }, {},
      { prune = "https://hooks.example.com" }, "list", "0 created, 0 updated, 0 deleted, 0 kept",
      { "https://hooks.example.com.evil.example/" } },
    { "deletes all of its own where nothing is wanted", { own "a", own "b" }, {}, { prune = OWN }, "list delete delete",
      "0 created, 0 updated, 2 deleted, 0 kept", {} },
    { "deletes a second equal one that is its own", { own "a", own "a" }, { own "a" }, { prune = OWN }, "list delete",
      "0 created, 0 updated, 1 deleted, 1 kept", { OWN .. "a" } },
    { "deletes one for each that it makes, where there is no room", { own "1", own "2", own "3", own "4", own "5" },
      { own "a", own "b" }, { prune = OWN }, "list delete create delete create delete delete delete",
      "2 created, 0 updated, 5 deleted, 0 kept", { OWN .. "a", OWN .. "b" } },
    { "asks a function", { own "a", own "b" }, {}, { prune = function(one) return one.configuration.url:find "b$" end },
      "list delete", "0 created, 0 updated, 1 deleted, 0 kept", { OWN .. "a" } },
    { "with dry_run sends the list alone", { own "a", own "b" }, { own("b", "onMemberAdded"), own "c" },
      { prune = OWN, dry_run = true }, "list", "1 created, 1 updated, 1 deleted, 0 kept", { OWN .. "a", OWN .. "b" } },
    { "updates before it deletes, and deletes a trigger of its own",
      { own "a", { type = "trigger", configuration = { url = OWN .. "t", triggers = { "x" } } } },
      { own("a", "onMemberAdded") }, { prune = OWN }, "list update delete", "0 created, 1 updated, 1 deleted, 0 kept",
      { OWN .. "a" } },
  }
  for _, row in ipairs(rows) do
    it(row[1], function()
      local channel = new_channel((table.unpack or unpack)(row[2])) -- luacheck: ignore 143
      local result, info
      assert.equal(row[5], operations(function() result, info = assert(apply(channel, row[3], row[4])) end))
      assert.equal(row[6], counts(result))
      assert.equal(200, info.status)
      assert.same(row[7], urls_of(list(channel)))
      if not (row[4] and row[4].dry_run) then
        assert.equal("list", operations(function() result = assert(apply(channel, row[3], row[4])) end))
        assert.equal(#row[3], #result.kept)
      end
    end)
  end

  it("is about conversations, too, and flows", function()
    local flow = { target = "studio", configuration = { flow_sid = "FW" .. ("0"):rep(32) } }
    local target = { target = "webhook", configuration = { url = OWN, filters = { "onMessageAdded" } } }
    local params = { conversation_sid = "c", webhooks = { flow, target } }
    assert.equal(2, #assert(client:apply_webhooks(params)).created)
    assert.equal(2, #assert(client:apply_webhooks(params)).kept)
    params.webhooks, params.prune = { flow }, OWN
    local result = assert(client:apply_webhooks(params))
    assert.same({ OWN }, urls_of(result.deleted))
    assert.equal(1, #result.kept)
  end)

  it("gives the actions, with the webhook of each", function()
    local channel = new_channel(own "a")
    local wanted = { own "b", own("a", "onMemberAdded") }
    local result = assert(apply(channel, wanted, { dry_run = true }))
    assert.same({ "update", "create" }, { result.actions[1].action, result.actions[2].action })
    assert.same({ 2, 1 }, { result.actions[1].row, result.actions[2].row })
    assert.same({ wanted[1] }, result.created)
    assert.same({ "onMessageSent" }, result.updated[1].configuration.filters)
    result = assert(apply(channel, wanted))
    assert.same({ "onMemberAdded" }, result.actions[1].webhook.configuration.filters)
    assert.equal(OWN .. "b", result.actions[2].webhook.configuration.url)
    assert.is_true(result.actions[2].done)
  end)

  describe("refuses before it sends anything:", function()
    local METATABLE = setmetatable({}, { __index = own "a" })
    -- { what, parameters, { field, message }... }
    local refused = {
      { "no webhooks", {}, { "webhooks", "must be a list" } },
      { "what is no list", { webhooks = own "a" }, { "webhooks", "must be a list" } },
      { "a list with a hole", { webhooks = { [1] = own "a", [3] = own "b" } }, { "webhooks", "without holes" } },
      { "what is no table", { webhooks = { own "a", 5 } },
        { "webhooks[2]", "must be a table of parameters, as of create_webhook, not 5" } },
      { "six", { webhooks = { own "1", own "2", own "3", own "4", own "5", own "6" } }, { "webhooks", "must be 5 at most" } },
      { "all mistakes at once", { webhooks = { own "a", { type = "hook", configuration = { url = "a\n", typo = 1 } }, {} },
        prune = true, dry_run = 1, deadline = 0 },
        { "prune", "not true" }, { "dry_run", "must be true or false, not 1" }, { "deadline", "must be seconds" },
        { "webhooks[2].configuration.typo", "is not a parameter of create_webhook" },
        { "webhooks[2].type", 'not "hook"' }, { "webhooks[2].configuration.url", "without control characters" },
        { "webhooks[3].type", "is required: webhook, trigger or studio" } },
      { "equal ones", { webhooks = { own "a", own "b", { Type = "webhook",
        Configuration = { Url = "https://HOOKS.example.com:443/a", Filters = "onMessageSent", Method = "post",
          RetryCount = 0 } } } }, { "webhooks[3]", "is equal to webhooks[1]" } },
      { "a channel within", { webhooks = { { channel_sid = "y", type = "webhook", configuration = own "a".configuration } } },
        { "webhooks[1].channel_sid", "belongs beside webhooks, for all of them" } },
      { "an option within", { webhooks = { { type = "webhook", Timeout = 5, configuration = own "a".configuration } } },
        { "webhooks[1].Timeout", "belongs beside webhooks" } },
      { "a table that may hide fields", { webhooks = { METATABLE } }, { "webhooks[1]", "must be a plain table" } },
      { "a conversation's target", { webhooks = { { target = "webhook" } } },
        { "webhooks[1].target", "is a parameter of a conversation's webhooks" }, { "webhooks[1].type", "is required" } },
      { "a wrong parent, once", { channel_sid = "..", webhooks = { own "a", own "b" } },
        { "channel_sid", "other than . and .." } },
      { "an unknown parameter", { prun = OWN, webhooks = { own "a" } }, { "prun", "is not a parameter of apply_webhooks" } },
      { "a webhook's own beside them", { type = "webhook", webhooks = { own "a" } },
        { "type", "is not a parameter of apply_webhooks" } },
      { "prune by any URL", { prune = "https://", webhooks = {} }, { "prune", "the beginning of your own URLs" } },
      { "prune by no URL", { prune = "hooks.example.com", webhooks = {} }, { "prune", 'not "hooks.example.com"' } },
      { "prune by nothing", { prune = "", webhooks = {} }, { "prune", 'not ""' } },
    }
    for _, row in ipairs(refused) do
      it(row[1], function()
        local params = row[2]
        params.channel_sid = params.channel_sid or "x"
        local result, message, err
        assert.equal("", operations(function() result, message, err = client:apply_webhooks(params) end))
        assert.is_nil(result)
        assert.equal("invalid", err.kind)
        assert.equal("apply_webhooks", err.operation)
        assert.equal(message, err.message)
        assert.truthy(message:find "^apply_webhooks: ", message)
        assert.is_nil(message:find "list_webhooks")
        assert.equal(#row - 2, #err.problems, message)
        for i = 3, #row do
          local found
          for _, problem in ipairs(err.problems) do
            if problem.field == row[i][1] then found = problem.message end
          end
          assert(found, row[i][1] .. " is not in " .. message)
          assert.truthy(found:find(row[i][2], 1, true), found)
        end
      end)
    end

    it("a table that may hide fields", function()
      local params = setmetatable({ channel_sid = "x", webhooks = {} }, { __index = { prune = OWN } })
      local result, message, err
      assert.equal("", operations(function() result, message, err = client:apply_webhooks(params) end))
      assert.is_nil(result)
      assert.equal("apply_webhooks: parameters: must be a plain table, without __index or __pairs", message)
      assert.same({ "invalid", "parameters" }, { err.kind, err.problems[1].field })
    end)

    it("misuse, by an error", function()
      assert.has_error(function() client:apply_webhooks() end, "bad argument to 'apply_webhooks' (table expected, got nil)")
      assert.has_error(function() client.apply_webhooks {} end)
      local closed = open()
      closed:close()
      assert.has_error(function() closed:apply_webhooks {} end, "the client is closed")
    end)

    it("what leaves no room, after the list", function()
      local channel = new_channel(own "1", own "2", hook "https://other.example/3", hook "https://other.example/4")
      local result, message, err
      assert.equal("list", operations(function()
        result, message, err = apply(channel, { own "a", own "b", own "c", own "d" }, { prune = OWN })
      end))
      assert.is_nil(result)
      assert.equal("invalid", err.kind)
      assert.truthy(message:find("takes 5, and 6 would be there, 2 of them already", 1, true), message)
      assert.equal(4, #list(channel))
    end)
  end)

  it("leaves its table as it is", function()
    local wanted = { own "a" }
    local params = { channel_sid = new_channel(), webhooks = wanted, prune = OWN, dry_run = false, deadline = 5 }
    assert(client:apply_webhooks(params))
    assert.same({ own "a" }, wanted)
    assert.same({ "channel_sid", "deadline", "dry_run", "prune", "webhooks" }, (function()
      local names = {}
      for name in pairs(params) do names[#names + 1] = name end
      table.sort(names)
      return names
    end)())
  end)

  it("passes an error of the function on, and changes nothing", function()
    local channel = new_channel(own "a")
    assert.equal("list", operations(function()
      local ok, message = pcall(apply, channel, { own "b" }, { prune = function() error("no", 0) end })
      assert.is_false(ok)
      assert.equal("no", message)
    end))
    assert(apply(channel, { own "a" }))
  end)

  it("says what was done before a failure, and does nothing after it", function()
    local channel = new_channel(own "old")
    local result, message, err = apply(channel, { own "a", hook(OWN .. "b", "onNothing"), own "c" }, { prune = OWN })
    assert.is_nil(result)
    assert.truthy(message:find("^apply_webhooks: webhooks%[2%]: create_webhook: HTTP 400"), message)
    assert.equal(message, err.message)
    assert.equal("create_webhook", err.operation)
    assert.equal(50325, err.code)
    assert.equal("1 created, 0 updated, 0 deleted, 0 kept", counts(err.result))
    assert.is_true(err.result.actions[1].done)
    assert.is_nil(err.result.actions[2].done)
    assert.same({ OWN .. "a", OWN .. "old" }, urls_of(list(channel)))
  end)

  it("says that the list failed", function()
    local other = open { auth_token = "wrong" }
    local _, message, err = other:apply_webhooks { channel_sid = "x", webhooks = { own "a" } }
    assert.truthy(message:find("^apply_webhooks: list_webhooks: HTTP 401"), message)
    assert.equal("0 created, 0 updated, 0 deleted, 0 kept", counts(err.result))
    other:close()
  end)

  it("makes what was deleted between its list and its update, and takes a delete of what is gone for done", function()
    local channel = new_channel(own "a", own "b")
    local sids = {}
    for _, one in ipairs(list(channel)) do sids[#sids + 1] = one.sid end
    local result = assert(apply(channel, { own("a", "onMemberAdded") }, { prune = function(one)
      for _, sid in ipairs(sids) do assert(client:delete_webhook { channel_sid = channel, sid = sid }) end
      return one.configuration.url == OWN .. "b"
    end }))
    assert.equal("1 created, 0 updated, 1 deleted, 0 kept", counts(result))
    assert.same({ OWN .. "a" }, urls_of(list(channel)))
  end)

  it("ends within its deadline, with what it has done", function()
    local slow = assert(sandbox.start { latency = 0.3 })
    local other = assert(webhooks.new { base_url = slow.base_url, account_sid = slow.account_sid,
      auth_token = slow.auth_token, service_sid = slow.service_sid })
    local result, _, err = other:apply_webhooks { channel_sid = "x", deadline = 0.75,
      webhooks = { own "a", own "b", own "c" } }
    assert.is_nil(result)
    assert.truthy(err.kind == "timeout" or err.kind == "indeterminate", err.kind)
    assert.is_true(#err.result.created <= 2)
    other:close()
    slow:stop()
  end)

  describe("in tasks", function()
    it("does the same at once only once", function()
      local channel, created = new_channel(), 0
      for _ = 1, 10 do
        client:go(function() created = created + #assert(apply(channel, { own "a", own "b", own "c" })).created end)
      end
      for _ = 1, 3 do
        client:go(function() assert(client:ensure_webhook { channel_sid = channel, type = "webhook",
          configuration = own "b".configuration }) end)
      end
      assert(client:run())
      assert.equal(3, #list(channel))
      assert.is_true(created <= 3)
    end)

    it("does different sets of one channel one after the other", function()
      local channel = new_channel()
      for _, names in ipairs { { "a", "b" }, { "b", "a" }, { "c", "a" }, { "b", "c" } } do
        client:go(function() assert(apply(channel, { own(names[1]), own(names[2]) })) end)
      end
      assert(client:run())
      assert.same({ OWN .. "a", OWN .. "b", OWN .. "c" }, urls_of(list(channel)))
    end)

    it("gives up, with nothing sent, where another is at the same webhooks for longer than its deadline", function()
      local slow = assert(sandbox.start { latency = 0.3 })
      local other = assert(webhooks.new { base_url = slow.base_url, account_sid = slow.account_sid,
        auth_token = slow.auth_token, service_sid = slow.service_sid })
      local first, result, message, err
      other:go(function() first = other:apply_webhooks { channel_sid = "x", webhooks = { own "a" } } end)
      other:go(function()
        result, message, err = other:apply_webhooks { channel_sid = "x", webhooks = { own "a" }, deadline = 0.1 }
      end)
      assert(other:run())
      assert.is_nil(result)
      assert.equal("apply_webhooks: not sent within its deadline: another call of this client is about the same webhooks",
        message)
      assert.same({ "timeout", "no", 0, true, {} }, { err.kind, err.sent, err.attempts, err.retryable, err.result.created })
      assert.equal(1, #first.created)
      assert.equal(1, #slow:webhooks())
      other:close()
      slow:stop()
    end)

    it("lets others on when one is canceled or fails", function()
      local channel, done, failed = new_channel(own "b"), 0, 0
      local other = open { on_event = function(event) failed = failed + (event.type == "error" and 1 or 0) end }
      local params = { channel_sid = channel, webhooks = { own "a" } }
      local first = other:go(function() other:apply_webhooks(params) end)
      other:go(function()
        other:apply_webhooks { channel_sid = channel, webhooks = { own "a" }, prune = function() error "x" end }
      end)
      other:go(function()
        params.prune = OWN
        assert(other:apply_webhooks(params))
        done = done + 1
      end)
      other:step()
      first:cancel()
      other:run()
      assert.equal(1, done)
      assert.equal(1, failed)
      other:close()
      assert.equal(1, #list(channel))
    end)
  end)

  it("ends as canceled where the client is closed amid the work, and says what was done", function()
    local channel = new_channel(own "old")
    for _, wanted in ipairs { { own "a" }, {} } do
      local other = open()
      local result, message, err = other:apply_webhooks { channel_sid = channel, webhooks = wanted, prune = function()
        other:close()
        return true
      end }
      assert.is_nil(result)
      assert.equal("canceled", err.kind, message)
      assert.equal("no", err.sent)
      assert.equal("0 created, 0 updated, 0 deleted, 0 kept", counts(err.result))
    end
    assert.equal(1, #list(channel))
  end)

  it("waits out a 429 in the middle, and tries again what may be", function()
    local busy = assert(sandbox.start { faults = {
      { "throttle", operation = "create", after = 1, times = 2, retry_after = 0 },
      { "fail_before", operation = "update", times = 1 }, { "drop_after", operation = "delete", times = 1 },
    } })
    local other = assert(webhooks.new { base_url = busy.base_url, account_sid = busy.account_sid,
      auth_token = busy.auth_token, service_sid = busy.service_sid })
    assert(other:apply_webhooks { channel_sid = "x", webhooks = { own "a", own "b", own "c" } })
    local result = assert(other:apply_webhooks { channel_sid = "x", prune = OWN,
      webhooks = { own "a", own("b", "onMemberAdded") } })
    assert.equal("0 created, 1 updated, 1 deleted, 1 kept", counts(result))
    assert.equal(2, #assert(busy:webhooks()))
    other:close()
    busy:stop()
  end)

  for _, loop in ipairs(loops.all()) do
    it("works in a loop: " .. loop.name, function()
      local inside, channel = open { wait = loop.hook }, new_channel()
      local created = 0
      local function apply_it()
        local result = assert(inside:apply_webhooks { channel_sid = channel, webhooks = { own "a", own "b" } })
        created = created + #result.created
      end
      loop.run { apply_it, apply_it, apply_it }
      assert.equal(2, created)
      assert.equal(2, #list(channel))
      inside:close()
    end)
  end

  it("makes none twice where answers are lost", function()
    local bad = assert(sandbox.start { seed = 7, faults = {
      { "drop_after", probability = 0.2 }, { "fail_after", probability = 0.1 },
      { "throttle", probability = 0.1, retry_after = 0 }, { "drop_before", probability = 0.1 },
    } })
    local other = assert(webhooks.new { base_url = bad.base_url, account_sid = bad.account_sid,
      auth_token = bad.auth_token, service_sid = bad.service_sid, max_attempts = 10, deadline = 30 })
    for i = 1, 12 do
      other:go(function()
        local params = { channel_sid = "c" .. i, webhooks = { own "a", own "b" }, prune = OWN }
        local result, _, err = other:apply_webhooks(params)
        while not result do
          assert.equal("indeterminate", err.kind)
          result, _, err = other:apply_webhooks(params)
        end
      end)
    end
    assert(other:run())
    local seen = {}
    for _, one in ipairs(assert(bad:webhooks())) do
      local key = one.channel_sid .. one.configuration.url
      assert.is_nil(seen[key])
      seen[key] = true
    end
    assert.equal(24, #assert(bad:webhooks()))
    other:close()
    bad:stop()
  end)

  it("works as the example of the API's answer shows its webhook", function()
    local channel = new_channel()
    local wanted = { { type = "webhook", configuration = example.answer.configuration } }
    assert.equal(1, #assert(apply(channel, wanted)).created)
    assert.equal(1, #assert(apply(channel, wanted)).kept)
  end)
end)
