-- What a row costs where nothing changes, beside the list call that it needs: instructions of this
-- process, by valgrind's callgrind, which are the same from run to run.
--
--   lua5.4 spec/bulk/cost.lua            1,000 rows; fails if a row takes more than 1.5 times as many

local sandbox = require "twilio.webhooks.sandbox"
local webhooks = require "twilio.webhooks"

local FEW, MANY = 100, 1100
local MOST = 1.5

local function row(i)
  return { channel_sid = ("CH%032x"):format(i), type = "webhook",
    configuration = { url = "https://example.com/hook", method = "POST", filters = { "onMessageSent" }, retry_count = 2 } }
end

local function client_of(base_url, service_sid)
  return assert(webhooks.new { base_url = base_url, service_sid = service_sid, timeout = 60, deadline = 120,
    account_sid = os.getenv "COST_ACCOUNT", auth_token = os.getenv "COST_TOKEN" })
end

-- --- what is measured ---------------------------------------------------------------------------

local function list(client, count)
  for i = 1, count do
    assert(client:list_webhooks { channel_sid = ("CH%032x"):format(i) }[1])
  end
end

-- The same in tasks, as a plan makes its calls.
local function map(client, count)
  local i = 0
  assert(client:map(function()
    i = i + 1
    return i <= count and i or nil
  end, 16, function(place)
    assert(client:list_webhooks { channel_sid = ("CH%032x"):format(place) }[1])
  end))
end

local function plan(client, count, path)
  local source = assert(webhooks.bulk.source { path = path, format = "jsonl" })
  local made = assert(webhooks.bulk.plan(source, client))
  assert(made.counts.keep == count and made.writes == 0)
end

local WAYS = { list = list, map = map, plan = plan }

if arg[1] then
  local client = client_of(arg[3], arg[4])
  WAYS[arg[1]](client, tonumber(arg[2]), arg[5])
  client:close()
  os.exit(true, true)
end

-- --- measuring ------------------------------------------------------------------------------------

local server = assert(sandbox.start())
local account, token = server.account_sid, server.auth_token

local function write_rows(count)
  local path, json = os.tmpname(), require "cjson".new()
  local file = assert(io.open(path, "wb"))
  for i = 1, count do file:write(json.encode(row(i)), "\n") end
  file:close()
  return path
end

local RUN = "COST_ACCOUNT=%s COST_TOKEN=%s valgrind --tool=callgrind --callgrind-out-file=%s lua5.4 spec/bulk/cost.lua "
  .. "%s %d %s %s %s 2>&1"

local function instructions(way, count)
  local path, out = write_rows(count), os.tmpname()
  local pipe = assert(io.popen(RUN:format(account, token, out, way, count, server.base_url, server.service_sid, path)))
  local text = pipe:read "*a"
  pipe:close()
  os.remove(path)
  os.remove(out)
  return tonumber((assert(text:match "Collected *: *(%d+)", text)))
end

local client = assert(webhooks.new { base_url = server.base_url, service_sid = server.service_sid, account_sid = account,
  auth_token = token })
for i = 1, MANY do assert(client:create_webhook(row(i))) end
client:close()

local cost = {}
for way in pairs(WAYS) do
  cost[way] = (instructions(way, MANY) - instructions(way, FEW)) / (MANY - FEW)
end
server:stop()
local ratio = cost.plan / cost.map
print(("instructions: a list call %.0f, in a task %.0f, a row of a plan %.0f: %.2f times a list call in a task"):format(
  cost.list, cost.map, cost.plan, ratio))
os.exit(ratio <= MOST, true)
