--- The fewest changes that give a channel or conversation the wanted webhooks. Pure: forms and a
-- list go in, actions come out.

local match = require "twilio.webhooks.policy.match"

local difference = {}

--- Webhooks that one channel or conversation takes [errors]: 50321, 50361.
difference.ROOM = 5

--- Turns `prune` into a function that says whether a webhook is ours to delete. A prefix and a URL are
-- compared as RFC 3986 normalises them, so that "https://own.example" is not the beginning of
-- "https://own.example.org/".
-- @param prune nil or false: none is; the beginning of our URLs; or a function
function difference.owner(prune)
  if not prune then return function() return false end end
  if type(prune) == "function" then return prune end
  local prefix = match.normal_url(prune)
  return function(webhook)
    local url = type(webhook.configuration) == "table" and webhook.configuration.url
    return type(url) == "string" and match.normal_url(url):sub(1, #prefix) == prefix
  end
end

-- Gives each form without a webhook the first free one that `choose` accepts. Calls found(i, place,
-- choose's result).
local function assign(asked, shown, places, taken, choose, found)
  local index = match.index(shown)
  for i, form in ipairs(asked) do
    for _, at in ipairs(places[i] and {} or match.candidates(index, form)) do
      local chosen = not taken[at] and choose(form, shown[at])
      if chosen then
        places[i], taken[at] = at, true
        found(i, at, chosen)
        break
      end
    end
  end
end

local function each(list, read)
  local all = {}
  for i, value in ipairs(list) do all[i] = read(value) end
  return all
end

-- Removes repeats: pages may overlap.
local function without_repeats(webhooks)
  local list, seen = {}, {}
  for _, webhook in ipairs(webhooks) do
    if not seen[webhook.sid] then list[#list + 1], seen[webhook.sid] = webhook, true end
  end
  return list
end

-- Appends creates, and then deletes. If there is no room, one delete comes before each create, so that
-- as few wanted webhooks as possible are missing at any moment. Gives how many have no room.
local function append_in_order(actions, creates, deletes, count)
  local deleted, excess = 0, 0
  for _, create in ipairs(creates) do
    if count >= difference.ROOM and deletes[deleted + 1] then
      deleted, count = deleted + 1, count - 1
      actions[#actions + 1] = deletes[deleted]
    end
    count = count + 1
    excess = math.max(excess, count - difference.ROOM)
    actions[#actions + 1] = create
  end
  for i = deleted + 1, #deletes do actions[#actions + 1] = deletes[i] end
  return excess
end

--- The actions, in order: each a table with `action` "keep", "update", "create" or "delete"; `row`, the
-- place of its form; `webhook`; and for an update `changes`, the fields to send beside the form.
-- @tparam table forms of creates
-- @tparam table webhooks as listed
-- @tparam function owned see difference.owner
-- @treturn table
-- @treturn number webhooks for which there is no room; usually 0
function difference.actions(forms, webhooks, owned)
  local actions, places, taken, creates, deletes = {}, {}, {}, {}, {}
  webhooks = without_repeats(webhooks)
  local asked, shown = each(forms, match.asked), each(webhooks, match.shown)
  assign(asked, shown, places, taken, match.equal, function(i, at)
    actions[#actions + 1] = { action = "keep", row = i, webhook = webhooks[at] }
  end)
  assign(asked, shown, places, taken, match.changes, function(i, at, changes)
    actions[#actions + 1] = { action = "update", row = i, webhook = webhooks[at], changes = changes }
  end)
  for i in ipairs(forms) do
    if not places[i] then creates[#creates + 1] = { action = "create", row = i } end
  end
  for at, webhook in ipairs(webhooks) do
    if not taken[at] and owned(webhook) then
      deletes[#deletes + 1] = { action = "delete", webhook = webhook }
    end
  end
  return actions, append_in_order(actions, creates, deletes, #webhooks)
end

return difference
