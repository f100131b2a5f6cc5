-- Applies webhooks to a thousand channels, kills the apply in the middle, runs it again, and counts
-- what is there in the end: one webhook for each channel. It works in a sandbox on this machine, for
-- some twenty seconds.
--
--   lua5.4 examples/bulk/run.lua [CHANNELS]

local sandbox = require "twilio.webhooks.sandbox"
local webhooks = require "twilio.webhooks"

local count = tonumber(arg[1]) or 1000
local here = arg[0]:match "^.*/" or ""
local RATE = 250 -- writes a second; the API itself takes 30

local server = assert(sandbox.start { channels = count })
print(("Nothing leaves this machine: a sandbox of the API answers at %s.\n"):format(server.base_url))

-- --- the rows: one for each channel of the service -----------------------------------------------

local ROW = '{"channel_sid":"%s","type":"webhook","configuration":{"url":"https://example.com/%s",'
  .. '"filters":["onMessageSent"]}}\n'

local function client_of()
  return assert(webhooks.new { base_url = server.base_url, account_sid = server.account_sid,
    auth_token = server.auth_token, service_sid = server.service_sid })
end

local function write_rows(path)
  local client, written = client_of(), 0
  local file = assert(io.open(path, "w"))
  local channels = client:channels {}
  for channel in channels do
    written = written + 1
    file:write(ROW:format(channel.sid, channel.sid))
  end
  assert(channels.finished, channels.message)
  file:close()
  client:close()
  print(("%d channels, a row each in %s"):format(written, path))
end

local scratch = os.tmpname()
local rows, journal = scratch .. ".jsonl", scratch .. ".journal"
write_rows(rows)

-- --- apply.lua in a separate process -------------------------------------------------------------

-- The command that started this interpreter.
local function interpreter()
  local lowest = 0
  while arg[lowest - 1] do lowest = lowest - 1 end
  return arg[lowest]
end

-- The shell command that runs it and prints its process id. It hides your own account's variables
-- from it.
local function command()
  return table.concat({ "echo $$;", "exec env -u TWILIO_API_KEY -u TWILIO_API_SECRET",
    "-u TWILIO_EDGE -u TWILIO_REGION",
    "TWILIO_WEBHOOKS_BASE_URL=" .. server.base_url, "TWILIO_ACCOUNT_SID=" .. server.account_sid,
    "TWILIO_AUTH_TOKEN=" .. server.auth_token, "TWILIO_SERVICE_SID=" .. server.service_sid,
    interpreter(), here .. "apply.lua", rows, journal, RATE }, " ")
end

-- Runs it, and kills it once it has done that many.
local function apply(kill_at)
  local pipe = assert(io.popen(command()))
  local pid = pipe:read "*l"
  for line in pipe:lines() do
    print("  " .. line)
    if kill_at and tonumber(line:match "^(%d+) of") == kill_at then
      os.execute("kill -KILL " .. pid)
      print "  killed"
      kill_at = nil
    end
  end
  pipe:close()
end

print "\nFirst run:"
apply(math.floor(count / 200) * 100)
print "\nSecond run:"
apply()

-- --- what is there ---------------------------------------------------------------------------------

local held, channels, most = {}, 0, 0
for _, hook in ipairs(server:webhooks()) do
  local sid = hook.channel_sid
  if not held[sid] then channels = channels + 1 end
  held[sid] = (held[sid] or 0) + 1
  most = math.max(most, held[sid])
end
server:stop()
os.remove(rows)
os.remove(scratch)
print(("\n%d channels have a webhook, none more than %d"):format(channels, most))
assert(channels == count and most == 1, "not exactly one for each")
