-- Where rows name one channel by its sid and by its name, and the create of the first was in doubt,
-- apply looked for it only at the end, and created the second one's meanwhile: two equal webhooks.

local bulk = require "twilio.webhooks.bulk"
local support = require "spec.support.bulk"
local webhooks = require "twilio.webhooks"

local CHANNEL = "CH" .. ("c"):rep(32)

describe("bulk.apply of two names of one channel", function()
  it("settles a create in doubt before it reads the list under the other name", function()
    local posts, lost = 0, nil
    local function hook(i)
      return ('{"sid":"WH%032x","type":"webhook","configuration":{"url":"https://example.com/hook",'
        .. '"method":"POST","filters":["onMessageSent"]}}'):format(i)
    end
    local client = assert(webhooks.new {
      transport = function(request)
        if request.method == "GET" then -- what was lost is shown late
          local shown = {}
          if lost and os.time() - lost >= 4 then shown[1] = hook(1) end
          for i = 2, posts do shown[#shown + 1] = hook(i) end
          return { status = 200, headers = {}, body = '{"meta":{},"webhooks":[' .. table.concat(shown, ",") .. "]}" }
        end
        posts = posts + 1
        if posts > 1 then return { status = 201, headers = {}, body = hook(posts) } end
        lost = os.time()
        return nil, "timeout"
      end,
      deadline = 1, account_sid = "AC" .. ("a"):rep(32), auth_token = "x", service_sid = "IS" .. ("a"):rep(32),
    })
    local rows = {}
    for i, name in ipairs { CHANNEL, "the name" } do
      rows[i] = { channel_sid = name, type = "webhook",
        configuration = { url = "https://example.com/hook", filters = { "onMessageSent" } } }
    end
    local plan = support.plan(rows, client)
    local outcome = assert(bulk.apply(plan, client, support.journal(support.path()), { rate = 1000, margin = 6 }))
    client:close()
    assert.same({ 1, 1, 1 }, { posts, outcome.created, outcome.adopted })
    assert.equal("stale", outcome.errors[1].kind)
  end)
end)
