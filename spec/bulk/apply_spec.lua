local bulk = require "twilio.webhooks.bulk"
local child = require "spec.support.child"
local lfs = require "lfs"
local support = require "spec.support.bulk"
local system = require "twilio.webhooks.system"

local server, client

-- Every row has exactly one webhook.
local function assert_one_each(count)
  local held, all = support.held()
  for i = 1, count do assert.equal(1, held["https://example.com/" .. i], i) end
  assert.equal(count, all)
end

-- The lines of a journal.
local function lines_of(path)
  local lines = {}
  for line in support.read(path):gmatch "[^\n]*\n" do lines[#lines + 1] = line end
  return lines
end

-- Writes the journal again, up to the intent of that row, and without its outcome.
local function cut_after_intent(path, row)
  local kept = {}
  for _, line in ipairs(lines_of(path)) do
    kept[#kept + 1] = line
    if line:find('"t":"intent"', 1, true) and line:find(('"line":%d[,}]'):format(row)) then break end
  end
  support.write(path, table.concat(kept))
end

local function parent_of(i)
  return { service_sid = server.service_sid, channel_sid = "room" .. i }
end

-- Deletes the webhooks of a row's channel.
local function clear(i)
  local params = parent_of(i)
  for _, hook in ipairs(assert(client:list_webhooks(params))) do
    params.sid = hook.sid
    assert(client:delete_webhook(params))
  end
end

local function posts()
  local count = 0
  for _, request in ipairs(server:requests()) do
    if request.method == "POST" then count = count + 1 end
  end
  return count
end

describe("bulk.apply", function()
  local path
  before_each(function()
    server, client = support.start()
    path = support.path()
  end)
  after_each(support.stop)

  it("makes each webhook once, and then has nothing to do", function()
    local outcome = assert(support.apply(support.rows(30), client, path))
    assert.same({ 30, 0, 0, true }, { outcome.created, outcome.failed, outcome.skipped, outcome.complete })
    assert_one_each(30)
    local requests = posts()
    outcome = assert(support.apply(support.rows(30), client, path))
    assert.same({ 0, 30, true }, { outcome.created, outcome.kept, outcome.complete })
    assert.equal(requests, posts())
  end)

  it("updates and deletes", function()
    assert(client:create_webhook(support.row(1, { configuration = { url = "https://example.com/1",
      filters = { "onMemberAdded" } } })))
    assert(client:create_webhook(support.row(1, { configuration = { url = "https://old.example.com/",
      filters = { "onMemberAdded" } } })))
    local plan = support.plan(support.rows(2), client, { prune = "https://old.example.com/" })
    local outcome = assert(bulk.apply(plan, client, support.journal(path), { rate = 1000 }))
    assert.same({ 1, 1, 1, true }, { outcome.created, outcome.updated, outcome.deleted, outcome.complete })
    assert_one_each(2)
  end)

  it("sets what a row leaves to its default", function()
    local row = support.row(1)
    row.configuration.retry_count, row.configuration.method = 3, "GET"
    local made = assert(client:create_webhook(row))
    local outcome = assert(support.apply(support.rows(1), client, path))
    assert.same({ 0, 1, true }, { outcome.created, outcome.updated, outcome.complete })
    local hook = server:webhooks()[1]
    assert.same({ made.sid, "POST", 0 },
      { hook.sid, hook.configuration.method, hook.configuration.retry_count or 0 })
  end)

  it("sends nothing with a client that would send something else than the plan says", function()
    local plan = support.plan(support.rows(2), client)
    local other = support.client { extra = { new_field = "x" } }
    local outcome = assert(bulk.apply(plan, other, support.journal(path), { rate = 1000 }))
    assert.same({ 0, 2, 0 }, { outcome.created, outcome.failed, posts() })
    assert.equal("the plan was made for a client with other options", outcome.errors[1].message)
  end)

  it("sends nothing with a client of another account than the plan's", function()
    local plan = support.plan(support.rows(1), client)
    local other = "AC" .. ("0"):rep(32)
    local outcome, message, err = bulk.apply(plan, support.client { account_sid = other }, support.journal(path), {})
    assert.is_nil(outcome)
    assert.equal("changed", err.kind)
    assert.equal(("the plan is of the account %s, and the client's is %s"):format(server.account_sid, other), message)
    assert.equal(0, posts())
  end)

  it("counts a webhook that is gone already as deleted", function()
    assert(client:create_webhook(support.row(1, { configuration = { url = "https://old.example.com/",
      filters = { "onMemberAdded" } } })))
    local plan = support.plan({ support.row(1) }, client, { prune = "https://old.example.com/" })
    server:stop()
    server, client = support.start({ faults = { { "drop_after", operation = "delete", times = 1 } } })
    plan:close()
    assert(client:create_webhook(support.row(1, { configuration = { url = "https://old.example.com/",
      filters = { "onMemberAdded" } } })))
    plan = support.plan({ support.row(1) }, client, { prune = "https://old.example.com/" })
    local outcome = assert(bulk.apply(plan, client, support.journal(path), { rate = 1000 }))
    assert.same({ 1, 1, true }, { outcome.created, outcome.deleted, outcome.complete })
  end)

  it("keeps to the rate", function()
    local core = require "twilio.webhooks.core"
    local begun = core.now()
    assert(support.apply(support.rows(10), client, path, { rate = 20 }))
    assert.is_true(core.now() - begun >= 9 / 20)
  end)

  it("tells how far it is, and of each error", function()
    local last, errors, rows = nil, {}, support.rows(3)
    rows[1].configuration.filters[1] = "onNothing" -- which the server refuses
    local outcome = assert(support.apply(rows, client, path, {
      on_progress = function(progress) last = progress end,
      on_error = function(problem) errors[#errors + 1] = problem end,
    }))
    assert.same({ 2, 1, false }, { outcome.created, outcome.failed, outcome.complete })
    assert.same({ phase = "apply", done = 3, total = 3, failed = 1, indeterminate = 0, skipped = 0 }, last)
    assert.equal(1, #errors)
    assert.same(errors, outcome.errors)
    assert.same({ 1, "create", "http", 50325, parent_of(1) },
      { errors[1].line, errors[1].action, errors[1].kind, errors[1].code, errors[1].parent })
  end)

  it("ends where it is told to, and goes on another time", function()
    local sent = 0
    local outcome = assert(support.apply(support.rows(20), client, path, { workers = 1,
      stop = function() return sent >= 5 end, on_progress = function(progress) sent = progress.done end }))
    assert.same({ 5, true, false }, { outcome.created, outcome.stopped, outcome.complete })
    outcome = assert(support.apply(support.rows(20), client, path))
    assert.same({ 15, true }, { outcome.created, outcome.complete })
    assert_one_each(20)
  end)

  it("ends early where the credentials are refused", function()
    local plan = support.plan(support.rows(50), client)
    local wrong = support.client { auth_token = "wrong" }
    local outcome = assert(bulk.apply(plan, wrong, support.journal(path), { rate = 1000, workers = 2 }))
    assert.equal(401, outcome.halted.status)
    assert.is_false(outcome.complete)
    assert.is_true(outcome.failed < 10)
  end)

  it("goes on after any number of rows that the server refuses", function()
    local rows = support.rows(60)
    for i = 1, 50 do rows[i].configuration.filters[1] = "onNothing" end
    local outcome = assert(support.apply(rows, client, path, { workers = 1 }))
    assert.same({ 10, 50 }, { outcome.created, outcome.failed })
    assert.is_nil(outcome.halted)
  end)

  it("ends early where the API has failed twenty times in a row", function()
    client = support.client { max_attempts = 1, deadline = 0.5 }
    local plan = support.plan(support.rows(60), client)
    server:stop()
    local outcome = assert(bulk.apply(plan, client, support.journal(path), { rate = 1000, workers = 2 }))
    assert.equal("network", outcome.halted.kind)
    assert.is_true(outcome.failed >= 20 and outcome.failed < 25)
  end)

  it("goes on after a bad moment that failed all that was under way", function()
    -- 80 lists for the plan; then 40, so that of 25 workers some have created before the bad moment.
    support.stop()
    server, client = support.start({ faults = {
      { "fail_before", status = 503, operation = "list", after = 120, times = 22 },
    } }, { max_attempts = 1 })
    path = support.path()
    local outcome = assert(support.apply(support.rows(80), client, path, { workers = 25 }))
    assert.is_nil(outcome.halted)
    local done, failed = outcome.created + outcome.kept, outcome.failed -- a busy machine loses a call of its own
    assert.is_true(done >= 54 and failed >= 20 and done + failed <= 80, ("%d done, %d failed"):format(done, failed))
    outcome = assert(support.apply(support.rows(80), client, path))
    assert.is_true(outcome.complete)
    assert_one_each(80)
  end)

  it("tries whether the API works again, one call at a time, and ends there where it is told to", function()
    support.stop()
    server, client = support.start({ faults = {
      { "fail_before", status = 503, operation = "list", after = 70, times = 21 },
    } }, { max_attempts = 1 })
    path = support.path()
    local outcome = assert(support.apply(support.rows(60), client, path, { workers = 2 }))
    assert.same({ 39, 21 }, { outcome.created, outcome.failed })
    support.stop()
    server, client = support.start({ faults = {
      { "fail_before", status = 503, operation = "list", after = 70, times = 1000 },
    } }, { max_attempts = 1 })
    path = support.path()
    local failed, asked = 0, 0
    outcome = assert(support.apply(support.rows(60), client, path, { workers = 2,
      on_progress = function(progress) failed = progress.failed end,
      stop = function()
        if failed >= 20 then asked = asked + 1 end
        return asked > 10
      end }))
    assert.is_true(outcome.stopped)
    assert.is_true(outcome.failed >= 20 and outcome.failed < 40, outcome.failed)
  end)

  it("ends where the client is closed while it waits for the API", function()
    support.stop()
    server, client = support.start({ faults = {
      { "fail_before", status = 503, operation = "list", after = 120, times = 1000 },
    } }, { max_attempts = 1 })
    path = support.path()
    local outcome, message, err, failed = support.close_while_waiting(client, function(on_progress)
      -- Two workers: each create that is answered late is a sign that the API works, and lets more rows fail.
      return support.apply(support.rows(100), client, path, { workers = 2, on_progress = on_progress })
    end)
    assert.is_nil(outcome)
    assert.matches("the client was closed", message)
    assert.equal("canceled", err.kind)
    assert.is_true(failed < 60, failed)
  end)

  it("takes rows that were done before for no sign that the API works", function()
    client = support.client { max_attempts = 1, deadline = 0.5 }
    local plan, journal = support.plan(support.rows(100), client), support.journal(path)
    local sent = 0
    assert(bulk.apply(plan, client, journal, { rate = 1000, workers = 1, stop = function() return sent >= 50 end,
      on_progress = function(progress) sent = progress.done end }))
    journal:close()
    server:stop()
    local outcome = assert(bulk.apply(plan, client, support.journal(path), { rate = 1000, workers = 1 }))
    assert.equal("network", outcome.halted.kind)
    assert.same({ 20, true }, { outcome.failed, outcome.skipped < 50 })
  end)

  for _, from in ipairs { "memory", "a file" } do
    it("makes one webhook where two rows name one channel, by sid and by name; plan from " .. from, function()
      support.stop()
      server, client = support.start { channels = 3, latency = 0.01 }
      path = support.path()
      local rows, outcome = {}, nil
      for _, channel in ipairs(assert(client:list_channels {})) do
        for _, name in ipairs { channel.sid, channel.unique_name } do
          rows[#rows + 1] = support.row(1, { channel_sid = name })
        end
      end
      local plan, plan_path = support.plan(rows, client), support.path()
      if from == "a file" then
        assert(plan:write(plan_path))
        plan = support.closing(assert(bulk.read_plan(plan_path)))
      end
      client:go(function() outcome = assert(bulk.apply(plan, client, support.journal(path), { rate = 1000 })) end)
      assert(client:run())
      assert.same({ 3, 3, "stale" }, { outcome.created, outcome.failed, outcome.errors[1].kind })
      assert.equal(3, #server:webhooks())
      assert.same(6, assert(support.apply(rows, client, support.path())).kept)
    end)
  end

  it("decides nothing by the clock on the wall, which may be set", function()
    local time, ahead = system.time, { 0, 3600, -3600 }
    finally(function() system.time = time end)
    function system.time()
      table.insert(ahead, table.remove(ahead, 1))
      return time() + ahead[1]
    end
    assert(support.apply(support.rows(7), client, path))
    for _, row in ipairs { 6, 4, 2 } do
      cut_after_intent(path, row)
      if row ~= 4 then clear(row) end
      assert.is_true(assert(support.apply(support.rows(7), client, path)).complete)
      assert_one_each(7)
    end
  end)

  local loaded, cqueues = pcall(require, "cqueues")
  if loaded then
    it("works in cqueues, and lets others run", function()
      client = support.client { wait = require "twilio.webhooks".wait.cqueues }
      local loop, outcome, turns = cqueues.new(), nil, 0
      loop:wrap(function() outcome = support.apply(support.rows(30), client, path) end)
      loop:wrap(function()
        while not outcome do
          turns = turns + 1
          cqueues.sleep(0.001)
        end
      end)
      assert(loop:loop())
      assert.equal(30, outcome.created)
      assert.is_true(turns > 5)
      assert_one_each(30)
    end)
  end

  it("works within a task", function()
    local outcome
    client:go(function() outcome = support.apply(support.rows(20), client, path) end)
    assert(client:run())
    assert.equal(20, outcome.created)
    assert_one_each(20)
  end)

  it("writes no credential anywhere", function()
    assert(support.apply(support.rows(3), client, path))
    local text = support.read(path)
    assert.is_nil(text:find(server.auth_token, 1, true))
    assert.truthy(text:find(server.account_sid, 1, true))
  end)

  it("says so where the journal, the client or the plan is closed", function()
    local plan, journal = support.plan(support.rows(2), client), support.journal(path)
    journal:close()
    local outcome, message, err = bulk.apply(plan, client, journal)
    assert.is_nil(outcome)
    assert.same({ path .. ": the journal is closed", "journal" }, { message, err.kind })
    journal = support.journal(support.path())
    local other = support.client()
    other:close()
    outcome, message, err = bulk.apply(plan, other, journal)
    assert.is_nil(outcome)
    assert.equal("canceled", err.kind, message)
    plan:close()
    assert.has_error(function() bulk.apply(plan, client, journal) end, "the plan is closed")
    assert.equal(0, posts())
  end)

  it("refuses options that it does not know", function()
    local plan = support.plan({}, client)
    local outcome, message, err = bulk.apply(plan, client, support.journal(path), { rates = 5 })
    assert.is_nil(outcome)
    assert.equal("apply: rates: is unknown; did you mean rate?", message)
    assert.equal("invalid", err.kind)
    assert.has_error(function() bulk.apply(nil, client) end, "bad argument #1 to 'apply' (table expected, got nil)")
  end)

  describe("where somebody else was there", function()
    it("leaves that channel alone", function()
      local plan = support.plan(support.rows(3), client)
      assert(client:create_webhook(support.row(2)))
      local outcome = assert(bulk.apply(plan, client, support.journal(path), { rate = 1000 }))
      assert.same({ 2, 1, "stale" }, { outcome.created, outcome.failed, outcome.errors[1].kind })
      assert_one_each(3)
    end)

    it("sends nothing for a plan from a file", function()
      local file = support.path()
      assert(support.plan(support.rows(3), client):write(file))
      assert(client:create_webhook(support.row(4, { channel_sid = "room2" })))
      local requests = posts()
      local plan = support.closing(assert(bulk.read_plan(file)))
      local outcome, message, err = bulk.apply(plan, client, support.journal(path), { rate = 1000 })
      assert.is_nil(outcome)
      assert.equal("stale", err.kind)
      assert.equal(2, err.line)
      assert.truthy(message:find "^WH%x+ is not as the plan has seen it", message)
      assert.equal(requests, posts())
    end)

    it("does what a plan from a file says otherwise, and takes it up again", function()
      local file = support.path()
      assert(support.plan(support.rows(20), client):write(file))
      local sent = 0
      local function run(stop)
        local plan, journal = support.closing(assert(bulk.read_plan(file))), support.journal(path)
        local outcome = assert(bulk.apply(plan, client, journal, { rate = 10000, workers = 1, stop = stop,
          on_progress = function(progress) sent = progress.phase == "apply" and progress.done or 0 end }))
        journal:close()
        return outcome
      end
      assert.equal(7, run(function() return sent == 7 end).created)
      local outcome = run()
      assert.same({ 13, 7, true }, { outcome.created, outcome.skipped, outcome.complete })
      assert_one_each(20)
    end)
  end)

  describe("after a crash", function()
    before_each(function() assert(support.apply(support.rows(6), client, path, { workers = 1 })) end)

    it("adopts what the last create has made", function()
      cut_after_intent(path, 4)
      local outcome = assert(support.apply(support.rows(6), client, path))
      assert.is_true(outcome.complete)
      assert_one_each(6)
    end)

    it("creates what it has not made, after two lists", function()
      cut_after_intent(path, 4)
      clear(4)
      local outcome = assert(support.apply(support.rows(6), client, path))
      assert.same({ 1, true }, { outcome.created, outcome.complete })
      assert_one_each(6)
    end)

    it("adopts what comes late", function()
      cut_after_intent(path, 4)
      clear(4)
      local plan = support.plan(support.rows(6), client)
      assert(client:create_webhook(support.row(4)))
      local requests = posts()
      local outcome = assert(bulk.apply(plan, client, support.journal(path), { rate = 1000, margin = 0.2 }))
      assert.same({ 1, 1, true }, { outcome.created, outcome.adopted, outcome.complete })
      assert.equal(requests, posts())
      assert_one_each(6)
    end)

    it("does not choose between two", function()
      cut_after_intent(path, 4)
      assert(client:create_webhook(support.row(4)))
      local requests = posts()
      local outcome = assert(support.apply(support.rows(6), client, path))
      assert.same({ 1, false }, { outcome.indeterminate, outcome.complete })
      assert.same({ "indeterminate", 4, 2 },
        { outcome.errors[1].kind, outcome.errors[1].line, #outcome.errors[1].candidates })
      assert.equal(requests, posts())
    end)

    it("does a channel's other rows where it cannot choose between two", function()
      local rows = support.rows(6)
      rows[7] = support.row(8, { channel_sid = "room4" })
      support.write(path, "")
      clear(4)
      assert(support.apply(rows, client, path, { workers = 1 }))
      cut_after_intent(path, 4)
      clear(4)
      local plan = support.plan(rows, client)
      for _ = 1, 2 do assert(client:create_webhook(support.row(4))) end
      local outcome = assert(bulk.apply(plan, client, support.journal(path), { rate = 1000, margin = 0.2 }))
      assert.same({ 1, 1, 0 }, { outcome.indeterminate, outcome.created, outcome.failed })
      local held = support.held()
      assert.same({ 2, 1 }, { held["https://example.com/4"], held["https://example.com/8"] })
    end)

    it("sends nothing where somebody writes to its journal meanwhile", function()
      local plan, journal = support.plan(support.rows(6), client), support.journal(path)
      support.write(path, (support.read(path):gsub("room3", "room9")))
      local requests = #server:requests()
      local outcome, message, err = bulk.apply(plan, client, journal, {})
      assert.is_nil(outcome)
      assert.same({ path .. ": has changed since it was opened", "journal" }, { message, err.kind })
      assert.same({ 0, 0 }, { err.outcome.created, err.outcome.failed })
      assert.equal(requests, #server:requests())
    end)

    it("skips what is done, though a list does not show it", function()
      clear(5)
      local requests = posts()
      local outcome = assert(support.apply(support.rows(6), client, path))
      assert.same({ 0, 1, true }, { outcome.created, outcome.skipped, outcome.complete })
      assert.equal(requests, posts())
    end)

    it("counts what it has not come to as in doubt, where it is stopped", function()
      cut_after_intent(path, 4)
      local begun
      local outcome = assert(support.apply(support.rows(6), client, path, { margin = 60, stop = function()
        begun = begun or os.time()
        return os.time() - begun > 2
      end }))
      assert.same({ true, 1, false }, { outcome.stopped, outcome.indeterminate, outcome.complete })
      assert.equal(4, outcome.errors[1].line)
      outcome = assert(support.apply(support.rows(6), client, path))
      assert.same({ 0, true }, { outcome.indeterminate, outcome.complete })
      assert_one_each(6)
    end)

    it("is not complete where it is stopped before it comes to a create without an outcome", function()
      cut_after_intent(path, 4)
      local outcome = assert(support.apply(support.rows(6), client, path, { stop = function() return true end }))
      assert.same({ true, false }, { outcome.stopped, outcome.complete })
    end)

    it("waits until the request's time is over", function()
      local core = require "twilio.webhooks.core"
      local rows = support.rows(6)
      rows[7] = support.row(7)
      os.remove(path)
      clear(7)
      assert(support.apply(rows, client, path, { workers = 1 }))
      cut_after_intent(path, 7)
      clear(7)
      local begun = core.now()
      assert(support.apply(rows, client, path, { margin = 1.5 }))
      assert.is_true(core.now() - begun >= 2.4) -- the margin, and a second between two lists
    end)

    it("takes other rows, and another account, where no run has begun anything", function()
      local other = support.path()
      for i, account in ipairs { "AC" .. ("0"):rep(32), "AC" .. ("1"):rep(32), "AC" .. ("1"):rep(32) } do
        local journal = support.journal(other)
        assert(journal:begin("input " .. i, account))
        assert.equal(1, journal.count)
        journal:close()
        assert.equal(1, select(2, support.read(other):gsub("\n", "")))
      end
    end)

    it("takes the same rows in another order", function()
      local rows = {}
      for i = 1, 5 do rows[i] = support.row(i) end
      for i = 2, 5 do rows[i].channel_sid = rows[1].channel_sid end
      local first = support.plan(rows, client).input
      rows[1], rows[5] = rows[5], rows[1]
      assert.equal(first, support.plan(rows, client).input)
      rows[5] = nil
      assert.not_equal(first, support.plan(rows, client).input)
    end)

    it("refuses other rows, and another account", function()
      local outcome, message, err = support.apply(support.rows(7), client, path)
      assert.is_nil(outcome)
      assert.equal("changed", err.kind)
      assert.truthy(message:find "other rows", message)
      local other = "AC" .. ("0"):rep(32)
      local text = support.read(path)
      local plan = support.plan(support.rows(6), client)
      plan.account = nil
      support.write(path, text)
      server:stop()
      server = support.start { account_sid = other, auth_token = "t", port = 0 }
      outcome, message, err = bulk.apply(plan, support.client(), support.journal(path), {})
      assert.is_nil(outcome)
      assert.equal("changed", err.kind)
      assert.truthy(message:find(other, 1, true), message)
    end)
  end)

  describe("the journal", function()
    it("is for one at a time, in a process and in another", function()
      local journal = support.journal(path)
      local again, message, err = bulk.journal(path)
      assert.is_nil(again)
      assert.equal("locked", err.kind)
      assert.equal(path .. ": another apply is at work with this journal", message)
      local code = ('print(select(3, require("twilio.webhooks.bulk").journal(%q)).kind)'):format(path)
      assert.equal("locked\n", child.run(code))
      journal:close()
      support.journal(path)
    end)

    it("is open once, however often it was refused", function()
      support.journal(path)
      collectgarbage "stop" -- which would close them some time
      for _ = 1, 3 do assert.is_nil((bulk.journal(path))) end
      local count = 0
      for name in lfs.dir "/proc/self/fd" do
        if lfs.symlinkattributes("/proc/self/fd/" .. name, "target") == path then count = count + 1 end
      end
      collectgarbage "restart"
      assert.equal(1, count)
    end)

    it("cannot be made where nothing can be made", function()
      local journal, message, err = bulk.journal "/proc/journal"
      assert.is_nil(journal)
      assert.equal("journal", err.kind)
      assert.truthy(message:find "^/proc/journal: ", message)
      assert.is_string(err.error_name)
    end)

    it("is made again where somebody removes it at that moment, and given up in the end", function()
      local open, removals = system.open, 3
      finally(function() system.open = open end)
      system.open = function(name, mode)
        local file = assert(open(name, mode))
        if removals > 0 and name == path then os.remove(name) end
        removals = removals - 1
        return file
      end
      support.journal(path):close()
      assert.equal(-1, removals)
      removals = 1000
      local journal, message, err = bulk.journal(path)
      assert.is_nil(journal)
      assert.same({ path .. ": is removed again and again", "journal" }, { message, err.kind })
    end)

    it("is refused where a newer version has written it", function()
      local rest = '"t":"journal","version":2,"input":"x"}'
      support.write(path, ('{"sum":"%s",%s\n'):format(system.checksum(rest), rest))
      local journal, message, err = bulk.journal(path)
      assert.is_nil(journal)
      assert.same({ path .. ": version 2 of the format is not known", "journal" }, { message, err.kind })
    end)

    it("is refused where a line is damaged that is not the last", function()
      assert(support.apply(support.rows(3), client, path))
      local lines = lines_of(path)
      lines[3] = lines[3]:gsub("intent", "intend"):gsub("done", "dune")
      support.write(path, table.concat(lines))
      local journal, message, err = bulk.journal(path)
      assert.is_nil(journal)
      assert.equal("journal", err.kind)
      assert.truthy(message:find "line 3 is damaged", message)
      assert.equal(table.concat(lines), support.read(path))
    end)

    it("loses the torn end of its last line, and no more", function()
      assert(support.apply(support.rows(3), client, path))
      local text = support.read(path)
      support.write(path, text:sub(1, -5))
      support.journal(path):close()
      assert.equal(text:match "^(.*\n)[^\n]+\n$", support.read(path))
    end)

    it("loses the null bytes that a power cut has left of its end, and no others", function()
      assert(support.apply(support.rows(3), client, path))
      local text = support.read(path)
      for _, torn in ipairs { "", text:match "([^\n]+)\n$":sub(1, 20) } do
        support.write(path, text .. torn .. ("\0"):rep(5000))
        support.journal(path):close()
        assert.equal(text, support.read(path))
      end
      support.write(path, text .. ("\0"):rep(50) .. "\n" .. text)
      local journal, _, err = bulk.journal(path)
      assert.same({ nil, "journal" }, { journal, err.kind })
    end)

    it("touches no file of somebody else", function()
      for _, text in ipairs { "text", "{}\n", '{"channel_sid":"x"}\n', '{"sum":"00000000","t":"journal"}\n{"a":1}\n' } do
        support.write(path, text)
        local journal, _, err = bulk.journal(path)
        assert.is_nil(journal)
        assert.equal("journal", err.kind)
        assert.equal(text, support.read(path))
      end
    end)

    it("goes when its run is over", function()
      local journal = support.journal(path)
      assert(journal:remove())
      assert.is_nil((io.open(path)))
    end)
  end)

  describe("on a bad day", function()
    local FAULTS = {
      { "drop_before", probability = 0.03, operation = "create" }, { "drop_after", probability = 0.03, operation = "create" },
      { "drop_late", probability = 0.03, operation = "create", seconds = 0.5 },
      { "stall_late", probability = 0.02, operation = "create", seconds = 1.2 },
      { "truncate", probability = 0.03, operation = "create" }, { "fail_after", probability = 0.03, operation = "create" },
      { "fail_late", probability = 0.02, operation = "create", seconds = 0.5 },
      { "throttle", probability = 0.02, retry_after = 0 }, { "rate_limit", rate = 400 },
      { "stale", probability = 0.03, seconds = 0.3 }, { "date_missing", probability = 0.1 },
      { "url_normalised", probability = 0.1 }, { "defaults_filled", probability = 0.1 },
    }

    it("has exactly one of each in the end #plain", function()
      support.stop()
      server = support.start({ faults = FAULTS, seed = 7 })
      client = support.client { timeout = 1, deadline = 4 }
      path = support.path()
      local outcome
      for _ = 1, 5 do
        outcome = assert(support.apply(support.rows(200), client, path, { margin = 1.5, rate = 300 }))
        if outcome.complete then break end
      end
      assert.is_true(outcome.complete)
      assert_one_each(200)
    end)
  end)
end)
