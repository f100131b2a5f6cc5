-- What is done while memory fails, and what must come of it: one row each. The host
-- opens a fresh state for each failure, gets a row's three functions from `open` with
-- memory as it should be, and then calls
--
--   operation()            with memory failing
--   judge(ok, ...)         what pcall gave for it; gives a complaint, or nil and the most
--                          creates that the server may have seen for the channel
--   follow()               the session afterwards: gives a complaint or nil
--
-- A row may have a fourth, disturb(), which a finalizer or a hook calls amid the operation:
-- then memory does not fail.
--
-- A waiting client does not wait: its clock jumps.

-- LuaJIT's compiler crashes where memory fails while it records (2.1 of 2023, on plain Lua code
-- without any module): what is tried here is this module, under its interpreter.
if jit then jit.off() end

local unpack = table.unpack or unpack -- luacheck: ignore 143 (5.2 and newer have the former)

-- Of the state: base_url, and numbers of channels that nobody else has.
local base_url, first_channel

local function channel(kind, number)
  return ("%s-%d"):format(kind, first_channel + (number or 0))
end

local FOLLOW, FOLLOW_TASK = 7, 6 -- the follow-ups' channels

local function params(kind, fields)
  local all = {
    base_url = base_url,
    account_sid = "AC" .. ("a"):rep(32),
    auth_token = ("0"):rep(32),
    service_sid = "IS" .. ("a"):rep(32),
    channel_sid = kind and channel(kind) or nil,
    timeout = 30, -- a checked Lua on a busy machine takes seconds
  }
  for name, value in pairs(fields or {}) do all[name] = value or nil end
  return all
end

local function webhook(kind, fields)
  local all = params(kind, fields)
  all.type = "webhook"
  all.configuration = {
    url = "https://example.com/hook",
    method = "POST",
    filters = { "onMessageSent", "onChannelDestroyed" },
    retry_count = 2,
  }
  return all
end

local SID = "WH" .. ("a"):rep(32)

-- --- what must come of it -----------------------------------------------------------

-- luaL_checkstack has words of its own for it.
local function is_of_memory(message)
  return type(message) == "string" and not message:find "cjson"
    and (message:find("not enough memory", 1, true) or message:find("stack overflow (", 1, true))
end

-- The sid of a webhook in the channel of that number.
local function is_webhook(result, number)
  return type(result) == "table" and type(result.sid) == "string"
    and result.sid:sub(1, 18) == ("WH%016x"):format(first_channel + (number or 0))
end

-- A judge of operations whose success looks so.
local function judge(is_right)
  return function(ok, result, second, err)
    if not ok then
      if not is_of_memory(result) then return "raised: " .. tostring(result) end
      return nil, 1
    end
    if result ~= nil then
      if not is_right(result, second) then return "gave something else: " .. tostring(result) end
      return nil, 1
    end
    if type(second) ~= "string" or type(err) ~= "table" or err.message ~= second then
      return "failed without nil, message and err: " .. tostring(second)
    end
    if second:find "is too large$" then return "blames the answer: " .. second end
    if err.kind == "timeout" then return "got stuck: " .. second end
    if err.kind == "invalid" then return "refused what is right: " .. second end
    return nil, err.sent == "no" and 0 or 1
  end
end

local is_hook = judge(function(result, info) return is_webhook(result) and type(info) == "table" end)
local is_true = judge(function(result) return result == true end)

local function is_list(count)
  return judge(function(result)
    if type(result) ~= "table" or #result ~= count then return false end
    for i = 1, count do
      if not is_webhook(result[i]) then return false end
    end
    return true
  end)
end

-- A judge of failures of that kind.
local function fails(kind, check)
  return function(ok, result, message, err)
    if not ok then return not is_of_memory(result) and "raised: " .. tostring(result) or nil, 0 end
    if result ~= nil or type(message) ~= "string" or type(err) ~= "table" then return "did not fail" end
    if err.kind == kind and not check(err) then return "failed otherwise: " .. message end
    if kind == "invalid" and err.kind ~= kind then return "failed otherwise: " .. message end
    return nil, 0
  end
end

local function outcome(number, ok, ...)
  if not ok then return "raised: " .. tostring((...)) end
  local hook, message = ...
  if not is_webhook(hook, number) then return tostring(message) end
  return nil
end

-- A session and a call that nobody ends: the end of the state has to.
local function drop_some()
  local core = require "twilio.webhooks.core".open(params())
  core:submit("create_webhook", webhook "plain")
end

-- An ordinary create, by the given function.
local function create_again(create, number)
  number = number or FOLLOW
  return function()
    drop_some()
    local complaint = outcome(number, pcall(create, webhook(nil, { channel_sid = channel("plain", number) })))
    return complaint and "afterwards: " .. complaint
  end
end

-- --- clients ------------------------------------------------------------------------

