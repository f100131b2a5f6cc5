--- The fewest changes that turn the webhooks of a channel or conversation into those that are
-- wanted. Pure: forms and a list go in, actions come out.

local match = require "twilio.webhooks.policy.match"

local difference = {}

-- Webhooks that one channel or conversation takes [errors]: 50321, 50361.
local ROOM = 5

--- What `prune` means: a function that says whether a webhook is ours to delete.
-- @param prune nil or false: none is; the begin of our URLs; or a function
function difference.owner(prune)
  if not prune then return function() return false end end
  if type(prune) == "function" then return prune end
  return function(webhook)
    local url = webhook.configuration and webhook.configuration.url
    return type(url) == "string" and url:sub(1, #prune) == prune
  end
end

-- Gives to each form that has no webhook yet the first one that nobody has and that `choose`
-- takes. Calls found(i, webhook, what choose gave).
local function assign(forms, webhooks, places, taken, choose, found)
  for i, form in ipairs(forms) do
    for at = 1, places[i] and 0 or #webhooks do
      local chosen = not taken[at] and choose(form, webhooks[at])
      if chosen then
        places[i], taken[at] = at, true
        found(i, webhooks[at], chosen)
        break
      end
    end
  end
end

--- The actions, in the order in which they are to be done: each a table with `action` "keep",
-- "update", "create" or "delete"; `row`, the place of its form; `webhook`; and of an update
-- `changes`, what it has to say beside the form. What is wanted is made before what is not is
-- deleted, unless there is no room for it.
-- @tparam table forms of creates
-- @tparam table webhooks as listed
-- @tparam function owned see difference.owner
function difference.actions(forms, webhooks, owned)
  local actions, places, taken, creates, deletes = {}, {}, {}, {}, {}
  assign(forms, webhooks, places, taken, match.equal, function(i, webhook)
    actions[#actions + 1] = { action = "keep", row = i, webhook = webhook }
  end)
  assign(forms, webhooks, places, taken, match.changes, function(i, webhook, changes)
    actions[#actions + 1] = { action = "update", row = i, webhook = webhook, changes = changes }
  end)
  for i in ipairs(forms) do
    if not places[i] then creates[#creates + 1] = { action = "create", row = i } end
  end
  for at, webhook in ipairs(webhooks) do
    if not taken[at] and owned(webhook) then
      deletes[#deletes + 1] = { action = "delete", webhook = webhook }
    end
  end
  local first, second = creates, deletes
  if #webhooks + #creates > ROOM then first, second = deletes, creates end
  for _, action in ipairs(first) do actions[#actions + 1] = action end
  for _, action in ipairs(second) do actions[#actions + 1] = action end
  return actions
end

return difference
