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
  local function is_old(one) return one.configuration.url:find "^old" ~= nil end

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
    { "deletes one first for each for which there is no room", { form "new", form "newer" }, five, is_old,
      { "delete - WH1", "create 1 -", "delete - WH2", "create 2 -", "delete - WH3", "delete - WH4", "delete - WH5" } },
    { "knows a webhook that is listed twice", { form "new" }, { five[1], five[1] }, is_old,
      { "create 1 -", "delete - WH1" } },
    { "takes no relative text for a prefix of a URL", {}, { webhook("A", "https://own.example.org/") },
      "https://own.example", {} },
    { "normalises a prefix and a URL", {}, { webhook("A", "HTTPS://Own.example:443/%7ea") }, "https://OWN.example/~",
      { "delete - A" } },
  }
  for _, row in ipairs(rows) do
    it(row[1], function() assert.same(row[5], actions(row[2], row[3], row[4])) end)
  end

  it("asks a function which are ours", function()
    assert.same({ "delete - B" }, actions({}, { webhook("A", "a"), webhook("B", "b") }, function(hook)
      return hook.sid == "B"
    end))
  end)

  it("tells for how many there is no room", function()
    local function excess(forms, webhooks, prune)
      return (select(2, difference.actions(forms, webhooks, difference.owner(prune))))
    end
    assert.equal(0, excess({ form "a" }, {}, false))
    assert.equal(1, excess({ form "a" }, five, false))
    assert.equal(0, excess({ form "a" }, five, is_old))
    assert.equal(2, excess({ form "a", form "b", form "c" }, five, function(one) return one.sid == "WH2" end))
    assert.equal(0, excess({ form "old1" }, five, false))
  end)

  -- Does the actions as the API would. Gives the webhooks, and the fewest of those wanted that were
  -- there at any moment after an action.
  local function apply(forms, webhooks, found)
    local list, most = {}, #webhooks
    for _, one in ipairs(webhooks) do list[#list + 1] = one end
    local function place_of(sid)
      for i, one in ipairs(list) do
        if one.sid == sid then return i end
      end
    end
    for i, action in ipairs(found) do
      local url, filter
      if action.row then url, filter = forms[action.row]:match "Url=(%w+)&Configuration.Filters=(%w+)" end
      if action.action == "create" then table.insert(list, webhook("NEW" .. i, url, filter)) end
      if action.action == "update" then list[place_of(action.webhook.sid)] = webhook(action.webhook.sid, url, filter) end
      if action.action == "delete" then table.remove(list, place_of(action.webhook.sid)) end
      most = math.max(most, #list)
    end
    return list, most
  end

  local function count_by(list, key_of)
    local counts = {}
    for _, one in ipairs(list) do counts[key_of(one)] = (counts[key_of(one)] or 0) + 1 end
    return counts
  end

  it("makes any list what is wanted, with the fewest changes, once, and touches nothing foreign", function()
    local state = 1
    local function random(n) -- the same everywhere
      state = (state * 16807) % 2147483647
      return state % n + 1
    end
    local urls, filters = { "ours1", "ours2", "ours3", "theirs1", "theirs2" }, { "f", "g" }
    local function is_ours(one) return one.configuration.url:find "^ours" ~= nil end
    local owned = { [1] = function() return false end, [2] = is_ours }
    for _ = 1, 1000 do
      local webhooks, forms, seen = {}, {}, {}
      for i = 1, random(6) - 1 do webhooks[i] = webhook("WH" .. i, urls[random(5)], filters[random(2)]) end
      for _ = 1, random(6) - 1 do
        local one = form(urls[random(5)], filters[random(2)])
        if not seen[one] then forms[#forms + 1], seen[one] = one, true end
      end
      local owns = owned[random(2)]
      local found, excess = difference.actions(forms, webhooks, owns)
      local list, most = apply(forms, webhooks, found)
      assert.is_true(excess > 0 or most <= math.max(5, #webhooks))
      -- all that is wanted is there, each once or more
      local function key(one) return form(one.configuration.url, one.configuration.filters[1]) end
      local there = count_by(list, key)
      for _, one in ipairs(forms) do assert.is_true((there[one] or 0) >= 1) end
      -- what is left beside it is not ours, or nothing was to be deleted
      local by_action = count_by(found, function(action) return action.action end)
      local updates, deletes = by_action.update or 0, by_action.delete or 0
      assert.equal(#forms, (by_action.keep or 0) + updates + (by_action.create or 0))
      if owns == is_ours then
        local ours = 0
        for _, one in ipairs(list) do ours = ours + (is_ours(one) and 1 or 0) end
        local wanted = 0
        for _, one in ipairs(forms) do wanted = wanted + (one:find "Url=ours" and 1 or 0) end
        assert.equal(wanted, ours)
      else
        assert.equal(0, deletes)
      end
      for _, action in ipairs(found) do
        if action.action == "delete" then assert.is_true(is_ours(action.webhook)) end
        if action.action == "update" then
          assert.truthy(forms[action.row]:find("Url=" .. action.webhook.configuration.url, 1, true))
        end
      end
      -- the fewest: as many are kept, and then updated, as could be
      local kept, updated, had, matched = 0, 0, count_by(webhooks, key), {}
      for _, one in ipairs(forms) do
        if (had[one] or 0) > 0 then kept, matched[one] = kept + 1, true end
      end
      local spare = count_by(webhooks, function(one) return one.configuration.url end)
      local lacking = {}
      for _, one in ipairs(forms) do
        local url = one:match "Url=(%w+)"
        if matched[one] then spare[url] = spare[url] - 1 else lacking[url] = (lacking[url] or 0) + 1 end
      end
      for url, n in pairs(lacking) do updated = updated + math.min(n, spare[url] or 0) end
      assert.equal(kept, by_action.keep or 0)
      assert.equal(updated, updates)
      -- again: nothing is left to do
      for _, action in ipairs((difference.actions(forms, list, owns))) do assert.equal("keep", action.action) end
    end
  end)

  it("says what an update has to say beside the form", function()
    local listed = webhook("A", "u")
    listed.configuration.retry_count = 3
    local action = difference.actions({ form "u" }, { listed }, difference.owner(false))[1]
    assert.equal("update", action.action)
    assert.same({ ["configuration.retry_count"] = "0" }, action.changes)
  end)
end)
