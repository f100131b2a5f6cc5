-- chaos.lua [COUNT [CHANNELS [SEED [METHOD]]]]: creates (10,000 over 4,000 channels) through a client,
-- 64 at a time, against a sandbox that has a bad day: 5 % of the requests meet a fault of every
-- kind, webhooks that are made late among them, and lists lag, dates are wrong or missing, URLs
-- come back normalised and defaults filled in. Then as many with ensure_webhook. At the end the
-- sandbox holds exactly one webhook for each that was asked for: none twice, none missing, but
-- for calls that said that they could not tell ("indeterminate"), which are counted. METHOD: one of
-- create_webhook and ensure_webhook alone.

local webhooks = require "twilio.webhooks"
local sandbox = require "twilio.webhooks.sandbox"
local tally = require "spec.support.tally"

local function argument(i, otherwise)
  return tonumber(arg and arg[i]) or otherwise
end

local count, channels, seed = argument(1, 10000), argument(2, 4000), argument(3, 1)

local IN_FLIGHT = 64
-- Seconds until what is late has been made.
local SETTLED = 4

local FAULTS = {
  -- 5 % in all
  { "drop_before", probability = 0.007 },
  { "drop_after", probability = 0.007 },
  { "drop_late", probability = 0.004, operation = "create", seconds = 1 },
  { "truncate", probability = 0.006 },
  { "throttle", probability = 0.006, retry_after = 0 },
  { "fail_before", probability = 0.007, status = 503 },
  { "fail_after", probability = 0.006 },
  { "fail_late", probability = 0.003, operation = "create", seconds = 3 },
  { "stall", probability = 0.002 },
  { "stall_late", probability = 0.002, operation = "create", seconds = 3 },
  -- what is altered beside
  { "stale", probability = 0.03, seconds = 2 },
  { "date_missing", probability = 0.02 },
  { "date_off", probability = 0.02, seconds = 5 },
  { "created_off", probability = 0.02, seconds = -3 },
  { "created_off", probability = 0.02, seconds = -65 },
  { "created_off", probability = 0.02, zone = "+02:00" },
  { "created_missing", probability = 0.02 },
  { "url_normalised", probability = 0.1 },
  { "defaults_filled", probability = 0.1 },
}

-- What the sandbox holds in the end, by the number of the call.
local function held_by(server)
  local held = {}
  for _, hook in ipairs(server:webhooks()) do
    local number = tonumber(hook.configuration.url:match "%d+$")
    held[number] = held[number] or {}
    table.insert(held[number], hook.sid)
  end
  return held
end

local function run(method)
  local server = assert(sandbox.start { seed = seed, faults = FAULTS })
  local events, outcomes, given = {}, {}, {}
  local client = assert(webhooks.new {
    account_sid = server.account_sid, auth_token = server.auth_token, base_url = server.base_url,
    service_sid = server.service_sid, timeout = 2, deadline = 20, max_in_flight = IN_FLIGHT,
    on_event = function(event)
      assert(event.type ~= "error", event.message)
      tally.add(events, event.type)
    end,
  })
  local function call(i)
    local hook, info, err = client[method](client, {
      channel_sid = "channel " .. i % channels, type = "webhook",
      configuration = { url = "HTTPS://example.com:443/" .. i, filters = { "onMessageSent" } },
    })
    tally.add(outcomes, hook and (info.adopted and "adopted" or "created") or err.kind)
    given[i] = hook and hook.sid or err.kind == "indeterminate" and "indeterminate" or info
  end
  for i = 1, count do client:go(call, i) end
  assert(client:run())
  client:sleep(SETTLED)
  client:close()

  local held, twice, missing, wrong, doubtful = held_by(server), 0, 0, 0, {}
  for i = 1, count do
    local sids, sid = held[i] or {}, given[i]
    if sid == "indeterminate" then
      tally.add(doubtful, #sids)
    elseif #sids > 1 then
      twice = twice + 1
    elseif not sid or not sid:find "^WH" then
      print(sid)
      if #sids > 0 then wrong = wrong + 1 end
    elseif #sids == 0 then
      missing = missing + 1
    elseif sids[1] ~= sid then
      wrong = wrong + 1
    end
  end
  server:stop()
  print(("%s: %d calls over %d channels: %s, %s"):format(method, count, channels, tally.words(outcomes),
    tally.words(events)))
  print(("  twice %d, missing %d, another's %d; webhooks to how many indeterminate calls: %s"):format(twice, missing,
    wrong, tally.words(doubtful)))
  assert(twice == 0 and missing == 0 and wrong == 0, "not exactly one webhook for each call")
end

for _, method in ipairs(arg and arg[4] and { arg[4] } or { "create_webhook", "ensure_webhook" }) do run(method) end
print "exactly one for each"
