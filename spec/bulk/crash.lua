-- An apply that is killed: by SIGKILL at the nth write, fdatasync, send and receive (strace's fault
-- injection), for n from 1 on until a run makes fewer; or whose journal is cut at the nth byte. Each
-- time it is run again to its end, and then the sandbox must hold exactly one webhook for each row.
--
--   lua5.4 spec/bulk/crash.lua kill [ROWS [STRIDE [JOBS]]]     200 rows, each n, 4 at a time
--   lua5.4 spec/bulk/crash.lua cut [ROWS [STRIDE]]             4 rows, each byte
--
-- strace works by ptrace: where that is forbidden, as in some containers, this says so and fails.

local sandbox = require "twilio.webhooks.sandbox"
local webhooks = require "twilio.webhooks"

-- The calls, and the fewest of each that an apply of so many rows makes.
local CALLS = { "write", "fdatasync", "sendto", "recvfrom" }
-- Kills by one sandbox, which remembers all that it was asked.
local POINTS = 50
-- Seconds for one process; runs until one is complete.
local PATIENCE = 60
local RUNS = 4
-- Seconds until the sandbox processes a request, so that a kill may come before or after that.
local LATENCY = 0.003
-- Short, so that no run waits for long.
local OPTIONS = { timeout = 1, deadline = 3 }
local MARGIN = 0.2

local function client_of(base_url, account_sid, auth_token)
  return assert(webhooks.new { base_url = base_url, account_sid = account_sid, auth_token = auth_token,
    timeout = OPTIONS.timeout, deadline = OPTIONS.deadline })
end

local function rows_of(service_sid, count)
  local rows = {}
  for i = 1, count do
    rows[i] = { service_sid = service_sid, channel_sid = "room" .. i, type = "webhook",
      configuration = { url = "https://example.com/" .. i, filters = { "onMessageSent" } } }
  end
  return rows
end

-- One run: the outcome.
local function apply(client, rows, path)
  local bulk = webhooks.bulk
  local plan = assert(bulk.plan(assert(bulk.source { rows = rows }), client, { workers = 4 }))
  local journal = assert(bulk.journal(path))
  local outcome = assert(bulk.apply(plan, client, journal, { workers = 4, rate = 100000, margin = MARGIN }))
  journal:close()
  plan:close()
  return outcome
end

-- --- the process that is killed -----------------------------------------------------------------

local function child(base_url, service_sid, count, path)
  local client = client_of(base_url, os.getenv "CRASH_ACCOUNT", os.getenv "CRASH_TOKEN")
  local outcome = apply(client, rows_of(service_sid, tonumber(count)), path)
  print(outcome.complete and "complete" or "incomplete", outcome.created, outcome.indeterminate, outcome.failed)
  client:close()
end

-- --- what is there in the end ---------------------------------------------------------------------

local function service(n)
  return ("IS%032x"):format(n)
end

-- What is wrong with the webhooks of the service, or nil.
local function complaint(server, service_sid, count)
  local held, all = {}, 0
  for _, hook in ipairs(server:webhooks()) do
    if hook.service_sid == service_sid then
      local number = tonumber(hook.configuration.url:match "%d+$")
      held[number], all = (held[number] or 0) + 1, all + 1
    end
  end
  for i = 1, count do
    if held[i] ~= 1 then return ("row %d has %d webhooks"):format(i, held[i] or 0) end
  end
  return all ~= count and ("%d webhooks for %d rows"):format(all, count) or nil
end

-- --- kills ------------------------------------------------------------------------------------------

local function output_of(command)
  local pipe = assert(io.popen(command .. " 2>&1; echo \"status $?\""))
  local text = pipe:read "*a"
  pipe:close()
  local said, status = text:match "^(.*)status (%d+)\n$"
  return said, tonumber(status)
end

local RUN = "CRASH_ACCOUNT=%s CRASH_TOKEN=%s timeout -k 5 %d %s lua5.4 spec/bulk/crash.lua child %s %s %d %s"
local STRACE = "strace -f -qq -e signal=none -e trace=%s -e inject=%s:signal=SIGKILL:when=%d -o %s"

local function run_child(server, prefix, service_sid, count, path)
  return output_of(RUN:format(server.account_sid, server.auth_token, PATIENCE, prefix, server.base_url,
    service_sid, count, path))
end

-- Kills one run at its nth call, and runs it to its end. What is wrong, or nil; false where the
-- run made fewer calls.
local function try_kill(server, n, call, nth, count)
  local path, trace, service_sid = os.tmpname(), os.tmpname(), service(n)
  os.remove(path)
  local said, status = run_child(server, STRACE:format(call, call, nth, trace), service_sid, count, path)
  os.remove(trace)
  local missed = status == 0 and said:find "^complete" ~= nil
  local runs, wrong = 0, nil
  if not missed and status ~= 137 then wrong = ("the killed run ended with %d: %s"):format(status, said) end
  while not missed and not said:find "^complete" and runs < RUNS do
    runs = runs + 1
    said, status = run_child(server, "", service_sid, count, path)
  end
  if not said:find "^complete" then wrong = wrong or ("not complete, %d: %s"):format(status, said) end
  os.remove(path)
  wrong = wrong or complaint(server, service_sid, count)
  if missed and not wrong then return false end
  return wrong
