-- day.lua [COUNT [SECONDS]]: a day of a bad API in a quarter of an hour. So many calls (200,000), or
-- those that fit into so many seconds, by three clients in processes of their own: one that a
-- game's tick steps, one in a loop of cqueues, one that blocks (spec/support/day_client.lua).
-- The API's name moves from address to address, and now and then to one where nobody listens;
-- the API restarts, limits the rate, closes idle connections, falls silent, and drops 1 % of the
-- requests after it has processed them. At the end the sandbox's truth is compared with what was
-- told: one webhook for each that was handed out, none for a call that failed; for each call that
-- said "indeterminate" none, one or two, which are counted.
--
-- The name stands in a hosts file of a namespace's own (Linux). Where none can be had the clients
-- use an address.

local cjson = require "cjson"
local core = require "twilio.webhooks.core"
local sandbox = require "twilio.webhooks.sandbox"
local child = require "spec.support.child"
local example = require "spec.support.example"
local namespace = require "spec.support.namespace"
local tally = require "spec.support.tally"

local count = tonumber(arg[1]) or 200000
local seconds = tonumber(arg[2]) or 3600
local inside = arg[3] -- a directory, once there is a namespace

-- The share of each in the calls, by how fast they are: the one that blocks makes one at a time.
local SHARES = { tick = 0.34, cqueues = 0.6, blocking = 0.06 }
local KINDS = { "tick", "cqueues", "blocking" }

-- A short day is to meet all of them, too.
local FAULTS = {
  { "drop_after", probability = 0.01 },
  { "restart", probability = math.max(1 / 3000, 3 / count), seconds = 0.2 },
  { "stall", probability = math.max(1 / 2000, 2 / count), seconds = 3 },
  { "close_idle", probability = 0.05, seconds = 0.01 },
  { "rate_limit", rate = math.min(math.max(math.floor(count / 10), 100), 1000), retry_after = 1 },
}

-- Where the name points, one place after the other. The sandbox listens at all of 127.0.0.0/8,
-- and nobody at ::1.
local PLACES = {
  { "127.0.0.2", 3 }, { "127.0.0.3", 3 }, { "127.0.0.4", 3 }, { "127.0.0.5", 3 }, { "::1", 0.5 },
}

local function point(address)
  local file = assert(io.open("/etc/hosts", "w"))
  file:write("127.0.0.1 localhost\n", address, " api.example\n")
  file:close()
end

local function read_file(path)
  local file = io.open(path, "r")
  local text = file and file:read "*a"
  if file then file:close() end
  return text
end

-- --- the three ----------------------------------------------------------------------------

local function start(kind, base_url, directory)
  local words = ("%s %d %g %s %s"):format(kind, math.floor(count * SHARES[kind]), seconds, base_url, directory)
  local output = directory .. "/" .. kind
  return io.popen(("%s >%s.output 2>&1; echo $? >%s.status"):format(
    child.program_command("spec/support/day_client.lua", words), output, output), "r")
end

local function have_ended(directory)
  for _, kind in ipairs(KINDS) do
    if not read_file(directory .. "/" .. kind .. ".status") then return false end
  end
  return true
end

