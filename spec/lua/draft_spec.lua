-- Requests that can be sent again: what creates that may be equal have in common, and that a draft
-- is sent as often as it fails, with the time that is left then. See csrc/lua/call.h.

local core = require "twilio.webhooks.core"
local example = require "spec.support.example"
local match = require "twilio.webhooks.policy.match"
local sandboxes = require "spec.support.sandboxes"

describe("draft", function()
  local server

  setup(function() server = sandboxes.start() end)
  teardown(sandboxes.stop)
  after_each(sandboxes.close)

  local function open()
    return sandboxes.closing(assert(core.open(example.params { base_url = server.base_url }, 4, 8)))
  end

  local function params(configuration, fields)
    local all = example.params { type = "webhook", configuration = configuration }
    for name, value in pairs(fields or {}) do all[name] = value end
    return all
  end

  -- The policy's aim, which is exact, and the draft's.
  local function aims(handle, url)
    local asked = params { url = url, filters = { "onMessageSent" } }
    local _, aim = assert(handle:draft("create_webhook", asked))
    return match.normal_url(url), aim
  end

  -- Texts that differ by what equivalent URLs may differ by, and by what they may not.
  local PIECES = { "a", "A", "%61", "%41", "1", "%31", ":", "%3A", "%3a", ":80", ":443", "80", "/", "%2F", "%2f",
    "?", "#", "@", "%", "%%", "%25", "%7e", "~", ".", "%2E", "\195\169", "%C3%A9", "%c3%a9", "&", "=", "+", "%00" }

  it("has one aim for all that may be equal", function()
    local handle, drafted = open(), {}
    for _, scheme in ipairs { "http://h", "HTTP://H", "https://h", "x" } do
      for _, one in ipairs(PIECES) do
        for _, other in ipairs(PIECES) do
          local exact, aim = aims(handle, scheme .. one .. other)
          assert.equal(drafted[exact] or aim, aim, scheme .. one .. other)
          drafted[exact] = aim
        end
      end
    end
  end)

  it("has one aim for both paths of a conversation's sid, and not of a name", function()
    local handle, sid = open(), "CH" .. ("c"):rep(32)
    local function aim_of(name, service)
      local asked = { conversation_sid = name, chat_service_sid = service, target = "webhook",
        configuration = { url = "https://example.com/hook", filters = { "onMessageAdded" } } }
      local _, aim = assert(handle:draft("create_webhook", asked))
      return aim
    end
    assert.equal(aim_of(sid), aim_of(sid, example.service_sid))
    assert.is_not.equal(aim_of(sid), aim_of("CH" .. ("d"):rep(32)))
    assert.is_not.equal(aim_of "general", aim_of("general", example.service_sid))
  end)

  it("has others for what is not equal", function()
    local handle, seen = open(), {}
    for _, fields in ipairs {
      params { url = "https://x" }, params { url = "https://x/y" }, params { url = "https://y" },
      params({ url = "https://x" }, { type = "trigger" }),
      params({ url = "https://x" }, { channel_sid = "CH" .. ("b"):rep(32) }),
      params({ flow_sid = "FW" .. ("a"):rep(32) }, { type = "studio" }),
      params({ flow_sid = "FW" .. ("b"):rep(32) }, { type = "studio" }),
    } do
      local call, aim = handle:draft("create_webhook", fields)
      if call then
        assert.is_nil(seen[aim])
        seen[aim] = true
      end
    end
    assert.truthy(next(seen))
  end)

  it("may meet another where both may make what is equal in one list, under two names", function()
    local handle, sid, url = open(), "CH" .. ("b"):rep(32), "https://x"
    local function draft(name, configuration, fields)
      local all = params(configuration or { url = url, filters = { "onMessageSent" } }, { channel_sid = name })
      for key, value in pairs(fields or {}) do all[key] = value end
      return (assert(handle:draft("create_webhook", all)))
    end
    for _, case in ipairs {
      { sid, sid, true }, { sid, "room 1", true }, { "room 1", sid, true }, { "room 1", "ROOM 1", true },
      { sid, sid:lower(), true }, { "room 1", "room 2", false }, { sid, "CH" .. ("c"):rep(32), false },
      { sid, "room", false, { url = "https://y", filters = { "onMessageSent" } } },
      { sid, "room", true, { url = "HTTPS://X/", filters = { "onMessageSent" } } },
    } do
      local one, other = draft(case[1]), draft(case[2], case[4])
      assert.equal(case[3], one:may_meet(other), case[1] .. ", " .. case[2])
      assert.equal(case[3], other:may_meet(one), case[2] .. ", " .. case[1])
    end
    local one, other = draft(sid), draft "room"
    assert.is_false(pcall(one.may_meet, one, {}))
    assert.is_true(one:may_meet(other))
    handle:close()
    assert.is_boolean(one:may_meet(other))
  end)

  it("may meet another in the same service only, where both name one", function()
    local handle, name = open(), "room"
    local function conversation(service)
      return (assert(handle:draft("create_webhook", { conversation_sid = name, chat_service_sid = service,
        target = "webhook", configuration = { url = "https://x" } })))
    end
    local function channel(service)
      return (assert(handle:draft("create_webhook", params({ url = "https://x" }, { channel_sid = name,
        service_sid = service }))))
    end
    local one, other = "IS" .. ("a"):rep(32), "IS" .. ("b"):rep(32)
    for _, draft in ipairs { conversation, channel } do
      assert.is_true(draft(one):may_meet(draft("IS" .. ("A"):rep(32))))
      assert.is_false(draft(one):may_meet(draft(other)))
    end
    assert.is_true(conversation(one):may_meet(conversation(nil)))
    assert.is_true(conversation(nil):may_meet(conversation(one)))
  end)

  local function finish(handle, call, id)
    repeat handle:step(0.05) until handle:announce() == id
    return call:result()
  end

  it("is sent once, and not before it is submitted", function()
    local handle = open()
    local asked = sandboxes.webhook()
    local before = #server:requests()
    local draft = assert(handle:draft("create_webhook", asked))
    assert.has_error(function() draft:result() end)
    local call, id = handle:submit(draft, 10)
    assert.equal(draft, call)
    assert.truthy(finish(handle, call, id).sid)
    assert.equal(before + 1, #server:requests())
    assert.has_error(function() handle:submit(draft, 10) end)
  end)

  it("is sent again as it was made, as often as it fails", function()
    local handle = open()
    local asked = sandboxes.webhook { base_url = "http://127.0.0.1:1" }
    local draft = assert(handle:draft("create_webhook", asked))
    local request = draft:request()
    asked.channel_sid = "another"
    for _ = 1, 3 do
      local call, id = handle:submit(draft, 10)
      local _, _, err = finish(handle, call, id)
      assert.equal("network", err.kind)
      assert.equal("network", select(3, handle:perform(draft, 10)).kind)
      assert.same(request, draft:request())
    end
  end)

  it("knows the list in which its webhook would be, which is read as often as it is wanted", function()
    local handle = open()
    local asked = sandboxes.webhook { configuration = { url = "u", filters = { "onMessageSent" } } }
    local draft = assert(handle:draft("create_webhook", asked))
    local list = handle:list(draft)
    assert.same({ method = "GET", url = draft:request().url, body = "" }, list:request())
    assert.same({}, (assert(handle:perform(list, 10))))
    local hook = assert(handle:perform(draft, 10))
    assert.is_nil(draft:request())
    for _ = 1, 2 do assert.equal(hook.sid, assert(handle:perform(list, 10))[1].sid) end
    handle:close()
    assert.equal("canceled", select(3, handle:perform(list, 10)).kind)
  end)

  it("has the client's access token of the moment at which it is sent", function()
    local handle = sandboxes.closing(assert(core.open { base_url = server.base_url, access_token = "one",
      service_sid = example.service_sid }))
    local draft = assert(handle:draft("create_webhook", sandboxes.webhook()))
    for _, token in ipairs { "one", "two" } do
      handle:set_access_token(token)
      local call, request = handle:prepare(draft)
      assert.equal("Bearer " .. token, request.headers.Authorization)
      call:answer(nil, "lost")
      assert.is_nil((call:result()))
    end
    handle:set_access_token "three\nlines"
    local call, _, err = handle:prepare(draft)
    assert.is_nil(call)
    assert.equal("access_token", err.problems[1].field)
  end)

  it("belongs to its client", function()
    local handle, other = open(), open()
    local draft = assert(handle:draft("create_webhook", sandboxes.webhook()))
    for _, name in ipairs { "submit", "perform", "prepare" } do
      assert.has_error(function() other[name](other, draft, 10) end)
    end
  end)

  it("is canceled where the client was closed meanwhile", function()
    local handle = open()
    local asked = sandboxes.webhook()
    local draft = assert(handle:draft("create_webhook", asked))
    handle:close()
    local call, _, err = handle:submit(draft, 10)
    assert.is_nil(call)
    assert.same({ "canceled", "no" }, { err.kind, err.sent })
  end)

  it("refuses what submit refuses", function()
    local call, message, err = open():draft("create_webhook", {})
    assert.is_nil(call)
    assert.truthy(message)
    assert.equal("invalid", err.kind)
  end)
end)
