-- Who owns what: Lua code that runs amid a call (a finalizer, a hook, a metamethod, a transport)
-- may close the client, cancel the call or ask for its results. What C works with stays, and
-- the verdict says what left. spec/torture does the same at each request for memory.

local webhooks = require "twilio.webhooks"
local core = require "twilio.webhooks.core"
local sandbox = require "twilio.webhooks.sandbox"
local child = require "spec.support.child"
local example = require "spec.support.example"
local shell = require "spec.support.shell"

-- Calls `act` at the nth collection, each of which is a whole one, wherever one can be.
local AT_COLLECTION = [[
  local function at_collection(n, act)
    local function watch()
      local function finalizer()
        n = n - 1
        if n == 0 then act() elseif n > 0 then watch() end
      end
      if newproxy then getmetatable(newproxy(true)).__gc = finalizer else setmetatable({}, { __gc = finalizer }) end
    end
    watch()
    return function() n = 0 end
  end
  if _VERSION == "Lua 5.5" then
    for _, name in ipairs { "pause", "stepmul" } do collectgarbage("param", name, 0) end
  else
    collectgarbage("setpause", 0)
    if _VERSION == "Lua 5.4" then collectgarbage("incremental", 0, 0, 100)
    else collectgarbage("setstepmul", 1000000) end
  end
]]

-- What is done with the client `core` for the nth time; gives results.
local OPERATIONS = {
  create = "return client:create_webhook(fields)",
  list = "fields.page_size = 1 return client:list_webhooks(fields, 0, true)",
  submitted = [[
    local call, id, err = client:submit("create_webhook", fields)
    if not call then return nil, id, err end
    repeat client:step(0.05) until client:announce() or client:timeout() == nil
    return call:result()
  ]],
  launched = [[
    local call, id = coroutine.wrap(function() -- a new stack grows amid launch
      return client:launch(fields, 5, {}, {})
    end)()
    if not call then return client:create_webhook(fields) end
    while client:announce() ~= id and client:timeout() do client:step(0.05) end
    return call:result()
  ]],
  relayed = [[
    local call, request, err = client:prepare("create_webhook", fields)
    if not call then return nil, request, err end
    call:answer({ status = 201, headers = { many = { "a", "b" }, one = 1 }, body = ANSWER })
    return call:result()
  ]],
}