end

-- The points of one job out of several. Prints a line for each complaint, and at the end the counts.
local function kill_job(count, stride, job, jobs)
  local points, complaints, server = 0, 0, nil
  for _, call in ipairs(CALLS) do
    local nth = 1 + (job - 1) * stride
    while true do
      if points % POINTS == 0 then
        if server then server:stop() end
        server = assert(sandbox.start { latency = LATENCY })
      end
      local wrong = try_kill(server, points + 1, call, nth, count)
      if wrong == false then break end
      points = points + 1
      if wrong then
        complaints = complaints + 1
        print(("kill at %s %d: %s"):format(call, nth, wrong))
      end
      nth = nth + jobs * stride
    end
    print(("job %d: %s to %d"):format(job, call, nth))
    io.stdout:flush()
  end
  server:stop()
  print(("points %d complaints %d"):format(points, complaints))
end

local JOB = "lua5.4 spec/bulk/crash.lua kill-job %d %d %d %d 2>&1"

local function kill(count, stride, jobs)
  local said, status = output_of "strace -qq -e trace=none true"
  if status ~= 0 then error("strace cannot be used here: " .. said, 0) end
  local pipes, points, complaints = {}, 0, 0
  for job = 1, jobs do pipes[job] = assert(io.popen(JOB:format(count, stride, job, jobs))) end
  for _, pipe in ipairs(pipes) do
    local text = pipe:read "*a"
    pipe:close()
    local tried, wrong = text:match "points (%d+) complaints (%d+)"
    if not tried then complaints = complaints + 1 end
    if not tried or wrong ~= "0" then io.write(text) end
    points, complaints = points + (tonumber(tried) or 0), complaints + (tonumber(wrong) or 0)
  end
  print(("%d rows, killed at %d points, %d complaints"):format(count, points, complaints))
  return points > 0 and complaints == 0
end

-- --- cuts ---------------------------------------------------------------------------------------------

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

local function write(path, text)
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
end

-- Deletes the webhook of a row, or leaves it there: as if its create had not been, or had been processed.
local function set_world(client, rows, i)
  local parent = { service_sid = rows[i].service_sid, channel_sid = rows[i].channel_sid }
  for _, hook in ipairs(assert(client:list_webhooks(parent))) do
    parent.sid = hook.sid
    assert(client:delete_webhook(parent))
  end
end

-- The number of the last row that the first `length` bytes of the journal have an intent of, if they
-- have no outcome of it.
local function open_row(text, length)
  local line, outcome
  for record in text:sub(1, length):gmatch "([^\n]*)\n" do
    if record:find '"t":"intent"' then line, outcome = tonumber(record:match '"line":(%d+)'), false
    elseif line then outcome = true end
  end
  return not outcome and line or nil
end

-- Applies with one worker, so that the journal has one row after the other; then cuts it at each byte.
-- The webhook of a row without an outcome is there, or is not, in turn.
local function cut(count, stride)
  local server = assert(sandbox.start { latency = LATENCY })
  local client = client_of(server.base_url, server.account_sid, server.auth_token)
  local rows, path = rows_of(service(1), count), os.tmpname()
  os.remove(path)
  apply(client, rows, path)
  local text, points, complaints = read(path), 0, 0
  for length = 0, #text, stride do
    points = points + 1
    write(path, text:sub(1, length))
    local open = open_row(text, length)
    if open and points % 2 == 0 then set_world(client, rows, open) end
    local outcome = apply(client, rows, path)
    local wrong = not outcome.complete and "not complete" or complaint(server, rows[1].service_sid, count)
    if wrong then
      complaints = complaints + 1
      print(("cut at byte %d: %s"):format(length, wrong))
    end
  end
  os.remove(path)
  client:close()
  server:stop()
  print(("%d rows, a journal of %d bytes, cut at %d places, %d complaints"):format(count, #text, points, complaints))
  return complaints == 0
end

-- --- the command line -----------------------------------------------------------------------------------

local mode = arg[1]
if mode == "child" then
  child(arg[2], arg[3], arg[4], arg[5])
elseif mode == "kill-job" then
  kill_job(tonumber(arg[2]), tonumber(arg[3]), tonumber(arg[4]), tonumber(arg[5]))
elseif mode == "cut" then
  os.exit(cut(tonumber(arg[2]) or 4, tonumber(arg[3]) or 1), true)
else
  os.exit(kill(tonumber(arg[2]) or 200, tonumber(arg[3]) or 1, tonumber(arg[4]) or 4), true)
end
