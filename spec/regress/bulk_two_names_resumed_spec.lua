-- An apply that was killed amid a create, and taken up again, did the rows of the channel's other name
-- first, and made a second webhook: the list could not show yet what the killed one was to make.

local bulk = require "twilio.webhooks.bulk"
local digest = require "twilio.webhooks.bulk.digest"
local support = require "spec.support.bulk"

describe("an apply that is taken up again #plain", function()
  after_each(support.stop)

  -- Leaves of the journal what was there when the first create was sent.
  local function cut(path)
    local kept = {}
    for line in support.read(path):gmatch "[^\n]*\n" do
      kept[#kept + 1] = line
      if line:find('"t":"intent"', 1, true) then break end
    end
    support.write(path, table.concat(kept))
  end

  -- The parameters for a row of each name; first of the name that an apply comes to last, by its keys.
  local function rows_of(client, channel)
    local rows = {}
    for i, name in ipairs { channel.sid, channel.unique_name } do
      rows[i] = support.row(1, { channel_sid = name })
      rows[i].key = digest.key(assert(client.handle:request("create_webhook", rows[i])).url)
    end
    table.sort(rows, function(a, b) return a.key > b.key end)
    for _, row in ipairs(rows) do row.key = nil end
    return rows
  end

  it("makes one webhook where two rows name one channel, and the first one's comes late", function()
    local server, client = support.start { channels = 1 }
    local path, outcome = support.path(), nil
    local rows = rows_of(client, assert(client:list_channels {})[1])
    assert(support.apply(rows, client, path))
    cut(path)
    local made = server:webhooks()[1]
    assert(client:delete_webhook { channel_sid = rows[1].channel_sid, sid = made.sid })

    local plan = support.plan(rows, client)
    client:go(function() outcome = assert(bulk.apply(plan, client, support.journal(path), { margin = 2 })) end)
    client:go(function()
      client:sleep(1)
      local other = support.client() -- as the server works on what the killed one has sent
      assert(other:create_webhook(rows[1]))
    end)
    assert(client:run())
    assert.equal(1, #server:webhooks())
    assert.same({ 1, 1, 0 }, { outcome.created, outcome.adopted, outcome.indeterminate })
    assert.same({ 1, "stale" }, { outcome.failed, outcome.errors[1].kind })
  end)
end)
