-- What people get wrong, and the words that the message has to have: one printable line, and
-- short enough to be read. Nothing of it is sent, but where the server is the one to judge.

local example = require "spec.support.example"
local sandbox = require "twilio.webhooks.sandbox"
local webhooks = require "twilio.webhooks"

local HOOK = "WH" .. ("a"):rep(32)
local LONGEST = 600 -- bytes of a message, all its problems together

local function with(fields, others)
  local all = {}
  for name, value in pairs(fields) do all[name] = value end
  for name, value in pairs(others) do
    if value == false then all[name] = nil else all[name] = value end
  end
  return all
end

-- Each row: the call, and what its message says. In the calls W is the module, S the sandbox, C a
-- client, G parameters that are right, as a function of what differs (false: is left away), K the
-- same with another configuration, O those of the webhook's owner alone.
local rows = {
  { 'W.create_webhook()', "bad argument to 'create_webhook' (table expected, got nil)" },
  { 'W.create_webhook "x"', "bad argument to 'create_webhook' (table expected, got string)" },
  { 'W.new()', "bad argument to 'new' (table expected, got nil)" },
  { 'W:create_webhook(G {})', "use a dot: webhooks.create_webhook { ... }" },
  { 'W:delete_webhook(G {})', "use a dot: webhooks.delete_webhook" },
  { 'W:new {}', "use a dot: webhooks.new { ... }" },
  { 'S:start {}', "use a dot: sandbox.start { ... }" },
  { 'S.start(5)', "bad argument to 'start' (table expected, got number)" },
  { 'S.start { prot = 1 }', "unknown option prot; did you mean port?" },
  { 'S.start { port = "x" }', "option port must be an integer from 0 to 65535" },
  { 'S.start { lua = "/nope" }', "/nope is not a Lua 5.4 interpreter" },
  { 'S.start { faults = { { "stall", probabilty = 1 } } }', "unknown option probabilty; did you mean probability?" },
  { 'S.start { faults = { { "drop_aftr" } } }', "unknown name drop_aftr; did you mean drop_after?" },
  { 'C.create_webhook(G {})', "use a colon: client:create_webhook(...)" },
  { 'C.list_webhooks()', "use a colon: client:list_webhooks(...)" },
  { 'C.ensure_webhook(G {})', "use a colon: client:ensure_webhook(...)" },
  { 'C.go(print)', "use a colon: client:go(...)" },
  { 'C.step()', "use a colon: client:step(...)" },
  { 'C.run()', "use a colon: client:run(...)" },
  { 'C.sleep(1)', "use a colon: client:sleep(...)" },
  { 'C.close()', "use a colon: client:close(...)" },
  { 'C.timeout()', "use a colon: client:timeout(...)" },
  { 'C.pollfd()', "use a colon: client:pollfd(...)" },
  { 'C:create_webhook()', "bad argument to 'create_webhook' (table expected, got nil)" },
  { 'C:ensure_webhook()', "bad argument to 'ensure_webhook' (table expected, got nil)" },
  { 'C:ensure_webhook { type = "webhok" }', 'ensure_webhook: type: must be webhook, trigger or studio, not "webhok"' },
  { 'C:ensure_webhook(K { url = "u", filters = { "onMesageSent" } })', "ensure_webhook: ", "onMesageSent" },
  { 'C:go()', "bad argument to 'go' (function expected, got nil)" },
  { 'C:go "f"', "bad argument to 'go' (function expected, got string)" },
  { 'C:step "x"', "bad argument to 'step' (number expected, got string)" },
  { 'C:sleep()', "bad argument to 'sleep' (number expected, got nil)" },
  { 'C:sleep(0 / 0)', "a number of seconds expected, got nan" },
  { 'C:create_webhook(G { dedline = 3 })', "dedline", "did you mean deadline?" },
  { 'C:update_webhook(O { sid = HOOK, configuration = { filters = setmetatable({}, { __index = { "onMessageSent" } }) } })',
    "configuration.filters: must be a plain table, without __index or __pairs" },
  { 'C:create_webhook(G { basline = true })', "basline", "did you mean baseline?" },
  { 'C:ensure_webhook(G { base_line = true })', "base_line: is not a parameter of ensure_webhook; did you mean baseline?" },
  { 'C:create_webhook(G { DEADLINE = 3 })', "DEADLINE", "did you mean deadline?" },
  { 'C:apply_webhooks { prun = true, webhooks = {} }', "prun: is not a parameter of apply_webhooks; did you mean prune?" },
  { 'C:apply_webhooks { dryrun = true, webhooks = {} }', "did you mean dry_run?" },
  { 'C:apply_webhooks { webhoks = {} }', "did you mean webhooks?", "webhooks: must be a list" },
  { 'C:create_webhook(G { deadline = "3" })', 'deadline: must be seconds', 'not "3"' },
  { 'C:create_webhook(G { max_attempts = 3 })', "max_attempts: is not a parameter of create_webhook", "webhooks.new" },
  { 'C:create_webhook(G { baseline = 1 })', "baseline: must be true or false, not 1" },
  { 'C:list_webhooks { baseline = true }', "baseline: is not a parameter of list_webhooks, but of a client's create_webhook" },
  { 'W.create_webhook(G { baseline = true })', "but of a client's create_webhook" },
  { 'W.create_webhook(G { deadline = 5 })', "deadline: is not a parameter of create_webhook", "webhooks.new" },
  { 'W.wait.copass', "webhooks.wait has no copass; did you mean copas?" },
  { 'W.wait.libuv', "webhooks.wait has no libuv; there are copas, cqueues, luv, openresty" },
  { 'W.transport.openrestyy', "webhooks.transport has no openrestyy; did you mean openresty?" },
  { 'W.transport:openresty "/twilio"', "bad argument to 'openresty' (string expected, got table)" },

  { 'W.create_webhook(G { account_sid = false })', "account_sid: is required, here or as TWILIO_ACCOUNT_SID" },
  { 'W.create_webhook(G { auth_token = false })', "auth_token: is required, here or as TWILIO_AUTH_TOKEN" },
  { 'W.create_webhook(G { account_sid = "x" })', "account_sid: must be AC and 32 hexadecimal digits" },
  { 'W.create_webhook(G { auth_token = 5 })', "auth_token: must be a string" },
  { 'W.create_webhook(G { auth_token = "" })', "auth_token: must be a string of 1 to 4096 bytes" },
  { 'W.create_webhook(G { auth_token = "a\\n" })', "without control characters" },
  { 'W.create_webhook(G { auth_token = "wrong" })', "HTTP 401", "code 20003" },
  { 'W.create_webhook(G { api_key = "SK1" })', "auth_token: must not be given together with an API key", "api_secret" },
  { 'W.create_webhook(G { auth_token = false, api_key = "a:b", api_secret = "s" })', "api_key: must be without a colon" },
  { 'W.create_webhook(G { auth_tokn = "x" })', "did you mean auth_token?" },
  { 'W.create_webhook(K { retries = 2 })', "configuration.retries: is not a parameter of create_webhook (" },
  { 'W.create_webhook(K { events = { "x" } })', "configuration.events: is not a parameter of create_webhook (" },
  { 'W.create_webhook(K { filtres = { "x" } })', "did you mean configuration.filters?" },
  { 'W.create_webhook(G { authToken = "x", auth_token = false })', "did you mean auth_token?" },

  { 'W.create_webhook(G { type = false })', "type: is required: webhook, trigger or studio" },
  { 'W.create_webhook(G { type = "Webhook" })', 'not "Webhook"' },
  { 'W.create_webhook(G { type = { "webhook" } })', "not a table" },
  { 'W.create_webhook(G { target = "webhook" })', "target: is a parameter of a conversation's webhooks" },
  { 'W.create_webhook(G { service_sid = false })', "service_sid: is required" },
  { 'W.create_webhook(G { service_sid = "CH0" })', "service_sid: must be IS and 32 hexadecimal digits", 'not "CH0"' },
  { 'W.create_webhook(G { channel_sid = false })', "channel_sid: is required: the channel's sid or unique name" },
  { 'W.create_webhook(G { channel_sid = "" })', 'channel_sid: must be the channel\'s sid or unique name, not ""' },
  { 'W.create_webhook(G { channel_sid = ".." })', "channel_sid: must be a name other than . and .." },
  { 'W.create_webhook(G { channel_sid = {} })', "not a table" },
  { 'W.create_webhook(G { conversation_sid = "CH1" })', "conversation_sid: is a parameter of a conversation's webhooks" },
  { 'W.create_webhook(G { service_sid = false, channel_sid = false, conversation_sid = "x" })',
    "type: is a parameter of a channel's webhooks", "target: is required" },
  { 'W.create_webhook(G { sid = HOOK })', "sid: is not a parameter of create_webhook" },
  { 'W.fetch_webhook(O {})', "sid: is required: WH and 32 hexadecimal digits" },
  { 'W.fetch_webhook(O { sid = "WH1" })', 'sid: must be WH and 32 hexadecimal digits, not "WH1"' },
  { 'W.fetch_webhook(O { webhook_sid = HOOK })', "webhook_sid", "did you mean sid?" },
  { 'W.fetch_webhook(O { sid = HOOK })', "HTTP 404", "50320" },
  { 'W.delete_webhook(O { sid = {} })', "not a table" },
  { 'W.update_webhook(O { sid = HOOK, type = "webhook" })', "type: is not a parameter of update_webhook" },
  { 'W.list_webhooks(O { sid = HOOK })', "sid: is not a parameter of list_webhooks" },
  { 'W.list_webhooks(O { page_size = 50 })', "page_size: must be an integer from 1 to 5, not 50" },
  { 'W.list_webhooks(O { page = 2 })', "did you mean page_size?" },

  { 'W.create_webhook(K "https://example.com")', "configuration: must be a table of named fields" },
  { 'W.create_webhook(K {})', "url not provided", "50329" },
  { 'W.create_webhook(K { url = "u" })', "filter not provided", "50330" },
  { 'W.create_webhook(K { url = "u", filters = "onMessageSent,onMessageUpdated" })', "configuration.filters: must be a list" },
  { 'W.create_webhook(K { url = "u", filters = { "onMessageSent,onMessageUpdated" } })', "configuration.filters[1]" },
  { 'W.create_webhook(K { url = "u", filters = {} })', "configuration.filters: must be a list of one value or more" },
  { 'W.create_webhook(K { url = "u", filters = { onMessageSent = true } })', "list without holes, and without names" },
  { 'W.create_webhook(K { url = "u", filters = { "a", nil, "c" } })', "list without holes" },
  { 'W.create_webhook(K { url = "u", filters = { 1, {} } })', "configuration.filters[2]: must be a list of strings" },
  { 'W.create_webhook(K { url = "u", filters = { "onMesageSent" } })', "filter is invalid: onMesageSent" },
  { 'W.create_webhook(K { url = "u", filter = "a" })', "did you mean configuration.filters?" },
  { 'W.create_webhook(K { url = "u", filters = "a", method = "PUT" })', "configuration.method: must be GET or POST" },
  { 'W.create_webhook(K { url = "u", filters = "a", metod = "GET" })', "did you mean configuration.method?" },
  { 'W.create_webhook(K { url = "u", filters = "a", retry_count = "x" })', "configuration.retry_count: must be an integer" },
  { 'W.create_webhook(K { url = "u", filters = "a", retry_count = 1.5 })', "not 1.5" },
  { 'W.create_webhook(K { url = "u", filters = "a", flow_sid = "x" })', "configuration.flow_sid: must be FW" },
  { 'W.create_webhook(K { uri = "u", filters = "a" })', "did you mean configuration.url?" },
  { 'W.create_webhook(K { URL = "u", filters = "a" })', "did you mean configuration.url?" },
  { 'W.create_webhook(K { url = "a\\rb", filters = "a" })', "configuration.url: must be a string without control characters" },
  { 'W.create_webhook(K { url = "u\\0", filters = "a" })', "configuration.url: must be a string without NUL bytes" },
  { 'W.create_webhook(K { url = print, filters = "a" })', "configuration.url: must be a string, not a function" },
  { 'W.create_webhook(K { url = 0 / 0, filters = "a" })', "configuration.url: must be a finite number" },
  { 'W.create_webhook(G { url = "u" })', "did you mean configuration.url?" },
  { 'W.create_webhook(G { filters = "a" })', "did you mean configuration.filters?" },
  { 'W.create_webhook(G { config = { url = "u" }, configuration = false })', "did you mean configuration.url?" },
  { 'W.create_webhook(G { configration = { url = "u" }, configuration = false })', "did you mean configuration.url?" },
  { 'W.create_webhook(G { Configuration = { Url = "u" } })', "configuration.url: is given twice" },
  { 'W.create_webhook(G { Type = "webhook" })', "type: is given twice, in two spellings" },
  { 'W.create_webhook(G { friendly_name = "x" })', "friendly_name: is not a parameter of create_webhook", "extra" },
  { 'W.create_webhook { G {} }', "parameters: must be", "named fields" },
  { 'W.create_webhook(G { [true] = 1 })', "parameters: must be", "named fields" },
  { 'W.create_webhook(setmetatable({}, { __index = G {} }))', "must be a plain table, without __index or __pairs" },
  { 'W.create_webhook(G { extra = "x" })', "extra: must be a table of fields" },
  { 'W.create_webhook(G { extra = { f = print } })', "extra.f: must be", "not a function" },

  { 'W.create_webhook(G { base_url = "example.com" })', "base_url: must be a URL that begins with https://" },
  { 'W.create_webhook(G { base_url = "http://example.com" })', "base_url: must be an https URL", "allow_http" },
  { 'W.create_webhook(G { base_url = "https://u:p@example.com" })', "without user name" },
  { 'W.create_webhook(G { base_url = "https://example.com/?x" })', "query" },
  { 'W.create_webhook(G { edge = "dublin" })', "base_url: must not be given together with edge or region" },
  { 'W.create_webhook(G { base_url = false, edge = "dublin." })', "edge: must be one part of a host name", 'not "dublin."' },
  { 'W.create_webhook(G { timeout = "30" })', 'timeout: must be seconds', 'not "30"' },
  { 'W.create_webhook(G { timeout = 0 })', "timeout: must be seconds: more than 0" },
  { 'W.create_webhook(G { timeout = 30000000 })', "a day at most" },
  { 'W.create_webhook(G { connect_timeout = true })', "connect_timeout: must be seconds", "not true" },
  { 'W.create_webhook(G { max_response_bytes = "1M" })', "max_response_bytes: must be a number of bytes" },
  { 'W.create_webhook(G { allow_http = 1 })', "allow_http: must be true or false, not 1" },
  { 'W.create_webhook(G { user_agent = "a\\nb" })', "user_agent", "without control characters" },
  { 'W.create_webhook(G { time_out = 5 })', "did you mean timeout?" },
  { 'W.create_webhook(G { baseurl = "x" })', "did you mean base_url?" },

  { 'W.new { dedline = 5 }', "new: dedline: is not a parameter of new; did you mean deadline?" },
  { 'W.new { deadline = "30" }', 'deadline: must be seconds', 'not "30"' },
  { 'W.new { deadline = 1 / 0 }', "deadline: must be seconds" },
  { 'W.new { max_attempts = 0 }', "max_attempts: must be an integer from 1 to 100, not 0" },
  { 'W.new { max_attempts = "3" }', 'not "3"' },
  { 'W.new { max_in_flight = 1e9 }', "max_in_flight: must be an integer from 1 to 10000" },
  { 'W.new { max_connections = 0 }', "max_connections: must be an integer from 1 to 1000" },
  { 'W.new { on_event = "print" }', 'on_event: must be a function, not "print"' },
  { 'W.new { onevent = print }', "did you mean on_event?" },
  { 'W.new { wait = "cqueues" }', "wait: must be a function, or a table with a function wait" },
  { 'W.new { wait = W.wait }', "wait: must be a function, or a table with a function wait" },
  { 'W.new { transport = "libcurl" }', "transport: must be a function, or a table with a function perform" },
  { 'W.new { transport = W.transport }', "transport: must be a function, or a table with a function perform" },
  { 'W.new { step_budget = "fast" }', "step_budget: must be seconds" },
  { 'W.new { rate = "5/s" }', "rate: must be requests a second" },
  { 'W.new { conversation_sidd = "x" }', "did you mean conversation_sid?" },
  { 'W.new(setmetatable({}, { __index = {} }))', "must be a plain table" },
}

