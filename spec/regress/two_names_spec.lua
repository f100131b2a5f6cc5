-- A create of a client whose answer was lost adopted what an equal create of the same client, under
-- the channel's other name, had made and not handed out yet: both callers got one webhook. A create
-- that is under way in what may be the same list keeps what is equal from being adopted.

local webhooks = require "twilio.webhooks"

local CHANNEL = "CH" .. ("c"):rep(32)

describe("two equal creates under two names of one channel", function()
  -- A channel with a sid and a name: answers the first create late, and loses the second one.
  local function new_channel()
    local channel = { hooks = {}, posts = 0 }
    local function body_of(hook)
      return ('{"sid":"%s","type":"webhook","date_created":"%s","configuration":{"url":"https://example.com/hook",'
        .. '"method":"POST","filters":["onMessageSent"]}}'):format(hook, os.date "!%Y-%m-%dT%H:%M:%SZ")
    end
    function channel.answer(request, client)
      local headers = { Date = os.date "!%a, %d %b %Y %H:%M:%S GMT" }
      if request.method == "GET" then
        local all = {}
        for i, hook in ipairs(channel.hooks) do all[i] = body_of(hook) end
        return { status = 200, headers = headers, body = '{"meta":{},"webhooks":[' .. table.concat(all, ",") .. "]}" }
      end
      channel.posts = channel.posts + 1
      if channel.posts == 2 then return nil, "lost" end
      local hook = ("WH%032x"):format(channel.posts)
      table.insert(channel.hooks, hook)
      if channel.posts == 1 then client:sleep(1.5) end
      return { status = 201, headers = headers, body = body_of(hook) }
    end
    return channel
  end

  for _, names in ipairs { { "the name", CHANNEL }, { CHANNEL, "the name" } } do
    it("give two webhooks, " .. (names[1] == CHANNEL and "the sid's first" or "the name's first"), function()
      local channel, client, sids = new_channel(), nil, {}
      client = assert(webhooks.new {
        transport = function(request) return channel.answer(request, client) end, deadline = 30,
        account_sid = "AC" .. ("a"):rep(32), auth_token = "x", service_sid = "IS" .. ("a"):rep(32),
      })
      for i, name in ipairs(names) do
        client:go(function()
          if i == 2 then client:sleep(0.1) end
          local hook = assert(client:create_webhook { channel_sid = name, type = "webhook",
            configuration = { url = "https://example.com/hook", filters = { "onMessageSent" } } })
          sids[i] = hook.sid
        end)
      end
      assert(client:run())
      client:close()
      assert.same({ ("WH%032x"):format(1), ("WH%032x"):format(3) }, sids)
      assert.same(channel.hooks, sids)
    end)
  end

  it("look again where a hook takes the result of one just when the other asks for its form", function()
    local channel, asked, client = new_channel(), 0, nil
    channel.posts = 1
    client = assert(webhooks.new {
      transport = function(request)
        if request.method == "POST" then table.insert(channel.hooks, ("WH%032x"):format(2)) end
        return channel.answer(request, client)
      end, deadline = 30,
      account_sid = "AC" .. ("a"):rep(32), auth_token = "x", service_sid = "IS" .. ("a"):rep(32),
    })
    function client.waiting.any_meeting(_, _, _, is)
      asked = asked + 1
      return asked == 1 and is { request = function() end }
    end
    local hook, info = client:create_webhook { channel_sid = CHANNEL, type = "webhook",
      configuration = { url = "https://example.com/hook", filters = { "onMessageSent" } } }
    assert.equal(channel.hooks[1], hook and hook.sid, info)
    assert.is_true(info.adopted)
    assert.equal(2, asked)
    client:close()
  end)
end)
