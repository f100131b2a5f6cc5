-- Holds what lives as long as the program: the account that the maps use, and the final report.
-- The account is a sandbox's or, with --api, yours (see ../account.lua).

local api = ...
local here = debug.getinfo(1, "S").source:match "^@(.*/)" or ""
local account, sandbox = dofile(here .. "../account.lua").find({ "service_sid" }, { latency = 0.2 }, api)

local server = { account = account }

-- How many channels have a webhook in the sandbox, and how many webhooks there are.
local function count_webhooks()
  local webhooks = assert(sandbox:webhooks())
  local channels, count = {}, 0
  for _, webhook in ipairs(webhooks) do
    if not channels[webhook.channel_sid] then count = count + 1 end
    channels[webhook.channel_sid] = true
  end
  return count, #webhooks
end

--- Says what happened. Gives whether every player has one webhook.
function server.report(tally, unsettled)
  local in_doubt = 0
  for _ in pairs(unsettled) do in_doubt = in_doubt + 1 end
  local created, found, failed = tally.created or 0, tally.found or 0, tally.failed or 0
  print(("%d players joined: %d webhooks created and answered, %d found after a map change, %d failed")
    :format(tally.players or 0, created, found, failed))
  print(("%d calls canceled by map changes; %d left in doubt"):format(tally.canceled or 0, in_doubt))
  local right = in_doubt == 0 and created + found == tally.players
  if sandbox then
    local channels, webhooks = count_webhooks()
    print(("the sandbox has %d webhooks in %d channels"):format(webhooks, channels))
    right = right and channels == webhooks and webhooks == tally.players
    sandbox:stop()
  end
  return right
end

return server