-- Moves the name until all have ended: how often.
local function wait_for_all(directory, moves)
  local moved, moment = 0, core.now()
  while not have_ended(directory) do
    if moves and core.now() >= moment then
      moved = moved + 1
      local place = PLACES[moved % #PLACES + 1]
      point(place[1])
      moment = core.now() + place[2]
    end
    core.sleep(0.1)
  end
  return moved
end

-- --- the truth ----------------------------------------------------------------------------

local function name_of(hook)
  return hook.configuration.url:match "^https://example.com/([%w-]+)"
end

-- A line of the log: what the request made, changed or took away. `truth.made` has by name the
-- sids that were ever made.
local function apply(truth, entry)
  if entry.fault then tally.add(truth.faults, entry.fault) end
  local hook = type(entry.stored) == "table" and entry.stored
  if hook and not truth.held[hook.sid] then
    local name = name_of(hook)
    truth.made[name] = truth.made[name] or {}
    table.insert(truth.made[name], hook.sid)
  end
  if hook then truth.held[hook.sid] = hook.configuration.url end
  if type(entry.removed) == "string" then truth.held[entry.removed] = nil end
end

local function read_truth(path)
  local truth = { made = {}, held = {}, faults = {}, requests = 0 }
  for line in io.lines(path) do
    truth.requests = truth.requests + 1
    if line:find('"stored":', 1, true) or line:find('"removed":', 1, true) or line:find('"fault":', 1, true) then
      apply(truth, cjson.decode(line))
    end
  end
  return truth
end

-- What must be true of one that was handed out and then had this become of it.
local function is_as_told(truth, name, state, sid)
  local url = truth.held[sid]
  if state == "gone" then return url == nil end
  if state == "gone?" then return true end
  local changed = url == "https://example.com/" .. name .. "?updated"
  local same = url == "https://example.com/" .. name
  return state == "updated" and changed or state == "there" and same or state == "updated?" and (same or changed)
end

local function compare_one(truth, found, name, state, sid)
  local made = truth.made[name] or {}
  truth.made[name] = nil -- what is left was asked for by nobody
  if state == "indeterminate" then
    tally.add(found.doubtful, #made)
  elseif state == "failed" then
    if #made > 0 then tally.add(found, "wrong") end
  elseif #made > 1 then
    tally.add(found, "twice")
  elseif #made == 0 or state ~= "gone" and state ~= "gone?" and not truth.held[sid] then
    tally.add(found, "lost")
  elseif made[1] ~= sid or not is_as_told(truth, name, state, sid) then
    tally.add(found, "wrong")
  else
    tally.add(found, "right")
  end
end

local function compare(truth, directory)
  local found = { right = 0, twice = 0, lost = 0, wrong = 0, doubtful = {} }
  for _, kind in ipairs(KINDS) do
    for line in io.lines(directory .. "/" .. kind .. ".told") do
      compare_one(truth, found, line:match "^(%S+) (%S+) (%S+)$")
    end
  end
  for _ in pairs(truth.made) do tally.add(found, "wrong") end
  return found
end

-- --- what is printed ------------------------------------------------------------------------

local function print_client(figures)
  print(("%s: %d calls, %d requests in %.0f s, %.1f s of its own"):format(figures.kind, figures.calls,
    figures.requests, figures.seconds, figures.own))
  print("  " .. tally.words(figures.outcomes))
  if figures.worst_own then
    print(("  worst %s %.1f ms, worst step %.1f ms of its own"):format(
      figures.kind == "tick" and "step" or "lateness of a neighbour", figures.worst_wall * 1e3,
      figures.worst_own * 1e3))
  end
  print(("  descriptors: %d at the begin, %d at the most, %d at the end, %d once closed"):format(
    figures.begin, figures.most, figures.last, figures.closed))
  print(("  resident: %d KB at a tenth, %d at half, %d at the end"):format(figures.kb.tenth or 0,
    figures.kb.half or 0, figures.kb["end"]))
end

-- The figures of one client, which are checked as far as a busy machine has no say in them.
local function check_client(kind, directory)
  local json = read_file(("%s/%s.json"):format(directory, kind))
  assert(json, read_file(("%s/%s.output"):format(directory, kind)))
  local figures = cjson.decode(json)
  print_client(figures)
  for _, message in ipairs(figures.failures) do print("  " .. message) end
  for _, complaint in ipairs(figures.complaints) do print("  not right: " .. complaint) end
  assert(#figures.complaints == 0, "not as it must be")
  assert(figures.closed == figures.begin, "descriptors are left behind")
  return figures
end

local function run(directory, moves)
  local log = directory .. "/log"
  local server = assert(sandbox.start { host = moves and "0.0.0.0" or nil, log = log, faults = FAULTS,
    account_sid = example.account_sid, auth_token = example.auth_token })
  local base_url = server.base_url
  if moves then
    base_url = "http://api.example:" .. server.base_url:match ":(%d+)$"
    point(PLACES[1][1])
  else
    print "no hosts file of its own can be had here: the name does not move"
  end
  local began, pipes = core.now(), {}
  for i, kind in ipairs(KINDS) do pipes[i] = start(kind, base_url, directory) end
  local moved = wait_for_all(directory, moves)
  for _, pipe in ipairs(pipes) do pipe:close() end
  local took = core.now() - began
  server:stop()

  local calls = 0
  for _, kind in ipairs(KINDS) do calls = calls + check_client(kind, directory).calls end
  local truth = read_truth(log)
  local found = compare(truth, directory)
  print(("%d calls, %d requests in %.0f s; the name moved %d times; faults: %s"):format(calls, truth.requests,
    took, moved, tally.words(truth.faults)))
  print(("duplicates %d, lost %d, otherwise wrong %d, right %d; webhooks to how many indeterminate calls: %s"):format(
    found.twice, found.lost, found.wrong, found.right, tally.words(found.doubtful)))
  assert(found.twice == 0 and found.lost == 0 and found.wrong == 0, "not one webhook for each")
  print "a good day"
end

-- --- the namespace ----------------------------------------------------------------------------

local function scratch_directory()
  local pipe = assert(io.popen "mktemp -d")
  local path = pipe:read "*l"
  pipe:close()
  return path
end

if inside then return run(inside, true) end
local directory = scratch_directory()
local good, message
if not namespace.lacks_hosts() then
  local shell = (': >"%s/hosts"; mount --bind "%s/hosts" /etc/hosts'):format(directory, directory)
  local output = namespace.run_program(shell, "spec/day.lua", ("%d %g '%s'"):format(count, seconds, directory))
  io.write(output)
  good = output:find "\na good day\n$"
else
  good, message = pcall(run, directory, false)
  if not good then print(message) end
end
os.execute(("rm -rf '%s'"):format(directory))
os.exit(good and 0 or 1)
