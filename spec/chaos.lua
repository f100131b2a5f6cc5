-- chaos.lua [COUNT [CHANNELS [SEED]]]: creates (10,000 over 4,000 channels) through a
-- client against a sandbox with 5 % faults of every kind, then as many with
-- ensure_webhook. At the end the sandbox holds exactly one webhook for each that
-- was asked for: none twice, none missing, but for calls that said that they
-- could not tell ("indeterminate"), which are counted.

local webhooks = require "twilio.webhooks"
local sandbox = require "twilio.webhooks.sandbox"

local function argument(i, otherwise)
  return tonumber(arg and arg[i]) or otherwise
end

local count, channels, seed = argument(1, 10000), argument(2, 4000), argument(3, 1)

-- 5 % in all.
local FAULTS = {
  { "drop_before", probability = 0.008 },
  { "drop_after", probability = 0.008 },
  { "truncate", probability = 0.008 },
  { "throttle", probability = 0.008, retry_after = 0 },
  { "fail_before", probability = 0.008, status = 503 },
  { "fail_after", probability = 0.008 },
  { "stall", probability = 0.002 },
}

local function run(method)
  local server = assert(sandbox.start { seed = seed, faults = FAULTS })
  local events = {}
  local client = assert(webhooks.new {
    account_sid = server.account_sid, auth_token = server.auth_token, base_url = server.base_url,
    service_sid = server.service_sid, timeout = 0.5,
    on_event = function(event) events[event.type] = (events[event.type] or 0) + 1 end,
  })
  local outcomes, expected = {}, {}
  for i = 1, count do
    local url = "https://example.com/" .. i
    local hook, info, err = client[method](client, {
      channel_sid = "channel " .. i % channels, type = "webhook",
      configuration = { url = url, filters = { "onMessageSent" } },
    })
    local outcome = hook and (info.adopted and "adopted" or "created") or err.kind
    if not hook then print(info) end
    outcomes[outcome] = (outcomes[outcome] or 0) + 1
    if hook then expected[url] = hook.sid end
  end
  client:close()

  local held, twice, missing, wrong = {}, 0, 0, 0
  for _, hook in ipairs(server:webhooks()) do
    local url = hook.configuration.url
    if held[url] then twice = twice + 1 end
    held[url] = hook.sid
  end
  for url, sid in pairs(expected) do
    if not held[url] then missing = missing + 1 elseif held[url] ~= sid then wrong = wrong + 1 end
  end
  server:stop()

  local words = {}
  for _, group in ipairs { outcomes, events } do
    local names = {}
    for name in pairs(group) do names[#names + 1] = name end
    table.sort(names)
    for _, name in ipairs(names) do words[#words + 1] = name .. " " .. group[name] end
  end
  print(("%s: %d calls over %d channels: %s"):format(method, count, channels, table.concat(words, ", ")))
  print(("  twice %d, missing %d, another's %d"):format(twice, missing, wrong))
  assert(twice == 0 and missing == 0 and wrong == 0, "not exactly one webhook for each call")
end

run "create_webhook"
run "ensure_webhook"
print "exactly one for each"
