-- An apply that is killed: by SIGKILL at the nth write, fdatasync, send and receive, for n from 1 on
-- until a run makes fewer; whose nth write or fdatasync fails; or whose journal is cut at the nth
-- byte. What is there then has an intent in the journal. It is run again to its end, and then the
-- sandbox must hold exactly one webhook for each row.
--
--   lua5.4 spec/bulk/crash.lua kill [ROWS [STRIDE [JOBS [SECONDS]]]]    200 rows, each n, 4 at a time
--   lua5.4 spec/bulk/crash.lua fail [ROWS [STRIDE [JOBS [SECONDS]]]]    the same
--   lua5.4 spec/bulk/crash.lua cut [ROWS [STRIDE [SECONDS]]]            4 rows, each byte
--
-- It fails where it is not through after so many SECONDS (an hour and a half), and says how far it was.
--
-- strace works by ptrace: where that is forbidden, as in some containers, this says so and fails.

local core = require "twilio.webhooks.core"
local files = require "spec.support.files"
local sandbox = require "twilio.webhooks.sandbox"
local webhooks = require "twilio.webhooks"

-- By mode: calls, and what strace is to do at the nth.
local INJECTED = {
  kill = { { "write", "signal=SIGKILL" }, { "fdatasync", "signal=SIGKILL" }, { "sendto", "signal=SIGKILL" },
    { "recvfrom", "signal=SIGKILL" } },
  fail = { { "write", "error=ENOSPC" }, { "fdatasync", "error=EIO" } },
}
-- Kills by one sandbox, which remembers all that it was asked.
local POINTS = 50
local SECONDS = 5400
-- Complaints of a job after which it tries no further points.
local ENOUGH = 20
-- Points of a job between two words on how far it is.
local REPORT = 25
-- Seconds for one process; runs until one is complete. Far more than is needed: on a busy machine
-- the sandbox may not answer in time, and a run then ends before its end.
local PATIENCE = 60
local RUNS = 10
-- Seconds until the sandbox processes a request, so that a kill may come before or after that.
local LATENCY = 0.003
-- Short, so that no run waits for long.
local OPTIONS = { timeout = 2, deadline = 8 }
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

-- One run: the outcome; or nil, message, err.
local function apply(client, rows, path)
  local bulk = webhooks.bulk
  local plan, problem, refusal = bulk.plan(assert(bulk.source { rows = rows }), client, { workers = 4 })
  if not plan then return nil, problem, refusal end
  local journal, why, failure = bulk.journal(path)
  if not journal then return nil, why, failure end
  local outcome, message, err = bulk.apply(plan, client, journal, { workers = 4, rate = 100000, margin = MARGIN })
  journal:close()
  plan:close()
  return outcome, message, err
end

-- --- the process that is killed -----------------------------------------------------------------

local function child(base_url, service_sid, count, path)
  local client = client_of(base_url, os.getenv "CRASH_ACCOUNT", os.getenv "CRASH_TOKEN")
  local outcome, message, err = apply(client, rows_of(service_sid, tonumber(count)), path)
  if outcome then print(outcome.complete and "complete" or "incomplete", outcome.indeterminate, outcome.failed)
  else print("failed " .. err.kind, message) end
  client:close()
end

-- --- what is there in the end ---------------------------------------------------------------------

local function service(n)
  return ("IS%032x"):format(n)
end

-- How many webhooks the service has for each row, and in all.
local function held_by(server, service_sid)
  local held, all = {}, 0
  for _, hook in ipairs(server:webhooks()) do
    if hook.service_sid == service_sid then
      local number = tonumber(hook.configuration.url:match "%d+$")
      held[number], all = (held[number] or 0) + 1, all + 1
    end
  end
  return held, all
end

local function read(path)
  local file = io.open(path, "rb")
  local text = file and file:read "*a" or ""
  if file then file:close() end
  return text
end

-- A row that has a webhook and no intent in the journal, or nil.
local function unannounced(server, service_sid, path)
  local intended = {}
  for line in read(path):gmatch "[^\n]+" do
    if line:find('"t":"intent"', 1, true) then intended[tonumber(line:match '"line":(%d+)')] = true end
  end
  for number in pairs(held_by(server, service_sid)) do
    if not intended[number] then return ("row %d was sent before its intent"):format(number) end
  end
end

-- What is wrong with the webhooks of the service in the end, or nil.
local function complaint(server, service_sid, count)
  local held, all = held_by(server, service_sid)
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
local STRACE = "strace -f -qq -e signal=none -e trace=%s -e inject=%s:%s:when=%d -o %s"

local function run_child(server, prefix, service_sid, count, path)
  return output_of(RUN:format(server.account_sid, server.auth_token, PATIENCE, prefix, server.base_url,
    service_sid, count, path))
end

-- Is the first run as it should be? The fault has ended it, or it has ended as a run does.
local function is_expected(fault, met, said, status)
  if status == 137 then return fault:find "SIGKILL" ~= nil end
  if met then return said == "" or said:find "^failed journal" ~= nil end -- "": it was print's write
  return status == 0 and (said:find "^%l*complete" or said:find "^failed %l+") ~= nil
end

