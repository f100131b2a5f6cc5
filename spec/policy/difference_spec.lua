local difference = require "twilio.webhooks.policy.difference"

local function form(url, filter)
  return ("Type=webhook&Configuration.Url=%s&Configuration.Filters=%s"):format(url, filter or "onMessageSent")
end

local function webhook(sid, url, filter)
  return { sid = sid, type = "webhook", configuration = { url = url, method = "POST", retry_count = 0,
    filters = { filter or "onMessageSent" } } }
end

-- "keep 1 WH1", one an action.
local function actions(forms, webhooks, prune)
  local texts = {}
  for i, action in ipairs(difference.actions(forms, webhooks, difference.owner(prune))) do
    texts[i] = ("%s %s %s"):format(action.action, action.row or "-", action.webhook and action.webhook.sid or "-")
  end
  return texts
end

describe("policy.difference", function()
  local five = {}
  for i = 1, 5 do five[i] = webhook("WH" .. i, "old" .. i) end

  -- What it shows, forms, webhooks, prune, actions.
  local rows = {
    { "does nothing where nothing is wanted and none is ours", {}, { webhook("A", "u") }, false, {} },
    { "creates what is not there", { form "u" }, {}, false, { "create 1 -" } },
    { "keeps an equal one", { form "u" }, { webhook("A", "u") }, false, { "keep 1 A" } },
    { "updates one of the same type and URL", { form("u", "onMemberAdded") }, { webhook("A", "u") }, false,
      { "update 1 A" } },
    { "prefers an equal one to one that an update makes equal", { form("u", "onMemberAdded"), form "u" },
      { webhook("A", "u"), webhook("B", "u") }, false, { "keep 2 A", "update 1 B" } },
    { "gives no webhook to two forms", { form "u", form("u", "onMemberAdded") }, { webhook("A", "u") }, false,
      { "keep 1 A", "create 2 -" } },
    { "deletes only what is ours", { form "new" }, { webhook("A", "old/1"), webhook("B", "other") }, "old/",
      { "create 1 -", "delete - A" } },
    { "deletes a second equal one that is ours", { form "u" }, { webhook("A", "u"), webhook("B", "u") }, "u",
      { "keep 1 A", "delete - B" } },
    { "deletes first where there is no room", { form "new" }, five, "old", { "delete - WH1", "delete - WH2",
      "delete - WH3", "delete - WH4", "delete - WH5", "create 1 -" } },
  }
  for _, row in ipairs(rows) do
    it(row[1], function() assert.same(row[5], actions(row[2], row[3], row[4])) end)
  end

  it("asks a function which are ours", function()
    assert.same({ "delete - B" }, actions({}, { webhook("A", "a"), webhook("B", "b") }, function(hook)
      return hook.sid == "B"
    end))
  end)

  it("says what an update has to say beside the form", function()
    local listed = webhook("A", "u")
    listed.configuration.retry_count = 3
    local action = difference.actions({ form "u" }, { listed }, difference.owner(false))[1]
    assert.equal("update", action.action)
    assert.same({ ["configuration.retry_count"] = "0" }, action.changes)
  end)
end)
