-- A map for examples/game_server: 1,000 creates at once with the first tick, and from the
-- second map on one with every tick.

local webhooks = require "twilio.webhooks"
local now = require("twilio.webhooks.core").now

local COUNT, MAP_TICKS = 1000, 40

local game = {}
local client, tally, begin
local worst_cpu = 0 -- seconds of the processor's time for a step, whoever else runs meanwhile

local function create(player)
  local hook, message = client:create_webhook { channel_sid = "rush " .. player, type = "webhook",
    configuration = { url = "dummy", method = "GET", filters = { "onMessageSent", "onChannelDestroyed" } } }
  if not hook then error(message) end
  tally.created = (tally.created or 0) + 1
  tally.milliseconds = math.floor((now() - begin) * 1000)
end

function game.enter(account, carried)
  account.deadline, account.step_budget = 30, 0.002
  client, tally = assert(webhooks.new(account)), carried
end

function game.tick(number)
  if number > 1 and number <= MAP_TICKS then return end
  begin = now()
  for i = 1, number == 1 and COUNT or 1 do client:go(create, number .. "-" .. i) end
end

function game.step()
  local clock = os.clock()
  local left = client:step()
  worst_cpu = math.max(worst_cpu, os.clock() - clock)
  return left
end

function game.leave()
  tally.microseconds = math.max(tally.microseconds or 0, math.floor(worst_cpu * 1e6))
  return tally, {}
end

return game
