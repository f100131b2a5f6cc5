-- The definitions in library/ and doc/reference.md against the module itself: what it
-- exports, takes, gives and tells is in both, and nothing else is. The names come from the
-- module: its tables of functions, the C core's constant tables (each name is then probed),
-- and what calls of every kind of outcome gave.

local client_module = require "twilio.webhooks.client"
local core = require "twilio.webhooks.core"
local faults = require "twilio.webhooks.sandbox.faults"
local sandbox = require "twilio.webhooks.sandbox"
local sandbox_options = require "twilio.webhooks.sandbox.options"
local webhooks = require "twilio.webhooks"
local definitions = require "spec.support.definitions"
local example = require "spec.support.example"
local markdown = require "spec.support.markdown"
local upvalue = require "tools.books.upvalue"

local unpack = table.unpack or unpack -- luacheck: ignore 143 (5.2 and newer have the former)

local CLASS = "twilio.webhooks."

local classes = definitions.read()
local reference = markdown.read "doc/reference.md" .. markdown.read "doc/bulk.md"

local function sorted(set)
  local list = {}
  for name in pairs(set) do list[#list + 1] = tostring(name) end
  table.sort(list)
  return list
end

-- The functions of a class of the module's; it is its own metatable.
local function methods_of(class)
  local methods = {}
  for name, value in pairs(class) do
    if not name:find "^__" and type(value) == "function" then methods[name] = true end
  end
  return methods
end

local function set_of(...)
  local set = {}
  for _, list in ipairs { ... } do
    for name in pairs(list) do set[name] = true end
  end
  return set
end

-- --- the names in the C core's constant tables -----------------------------------------

local description = core.describe()
local FIELDS, DEFAULTS, SEGMENTS, OPTIONS = {}, {}, {}, {}
for _, resource in ipairs(description.resources) do
  for _, field in ipairs(resource.fields) do
    FIELDS[field.name] = true
    DEFAULTS[field.name] = resource.has_defaults or DEFAULTS[field.name]
  end
  for _, segment in ipairs(resource.segments) do
    if segment.name then SEGMENTS[segment.name] = true end
  end
end
for _, name in ipairs(description.options) do OPTIONS[name] = true end
local CLIENT_OPTIONS = upvalue(client_module.new, "OPTIONS")

-- Parents, and so resources: the only parameters without which an operation does not know them.
local PARENTS = {}
for _, resource in ipairs(description.resources) do
  for _, segment in ipairs(resource.segments) do
    if segment.wire and segment.wire == resource.parent then PARENTS[#PARENTS + 1] = segment.name end
  end
end

-- Is it a parameter of the operation, on this resource?
local function takes(operation, parent, name)
  local params = { [parent] = "x" }
  params[name] = {}
  local _, _, err = core.request(operation, params)
  for _, problem in ipairs(err.problems) do
    if problem.field == name and (problem.message:find("^is not a parameter of")
      or problem.message:find("^is a parameter of")) then return false end
  end
  return true
end

-- All parameters that the operation takes, on whatever resource.
local function parameters_of(operation)
  local taken = {}
  for name in pairs(set_of(FIELDS, SEGMENTS, OPTIONS, { extra = true })) do
    for _, parent in ipairs(PARENTS) do
      if takes(operation, parent, name) then taken[name] = true end
    end
  end
  return taken
end

-- The same from the definitions: a class's fields, a table among them by those of its own class.
local function defined_parameters(class, inner)
  local fields = definitions.fields(classes, CLASS .. class)
  for _, group in ipairs { "configuration", "auto_creation" } do
    if fields[group] then
      fields[group] = nil
      for name in pairs(definitions.fields(classes, CLASS .. inner)) do fields[group .. "." .. name] = true end
    end
  end
  return fields
end

-- --- what calls give ---------------------------------------------------------------------

local seen -- class to set of the fields that tables of its kind had

local function note(class, fields)
  seen[class] = seen[class] or {}
  for name in pairs(fields) do seen[class][name] = true end
end

local function note_results(result, info, err)
  if err then
    note("Err", err)
    for _, problem in ipairs(err.problems or {}) do note("Problem", problem) end
  elseif result then
    note("Info", info)
  end
end

local function open(fields)
  fields.on_event = function(event) note("Event", event) end
  fields.deadline = fields.deadline or 5
  return assert(webhooks.new(example.webhook(fields)))
end

-- A client whose requests are answered so, one after the other.
local function answered(...)
  local answers, i = { ... }, 0
  return open { max_attempts = 2, transport = function(request)
    note("Request", request)
    i = i + 1
    local answer = assert(answers[i], "no more answers")
    note("Response", answer)
    if answer.lost then return nil, "broke" end
    return answer
  end }
end

local ID = { ["Twilio-Request-Id"] = "RQ1" }

local function list_of(count)
  local bodies = {}
  for i = 1, count do bodies[i] = example.answer_json():gsub("WH%x+", ("WH%032d"):format(i)) end
  local headers = { ["Twilio-Request-Id"] = "RQ1", Date = "Thu, 24 Mar 2016 21:05:50 GMT" } -- as date_created
  return { status = 200, headers = headers, body = '{"webhooks":[' .. table.concat(bodies, ",") .. "]}" }
end

-- The same of a client without a webhook's own defaults.
local function answered_bare(answers)
  local i = 0
  local options = example.params { max_attempts = 1, transport = function()
    i = i + 1
    answers[i].headers = {}
    return answers[i]
  end }
  options.channel_sid = nil
  return assert(webhooks.new(options))
end

-- The other resources. A null is no field, so each has a value first.
local function provoke_others()
  local server = assert(sandbox.start { channels = 2, conversations = 1, addresses = 1 })
  local client = assert(webhooks.new { base_url = server.base_url, account_sid = server.account_sid,
    auth_token = server.auth_token, service_sid = server.service_sid })
  local channels, info = assert(client:list_channels { page = "first", page_size = 1 })
  note("Channel", channels[1])
  note("Info", info)
  note("Conversation", assert(client:list_conversations { page = "first" })[1])
  local function settings(more)
    more.pre_webhook_url, more.post_webhook_url = "https://example.com/pre", "https://example.com/post"
    return more
  end
  local filters = { "onMessageUpdated" }
  note("WebhookSettings", assert(client:update_webhook_settings(settings { filters = filters })))
  note("ServiceSettings", assert(client:update_service_settings(settings { webhook_filters = filters })))
  note("WebhookSettings", assert(client:update_webhook_settings(settings { filters = filters, method = "GET",
    chat_service_sid = server.service_sid })))
  note("Address", assert(client:list_addresses {})[1])
  client:close()
  server:stop()
end

-- One call for each outcome that there is.
local function provoke(server)
  local ASKED = { configuration = example.answer.configuration }
  note_results(webhooks.create_webhook { type = 5, typo = 1 })
  note_results(webhooks.create_webhook(example.webhook { base_url = "http://127.0.0.1:1" }))
  note_results(answered({ status = 400, headers = ID,
    body = '{"code":1,"message":"m","more_info":"u","details":{}}' }):create_webhook {})
  note_results(answered({ status = 429, headers = { ["Retry-After"] = "0" }, body = "?" },
    { status = 400, body = "not JSON" }):create_webhook {})
  note_results(answered({ status = 429, headers = { ["Retry-After"] = "9" } }):create_webhook {})
  note_results(answered({ lost = true }, list_of(1)):create_webhook(ASKED))
  note_results(answered({ lost = true }, list_of(2)):create_webhook(ASKED))
  note_results(answered(list_of(1)):ensure_webhook(ASKED))
  local wanted = { type = example.answer.type, configuration = { url = "u", filters = "onMessageSent" } }
  local params = { channel_sid = "x", webhooks = { wanted }, prune = function() return true end }
  local applying = { { status = 200, body = list_of(1).body }, { status = 400, body = "?" } }
  local _, _, err = answered_bare(applying):apply_webhooks(params)
  note_results(nil, nil, err)
  note("ApplyResult", err.result)
  for _, action in ipairs(err.result.actions) do note("Action", action) end
  params.webhooks[2], params.prune = { type = "webhook", configuration = { url = "dummy", filters = "onMessageSent" } }, nil
  for _, action in ipairs(assert(answered_bare { applying[1], { status = 200, body = example.answer_json() },
    { status = 201, body = example.answer_json() } }:apply_webhooks(params)).actions) do note("Action", action) end
  for _, path in ipairs { { channel_sid = "x", type = "webhook" }, { conversation_sid = "x", target = "webhook" },
    { conversation_sid = "x", chat_service_sid = server.service_sid, target = "webhook" } } do
    path.configuration = { url = "u", filters = path.type and "onMessageSent" or "onMessageAdded" }
    path.service_sid = path.type and server.service_sid
    path.base_url, path.account_sid, path.auth_token = server.base_url, server.account_sid, server.auth_token
    local client = assert(webhooks.new(path))
    local webhook = assert(client:create_webhook {})
    note("Webhook", webhook)
    if path.type then note_results(client:fetch_webhook { sid = "WH" .. ("0"):rep(32) }) end
    assert(client:delete_webhook { sid = webhook.sid })
  end
  provoke_others()
end

-- --- doc/reference.md ---------------------------------------------------------------------

local tables = markdown.tables(reference)

-- The names in the table that has these classes, without what stands before a dot.
local function documented(mark)
  local names = {}
  for name in pairs(assert(tables[mark], "no table of " .. mark)) do names[name:match("[%w_]+$")] = true end
  return names
end

local function headings_of(prefix)
  local names = {}
  for _, code in ipairs(markdown.named(reference)) do
    local name = code:match("^" .. prefix:gsub("%p", "%%%0") .. "([%w_]+)")
    if name then names[name] = true end
  end
  return names
end

-- --- the comparisons ----------------------------------------------------------------------

describe("the definitions and the reference", function()
  local server, client

  setup(function()
    server = assert(sandbox.start { faults = {
      { "fail_before", operation = "update", times = 1 },
      { "fail_late", operation = "update", seconds = 0 }, { "date_missing", operation = "update" },
    } })
    client = open {}
    seen = {}
    provoke(server)
    client:go(function() error "x" end)
    client:run()
  end)

  teardown(function()
    client:close()
    server:stop()
  end)

  local function same(real, class, fields)
    assert.same(sorted(real), sorted(fields or definitions.fields(classes, CLASS .. class)), class)
  end

  it("find the names in the C core's tables", function()
    assert.is_true(FIELDS.type and FIELDS["configuration.filters"] and FIELDS["configuration.replay_after"]
      and FIELDS.page_size)
    assert.is_true(SEGMENTS.service_sid and SEGMENTS.conversation_sid and SEGMENTS.sid)
    assert.is_true(OPTIONS.account_sid and OPTIONS.allow_http and OPTIONS.user_agent and OPTIONS.timeout)
  end)

  describe("parameters", function()
    local operations = {
      { "create_webhook", "CreateParams", "CreateConfiguration" }, { "fetch_webhook", "FetchParams" },
      { "list_webhooks", "ListParams" }, { "update_webhook", "UpdateParams", "Configuration" },
      { "delete_webhook", "DeleteParams" },
      { "list_channels", "ListChannelsParams" }, { "list_conversations", "ListConversationsParams" },
      { "fetch_webhook_settings", "WebhookSettingsParams" },
      { "update_webhook_settings", "UpdateWebhookSettingsParams" },
      { "fetch_service_settings", "ServiceSettingsParams" },
      { "update_service_settings", "UpdateServiceSettingsParams" }, { "list_addresses", "ListAddressesParams" },
      { "fetch_address", "AddressParams" }, { "update_address", "UpdateAddressParams", "AutoCreation" },
    }

    it("are known of every operation", function()
      assert.equal(#core.operations, #operations)
    end)

    for _, row in ipairs(operations) do
      it("of " .. row[1] .. " are those that it takes", function()
        same(parameters_of(row[1]), row[2], defined_parameters(row[2], row[3]))
      end)
    end

    it("of new are those that it takes", function()
      local real = set_of(DEFAULTS, SEGMENTS, OPTIONS, CLIENT_OPTIONS, { extra = true })
      same(real, "Options", defined_parameters("Options", "CreateConfiguration"))
      local message = select(2, webhooks.new(set_of(real, { auth_token = true, not_there = true })))
      assert.truthy(message:find("not_there: is not a parameter of new", 1, true), message)
      for name in pairs(real) do
        local _, said = webhooks.new { [name] = {} }
        assert(not said or not said:find("is not a parameter", 1, true), said)
      end
    end)

    it("of new that are the client's own are known to the core's suggestions", function()
      assert.same(sorted(CLIENT_OPTIONS), require "twilio.webhooks.core".client_options)
    end)

    it("of a client's calls alone: the deadline", function()
      same({ deadline = true }, "Call")
      for _, name in ipairs(sorted(CLIENT_OPTIONS)) do
        local _, message = client:list_webhooks { [name] = -1 }
        assert.equal(name == "deadline", not message:find("is not a parameter", 1, true), message)
      end
    end)
  end)

  describe("results", function()
    for _, class in ipairs { "Webhook", "Channel", "Conversation", "WebhookSettings", "ServiceSettings", "Address",
      "ApplyResult", "Action", "Info", "Err", "Problem", "Event", "Request" } do
      it("have what calls gave: " .. class, function()
        same(seen[class], class)
      end)
    end

    it("have what a transport may answer", function()
      seen.Response.lost = nil
      same(seen.Response, "Response")
    end)

    it("have every kind of an error, and every type of an event", function()
      local kinds = { invalid = true, indeterminate = true }
      for kind in markdown.read("csrc/answer/reply.c"):gmatch('return [^\n;]-"(%l+)"') do kinds[kind] = true end
      kinds.http = markdown.read("csrc/answer/reply.c"):find('? "http" : "parse"', 1, true) and true
      local types = { error = true, warning = true }
      for _, name in ipairs { "attempt", "doubt", "record", "run" } do
        local text = markdown.read("lua/twilio/webhooks/calls/" .. name .. ".lua")
        for kind in text:gmatch('emit%(self, call, "([%l ]+)"') do types[kind] = true end
      end
      local library = markdown.read "library/twilio/webhooks.lua" .. markdown.read "library/twilio/webhooks/client.lua"
      local function alternatives(line)
        local set = {}
        for word in assert(library:match(line)):gmatch('"([^"]+)"') do set[word] = true end
        return sorted(set)
      end
      assert.same(sorted(kinds), alternatives "ErrKind ([^\n]+)")
      assert.same(sorted(types), alternatives "@field type (\"attempt\"[^\n]+)")
      for _, set in ipairs { kinds, types } do
        for name in pairs(set) do assert.truthy(reference:find(('| `"%s"` |'):format(name), 1, true), name) end
      end
    end)
  end)

  describe("functions", function()
    -- The hooks, which are loaded when they are first used.
    local WAIT = {}
    for _, name in ipairs { "copas", "cqueues", "luv", "openresty" } do WAIT[name] = webhooks.wait[name] end

    local GUARDS = { openresty = webhooks.guard.openresty }
    assert(webhooks.bulk)

    -- { the real table, class, heading's prefix }
    local function rows()
      local task = client:go(function() end)
      client:run()
      return {
        { webhooks, "", "webhooks." }, { methods_of(getmetatable(client)), "Client", "client:" },
        { methods_of(getmetatable(task)), "Task", "task:" },
        { methods_of(getmetatable(server)), "sandbox.Server", "server:" },
        { WAIT, "wait", "webhooks.wait." }, { GUARDS, "guard", "webhooks.guard." },
        { webhooks.transport, "transport", "webhooks.transport." },
        { sandbox, "sandbox", "sandbox." },
      }
    end

    for i, name in ipairs { "webhooks", "client", "task", "server", "wait", "guard", "transport", "sandbox" } do
      it("of " .. name .. " are those that are there", function()
        local real, class, prefix = unpack(rows()[i])
        local defined = assert(classes[(CLASS .. class):gsub("%.$", "")], class)
        local names = set_of(defined.methods, prefix == "server:" and {} or defined.fields)
        assert.same(sorted(real), sorted(names))
        assert.same(sorted(real), sorted(headings_of(prefix)))
      end)
    end

    it("of a transport's location are those that are there", function()
      local defined = classes[CLASS .. "transport.location"].methods
      same(webhooks.transport.location, "transport.location", defined)
      for name in pairs(defined) do assert.truthy(reference:find("`" .. name .. "()`", 1, true), name) end
    end)

    it("of a hook are those that the ready ones have, and waiting uses", function()
      local real = set_of(webhooks.wait.cqueues, webhooks.wait.luv, webhooks.wait.openresty)
      same(real, "Hook")
      local gate = webhooks.wait.luv.gate {}
      same(methods_of(getmetatable(gate)), "Gate", classes[CLASS .. "Gate"].methods)
    end)
  end)

  describe("the sandbox", function()
    it("takes these options", function()
      same(upvalue(sandbox_options.read, "OPTIONS"), "sandbox.Options")
    end)

    it("takes these faults, with these options", function()
      local read_rule = upvalue(faults.read, "read_rule")
      local kinds = upvalue(read_rule, "KINDS")
      local real = set_of(upvalue(upvalue(read_rule, "read_option"), "COMMON"), { name = true })
      for name, kind in pairs(kinds) do
        real = set_of(real, kind.options or {})
        assert.truthy(reference:find(("\n| `%s` |"):format(name), 1, true), name)
        assert.truthy(markdown.read("library/twilio/webhooks/sandbox.lua"):find('"' .. name .. '"', 1, true), name)
      end
      same(real, "sandbox.Fault")
    end)

    it("has these fields in its handle", function()
      local real = {}
      for name, value in pairs(server) do
        if type(value) == "string" then real[name] = true end
      end
      same(real, "sandbox.Server")
    end)

    it("logs these fields", function()
      for _ = 1, 2 do
        assert(webhooks.update_webhook { base_url = server.base_url, account_sid = server.account_sid,
          auth_token = server.auth_token, service_sid = server.service_sid, channel_sid = "x",
          sid = "WH" .. ("0"):rep(32) } == nil)
      end
      local real = {}
      repeat
        for _, entry in ipairs(server:requests()) do real = set_of(real, entry) end
      until real.late
      same(real, "sandbox.Entry")
    end)
  end)

  describe("of the reference's tables", function()
    for mark in pairs(tables) do
      it(mark .. " is complete, and no more", function()
        local fields = {}
        for class in mark:gmatch("%S+") do
          fields = set_of(fields, assert(classes[class], class).fields)
        end
        assert.same(sorted(fields), sorted(documented(mark)))
      end)
    end

    it("there is one for each class that has fields", function()
      local marked = table.concat(sorted(tables), " ") .. " "
      local modules = { ["twilio.webhooks"] = true, ["twilio.webhooks.transport"] = true, ["twilio.webhooks.wait"] = true }
      for name, class in pairs(classes) do
        if next(class.fields) and not modules[name] then -- those have headings
          assert.truthy(marked:find(name .. " ", 1, true), name)
        end
      end
    end)
  end)
end)