describe("ownership", function()
  local server, silent

  setup(function()
    local account = { account_sid = example.account_sid, auth_token = example.auth_token }
    server = assert(sandbox.start { account_sid = account.account_sid, auth_token = account.auth_token })
    silent = assert(sandbox.start { account_sid = account.account_sid, auth_token = account.auth_token,
      faults = { { "stall" } } })
  end)

  teardown(function()
    server:stop()
    silent:stop()
  end)

  local function open(where)
    return assert(core.open(example.params { base_url = (where or server).base_url }))
  end

  local function creates_of(channel)
    local n = 0
    for _, request in ipairs(server:requests()) do
      if request.method == "POST" and request.target:find("/" .. channel .. "/", 1, true) then n = n + 1 end
    end
    return n
  end

  -- --- a finalizer ------------------------------------------------------------------------

  for name, code in pairs(OPERATIONS) do
    it("stays with a call that a finalizer closes the client of: " .. name, function()
      local said = child.run(AT_COLLECTION .. ([[
        local core = require "twilio.webhooks.core"
        local example = require "spec.support.example"
        local ANSWER = example.answer_json()
        local function operate(client, fields) %s end
        for n = 1, 120 do
          local client = assert(core.open(example.params { base_url = %q }))
          local channel = %q .. n
          local fields = example.webhook { channel_sid = channel, account_sid = false, auth_token = false }
          local stop = at_collection(n, function() client:close() end)
          local result, message, err = operate(client, fields)
          stop()
          print(channel, result and "made" or err.kind, result and "yes" or err.sent)
        end
        print "end"
      ]]):format(code, server.base_url, "finalizer-" .. name .. "-"))
      assert.truthy(said:find "\nend\n$", said)
      local canceled = 0
      for channel, kind, sent in said:gmatch "(%S+)\t(%S+)\t(%S+)\n" do
        if kind == "canceled" then canceled = canceled + 1 else assert.equal("made", kind) end
        if sent == "no" then assert.equal(0, creates_of(channel)) end
      end
      -- Lua 5.5 collects once in some fifty allocations at the most, and so not always amid a call
      if _VERSION ~= "Lua 5.5" then assert.is_true(canceled > 0) end
    end)
  end

  it("stays with a call that is refused while a finalizer takes its client's access token", function()
    assert.equal("end", child.run(AT_COLLECTION .. [[
      local core = require "twilio.webhooks.core"
      local example = require "spec.support.example"
      for n = 1, 60 do
        local client = assert(core.open(example.params { access_token = "x", account_sid = false, auth_token = false }))
        local fields = example.webhook { account_sid = "none", auth_token = false }
        local stop = at_collection(n, function() client:close() end)
        local request, message, err = client:request("create_webhook", fields)
        stop()
        assert(not request and (err.kind == "invalid" or err.kind == "canceled"), message)
      end
      io.write "end"
    ]]))
  end)

  it("lets no transport send the request of a call that a finalizer ends", function()
    local said = child.run(AT_COLLECTION .. ([[
      local core = require "twilio.webhooks.core"
      local example = require "spec.support.example"
      local made, refused = 0, 0
      for n = 1, 60 do
        local client = assert(core.open(example.params { base_url = %q }))
        local draft = assert(client:draft("create_webhook", example.webhook { headers = { ["X-One"] = "1" } }))
        local over = false
        local stop = at_collection(n, function()
          over = true
          if n %% 2 == 0 then client:close() else draft:cancel() end
        end)
        local call, request, err = client:prepare(draft, 10)
        local before = over
        stop()
        if call then
          assert(not before, "a request of a call that is over")
          assert(request.headers.Authorization:find "^Basic %%w" and request.headers["X-One"] == "1")
          made = made + 1
        else
          assert(before and err.kind == "canceled" and err.sent == "no", err.message)
          refused = refused + 1
        end
        client:close()
      end
      print("end", made > 0, refused > 0)
    ]]):format(server.base_url))
    assert.truthy(said:find "end\ttrue\t%w+\n$", said)
    -- Lua 5.5 may collect at no such moment: see above
    if _VERSION ~= "Lua 5.5" then assert.truthy(said:find "\ttrue\n$", said) end
  end)

  -- What is done with a draft, or with its list, for the nth time.
  local DRAFTS = {
    performed = "client:perform(draft, 10)",
    prepared = "client:prepare(draft, 10)",
    listed = "client:perform(list, 10)",
  }

  for name, code in pairs(DRAFTS) do
    it("stays with a draft whose results a finalizer asks for: " .. name, function()
      local said = child.run(AT_COLLECTION .. ([[
        local core = require "twilio.webhooks.core"
        local example = require "spec.support.example"
        local refused = 0
        for n = 1, 60 do
          local client = assert(core.open(example.params { base_url = %q }))
          local draft = assert(client:draft("create_webhook", example.webhook { channel_sid = "draft" .. n }))
          local list = client:list(draft)
          local ends = { client.close, draft.cancel, list.cancel }
          local stop = at_collection(n, function()
            ends[n %% 3 + 1](n %% 3 == 0 and client or n %% 3 == 1 and draft or list)
            for _, call in ipairs { draft, list } do
              call:request()
              local ok, message = pcall(call.result, call)
              if not ok and message:find "no result yet" then refused = refused + 1 end
            end
          end)
          local result, message, err = %s
          stop()
          assert(result or err.kind == "canceled", message)
          client:close()
        end
        print("end", refused > 0)
      ]]):format(server.base_url, code))
      assert.truthy(said:find "end\t%w+\n$", said)
      -- Lua 5.5 may collect at no such moment: see above
      if _VERSION ~= "Lua 5.5" then assert.truthy(said:find "\ttrue\n$", said) end
    end)
  end

  it("ends with client and call, whichever is collected first", function()
    for _, order in ipairs { "handle = nil collectgarbage() call = nil", "call = nil collectgarbage() handle = nil",
      "call, handle = nil" } do
      assert.equal("ok", child.run(([[
        local example = require "spec.support.example"
        local handle = assert(require "twilio.webhooks.core".open(example.params { base_url = %q }))
        local call = handle:submit("create_webhook", example.webhook())
        for _ = 1, 3 do handle:step(0.01) end
        %s
        collectgarbage() collectgarbage()
        io.write "ok"
      ]]):format(silent.base_url, order)))
    end
  end)

  it("of a call that a finalizer makes of a client that was collected before is the call's alone", function()
    -- the older of the two is finalized last; the sanitizers see what is used after its end
    assert.equal("ok", child.run(([[
      local core = require "twilio.webhooks.core"
      local example = require "spec.support.example"
      local draft, list, refusal
      local function prepare()
        local client
        local function finalizer()
          list = client:list(draft)
          refusal = select(3, client:create_webhook(example.webhook()))
        end
        local host
        if newproxy then
          host = newproxy(true)
          getmetatable(host).__gc = finalizer
        else
          host = setmetatable({}, { __gc = finalizer })
        end
        client = assert(core.open(example.params { base_url = %q }))
        draft = assert(client:draft("create_webhook", example.webhook()))
        return host and nil
      end
      prepare()
      for _ = 1, 3 do collectgarbage() end
      assert(refusal.kind == "canceled" and refusal.sent == "no")
      list:cancel()
      assert(list:request().method == "GET")
      list, draft = nil, nil
      collectgarbage() collectgarbage()
      io.write "ok"
    ]]):format(server.base_url)))
  end)

  -- --- a hook -------------------------------------------------------------------------------

  local pcall, sethook = pcall, debug.sethook -- no function of busted's stands between

  -- Calls f with a hook that acts at the nth call or return. Gives whether it did, and what pcall
  -- gave for f.
  local function at_event(n, act, f)
    local acted, over = false, false
    local function hook()
      n = n - 1
      if n > 0 or over then return end
      sethook()
      acted = true
      act()
    end
    local function finish(...)
      over = true
      return ...
    end
    local results = { pcall(function()
      sethook(hook, "cr")
      return finish(f())
    end) }
    sethook()
    return acted, results
  end

  it("stays with a call that a hook closes the client of", function()
    local n, canceled, acted = 0, 0
    repeat
      n = n + 1
      local client = open()
      local channel = "hook-" .. n
      local fields = example.webhook { channel_sid = channel }
      local results
      acted, results = at_event(n, function() client:close() end, function() return client:create_webhook(fields) end)
      assert.is_true(results[1], results[2])
      if not results[2] then
        canceled = canceled + 1
        assert.equal("canceled", results[4].kind)
        if results[4].sent == "no" then assert.equal(0, creates_of(channel)) end
      end
      client:close()
    until not acted
    assert.is_true(canceled > 0)
  end)

  local function was_taken(message) -- LuaJIT says where
    return type(message) == "string" and message:find("the call's result was taken", 1, true) ~= nil
  end

  it("of results that are being read is the reader's", function()
    local client = open()
    local n, seen, acted = 0, 0
    repeat
      n = n + 1
      local call = assert(client:prepare("create_webhook", example.webhook()))
      call:answer { status = 201, body = example.answer_json() }
      local results
      acted, results = at_event(n, function()
        local ok, message = pcall(call.result, call)
        if tostring(message):find "the call has no result yet" then seen = seen + 1 end
        if ok then assert.equal(example.answer.sid, message.sid) end
        call:cancel()
        client:close()
      end, function() return call:result() end)
      assert.truthy(results[1] and results[2].sid or was_taken(results[2]), tostring(results[2]))
      client = open()
    until not acted
    assert.is_true(seen > 0)
  end)

  -- What a hook raises, at each call and return amid a create and amid its results.
  for _, what in ipairs { { "a text", "interrupted!" }, { "a table", {} }, { "nothing", nil }, { "a number", 7 } } do
    it("lets a hook's error through: " .. what[1], function()
      local client = open()
      local body = example.answer_json()
      local n, acted = 0
      repeat
        n = n + 1
        local call = assert(client:prepare("create_webhook", example.webhook()))
        call:answer { status = 201, body = body }
        local results
        acted, results = at_event(n, function() error(what[2], 0) end, function() return call:result() end)
        if acted then
          assert.is_false(results[1])
          -- Lua 5.5 has an error object for an error without one
          if what[2] ~= nil or _VERSION ~= "Lua 5.5" then assert.equal(what[2], results[2]) end
          local ok, hook = pcall(call.result, call) -- nothing is lost, unless that was the return
          assert.truthy(ok and hook.sid or was_taken(hook))
        end
      until not acted
      assert.is_true(n > 2)
    end)
  end

  it("leaves a hook that the decoder's error was told apart by", function()
    local client = open()
    local calls = 0
    local function hook() calls = calls + 1 end
    local call = assert(client:prepare("create_webhook", example.webhook()))
    call:answer { status = 201, body = "{no JSON" }
    debug.sethook(hook, "c")
    local result, message = call:result()
    local still = debug.gethook()
    debug.sethook()
    assert.is_nil(result)
    assert.truthy(message:find("the answer cannot be used", 1, true), message)
    assert.equal(hook, still)
    assert.is_true(calls > 0)
  end)

  -- --- metamethods, transports, events ------------------------------------------------------

  local function answering(act)
    local response = { status = 201, body = example.answer_json() }
    return setmetatable({}, { __index = function(_, name)
      act(name)
      return response[name]
    end })
  end

  for _, field in ipairs { "status", "body", "headers" } do
    it("stays with a transport's answer whose " .. field .. " cancels the call or closes the client", function()
      local client = open()
      local call = assert(client:prepare("create_webhook", example.webhook()))
      call:answer(answering(function(name) if name == field then call:cancel() end end))
      local _, message, err = call:result()
      assert.equal("create_webhook: it was canceled", message)
      assert.equal("unknown", err.sent) -- it has been with the transport

      call = assert(client:prepare("create_webhook", example.webhook()))
      call:answer(answering(function(name) if name == field then client:close() end end))
      assert.equal(example.answer.sid, call:result().sid) -- which the transport has brought
    end)

    it("takes the first answer, where a transport's " .. field .. " answers too", function()
      local client = open()
      local call = assert(client:prepare("create_webhook", example.webhook()))
      local inner
      call:answer(answering(function(name)
        if name ~= field or inner then return end
        inner = true
        call:answer(nil, "inner", "no")
        inner = select(2, call:result())
      end))
      assert.equal("create_webhook: inner", inner)
      assert.is_true(was_taken(select(2, pcall(call.result, call))))
    end)
  end

  it("stays with a call whose transport closes the client, and tells what left", function()
    local client
    local answers = true
    local function transport()
      client:close()
      if answers then return { status = 201, body = example.answer_json() } end
      return nil, "gone"
    end
    client = assert(webhooks.new(example.params { transport = transport }))
    assert.equal(example.answer.sid, client:create_webhook(example.webhook()).sid)
    answers = false
    client = assert(webhooks.new(example.params { transport = transport }))
    local _, _, err = client:create_webhook(example.webhook())
    assert.equal("unknown", err.sent)
  end)

  it("stays with a call one of whose events closes the client", function()
    for number = 1, 3 do
      local client
      local events = 0
      client = assert(webhooks.new(example.params { base_url = server.base_url, on_event = function()
        events = events + 1
        if events == number then client:close() end
      end }))
      local channel = "event-" .. number
      local hook, _, err = client:create_webhook(example.webhook { channel_sid = channel })
      if not hook and err.sent == "no" then assert.equal(0, creates_of(channel)) end
      if hook then assert.equal(1, creates_of(channel)) end
      client:close()
    end
  end)

  -- JSON that is wrong is decoded twice: see is_decoders_own in csrc/answer/json.c.
  it("leaves an error of a hook's to the hook, whatever is wrong with the JSON", function()
    local ends = { interrupted = 0, malformed = 0 }
    for n = 1, 30 do
      local calls, value, why = 0, nil, nil
      local ok, message = pcall(function()
        debug.sethook(function()
          calls = calls + 1
          if calls == n then error("interrupted", 0) end
        end, "c")
        value, why = core.decode "[1,2"
        debug.sethook()
      end)
      debug.sethook()
      if not ok then assert.equal("interrupted", message) end
      assert.is_nil(value)
      if why then assert.is_nil(why:find("interrupted", 1, true)) end
      local kind = ok and "malformed" or "interrupted"
      ends[kind] = ends[kind] + 1
    end
    assert.is_true(ends.interrupted > 0 and ends.malformed > 0)
  end)

  -- LuaJIT puts back the hook that was there before a finalizer.
  local it_unless_jit = jit and function() end or it
  it_unless_jit("leaves a hook that a finalizer sets, whatever is wrong with the JSON", function()
    local said = child.run(AT_COLLECTION .. [[
      local core = require "twilio.webhooks.core"
      local text = "[" .. ('{"a":"b"},'):rep(_VERSION == "Lua 5.5" and 3000 or 30) .. "1" -- 5.5 collects seldom
      local main = coroutine.running() -- a finalizer may run in a coroutine of its own; nil: it never does
      local function set(hook)
        if main then debug.sethook(main, hook, "", 1000000) else debug.sethook(hook, "", 1000000) end
      end
      local function before() end
      local function after() end
      local count = 0
      for n = 1, 1e9 do
        local called = false
        set(before)
        local stop = at_collection(n, function()
          called = true
          set(after)
        end)
        assert(core.decode(text) == nil)
        local amid = called -- the question for the hook may collect, too
        local hook = debug.gethook()
        stop()
        debug.sethook()
        if not amid then break end
        assert(hook == after, "the hook is lost after " .. n .. " collections")
        count = count + 1
      end
      print(count > 2)]])
    assert.equal("true\n", said)
  end)

  it("refuses a call that is another client's, or on its way", function()
    local one, other = open(silent), open(silent)
    local call = one:submit("list_webhooks", {})
    assert.has_error(function() one:submit(call) end)
    assert.has_error(function() other:submit(call) end)
    one:close()
    other:close()
  end)

  -- --- requests as plain data -----------------------------------------------------------------

  it("needs no handle of libcurl's until something is sent, and keeps those that it may need #once", function()
    local slow = assert(sandbox.start { account_sid = example.account_sid, auth_token = example.auth_token, latency = 600 })
    finally(function() slow:stop() end)
    local directory = shell.output "mktemp -d":match "[^\n]+"
    finally(function() shell.output("rm -r " .. shell.quote(directory)) end)
    local shim = directory .. "/count_handles.so"
    shell.output(("LD_PRELOAD= ${CC:-cc} -shared -fPIC -o %s spec/support/count_handles.c -ldl"):format(shim))
    local function count(code)
      return child.run([[
        local core = require "twilio.webhooks.core"
        local webhooks = require "twilio.webhooks"
        local example = require "spec.support.example"
        local fields = example.webhook { base_url = "http://127.0.0.1:1" }
      ]] .. code, { LD_PRELOAD = shim })
    end
    -- So many wait that those that have ended may be needed again.
    local kept = count(([[
      local client = assert(webhooks.new(example.params { max_in_flight = 300, timeout = 600 }))
      local function create(count, base_url)
        local ended = 0
        for i = 1, count do
          client:go(function()
            assert(client:create_webhook(example.webhook { base_url = base_url, channel_sid = base_url .. i .. " " .. count }))
            ended = ended + 1
          end)
        end
        return function() return ended == count end
      end
      local slow = create(120, %q)
      for i = 0, 1 do
        local quick = create(100 - i, %q)
        while not quick() do client:step(0.1) end
        assert(not slow())
      end
      client:close()
    ]]):format(slow.base_url, server.base_url))
    local easy = tonumber(kept:match "^(%d+) easy, 1 multi\n$")
    assert.is_true(easy and easy < 120 + 100 + 30, kept) -- 35 more, if 64 were kept of the first hundred
    assert.equal("0 easy, 0 multi\n", count [[
      assert(core.request("create_webhook", fields))
      local client = assert(core.open(fields))
      assert(client:request("create_webhook", fields))
      local call = assert(client:prepare("create_webhook", fields))
      call:answer { status = 201, body = example.answer_json() }
      assert(call:result())
      assert(not core.create_webhook { type = "nonsense" })
      local own = assert(webhooks.new(example.params { transport = function()
        return { status = 201, body = example.answer_json() }
      end }))
      assert(own:create_webhook(fields))
      client:close()
      own:close()
    ]])
    assert.truthy(count "core.create_webhook(fields)":find "^[1-9] easy, 1 multi\n$") -- it does count
  end)
end)