describe("a mistake", function()
  local server, client, names

  setup(function()
    server = assert(sandbox.start())
    local owner = {}
    for _, name in ipairs { "base_url", "account_sid", "auth_token", "service_sid", "channel_sid" } do
      owner[name] = server[name]
    end
    client = assert(webhooks.new(owner))
    local good = with(owner, { type = "webhook", configuration = example.answer.configuration })
    names = setmetatable({
      W = webhooks, S = sandbox, C = client, HOOK = HOOK,
      G = function(others) return with(good, others) end,
      K = function(configuration) return with(good, { configuration = configuration }) end,
      O = function(others) return with(owner, others) end,
    }, { __index = _G })
  end)

  teardown(function()
    client:close()
    server:stop()
  end)

  -- What it raises, or gives as its second result.
  local function message_of(code)
    local chunk
    if setfenv then chunk = setfenv(assert(loadstring("return " .. code)), names)
    else chunk = assert(load("return " .. code, "code", "t", names)) end
    local ok, result, message = pcall(function() return chunk() end)
    assert(not ok or result == nil, "it is none")
    return ok and message or result
  end

  for _, row in ipairs(rows) do
    it("is told: " .. row[1], function()
      local message = message_of(row[1])
      assert.is_string(message)
      for i = 2, #row do assert(message:find(row[i], 1, true), message) end
      assert.is_nil(message:find "[^\32-\126]", message)
      assert.is_true(#message <= LONGEST, message)
    end)
  end

  it("made no webhook", function()
    assert.same({}, server:webhooks())
  end)

  if jit then -- other Luas have no FFI
    for code, said in pairs {
      ["C:step(NULL)"] = "bad argument to 'step' (number expected, got cdata)",
      ["C:sleep(NULL)"] = "bad argument to 'sleep' (number expected, got cdata)",
      ["C:map(NULL, 1, print)"] = "bad argument to 'map' (list or iterator expected, got cdata)",
      ["C:go(NULL)"] = "bad argument to 'go' (function expected, got cdata)",
      ["W.new { rate = NULL }"] = "new: rate: must be requests a second",
      ["W.new { on_event = NULL }"] = "new: on_event: must be a function, not a cdata",
      ["C:apply_webhooks(O { webhooks = {}, dry_run = NULL })"] = "dry_run: must be true or false, not a cdata",
      ["C:apply_webhooks(O { webhooks = {}, deadline = NULL })"] = "deadline: must be seconds",
    } do
      it("is a NULL, which equals nil: " .. code, function()
        names.NULL = require "ffi".new "void *"
        local message = message_of(code)
        assert.truthy(message:find(said, 1, true), message)
      end)
    end
  end

  it("is told at the line that made it", function()
    for _, code in ipairs { "W.new()", "W:new {}", "W.create_webhook()", "C:go()", "C.go(print)", "C:ensure_webhook()",
      "C.create_webhook {}", "C.step()", "W.wait.copass", "S.start(5)", "C:sleep()" } do
      local chunk = "local result = " .. code .. "\nreturn result"
      local f
      if setfenv then f = setfenv(assert(loadstring(chunk, "=here")), names)
      else f = assert(load(chunk, "=here", "t", names)) end
      local _, message = pcall(f)
      assert.equal("here:1: ", tostring(message):match "^here:1: ", code .. ": " .. tostring(message))
    end
  end)
end)
