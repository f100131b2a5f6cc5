-- million.lua [COUNT [SECONDS]]: a plan over so many rows (1,000,000) of a file, and its apply, and the
-- resident memory at every stage. The API is a transport in this process, which has no webhook
-- before and makes each that it is asked for; so all that grows is bulk's own. The client remembers
-- what it made for some minutes, so its clock goes ahead by 1/25 s at each write, as at the rate
-- of a real run. Fails where more than 64 MiB are resident, or where it is not through after so many
-- SECONDS (an hour and a half).

local bulk = require "twilio.webhooks.bulk"
local clients = require "twilio.webhooks.client"
local core = require "twilio.webhooks.core"

local count = tonumber(arg and arg[1]) or 1000000
local SECONDS = tonumber(arg and arg[2]) or 5400
local LIMIT_KB = 65536
local SERVICE = "IS" .. ("a"):rep(32)

local most, begun = 0, core.now()

local function resident()
  local file = assert(io.open "/proc/self/status")
  local kb = tonumber(file:read("*a"):match "VmRSS:%s*(%d+)")
  file:close()
  most = math.max(most, kb)
  return kb
end

local function tell(stage)
  print(("%7.1f s  %6d KB  %s"):format(core.now() - begun, resident(), stage))
  io.stdout:flush()
end

local function is_late()
  return core.now() - begun >= SECONDS
end

local function expect(held, message)
  if not held then error(is_late() and ("not through after %d s"):format(SECONDS) or message, 0) end
end

-- --- an API without a memory --------------------------------------------------------------------

local made = 0

local function perform(request)
  if request.method == "GET" then
    return { status = 200, body = '{"meta":{"key":"webhooks","next_page_url":null},"webhooks":[]}' }
  end
  made = made + 1
  return { status = 201, body = ('{"sid":"WH%032x"}'):format(made) }
end

local clock = setmetatable({ now = function() return core.now() + made / 25 end }, { __index = core })
local client = assert(clients.new({ account_sid = "AC" .. ("a"):rep(32), auth_token = "token",
  service_sid = SERVICE, transport = perform }, clock))

-- --- rows, in no order ----------------------------------------------------------------------------

local function write_rows(path)
  local file = assert(io.open(path, "wb"))
  for i = 1, count do
    file:write(('{"channel_sid":"CH%032x","type":"webhook","configuration":{"url":"https://example.com/hook",'
      .. '"filters":["onMessageSent"]}}\n'):format(i * 7919 % 1000003))
  end
  file:close()
end

-- Looks at the memory now and then.
local function watch(progress)
  if progress.done % 50000 == 0 then tell(("%s %d"):format(progress.phase, progress.done)) end
  if progress.done % 1000 == 0 then resident() end
end

local OPTIONS = { rate = 1000000, workers = 64, on_progress = watch, stop = is_late }

local rows_path, journal_path = os.tmpname(), os.tmpname()
os.remove(journal_path)
write_rows(rows_path)
tell "begin"
local source = assert(bulk.source { path = rows_path, format = "jsonl" })
local plan = assert(bulk.plan(source, client, { on_progress = watch, stop = is_late }))
tell(("planned %d"):format(plan.counts.create))
local journal = assert(bulk.journal(journal_path))
local outcome = assert(bulk.apply(plan, client, journal, OPTIONS))
tell(("created %d"):format(outcome.created))
expect(outcome.complete and made == count, "not all were made")
journal:close()
plan:close()

-- The same again with the journal, which says that all is done.
source = assert(bulk.source { path = rows_path, format = "jsonl" })
plan = assert(bulk.plan(source, client, { on_progress = watch, stop = is_late }))
journal = assert(bulk.journal(journal_path))
tell "journal read"
outcome = assert(bulk.apply(plan, client, journal, OPTIONS))
tell(("skipped %d"):format(outcome.skipped))
expect(outcome.complete and made == count, "something was made twice")
os.remove(rows_path)
os.remove(journal_path)
client:close()
print(("%d rows: at most %d KB resident"):format(count, most))
assert(most <= LIMIT_KB, "too much")
