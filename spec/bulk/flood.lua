-- flood.lua [COUNT [SECONDS [SEED [DIRECTORY]]]]: so many rows (100,000) over as many channels, applied until the outcome
-- is complete, against a sandbox that has a bad day: requests that meet faults of every kind,
-- webhooks that are made late among them, 429 by rate, lists that lag, dates and URLs that come back
-- otherwise. At the end the sandbox holds exactly one webhook for each row: duplicates 0, missing 0.
-- Prints the resident memory on the way. The journal is in the directory, or where temporary files are.
-- Fails where it is not through after so many SECONDS (an hour and a half).

local bulk = require "twilio.webhooks.bulk"
local core = require "twilio.webhooks.core"
local sandbox = require "twilio.webhooks.sandbox"
local webhooks = require "twilio.webhooks"

local count = tonumber(arg and arg[1]) or 100000
local SECONDS = tonumber(arg and arg[2]) or 5400
local seed = tonumber(arg and arg[3]) or 1
local RUNS = 10
-- Longer than the latest of the late webhooks.
local MARGIN = 4

local FAULTS = {
  { "drop_before", probability = 0.003 }, { "drop_after", probability = 0.004 },
  { "drop_late", probability = 0.002, operation = "create", seconds = 1 }, { "truncate", probability = 0.003 },
  { "throttle", probability = 0.002, retry_after = 0 }, { "rate_limit", rate = 800, retry_after = 1 },
  { "fail_before", probability = 0.003, status = 503 }, { "fail_after", probability = 0.003 },
  { "fail_late", probability = 0.001, operation = "create", seconds = 2 }, { "stall", probability = 0.0005 },
  { "stall_late", probability = 0.001, operation = "create", seconds = 3 },
  { "stale", probability = 0.01, seconds = 1 }, { "date_missing", probability = 0.02 },
  { "created_off", probability = 0.02, seconds = -3 }, { "url_normalised", probability = 0.05 },
  { "defaults_filled", probability = 0.05 },
}

local server = assert(sandbox.start { seed = seed, faults = FAULTS })
local client = assert(webhooks.new { account_sid = server.account_sid, auth_token = server.auth_token,
  base_url = server.base_url, service_sid = server.service_sid, timeout = 5, deadline = 40 })

local function resident()
  local file = assert(io.open "/proc/self/status")
  local kb = file:read("*a"):match "VmRSS:%s*(%d+)"
  file:close()
  return tonumber(kb)
end

local rows_path = os.tmpname()
local journal_path = (arg and arg[4] or rows_path:match "^(.*)/") .. "/" .. rows_path:match "[^/]*$" .. ".journal"
local file = assert(io.open(rows_path, "wb"))
for i = 1, count do
  file:write(('{"channel_sid":"room%d","type":"webhook","configuration":{"url":"HTTPS://example.com:443/%d",'
    .. '"filters":["onMessageSent"]}}\n'):format(i, i))
end
file:close()

local begun, step = core.now(), math.max(math.floor(count / 10), 1)

local function watch(progress)
  if progress.done % step ~= 0 then return end
  print(("%6.0f s %7d KB  %s %d, failed %d, in doubt %d"):format(core.now() - begun, resident(), progress.phase,
    progress.done, progress.failed or 0, progress.indeterminate or 0))
  io.stdout:flush()
end

local function is_late()
  return core.now() - begun >= SECONDS
end

local outcome

-- One run, which the API may keep from its end. True once all is done.
local function apply(run)
  local source = assert(bulk.source { path = rows_path, format = "jsonl" })
  local plan, message = bulk.plan(source, client, { on_progress = watch, workers = 32, stop = is_late })
  if not plan then return print(message) end
  local journal = assert(bulk.journal(journal_path))
  outcome = assert(bulk.apply(plan, client, journal, { rate = 100000, workers = 32, margin = MARGIN,
    on_progress = watch, stop = is_late }))
  journal:close()
  plan:close()
  print(("run %d: created %d (%d adopted), kept %d, skipped %d, failed %d, indeterminate %d"):format(run,
    outcome.created, outcome.adopted, outcome.kept, outcome.skipped, outcome.failed, outcome.indeterminate))
  if outcome.halted then print(outcome.halted.message) end
  return outcome.complete
end

local runs = 1
while not apply(runs) and runs < RUNS and not is_late() do runs = runs + 1 end
if is_late() then print(("not through after %d s"):format(SECONDS)) end
client:close()

-- Read from the log, which is no part of what is measured.
local held, all, duplicates, missing = {}, 0, 0, 0
for _, hook in ipairs(server:webhooks()) do
  local number = tonumber(hook.configuration.url:match "%d+$")
  held[number], all = (held[number] or 0) + 1, all + 1
end
for i = 1, count do
  if not held[i] then missing = missing + 1 elseif held[i] > 1 then duplicates = duplicates + 1 end
end
server:stop()
os.remove(rows_path)
os.remove(journal_path)
print(("%d rows: duplicates %d, missing %d"):format(count, duplicates, missing))
assert(outcome and outcome.complete and duplicates == 0 and missing == 0 and all == count,
  "not exactly one webhook for each row")
