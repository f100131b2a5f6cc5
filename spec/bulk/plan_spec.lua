local sandbox_faults = { { "fail_before", status = 503, operation = "list", after = 2, times = 4 } }
local lfs = require "lfs"
local shell = require "spec.support.shell"
local support = require "spec.support.bulk"
local system = require "twilio.webhooks.system"
local webhooks = require "twilio.webhooks"
local bulk = require "twilio.webhooks.bulk"
local process = require "spec.support.process"

local server, client

-- The plan of rows, or its error.
local function plan_of(rows, options)
  return bulk.plan(assert(bulk.source { rows = rows }), client, options)
end

-- "create 1 https://example.com/1", one an action.
local function actions_of(plan)
  local texts = {}
  for action in plan:actions() do
    texts[#texts + 1] = ("%s %s %s"):format(action.action, action.line or "-", action.target or "-")
  end
  return texts
end

local function create(i, fields)
  return assert(client:create_webhook(support.row(i, fields)))
end

describe("bulk.plan", function()
  before_each(function() server, client = support.start() end)
  after_each(support.stop)

  it("creates what is not there, keeps what is, updates what differs", function()
    create(1)
    create(2, { configuration = { url = "https://example.com/2", filters = { "onMemberAdded" } } })
    local plan = support.closing(assert(plan_of(support.rows(3))))
    assert.same({ create = 1, update = 1, delete = 0, keep = 1, failed = 0 }, plan.counts)
    assert.same({ "update 2 https://example.com/2", "create 3 https://example.com/3" }, actions_of(plan))
    assert.same({ 3, 3, 2, 2 / 25, server.account_sid }, { plan.rows, plan.parents, plan.writes, plan.seconds, plan.account })
    assert.is_false(plan:is_empty())
  end)

  it("changes nothing", function()
    local requests = #server:requests()
    support.closing(assert(plan_of(support.rows(2))))
    for i = requests + 1, #server:requests() do assert.equal("GET", server:requests()[i].method) end
    assert.equal(0, #server:webhooks())
  end)

  it("deletes what is ours and nobody asks for", function()
    create(1, { configuration = { url = "https://old.example.com/a", filters = { "onMessageSent" } } })
    create(1, { configuration = { url = "https://other.example.com/b", filters = { "onMessageSent" } } })
    local plan = support.closing(assert(plan_of(support.rows(1), { prune = "https://old.example.com/" })))
    assert.same({ "create 1 https://example.com/1", "delete - https://old.example.com/a" }, actions_of(plan))
    plan = support.closing(assert(plan_of(support.rows(1), { prune = function(hook)
      return hook.configuration.url:find "/b$" ~= nil
    end })))
    assert.same({ "create 1 https://example.com/1", "delete - https://other.example.com/b" }, actions_of(plan))
  end)

  it("says what each action is about", function()
    local plan = support.closing(assert(plan_of { support.row(1) }))
    local action = plan:actions()()
    assert.same({ service_sid = server.service_sid, channel_sid = "room1" }, action.parent)
    assert.same({ type = "webhook", configuration = { url = "https://example.com/1", filters = { "onMessageSent" } } },
      action.webhook)
  end)

  it("takes the order of the rows, though they are sorted by channel", function()
    local rows = {}
    for i = 1, 50 do rows[i] = support.row(i * 7 % 50) end
    local plan = support.closing(assert(plan_of(rows)))
    local last = 0
    for action in plan:actions() do
      assert.equal(last + 1, action.line)
      last = action.line
    end
    assert.equal(50, last)
  end)

  it("counts the rows of channels whose list cannot be read, and goes on", function()
    support.stop()
    server, client = support.start({ faults = sandbox_faults }, { max_attempts = 1 })
    local plan = support.closing(assert(plan_of(support.rows(10), { workers = 1 })))
    assert.equal(4, plan.counts.failed)
    assert.equal(6, plan.counts.create)
    assert.equal(4, #plan.errors)
    assert.equal("http", plan.errors[1].kind)
    assert.equal(503, plan.errors[1].status)
  end)

  it("fails the rows for which there is no room", function()
    for i = 1, 5 do create(1, { configuration = { url = "u" .. i, filters = { "onMemberAdded" } } }) end
    local plan = support.closing(assert(plan_of(support.rows(2))))
    assert.same({ 1, 1 }, { plan.counts.create, plan.counts.failed })
    assert.same({ "there is no room for 1 of the webhooks: a channel or conversation takes 5", "invalid", 1 },
      { plan.errors[1].message, plan.errors[1].kind, plan.errors[1].line })
  end)

  it("fails as a whole where no list can be read", function()
    client = support.client { auth_token = "wrong" }
    local plan, _, err = plan_of(support.rows(3))
    assert.is_nil(plan)
    assert.equal(401, err.status)
  end)

  it("stops where it is told to", function()
    local plan, _, err = plan_of(support.rows(3), { stop = function() return true end })
    assert.is_nil(plan)
    assert.equal("canceled", err.kind)
  end)

  it("tries whether the API works again, one list at a time, and ends there where it is told to", function()
    support.stop()
    server, client = support.start({ faults = {
      { "fail_before", status = 503, operation = "list", after = 10, times = 21 },
    } }, { max_attempts = 1 })
    local plan = support.closing(assert(plan_of(support.rows(60), { workers = 2 })))
    assert.same({ 39, 21 }, { plan.counts.create, plan.counts.failed })
    support.stop()
    server, client = support.start({ faults = {
      { "fail_before", status = 503, operation = "list", after = 10, times = 1000 },
    } }, { max_attempts = 1 })
    local failed, asked = 0, 0
    local stopped, _, err = plan_of(support.rows(60), { workers = 2,
      on_progress = function(progress) failed = progress.failed end,
      stop = function()
        if failed >= 20 then asked = asked + 1 end
        return asked > 10
      end })
    assert.is_nil(stopped)
    assert.equal("canceled", err.kind)
    assert.is_true(failed < 40, failed)
  end)

  it("ends where a function of the caller's closes the client, and reports no error of its own", function()
    for _, name in ipairs { "stop", "on_progress" } do
      local errors, calls = {}, 0
      local closing = support.client { on_event = function(event)
        if event.type == "error" then errors[#errors + 1] = event.message end
      end }
      local plan, message, err = bulk.plan(assert(bulk.source { rows = support.rows(12) }), closing, {
        workers = 4, [name] = function()
          calls = calls + 1
          if calls == 5 then closing:close() end
        end })
      assert.is_nil(plan)
      assert.equal("canceled", err.kind, message)
      assert.same({}, errors)
    end
  end)

  it("ends where the client is closed while it waits for the API", function()
    support.stop()
    server, client = support.start({ faults = {
      { "fail_before", status = 503, operation = "list", after = 10, times = 1000 },
    } }, { max_attempts = 1 })
    local plan, message, err, failed = support.close_while_waiting(client, function(on_progress)
      return plan_of(support.rows(100), { workers = 2, on_progress = on_progress })
    end)
    assert.is_nil(plan)
    assert.matches("the client was closed", message)
    assert.equal("canceled", err.kind)
    assert.is_true(failed < 60, failed)
  end)

  it("tells how far it is", function()
    local last
    support.closing(assert(plan_of(support.rows(3), { on_progress = function(progress) last = progress end })))
    assert.same({ phase = "list", done = 3, total = 3, failed = 0 }, last)
  end)

  it("works with a client in tasks", function()
    local counts
    client:go(function()
      counts = support.closing(assert(plan_of(support.rows(20)))).counts
    end)
    assert(client:run())
    assert.equal(20, counts.create)
  end)

  it("takes conversations, too", function()
    local plan = support.closing(assert(plan_of { { conversation_sid = "CH" .. ("1"):rep(32), target = "webhook",
      configuration = { url = "u", filters = { "onMessageAdded" }, replay_after = 3 } } }))
    assert.equal(1, plan.counts.create)
    assert.same({ conversation_sid = "CH" .. ("1"):rep(32) }, plan:actions()().parent)
  end)

  describe("refuses", function()
    -- "line: field: message", one a problem; and nothing was sent.
    local function problems_of(rows, options)
      local requests = #server:requests()
      local source = assert(bulk.source { rows = rows, defaults = options })
      local plan, message, err = bulk.plan(source, client)
      assert.is_nil(plan)
      assert.equal("invalid", err.kind)
      assert.equal(requests, #server:requests())
      local texts = {}
      for i, problem in ipairs(err.problems) do
        texts[i] = ("%d: %s: %s"):format(problem.line, problem.field or "-", problem.message)
      end
      return texts, message, err
    end

    it("all mistakes at once, with their lines", function()
      local rows = support.rows(4)
      rows[2].type = "hook"
      rows[3].configuration.retry_count = "x"
      rows[3].chanel_sid = "y"
      local texts, message = problems_of(rows)
      assert.equal(3, #texts)
      assert.truthy(texts[1]:find "^2: type: must be")
      assert.truthy(texts[2]:find "^3: ")
      assert.truthy(message:find "^rows: line 2: type: must be", message)
    end)

    it("what belongs to the client", function()
      assert.same({ "1: auth_token: belongs to the client, not to a row", "2: BaseUrl: belongs to the client, not to a row",
        "3: deadline: belongs to the client, not to a row" }, (problems_of { support.row(1, { auth_token = "secret" }),
        support.row(2, { BaseUrl = "https://x" }), support.row(3, { deadline = 5 }) }))
    end)

    it("rows that ask for the same, by meaning, with both lines", function()
      local same = support.row(1, { configuration = { url = "HTTPS://Example.com:443/1", method = "POST",
        filters = { "onMessageSent", "onMessageSent" }, retry_count = 0 } })
      local other = support.row(1, { configuration = { url = "https://example.com/1", filters = { "onMemberAdded" } } })
      local texts, _, err = problems_of { support.row(1), other, support.row(2), same }
      assert.same({ "4: -: asks for the same webhook as line 1" }, texts)
      assert.equal(1, err.problems[1].equal)
    end)

    it("more rows than a channel can have", function()
      local rows = {}
      for i = 1, 101 do rows[i] = support.row(1, { configuration = { url = "u" .. i, filters = { "onMessageSent" } } }) end
      assert.same({ "100: -: 101 rows for one channel or conversation; the API takes five webhooks" }, (problems_of(rows)))
    end)

    it("columns of CSV that are misspelt, though no row has anything there", function()
      local function columns(text)
        local path = support.path(text)
        local plan, _, err = bulk.plan(assert(bulk.source { path = path, format = "csv" }), client, {})
        local texts = {}
        for i, problem in ipairs(plan and {} or err.problems) do
          texts[i] = ("%d: %s: %s"):format(problem.line, problem.field or "-", problem.message)
        end
        if plan then plan:close() end
        return texts
      end
      assert.same({ "1: chanel_sid: is not a parameter of create_webhook; did you mean channel_sid?",
        "1: auth_token: belongs to the client, not to a row" }, columns "type,chanel_sid,auth_token\n")
      assert.same({ "1: configuration.urk: is not a parameter of create_webhook; did you mean configuration.url?" },
        columns(("ServiceSid,channel_sid,type,configuration.url,configuration.urk\n%s,x,webhook,u,\n")
          :format("IS" .. ("0"):rep(32))))
      assert.same({ "1: typ: is not a parameter of create_webhook; did you mean type?",
        "1: auth_token: belongs to the client, not to a row",
        "1: typo: is not a parameter of create_webhook; did you mean type?",
        "1: -: column 2 has no name; has the column typ twice; column 6 has no name" },
        columns "typ,,channel_sid,typ,auth_token,,typo\n")
      assert.same({ "1: chanel_sid: is not a parameter of create_webhook; did you mean channel_sid?",
        "1: urk: is not a parameter of create_webhook; did you mean configuration.url?",
        '2: type: must be webhook, trigger or studio, not "hook"', "3: -: has 1 cells, and the header 5" },
        columns(("service_sid,channel_sid,type,chanel_sid,urk\n%s,x,hook,y,\nx\n"):format("IS" .. ("0"):rep(32))))
      assert.same({}, columns "chat_service_sid,conversation_sid,target,configuration.url,configuration.replay_after,extra\n")
    end)

    it("a hundred of many mistakes, and counts the rest", function()
      local rows = {}
      for i = 1, 250 do rows[i] = { nothing = i } end
      local texts, message, err = problems_of(rows)
      assert.equal(100, #texts)
      assert.is_true(err.count >= 250)
      assert.truthy(message:find("; and %d+ more$"), message)
    end)

    it("in extra what has a field of its own", function()
      assert.same({ "1: extra: holds what has a field of its own: use that" },
        (problems_of { support.row(1, { extra = { configuration = { retry_count = "x" }, new = 1 } }) }))
    end)

    it("options that it does not know", function()
      local plan, message, err = plan_of({}, { prun = true })
      assert.is_nil(plan)
      assert.equal("plan: prun: is unknown; did you mean prune?", message)
      assert.equal("invalid", err.kind)
      plan, message, err = plan_of({}, { zz = 1, wokers = 3, STOP = 1, rate = 0 })
      assert.is_nil(plan)
      assert.equal("plan: rate: must be writes a second: more than 0, and 1000000 at most; STOP: is unknown; "
        .. "did you mean stop?; wokers: is unknown; did you mean workers?; zz: is unknown", message)
      assert.same({ field = "wokers", message = "is unknown; did you mean workers?", expected = "workers" }, err.problems[3])
      assert.equal("plan: prune: must be false, the beginning of your URLs, or a function",
        (select(2, plan_of({}, { prune = "" }))))
    end)
  end)

  it("keeps what extra holds", function()
    local plan = support.closing(assert(plan_of { support.row(1, { extra = { new_field = { 1, 2 } } }) }))
    local journal = support.journal(support.path())
    assert.equal(1, assert(bulk.apply(plan, client, journal, { rate = 1000 })).created)
    local requests = server:requests()
    assert.truthy(requests[#requests].body:find("&NewField=1&NewField=2", 1, true))
  end)

  it("refuses a row that may hide fields, whether there are defaults or not", function()
    for _, defaults in ipairs { false, {} } do
      local row = setmetatable({ channel_sid = "x" }, { __index = { type = "webhook" } })
      local source = assert(bulk.source { rows = { row }, defaults = defaults or nil })
      local plan, message = bulk.plan(source, client)
      assert.is_nil(plan)
      assert.truthy(message:find("must be a plain table, without __index or __pairs", 1, true), message)
    end
  end)

  it("adds defaults to the rows that lack them", function()
    local row = support.row(1)
    local source = assert(bulk.source { rows = { row }, defaults = { service_sid = "IS" .. ("5"):rep(32), type = "studio" } })
    local plan = support.closing(assert(bulk.plan(source, client)))
    assert.equal("IS" .. ("5"):rep(32), plan:actions()().parent.service_sid)
    assert.equal("webhook", plan:actions()().webhook.type)
  end)

  describe("in a file", function()
    it("is what it was", function()
      local plan = support.closing(assert(plan_of(support.rows(5))))
      local path = support.path()
      assert.is_true(plan:write(path))
      local again = support.closing(assert(bulk.read_plan(path)))
      assert.same(plan.counts, again.counts)
      assert.same(actions_of(plan), actions_of(again))
      assert.same({ plan.input, plan.seconds, plan.account, plan.rows, plan.parents },
        { again.input, again.seconds, again.account, again.rows, again.parents })
    end)

    it("is what it was, however long it is", function()
      local rows = support.rows(5)
      for i, row in ipairs(rows) do row.configuration.url = "https://example.com/" .. ("x"):rep(15000) .. i end
      local plan, path = support.closing(assert(plan_of(rows))), support.path()
      assert.is_true(plan:write(path))
      assert.is_true(#support.read(path) > 65536)
      assert.same(actions_of(plan), actions_of(support.closing(assert(bulk.read_plan(path)))))
    end)

    it("is refused where the URLs are no channels', though its checksum is right", function()
      local path = support.path()
      assert.is_true(support.closing(assert(plan_of(support.rows(1)))):write(path))
      local sum, lines = "", {}
      for line in support.read(path):gsub("/Webhooks", "/Members"):gmatch "[^\n]+" do
        lines[#lines + 1] = line
        if not line:find '^{"sum"' then sum = system.checksum(sum .. line) end
      end
      lines[#lines] = ('{"sum":"%s"}\n'):format(sum)
      support.write(path, table.concat(lines, "\n"))
      local plan = support.closing(assert(bulk.read_plan(path)))
      local outcome, message, err = bulk.apply(plan, client, support.closing(assert(bulk.journal(support.path()))), {})
      assert.is_nil(outcome)
      assert.equal("the plan has a URL that is no channel's", message)
      assert.equal("invalid", err.kind)
      assert.equal(0, #server:webhooks())
    end)

    it("holds no credential, and is its owner's", function()
      local plan = support.closing(assert(plan_of(support.rows(2))))
      local path = support.path()
      assert.is_true(plan:write(path))
      assert.is_nil(support.read(path):find(server.auth_token, 1, true))
      local pipe = io.popen("stat -c %a " .. path)
      assert.equal("600\n", pipe:read "*a")
      pipe:close()
    end)

    it("takes an older plan's place, and nothing else's", function()
      local path = support.path '{"channel_sid":"x"}\n'
      local plan = support.closing(assert(plan_of(support.rows(2))))
      local written, message, err = plan:write(path)
      assert.same({ nil, path .. ": is there, and is no plan: give another path", "file" }, { written, message, err.kind })
      assert.equal('{"channel_sid":"x"}\n', support.read(path))
      support.write(path, "")
      assert.is_true(plan:write(path))
      assert.is_true(plan:write(path))
    end)

    it("is refused when it was changed, or cut at any place", function()
      local path = support.path()
      assert.is_true(support.closing(assert(plan_of(support.rows(2)))):write(path))
      local text = support.read(path)
      for length = 0, #text - 2, 7 do
        support.write(path, text:sub(1, length))
        assert.is_nil((bulk.read_plan(path)))
      end
      support.write(path, (text:gsub("room1", "room9")))
      local plan, message, err = bulk.read_plan(path)
      assert.is_nil(plan)
      assert.truthy(message:find "is damaged: its checksum is another$", message)
      assert.equal("invalid", err.kind)
      support.write(path, '{"a":1}\n')
      assert.truthy(select(2, bulk.read_plan(path)):find "is no plan$")
    end)

    it("leaves nothing behind when writing it raises an error", function()
      local plan = assert(plan_of(support.rows(2)))
      plan:close()
      local path = support.path()
      assert(lfs.mkdir(path))
      local before = process.descriptor_count()
      assert.has_error(function() plan:write(path .. "/plan") end, "the plan is closed")
      for name in lfs.dir(path) do assert.matches("^%.+$", name) end
      assert.equal(before, process.descriptor_count())
    end)

    it("leaves nothing behind where a directory has its name", function()
      local plan, path = support.closing(assert(plan_of(support.rows(2)))), support.path()
      assert(lfs.mkdir(path))
      assert(lfs.mkdir(path .. "/plan"))
      local done, message, err = plan:write(path .. "/plan")
      local left = shell.output("ls -A " .. path)
      os.remove(path .. "/plan")
      assert.is_nil(done)
      assert.matches("/plan: Is a directory$", message)
      assert.same({ "file", "plan\n" }, { err.kind, left })
    end)

    it("cannot be written where there is no directory", function()
      local plan = support.closing(assert(plan_of {}))
      local done, message, err = plan:write "/nonexistent/plan"
      assert.is_nil(done)
      assert.matches("^/nonexistent/plan%.%x+%.new: No such file or directory$", message)
      assert.equal("file", err.kind)
    end)
  end)

  it("is at webhooks.bulk", function()
    assert.equal(bulk, webhooks.bulk)
  end)
end)