local function core_of(core)
  local ahead = 0
  return {
    open = core.open,
    random = core.random,
    alarm = core.alarm,
    problem = core.problem,
    invalid = core.invalid,
    now = function() return core.now() + ahead end,
    sleep = function(seconds)
      assert(seconds < 1000, "sleeps for ever")
      ahead = ahead + seconds
    end,
  }
end

local function new_client(fields)
  local client = require "twilio.webhooks.client"
  local options = params(nil, fields)
  return assert(client.new(options, core_of(require "twilio.webhooks.core")))
end

-- The client's next create, and that nothing is left over of those before.
local function client_works(client)
  local again = create_again(function(fields) return client:create_webhook(fields) end)
  return function()
    local complaint = again()
    if complaint then return complaint end
    local sets = require "twilio.webhooks.waiting.sets"
    local waiting = client.waiting
    local in_flight, in_transport = waiting.requests:count(), sets.count(waiting.in_transport)
    local live = waiting.tasks:count()
    if in_flight ~= 0 or in_transport ~= 0 or live ~= 0 then
      return ("is left with %d in flight, %d in transport, %d live"):format(in_flight, in_transport, live)
    end
  end
end

-- The same of one with tasks, whose own runs have to end, however the one before ended.
local function tasks_work(client)
  local works = client_works(client)
  return function()
    for _ = 1, 100 do
      if client:step(0.1) == 0 then break end
    end
    if client.waiting.tasks:count() > 0 then return "has a task that does not end" end
    local task = create_again(function(fields)
      local hook, message
      client:go(function() hook, message = client:create_webhook(fields) end)
      assert(client:run())
      return hook, message
    end, FOLLOW_TASK)
    return task() or works()
  end
end

-- --- the rows --------------------------------------------------------------------------

local scenarios = {}

