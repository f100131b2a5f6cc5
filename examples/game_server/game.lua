-- The script of one map, in its own Lua state. Every player who joins gets a channel with a
-- webhook. The calls run in functions that client:go starts, and client:step runs them on,
-- once a tick; it never waits.
--
-- A map change closes this state with calls in flight. Such a call may have made its
-- webhook or not. So the next map needs only the names of the channels: it calls
-- ensure_webhook for each, which looks first.

local webhooks = require "twilio.webhooks"

-- Seconds. A create of the map before may still be running; let it end before looking.
local SETTLE = 0.5

local game = {}

local client
local tally          -- counts of what happened, for all maps together
local unsettled = {} -- channels that do not have their webhook for certain

local function webhook_of(channel)
  return {
    channel_sid = channel,
    type = "webhook",
    configuration = {
      url = "https://example.com/game/" .. channel,
      method = "POST",
      filters = { "onMessageSent", "onMemberAdded" },
    },
  }
end

local function count(outcome)
  tally[outcome] = (tally[outcome] or 0) + 1
end

local function settle(channel, outcome)
  unsettled[channel] = nil
  count(outcome)
end

-- After `indeterminate` a channel stays unsettled; any other failure is certain.
local function fail(channel, message, err)
  io.stderr:write(channel, ": ", message, "\n")
  if err.kind ~= "indeterminate" then settle(channel, "failed") end
end

-- For a player who is new.
local function create(channel)
  local hook, message, err = client:create_webhook(webhook_of(channel))
  if not hook then return fail(channel, message, err) end
  settle(channel, "created")
end

-- For a player whose call a map change canceled.
local function recover(channel)
  client:sleep(SETTLE)
  local hook, info, err = client:ensure_webhook(webhook_of(channel))
  if not hook then return fail(channel, info, err) end
  settle(channel, info.created and "created" or "found")
end

local function start(fn, channel)
  unsettled[channel] = true
  client:go(fn, channel)
end

--- The map begins.
-- @tparam table account options of the client
-- @tparam table carried the tally so far
-- @tparam table doubtful channels that the map before left unsettled
function game.enter(account, carried, doubtful)
  account.deadline = 10
  client = assert(webhooks.new(account))
  tally = carried
  for channel in pairs(doubtful) do
    count "canceled"
    start(recover, channel)
  end
end

--- What the game does in a tick: here, a player joins.
function game.tick(number)
  count "players"
  start(create, ("player-%d"):format(number))
end

--- Runs the calls on. Gives how many have not ended.
function game.step()
  return client:step()
end

--- The map ends: gives what the next one has to know. Closing the state ends the rest.
function game.leave()
  return tally, unsettled
end

return game