-- Has one run meet a fault at its nth call, and runs it to its end. What is wrong, or nil; false
-- where the run made fewer calls.
local function try(server, n, injected, nth, count, stop)
  local call, fault = injected[1], injected[2]
  local path, trace, service_sid = os.tmpname(), os.tmpname(), service(n)
  os.remove(path)
  local said, status = run_child(server, STRACE:format(call, call, fault, nth, trace), service_sid, count, path)
  local was_cut_short = not said:find "^complete" -- by a fault, or since the machine was busy
  local met = status == 137 or read(trace):find("(INJECTED)", 1, true) ~= nil
  os.remove(trace)
  local wrong = not is_expected(fault, met, said, status) and ("the run ended with %d: %s"):format(status, said)
    or unannounced(server, service_sid, path)
  local runs = 0
  while not said:find "^complete" and runs < RUNS and core.now() < stop do
    runs = runs + 1
    said, status = run_child(server, "", service_sid, count, path)
  end
  if not said:find "^complete" then wrong = wrong or ("not complete, %d: %s"):format(status, said) end
  os.remove(path)
  wrong = wrong or complaint(server, service_sid, count)
  if not met and not wrong and not was_cut_short then return false end
  return wrong
end

-- The points of one job out of several, until the moment `stop`. Prints a line for each complaint,
-- and at the end the counts.
local function run_job(mode, count, stride, job, jobs, stop)
  local runs, points, complaints, left, server = 0, 0, 0, 0, nil
  for _, injected in ipairs(INJECTED[mode]) do
    local nth = 1 + (job - 1) * stride
    while true do
      if core.now() >= stop or complaints >= ENOUGH then
        left = 1
        print(("job %d: ended before %s %d"):format(job, injected[1], nth))
        break
      end
      if runs % POINTS == 0 then
        if server then server:stop() end
        server = assert(sandbox.start { latency = LATENCY })
      end
      runs = runs + 1
      local wrong = try(server, runs, injected, nth, count, stop)
      if wrong == false then break end
      points = points + 1
      if points % REPORT == 0 then
        io.stderr:write(("job %d: %d points, at %s %d\n"):format(job, points, injected[1], nth))
      end
      if wrong then
        complaints = complaints + 1
        print(("%s %s at %d: %s"):format(injected[1], injected[2], nth, wrong))
      end
      nth = nth + jobs * stride
    end
    print(("job %d: %s to %d"):format(job, injected[1], nth))
    io.stdout:flush()
  end
  if server then server:stop() end
  print(("points %d complaints %d left %d"):format(points, complaints, left))
end

local JOB = "lua5.4 spec/bulk/crash.lua job %s %d %d %d %d %.3f"

local function run_jobs(mode, count, stride, jobs, seconds)
  local said, status = output_of "strace -qq -e trace=none true"
  if status ~= 0 then error("strace cannot be used here: " .. said, 0) end
  local pipes, points, complaints, whole, stop = {}, 0, 0, true, core.now() + seconds
  for job = 1, jobs do pipes[job] = assert(io.popen(JOB:format(mode, count, stride, job, jobs, stop))) end
  for _, pipe in ipairs(pipes) do
    local text = pipe:read "*a"
    pipe:close()
    local tried, wrong, left = text:match "points (%d+) complaints (%d+) left (%d)"
    if not tried then complaints = complaints + 1 end
    if not tried or wrong ~= "0" or left ~= "0" then io.write(text) end
    whole = whole and left == "0"
    points, complaints = points + (tonumber(tried) or 0), complaints + (tonumber(wrong) or 0)
  end
  print(("%s, %d rows: %d points, %d complaints%s"):format(mode, count, points, complaints,
    whole and "" or ("; not through after %d s"):format(seconds)))
  return points > 0 and complaints == 0 and whole
end

-- --- cuts ---------------------------------------------------------------------------------------------

local write = files.write

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
local function cut(count, stride, seconds)
  local stop = core.now() + seconds
  local server = assert(sandbox.start { latency = LATENCY })
  local client = client_of(server.base_url, server.account_sid, server.auth_token)
  local rows, path = rows_of(service(1), count), os.tmpname()
  os.remove(path)
  apply(client, rows, path)
  local text, points, complaints = read(path), 0, 0
  for length = 0, #text, stride do
    if core.now() >= stop then error(("not through after %d s: at byte %d"):format(seconds, length), 0) end
    points = points + 1
    write(path, text:sub(1, length))
    local open = open_row(text, length)
    if open and points % 2 == 0 then set_world(client, rows, open) end
    local outcome = assert(apply(client, rows, path))
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
elseif mode == "job" then
  run_job(arg[2], tonumber(arg[3]), tonumber(arg[4]), tonumber(arg[5]), tonumber(arg[6]),
    tonumber(arg[7]))
elseif mode == "cut" then
  os.exit(cut(tonumber(arg[2]) or 4, tonumber(arg[3]) or 1, tonumber(arg[4]) or SECONDS), true)
else
  os.exit(run_jobs(mode, tonumber(arg[2]) or 200, tonumber(arg[3]) or 1, tonumber(arg[4]) or 4,
    tonumber(arg[5]) or SECONDS), true)
end