local function row(name, open)
  scenarios[#scenarios + 1] = { name = name, open = open }
end

-- The module's functions: the first call of a state, and one on a connection that is there.
local function module_row(name, operation, check, fields, cold)
  row(name, function()
    local webhooks = require "twilio.webhooks"
    local given = fields()
    if not cold then assert(webhooks.fetch_webhook(params("plain", { sid = SID }))) end
    return function() return webhooks[operation](given) end, check, create_again(webhooks.create_webhook)
  end)
end

local function item(kind)
  return function() return params(kind, { sid = SID }) end
end

local function update()
  local fields = webhook("plain", { sid = SID })
  fields.type = nil
  return fields
end

module_row("create, cold", "create_webhook", is_hook, function() return webhook "plain" end, true)
module_row("create", "create_webhook", is_hook, function() return webhook "plain" end)
module_row("create by a key", "create_webhook", is_hook, function()
  return webhook("plain", { api_key = "SK" .. ("b"):rep(32), api_secret = "secret", auth_token = false })
end)
module_row("create with extra", "create_webhook", is_hook, function()
  return webhook("plain", { extra = { newer = { b = 1.5, a = "x" }, another_one = true } })
end)
module_row("fetch", "fetch_webhook", is_hook, item "plain")
module_row("update", "update_webhook", is_hook, update)
module_row("delete", "delete_webhook", is_true, item "plain")
module_row("list, empty", "list_webhooks", is_list(0), function() return params "plain" end)
module_row("list of three pages", "list_webhooks", is_list(3), function() return params "pages" end)
module_row("create, refused by the server", "create_webhook",
  fails("http", function(err) return err.code == 50324 and err.status == 400 end),
  function() return webhook "refused" end)
module_row("create, invalid", "create_webhook",
  fails("invalid", function(err) return #err.problems == 7 end),
  function()
    return webhook("plain", { service_sid = "no", typ = "webhook", timeout = -1, account_sid = "AC",
      configuraton = { url = "x" }, extra = { x = 0 / 0 }, edge = "a.b" })
  end)

row("request", function()
  local core = require "twilio.webhooks.core"
  local given = webhook "plain"
  return function() return core.request("create_webhook", given) end,
    judge(function(result) return type(result.body) == "string" end), create_again(core.create_webhook)
end)

-- Opening: the core alone, and everything. (Compiled beforehand: how Lua's own compiler
-- runs out of memory is not in question here.)
local function open_again(name)
  return function()
    for loaded in pairs(package.loaded) do -- Lua 5.1 loads nothing twice that failed once
      if loaded:find "^twilio" or loaded:find "^cjson" then package.loaded[loaded] = nil end
    end
    return create_again(require(name).create_webhook)()
  end
end

row("open the core", function()
  return function() return require "twilio.webhooks.core" end,
    judge(function(core) return type(core.create_webhook) == "function" end), open_again "twilio.webhooks.core"
end)

row("open all", function()
  return function() return require "twilio.webhooks" end,
    judge(function(webhooks) return type(webhooks.create_webhook) == "function" end), open_again "twilio.webhooks"
end)

-- Incoming requests.
local function incoming_row(name, operation, given, check)
  row(name, function()
    local webhooks = require "twilio.webhooks"
    return function() return webhooks[operation](given) end, function(ok, ...)
      if not ok then return not is_of_memory((...)) and "raised: " .. tostring((...)) or nil, 0 end
      return not check(...) and ("gave something else: %s, %s"):format(tostring((...)), tostring((select(2, ...))))
        or nil, 0
    end, create_again(webhooks.create_webhook)
  end)
end

local SIGNED = { url = "https://mycompany.com/myapp.php?foo=1&bar=2", auth_token = "12345",
  params = { CallSid = "CA1234567890ABCDE", Caller = "+14158675309", Digits = "1234",
    From = "+14158675309", To = "+18005551212" } }
local SIGNATURE = "RSOYDt4T1cUTdK1PDd93/VVr8B8="

incoming_row("verify", "verify", { url = SIGNED.url, params = SIGNED.params, signature = SIGNATURE,
  auth_tokens = { "old", "12345" } }, function(verified) return verified == true end)
incoming_row("verify, refused", "verify", { url = SIGNED.url, body = "a=b&c=%64", signature = SIGNATURE,
  auth_token = "12345" }, function(_, reason) return reason == "mismatch" end)
incoming_row("verify, SHA-256", "verify", { url = SIGNED.url .. "#f", params = { CallSid = "CA1234567890ABCDE",
  Caller = { "+14158675309" }, Digits = 1234, From = "+14158675309", To = "+18005551212" },
  settings = "key=K,algorithm=HMAC_SHA256", shared_keys = { K = "12345" },
  signature = "033hgUJA9M/hXIZsYjwkerEP/DBm35nEri5FhCYjA5s=" }, function(verified) return verified == true end)
incoming_row("verify, JSON", "verify", { body = '{"property": "value", "boolean": true}', auth_token = "12345",
  url = SIGNED.url .. "&bodySHA256=0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620",
  content_type = "application/json", signature = "a9nBmqA0ju/hNViExpshrM61xv4=" },
  function(verified) return verified == true end)
incoming_row("event", "event", "EventType=onMessageAdded&Index=2&Attributes=%7B%22a%22%3A%5B1%5D%7D&A.B=1",
  function(event) return event and event.index == 2 and event.attributes.a[1] == 1 and event.a.b == "1" end)
incoming_row("event, refused", "event", "EventType=x&a=%", function(_, reason) return reason == "malformed_form" end)
incoming_row("sign", "sign", SIGNED, function(signed) return signed and signed.signature == SIGNATURE end)

-- Clients that wait themselves.
local function client_row(name, method, check, fields, cold)
  row(name, function()
    local client = new_client()
    local given = fields()
    if not cold then assert(client:fetch_webhook(params("plain", { sid = SID }))) end
    return function() return client[method](client, given) end, check, client_works(client)
  end)
end

local function is_made(created)
  return judge(function(result, info)
    return is_webhook(result) and (info.created == created or info.adopted)
  end)
end

client_row("client: create, cold", "create_webhook", is_hook, function() return webhook "plain" end, true)
client_row("client: create", "create_webhook", is_hook, function() return webhook "plain" end)
client_row("client: create, adopted", "create_webhook", is_hook, function() return webhook "stray" end)
client_row("client: fetch", "fetch_webhook", is_hook, item "plain")
client_row("client: update", "update_webhook", is_hook, update)
client_row("client: delete", "delete_webhook", is_true, item "plain")
client_row("client: list", "list_webhooks", is_list(3), function() return params "pages" end)
client_row("client: ensure, made", "ensure_webhook", is_made(true), function() return webhook "plain" end)
client_row("client: ensure, found", "ensure_webhook", is_made(false), function() return webhook "pages" end)

local function is_channel(one)
  return type(one) == "table" and type(one.sid) == "string" and one.sid:find "^CH%x+$" ~= nil
end

-- A page at a time; where a page cannot be had, it is asked for again by the next call.
row("client: channels", function()
  local client = new_client()
  local given = params(nil, { page_size = 1 })
  assert(client:fetch_webhook(params("plain", { sid = SID })))
  local function read()
    local channels, count = client:channels(given), 0
    for one in channels do count = count + (is_channel(one) and 1 or 0) end
    if not channels.finished then return nil, channels.message, channels.err end
    return count
  end
  return read, judge(function(count) return count == 3 end), client_works(client)
end)

local function wanted()
  local one = webhook "plain"
  return { base_url = one.base_url, account_sid = one.account_sid, auth_token = one.auth_token,
    service_sid = one.service_sid, channel_sid = one.channel_sid, prune = function() return false end,
    webhooks = { { type = one.type, configuration = one.configuration } } }
end

client_row("client: apply", "apply_webhooks", judge(function(result)
  return type(result) == "table" and is_webhook(result.created[1]) and #result.actions == 1
end), wanted)

row("client: new", function()
  local client = require "twilio.webhooks.client"
  local options = params(nil, { deadline = 60, api_key = "key", api_secret = "secret", auth_token = false })
  local fake = core_of(require "twilio.webhooks.core")
  return function() return client.new(options, fake) end,
    judge(function(one) return type(one.create_webhook) == "function" end),
    function() return client_works(assert(client.new(options, fake)))() end
end)

row("client: new, invalid", function()
  local client = require "twilio.webhooks.client"
  local options = params(nil, { deadline = -5, max_attempts = "x", nonsense = 1, timeout = -1 })
  local fake = core_of(require "twilio.webhooks.core")
  return function() return client.new(options, fake) end,
    fails("invalid", function(err) return #err.problems == 4 end),
    function() return client_works(new_client())() end
end)

row("client: close", function()
  local client = new_client()
  assert(client:fetch_webhook(params("plain", { sid = SID })))
  return function()
    client:close()
    return true
  end, is_true, create_again(require "twilio.webhooks".create_webhook)
end)

-- Tasks.
local function recorder()
  local events = { errors = 0 }
  return function(event)
    if event.type == "error" then events.errors = events.errors + 1 end
  end
end

local function task_row(name, method, check, fields, options)
  row(name, function()
    options = options or {}
    options.on_event = recorder()
    local client = new_client(options)
    local given = fields()
    return function()
      local results, count
      local function work(...)
        results, count = { ... }, select("#", ...)
      end
      client:go(function() work(client[method](client, given)) end)
      local _, failure = client:run()
      if results then return unpack(results, 1, count) end
      error(failure, 0)
    end, check, tasks_work(client)
  end)
end

task_row("task: create", "create_webhook", is_hook, function() return webhook "plain" end)
task_row("task: create, adopted", "create_webhook", is_hook, function() return webhook "stray" end)
task_row("task: list of three pages", "list_webhooks", is_list(3), function() return params "pages" end)
task_row("task: ensure", "ensure_webhook", is_made(true), function() return webhook "plain" end)
task_row("task: create, invalid", "create_webhook", fails("invalid", function(err) return #err.problems == 1 end),
  function() return webhook("plain", { typ = "x" }) end)

row("tasks: three creates, one in flight", function()
  local client = new_client { on_event = recorder(), max_in_flight = 1 }
  local given = {}
  for i = 1, 3 do given[i] = webhook(nil, { channel_sid = channel("plain", i) }) end
  return function()
    local made = 0
    for i = 1, 3 do
      client:go(function()
        if client:create_webhook(given[i]) then made = made + 1 end
      end)
    end
    repeat until client:step(0.05) == 0
    return made
  end, judge(function(made) return made <= 3 end), tasks_work(client)
end)

row("tasks: cancel", function()
  local client = new_client { on_event = recorder() }
  local given = webhook "plain"
  return function()
    local task = client:go(function() client:create_webhook(given) end)
    client:go(function() client:sleep(5) end)
    client:step()
    task:cancel()
    client:run()
    return true
  end, is_true, tasks_work(client)
end)

-- In somebody else's loop, here one that never waits.
row("hook: create", function()
  local client
  client = new_client { wait = function(_, _, seconds)
    if client.waiting.requests:count() == 0 then client.core.sleep(seconds) end
  end }
  local given = webhook "plain"
  return function() return client:create_webhook(given) end, is_hook, client_works(client)
end)

-- By somebody else's HTTP client.
local function answer_of(number, created)
  return ('{"sid":"WH%016x%016x","type":"webhook","configuration":{"url":"x"}}'):format(first_channel + number, created)
end

local function transport_of(counts)
  return function(request)
    local number = tonumber(request.url:match "%-(%d+)/") - first_channel
    if request.method == "POST" then counts[number] = (counts[number] or 0) + 1 end
    return { status = 201, headers = { Date = "Sun, 06 Nov 1994 08:49:37 GMT", ["X-Many"] = { "a", "b" } },
      body = answer_of(number, counts[number] or 0) }
  end
end

local function transport_row(name, with_task)
  row(name, function()
    local counts = {}
    local client = new_client { transport = transport_of(counts), on_event = recorder() }
    local given = webhook "plain"
    local works = tasks_work(client)
    local function create() return client:create_webhook(given) end
    local function in_task()
      local hook, message, err
      client:go(function() hook, message, err = client:create_webhook(given) end)
      local _, failure = client:run()
      if failure then error(failure, 0) end
      return hook, message, err
    end
    return with_task and in_task or create, is_hook, function()
      if (counts[0] or 0) > 1 then return "the transport was asked twice" end
      return works()
    end
  end)
end

transport_row("transport: create", false)
transport_row("transport: create in a task", true)

-- The methods of a handle themselves.
local function drive(core, call, id)
  for _ = 1, 200 do
    core:step(0.05)
    for done in core.announce, core do
      if done == id then return call:result() end
    end
  end
  return nil, "is never announced", { kind = "timeout", message = "is never announced" }
end

row("handle: submit, step, announce, result", function()
  local core = assert(require "twilio.webhooks.core".open(params()))
  local given = webhook "plain"
  return function()
    core:pollfd()
    local call, id, err = core:submit("create_webhook", given)
    if not call then return nil, id, err end
    core:timeout()
    return drive(core, call, id)
  end, is_hook, function()
    return create_again(function(fields)
      return drive(core, core:submit("create_webhook", fields))
    end)()
  end
end)

row("handle: two, one in flight", function()
  local handle = assert(require "twilio.webhooks.core".open(params(), 1, 1))
  local given = {}
  for i = 1, 2 do given[i] = webhook(nil, { channel_sid = channel("plain", i) }) end
  return function()
    local call, id, err
    for i = 1, 2 do
      call, id, err = handle:submit("create_webhook", given[i])
      if not call then return nil, id, err end
    end
    return drive(handle, call, id)
  end, judge(function(result) return is_webhook(result, 2) end), create_again(function(fields)
    return handle:create_webhook(fields)
  end)
end)

row("handle: cancel", function()
  local core = assert(require "twilio.webhooks.core".open(params()))
  local given = webhook "plain"
  return function()
    local call, id, err = core:submit("create_webhook", given)
    if not call then return nil, id, err end
    core:step(0)
    call:cancel()
    local result, message, why = call:result()
    if why and why.kind == "canceled" then return true end
    return result, message, why
  end, is_true, create_again(function(fields) return core:create_webhook(fields) end)
end)

-- --- files, and what else is the system's ---------------------------------------------------

-- A name for a run's file, in a directory that has to be empty at its end.
local function path_of(name)
  return ("%s/%s"):format(os.getenv "TMPDIR", name)
end

-- A judge of what sends nothing, and raises an error where memory fails.
local function yields(check)
  return function(ok, result, ...)
    if ok and check(result, ...) or not ok and is_of_memory(result) then return nil, 0 end
    return ("gave something else: %s, %s"):format(tostring(result), tostring((...)))
  end
end

-- `open` gives the operation, which is to succeed afterwards, and what is then cleared away.
local function system_row(name, check, open)
  row("system: " .. name, function()
    local operation, clear = open(require "twilio.webhooks.system")
    return operation, yields(check), function()
      collectgarbage() -- what an error has left open
      local result, message = operation()
      local complaint = not check(result, message) and "afterwards: " .. tostring(message)
      if clear then clear() end
      collectgarbage()
      return complaint or nil
    end
  end)
end

local function is_text(text)
  return function(given) return given == text end
end

-- Each step of a file of the journal's kind; the file is there from the second time on.
system_row("file", is_text "one\ntwo\nfalse EWOULDBLOCK", function(system)
  local path = path_of "file"
  return function()
    local file = assert(system.open(path, "append"))
    assert(file:lock())
    assert(file:truncate(0) and file:write "one\ntwo\nthree" and file:sync() and file:truncate(8))
    assert(system.sync_name(os.getenv "TMPDIR" .. "/x"))
    assert(file:size() == 8 and file:is_at(path) and not file:is_at "/" and file:mode() == 384)
    assert(file:seek(0))
    local other = assert(system.open(path, "append"))
    local locked, _, why = other:lock()
    local text = file:read() .. tostring(locked or false) .. " " .. why
    other:close()
    file:close()
    return text
  end, function() os.remove(path) end
end)

system_row("file, refused", is_text "ENOENT EISDIR EINVAL ENOENT ENOENT ENOSPC", function(system)
  local directory = os.getenv "TMPDIR"
  local function name(_, _, error_name) return error_name end
  return function()
    local full = assert(system.open("/dev/full", "write"))
    local names = { name(system.open(directory .. "/none/x", "append")), name(system.open(directory, "append")),
      name(system.open("/dev/null", "append")), name(system.temporary(directory .. "/none")),
      name(system.sync_name(directory .. "/none/x")), name(full:write "x") }
    full:close()
    return table.concat(names, " ")
  end
end)

system_row("file without a name", is_text "text", function(system)
  return function()
    local file = assert(system.temporary())
    assert(file:write "text" and file:seek(0))
    local text = file:read()
    file:close()
    return text
  end
end)

system_row("digests", is_text "cbf43926 cbd8a7b341bd9b025b1e906a48ae1d19", function(system)
  return function() return system.checksum "123456789" .. " " .. system.digest "hello" end
end)

system_row("rows", is_text "a b b 40 key nil", function(system)
  local shown = { type = "webhook", configuration = { url = "https://a", retry_count = 2,
    filters = { "onMessageSent" } } }
  return function()
    return table.concat(system.sort { "b", "a", "b" }, " ") .. " " .. #system.settings(shown) .. " "
      .. system.repeated_key '{"key":1,"key":2}' .. " " .. tostring(system.repeated_key '{"key":1}')
  end
end)

system_row("process", is_text "false nil nil ENOENT", function(system)
  return function()
    assert(system.catch() and system.heed_pipe() and system.ignore_pipe() and system.time() > 0)
    local boot, caught = system.boot(), system.caught()
    assert(boot == nil or #boot == 36)
    system.release()
    local pipe = assert(system.open("/dev/null", "read"))
    local _, _, why = system.exec "/dev/null/none"
    pipe:close()
    return ("%s %s %s %s"):format(tostring(system.is_terminal(99)), tostring(system.width(99)), tostring(caught),
      why == "ENOTDIR" and "ENOENT" or why)
  end
end)

local DATA = [[local rows = {}
for i = 1, 3 do rows[i] = { name = "row" .. i, place = i, share = i / 4, list = { true, { "deep" } } } end
return rows]]

system_row("evaluate", function(rows)
  local last = type(rows) == "table" and rows[3]
  return last and last.name == "row3" and last.place == 3 and last.share == 0.75 and last.list[2][1] == "deep"
end, function(system)
  return function() return system.evaluate(DATA, "=data") end
end)

local REFUSED = {
  { "error in the text", "return {" }, { "error when it runs", "return { 1 .. {} }" },
  { "a name that is not there", "return error(5)" }, { "function", "return { f = function() end }" },
  { "no table", "return 'text'" }, { "nothing", "" },
  { "too deep", "local t = {} for _ = 1, 20 do t = { t } end return t" },
}

for _, refused in ipairs(REFUSED) do
  system_row("evaluate, " .. refused[1], function(rows, message)
    return rows == nil and type(message) == "string" and not is_of_memory(message)
  end, function(system)
    return function() return system.evaluate(refused[2], "=data") end
  end)
end

row("open the system's", function()
  local name = "twilio.webhooks.system"
  return function() return require(name) end,
    yields(function(system) return type(system.open) == "function" end), function()
      package.loaded[name] = nil
      local system = require(name)
      local file = assert(system.temporary())
      file:close()
      return not system.evaluate("return {}", "=data") and "afterwards: evaluates nothing" or nil
    end
end)

-- --- thousands ------------------------------------------------------------------------------------

-- LuaJIT (2.1-20230119) crashes where memory fails while Lua code of these rows makes a closure: when it
-- unwinds, or collects later, and without any function of the module's on the stack.
local LEFT_OUT = jit and "bulk is left out: LuaJIT crashes where memory fails amid a closure (see README.md)"

local function long_row(name, open)
  if not LEFT_OUT then row(name, open) end
end

-- What is loaded when it is first used: Lua 5.1 loads nothing twice that failed once.
local LATER = { "bulk.formats.csv", "bulk.formats.json", "bulk.formats.jsonl", "bulk.formats.lua", "bulk.planfile",
  "waiting.workers" }

-- The time of a waiting client's jumps is all of bulk's, too.
local function bulk_of()
  local core = require "twilio.webhooks.core"
  local fake = setmetatable(core_of(core), { __index = core })
  package.loaded["twilio.webhooks.core"] = fake
  local client = assert(require "twilio.webhooks.client".new(params(nil, { on_event = recorder() }), fake))
  for _, name in ipairs(LATER) do require("twilio.webhooks." .. name) end
  return require "twilio.webhooks.bulk", client
end

local function rows_of(kind)
  local list = {}
  for i = 1, 2 do
    local one = webhook(kind, { channel_sid = channel(kind, i - 1) })
    list[i] = { channel_sid = one.channel_sid, type = one.type, configuration = one.configuration }
  end
  return list
end

local RATE = { rate = 1e6, workers = 1, margin = 0 }

-- Has the rows in the API, whatever came before: a run that ended, or one that memory failed in.
local function go_through(bulk, client, rows, path)
  local journal, plan
  local function step()
    local source, done, message, err
    source, message, err = bulk.source { rows = rows }
    if not source then return nil, message, err end
    plan, message, err = bulk.plan(source, client)
    if not plan then return nil, message, err end
    journal, message, err = bulk.journal(path)
    if not journal then return nil, message, err end
    done, message, err = bulk.apply(plan, client, journal, RATE)
    return done, message, err
  end
  return step, function()
    if journal then journal:close() end
    if plan then plan:close() end
  end
end

-- Afterwards the same once more, by the same client and with the same journal, ends complete.
local function rows_get_there(bulk, client, rows, path, close)
  return function()
    close()
    collectgarbage()
    local step, close_again = go_through(bulk, client, rows, path)
    local result, message = step()
    close_again()
    os.remove(path)
    if not result then return "afterwards: " .. message end
    if result.complete then return nil end
    local first = result.errors[1]
    return ("afterwards: %d failed, %d in doubt: %s"):format(result.failed, result.indeterminate,
      first and first.message or "?")
  end
end

local function is_outcome(result)
  return type(result) == "table" and result.created + result.kept + result.failed + result.indeterminate <= 2
end

local function bulk_row(name, kind)
  long_row("bulk: " .. name, function()
    local bulk, client = bulk_of()
    local rows, path = rows_of(kind), path_of "journal"
    assert(client:fetch_webhook(params("plain", { sid = SID })))
    local step, close = go_through(bulk, client, rows, path)
    return step, judge(is_outcome), rows_get_there(bulk, client, rows, path, close)
  end)
end

bulk_row("rows, plan, journal, apply", "plain")
bulk_row("the same, answers lost", "stray")

-- A source is read whole or fails: no row is lost on the way to the plan.
local FILES = {
  jsonl = '{"channel_sid":"%s","type":"webhook","configuration":{"url":"https://a.example/1"}}\n'
    .. '{"channel_sid":"%s","type":"webhook","configuration":{"url":"https://a.example/2"}}\n',
  json = '[{"channel_sid":"%s","type":"webhook","configuration":{"url":"https://a.example/1"}},\n'
    .. '{"channel_sid":"%s","type":"webhook","configuration":{"url":"https://a.example/2"}}]\n',
  csv = "channel_sid,type,configuration.url\n%s,webhook,https://a.example/1\n%s,webhook,https://a.example/2\n",
  lua = 'return { { channel_sid = "%s", type = "webhook", configuration = { url = "https://a.example/1" } },\n'
    .. '{ channel_sid = "%s", type = "webhook", configuration = { url = "https://a.example/2" } } }\n',
}

local function write_file(path, text)
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
end

local function plan_row(format)
  long_row("bulk: plan of " .. format, function()
    local bulk, client = bulk_of()
    local path, saved = path_of("rows." .. format), path_of "plan"
    write_file(path, FILES[format]:format(channel "plain", channel("plain", 1)))
    local function plan()
      local source, made, done, message, err
      source, message, err = bulk.source { path = path }
      if not source then return nil, message, err end
      made, message, err = bulk.plan(source, client)
      if not made then return nil, message, err end
      done, message, err = made:write(saved)
      made:close()
      if not done then return nil, message, err end
      made, message, err = bulk.read_plan(saved)
      if not made then return nil, message, err end
      local count = 0
      for _ in made:actions() do count = count + 1 end
      made:close()
      return count
    end
    return plan, judge(function(count) return count == 2 end), function()
      collectgarbage()
      local count, message = plan()
      os.remove(path)
      os.remove(saved)
      return count ~= 2 and "afterwards: " .. tostring(message or count) or nil
    end
  end)
end

for _, format in ipairs { "jsonl", "json", "csv", "lua" } do plan_row(format) end

-- What sorts in little memory, through its file.
long_row("bulk: sort", function()
  local sorted = require "twilio.webhooks.bulk.sorted"
  local function sort()
    local sorter = sorted.new(256)
    for i = 1, 20 do assert(sorter:add(("%02x line"):format(i * 7 % 32))) end
    local count, last = 0, ""
    for line in sorter:read() do
      assert(last <= line, "is not sorted")
      count, last = count + 1, line
    end
    sorter:close()
    return count
  end
  return sort, yields(is_text(20)), function()
    collectgarbage()
    return sort() ~= 20 and "afterwards: sorts otherwise" or nil
  end
end)

-- A journal keeps what it was given, whatever happens to who reads it.
long_row("bulk: journal", function()
  local bulk, path = require "twilio.webhooks.bulk", path_of "journal"
  local function read()
    local journal, message, err = bulk.journal(path)
    if not journal then return nil, message, err end
    local count = 0
    for record in journal:records() do count = count + (record.n and 1 or 0) end
    journal:close()
    return count
  end
  local first = assert(bulk.journal(path))
  assert(first:begin("input", "AC"))
  for n = 1, 5 do assert(first:append { t = "intent", n = n }) end
  assert(first:commit())
  first:close()
  return read, judge(function(count) return count == 5 end), function()
    collectgarbage()
    local count, message = read()
    os.remove(path)
    return count ~= 5 and ("afterwards: has %s records: %s"):format(tostring(count), tostring(message)) or nil
  end
end)

-- --- closed, or canceled, amid its work ---------------------------------------------------

-- A judge of operations whose client may be closed, or whose task canceled, at any moment. What
-- was not begun by then may raise. `sent` agrees with what the server has seen.
local function ended(is_right, trouble)
  return function(ok, result, second, err)
    if trouble[1] then return "disturbing failed: " .. tostring(trouble[1]) end
    if not ok then
      return not tostring(result):find("the client is closed", 1, true) and "raised: " .. tostring(result) or nil, 0
    end
    if result ~= nil then return not is_right(result) and "gave something else: " .. tostring(result) or nil, 1 end
    if type(second) ~= "string" or type(err) ~= "table" or err.message ~= second then
      return "failed without nil, message and err: " .. tostring(second)
    end
    if err.kind == "invalid" or err.kind == "timeout" or err.kind == "network" then
      return "failed otherwise: " .. second
    end
    return nil, err.sent == "no" and 0 or 1
  end
end

-- `begin(client)` gives the operation and, where it is not to close the client, what disturbs.
local function ended_row(name, is_right, options, begin)
  row("ended: " .. name, function()
    local all = { on_event = recorder() }
    for key, value in pairs(options) do all[key] = value end
    local client = new_client(all)
    local operation, disturb = begin(client)
    disturb = disturb or function() client:close() end
    local trouble = {}
    return operation, ended(is_right, trouble), create_again(require "twilio.webhooks".create_webhook), function()
      local ok, message = pcall(disturb)
      if not ok then trouble[1] = message end
    end
  end)
end

local function ended_call(name, method, is_right, fields, options)
  ended_row(name, is_right, options or {}, function(client)
    local given = fields()
    return function() return client[method](client, given) end
  end)
end

local function is_page(result) return type(result) == "table" and #result == 3 end
local function plain() return webhook "plain" end
local function transport_once(request) return transport_of {} (request) end

ended_call("create", "create_webhook", is_webhook, plain)
ended_call("create, adopted", "create_webhook", is_webhook, function() return webhook "stray" end)
ended_call("list of three pages", "list_webhooks", is_page, function() return params "pages" end)
ended_call("update", "update_webhook", is_webhook, update)
ended_call("ensure", "ensure_webhook", is_webhook, plain)
ended_call("in a loop", "create_webhook", is_webhook, plain, { wait = function() end })
ended_call("list in a loop", "list_webhooks", is_page, function() return params "pages" end, { wait = function() end })
ended_call("by a transport", "create_webhook", is_webhook, plain, { transport = transport_once })

local function in_task(client, method, given)
  local task, results
  local function work(...) results = { ... } end
  return function()
    task = client:go(function() work(client[method](client, given)) end)
    client:run()
    if not results then error("the client is closed", 0) end -- it never began
    return unpack(results, 1, 3)
  end, function() if task then task:cancel() end end
end

local TASKS = {
  { "create", "create_webhook", is_webhook, plain },
  { "create, adopted", "create_webhook", is_webhook, function() return webhook "stray" end },
  { "list of three pages", "list_webhooks", is_page, function() return params "pages" end },
}

for _, task in ipairs(TASKS) do
  ended_row("task, " .. task[1], task[3], {}, function(client) return (in_task(client, task[2], task[4]())) end)
  ended_row("canceled task, " .. task[1], task[3], {}, function(client) return in_task(client, task[2], task[4]()) end)
end

ended_row("task by a transport", is_webhook, { transport = transport_once }, function(client)
  return (in_task(client, "create_webhook", plain()))
end)

-- The core's own methods.
local function ended_core(name, is_right, begin)
  row("ended: core, " .. name, function()
    local core = assert(require "twilio.webhooks.core".open(params()))
    local trouble, held = {}, {}
    return begin(core, held), ended(is_right, trouble), create_again(require "twilio.webhooks".create_webhook),
      function()
        local ok, message = pcall(function()
          if held.call and not held.close then held.call:cancel() else core:close() end
        end)
        if not ok then trouble[1] = message end
      end
  end)
end

local function submit_and_drive(core, held, operation, given)
  local call, id, err
  repeat
    if call then call, id, err = core:submit(call) -- its next page
    else call, id, err = core:submit(operation, given) end
    if not call then return nil, id, err end
    held.call = call
    local canceled
    for _ = 1, 200 do
      core:step(0.05)
      canceled = true
      for done in core.announce, core do canceled = canceled and done ~= id end
      if not canceled or core:timeout() == nil then break end
    end
    local result, message, why = call:result()
    if result ~= false then return result, message, why end
  until false
end

for _, close in ipairs { true, false } do
  local what = close and "closed " or "canceled "
  ended_core(what .. "create", is_webhook, function(core, held)
    local given = plain()
    held.close = close
    return function() return submit_and_drive(core, held, "create_webhook", given) end
  end)
  ended_core(what .. "list of three pages", is_page, function(core, held)
    local given = params "pages"
    held.close = close
    return function() return submit_and_drive(core, held, "list_webhooks", given) end
  end)
  ended_core(what .. "transport", is_webhook, function(core, held)
    local given = plain()
    held.close = close
    return function()
      local call, request, err = core:prepare("create_webhook", given)
      if not call then return nil, request, err end
      held.call = call
      call:answer(transport_once(request))
      return call:result()
    end
  end)
end

ended_core("blocking create", is_webhook, function(core)
  local given = plain()
  return function() return core:create_webhook(given) end
end)

ended_core("request", function(result) return type(result.body) == "string" end, function(core)
  local given = plain()
  return function() return core:request("create_webhook", given) end
end)

-- --- for the host ----------------------------------------------------------------------

local function names()
  local list = {}
  if LEFT_OUT then print(LEFT_OUT) end
  for i, scenario in ipairs(scenarios) do list[i] = scenario.name end
  return unpack(list)
end

local function open(index, url, number)
  base_url, first_channel = url, number
  return scenarios[index].open()
end

return names, open
