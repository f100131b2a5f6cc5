-- What one create costs beside libcurl alone and other clients: the page README.md, between its
-- two marks, and the plots beside it. See there for what is measured and how.
--
--   lua5.4 spec/bench/run.lua                      all of it, in some ten minutes ($MINUTES)
--   lua5.4 spec/bench/run.lua --quick DIRECTORY    two rows, few calls: a page there, for a test
--   lua5.4 spec/bench/run.lua --only PART          prints the tables of one part: "TLS", see PARTS
--   lua5.4 spec/bench/run.lua --profile [PROGRAM]  where create.lua, or another, spends its
--                                                  instructions; callgrind's files in build/profile
--
-- Nothing here passes or fails by a figure. A row that cannot be run says why, and costs no other.

local shell = require "spec.support.shell"
local count = require "spec.bench.count"
local page = require "spec.bench.page"
local prepare = require "spec.bench.prepare"
local rows = require "spec.bench.rows"
local wire = require "spec.bench.wire"

local core = require "twilio.webhooks.core"

local ONE, MANY = { 128, 768 }, 64
-- In flight over TLS: a handshake takes so long under valgrind that the last of 64 connections would be
-- opened while the many are counted.
local OVER_TLS, OPENED = 16, { 512, 1280 }
local LIMIT = 'ulimit -n "$(ulimit -H -n)" 2>/dev/null; ' -- descriptors, of which thousands are needed
local mode, argument = arg[1], arg[2]
local quick = mode == "--quick"
local deadline = core.now() + (tonumber(os.getenv "MINUTES") or 10) * 60

local root = shell.output "pwd":match "[^\n]+"
local work = shell.output "mkdir -p build/bench && mktemp -d -p $PWD/build/bench":match "%S+"
local results = { rows = rows, cost = {}, calls = {}, cpu = {}, peak = {}, sent = {}, newest = {}, warm = {}, cold = {},
  in_flight = {}, held = {}, frame = {}, wall = {}, left_out = {}, many = MANY,
  many_over_tls = OVER_TLS }
local clients, http, tls, keeper

local function say(text, ...)
  io.stderr:write(text:format(...), "\n")
end

local function time_left()
  return deadline - core.now()
end

-- What a program said is cut to its last line that is not valgrind's, before any traceback.
local function leave_out(what, why)
  local last = why
  for line in why:gsub("\nstack traceback.*", ""):gmatch "[^\n]+" do
    if not line:find "^==" and not line:find "^status" and not line:find "^%s" then last = line end
  end
  why = last
  say("left out: %s: %s", what, why)
  results.left_out[#results.left_out + 1] = { what = what, why = why }
end

-- --- commands ----------------------------------------------------------------------------------

-- The command of a row, as a function of the number of calls and of what it is to run under.
-- place: base_url; in_flight; loader, words before the program, whose path has to be whole;
-- environment, assignments.
local function command_of(row, place)
  return function(calls, under)
    local program, rest = row.program:match "^(%S+)(.*)$"
    program = ({ ["{bare}"] = work .. "/bare", ["{multi}"] = work .. "/bare_multi", python3 = clients.python })[program]
      or shell.output("command -v " .. program):match "%S+"
    local words = rest:gsub("@", calls .. " " .. place.base_url):gsub("{n}", tostring(place.in_flight or MANY))
    return (LIMIT .. "env PYTHONHASHSEED=0 %s timeout 300 %s %s %s %s%s"):format(place.environment or "",
      prepare.launcher(row, root), under or "", place.loader or "", program, words)
  end
end

local function calls_of(row, in_flight)
  if quick then return { 4, 12 } end
  if row.calls then return row.calls end
  if not in_flight or in_flight <= MANY then return ONE end
  return { in_flight, in_flight * (in_flight > 1000 and 3 or 6) // 2 }
end

-- --- which rows can run ---------------------------------------------------------------------------

-- A source belongs to one of the modules there, which then is the newest of them.
local function is_built(lua)
  local directory = ("build/%s/twilio/webhooks"):format(lua)
  local status, newer = shell.run(("test -e %s/core.so && find csrc -name '*.[ch]' -newer \"$(ls -t %s/*.so | head -n 1)\"")
    :format(directory, directory))
  if status ~= 0 then return "not built; make LUA=" .. lua end
  if newer ~= "" then return "built before the last change; make LUA=" .. lua end
end

-- Why a row cannot run; nil: it can.
local function missing(row)
  if row.node then return clients.why.node end
  if row.python then return clients.why.python end
  if row.ours then
    local why = is_built(row.lua)
    if why then return why end
  elseif not row.needs then
    return nil
  end
  if clients.why[row.needs] then return clients.why[row.needs] end
  local module = row.needs or "twilio.webhooks"
  local status = shell.run(("%s %s -e 'require \"%s\"'"):format(prepare.launcher(row, root), row.lua, module))
  if status ~= 0 then return ("%s finds no module %s"):format(row.lua, module) end
end

-- What three creates send is compared with what the reference sends.
local reference

local function check(row)
  local status, said = shell.run(command_of(row, { base_url = keeper.base_url })(3) .. " </dev/null")
  local requests = keeper:take()
  if status ~= 0 then return "it fails: " .. said:sub(-300) end
  if #requests ~= 3 then return ("3 creates send %d requests"):format(#requests) end
  reference = reference or requests[1]
  for _, request in ipairs(requests) do
    local wrong = wire.wrong(request, reference)
    if wrong then return "it does not send the request that it should: " .. wrong end
  end
  results.sent[row.key] = wire.difference(requests[1], reference)
end

-- Leaves those in `rows` that can be run.
local function choose()
  local able = {}
  for _, row in ipairs(rows) do
    if row.node then row.label = row.label .. " " .. (clients.node_version or "") end
    if row.python then row.label = row.label .. " " .. (clients.python_version or "") end
    local why = missing(row) or check(row)
    if why then
      leave_out(row.label, why)
      rows[row.key] = nil
    else
      able[#able + 1] = row
    end
  end
  for i = 1, math.max(#rows, #able) do rows[i] = able[i] end
end

-- --- measuring -------------------------------------------------------------------------------------

local function count_row(row, place, calls)
  if time_left() < 0 then return leave_out(row.label, "no time was left") end
  local cost, why = count.instructions(command_of(row, place), calls)
  if not cost then leave_out(row.label, why) end
  return cost
end

-- One more count of each row; false once the time is over.
local function count_all(reserve)
  for _, row in ipairs(rows) do
    if time_left() < reserve then return false end
    if not row.compiled then
      local cost = count_row(row, { base_url = http.base_url }, calls_of(row))
      results.cost[row.key] = results.cost[row.key] or {}
      table.insert(results.cost[row.key], cost)
    end
  end
  return true
end

local function count_system_calls()
  if shell.run "command -v strace" ~= 0 then return leave_out("system calls", "there is no strace") end
  for _, row in ipairs(rows) do
    results.calls[row.key] = count.system_calls(command_of(row, { base_url = http.base_url }), calls_of(row))
  end
end

-- Rows take turns, so that what else the machine does falls on all of them; the least counts.
local function time_all()
  local few, many = MANY * 4, MANY * 20
  local least, measured = {}, work .. "/measure"
  for _ = 1, 3 do
    for _, row in ipairs(rows) do
      if time_left() < 0 then return end
      local command = command_of(row, { base_url = http.base_url })
      local first, second = count.run(command(few, measured)), count.run(command(many, measured))
      if first and second then
        local l = least[row.key] or { few = first.cpu, many = second.cpu }
        l.few, l.many = math.min(l.few, first.cpu), math.min(l.many, second.cpu)
        least[row.key] = l
        results.cpu[row.key] = (l.many - l.few) / (many - few)
        results.peak[row.key] = second.peak
      end
    end
  end
end

-- Those rows whose keys are listed, at a place: key to cost.
local function count_listed(keys, place, calls, into)
  for _, key in ipairs(keys) do
    if rows[key] then into[key] = count_row(rows[key], place, calls or calls_of(rows[key])) end
  end
end

local function count_newest()
  local newest, version = prepare.newest(root, work .. "/bare")
  if not newest then return leave_out("the newest libcurl", version) end
  results.newest_version = version
  count_listed(rows.NEWEST, { base_url = http.base_url, loader = newest }, nil, results.newest)
end

-- Where TLS is, and who is trusted there: "certificate", the server alone, or "trusted", all that
-- this machine trusts besides. That takes 250 million instructions to read.
local function over_tls(path, trusted)
  return { base_url = tls.base_url:gsub("^http:", "https:") .. path,
    environment = ("CURL_CA_BUNDLE=%s/%s.pem CONNECT_TIMEOUT=100"):format(work, trusted) }
end

-- Cold: the server closes each connection after its answer.
local function count_tls()
  for _, key in ipairs(rows.TLS) do
    local row, place = rows[key], over_tls("", "certificate")
    place.in_flight = OVER_TLS
    count_listed({ key }, place, row and row.group == "many" and OPENED or nil, results.warm)
    if row and row.group == "one" then
      results.cold[key] = count_row(row, over_tls("/cold", "trusted"), key == "reference" and { 1, 3 } or { 16, 48 })
    end
  end
end

local function count_in_flight()
  for _, number in ipairs(rows.NUMBERS) do
    results.in_flight[number] = {}
    for _, key in ipairs(rows.IN_FLIGHT) do
      local row = rows[key]
      if row and time_left() > 60 then
        results.in_flight[number][key] = count_row(row, { base_url = http.base_url, in_flight = number },
          calls_of(row, number))
      elseif row then
        leave_out(("%s, %d in flight"):format(row.label, number), "no time was left")
      end
    end
  end
end

-- --- memory, steps, wall ---------------------------------------------------------------------------

local function hold(label, number, command)
  local status, said = shell.run(command)
  local bytes = said:match "held (%d+)"
  if status ~= 0 or not bytes then return leave_out(("%s, %d held"):format(label, number), said:sub(-200)) end
  table.insert(results.held, { label = label, number = number, kib = tonumber(bytes) / number / 1024 })
end

local function hold_all()
  for _, number in ipairs { 1000, 5000 } do
    local late = http.base_url .. "/late/8000"
    hold("libcurl's multi", number, (LIMIT .. "timeout 120 %s/bare_multi %d %s %d hold"):format(work, number, late, number))
    for _, lua in ipairs { "lua5.4", "luajit" } do
      if not is_built(lua) then
        hold("twilio-webhooks, client:go, " .. rows.named(lua), number,
          (LIMIT .. "timeout 120 tools/env build/%s %s spec/bench/hold.lua %d %s"):format(lua, lua, number, late))
      end
    end
  end
end

-- The work of a tick loop's steps: see frame.lua. Over TLS the longest is the one that reads the
-- certificates, where these are many in one file.
local function frames()
  local places = { { "http", { base_url = http.base_url .. "/late/2000" } },
    { "TLS", over_tls("/late/2000", "certificate") },
    { "TLS, a file of all certificates", over_tls("/late/2000", "trusted") } }
  for _, named in ipairs(places) do
    local name, place = named[1], named[2]
    for _, lua in ipairs { "lua5.4", "luajit" } do
      local row = { lua = lua, program = lua .. " spec/bench/frame.lua @" }
      local status, said = shell.run(command_of(row, place)(1000))
      local longest, middle, idle = said:match "longest ([%d.]+) middle ([%d.]+) idle ([%d.]+)"
      if status ~= 0 or not longest then
        leave_out(("steps, %s, %s"):format(name, lua), said)
      else
        table.insert(results.frame, { place = name, lua = rows.named(lua), longest = tonumber(longest),
          middle = tonumber(middle), idle = tonumber(idle) })
      end
    end
  end
end

-- By the few calls all connections are open.
local function wall_ratio(row, place, rounds)
  local ours, theirs = command_of(row, place), command_of(rows.multi, place)
  local few, many = MANY * 4, MANY * 24
  local ratios, measured = {}, work .. "/measure"
  for _ = 1, rounds do
    if time_left() < 0 and #ratios > 2 then break end
    local a1, b1 = count.run(theirs(few, measured)), count.run(ours(few, measured))
    local a2, b2 = count.run(theirs(many, measured)), count.run(ours(many, measured))
    if not (a1 and b1 and a2 and b2) then return nil end
    ratios[#ratios + 1] = (b2.wall - b1.wall) / (a2.wall - a1.wall)
  end
  return count.spread(ratios)
end

local TOO_MUCH = 25 -- percent: a ratio that spreads further says nothing

-- 64 in flight over TLS to a server that answers after 20 ms: the time beside that of libcurl's
-- multi interface, the two taking turns.
local function time_wall()
  local place = over_tls("/late/20", "certificate")
  for _, key in ipairs { "leanest multi", "workers lua5.4", "concurrent lua5.4", "workers luajit" } do
    local row = rows[key]
    if row and rows.multi then
      local ratio, spread = wall_ratio(row, place, 11)
      if ratio and spread < TOO_MUCH then
        table.insert(results.wall, { label = row.label, ratio = ratio, spread = spread })
      else
        leave_out(row.label .. ", wall time", ratio and ("the ratios spread by ± %.0f %%, so busy is the machine")
          :format(spread) or "a program failed")
      end
    end
  end
end

-- --- the profile -------------------------------------------------------------------------------------

local function profile(program)
  shell.output "mkdir -p build/profile"
  local row = { lua = "lua5.4", program = ("lua5.4 spec/bench/%s @"):format(program or "create.lua") }
  for i, calls in ipairs(ONE) do
    local file = "build/profile/callgrind.out." .. ({ "few", "many" })[i]
    shell.output(command_of(row, { base_url = http.base_url })(calls,
      "valgrind --tool=callgrind --callgrind-out-file=" .. file))
  end
  print(shell.output(("lua5.4 spec/bench/profile.lua build/profile/callgrind.out.few build/profile/callgrind.out.many %d")
    :format(ONE[2] - ONE[1])))
end

-- --- all of it -----------------------------------------------------------------------------------------

local function agent()
  local row = { lua = "lua5.4", program = "lua5.4 spec/bench/create.lua @" }
  local status, said = shell.run(command_of(row, { base_url = keeper.base_url })(1))
  if status ~= 0 then error("create.lua does not run: " .. said) end
  return keeper:take()[1]:match "\r\n[Uu]ser%-[Aa]gent: ([^\r\n]+)"
end

local function facts()
  local function first(command) return shell.output(command):match "[^\n]*" end
  results.commit = first "git rev-parse --short HEAD 2>/dev/null || echo unknown"
  if shell.run "git diff --quiet HEAD -- csrc lua" ~= 0 then results.commit = results.commit .. " and changes" end
  results.date = os.date "!%Y-%m-%d"
  results.cpu_name = first "sed -n 's/^model name.*: //p' /proc/cpuinfo"
  results.cores = first "nproc"
  results.load = first "cut -d' ' -f1 /proc/loadavg"
  results.curl = first "pkg-config --modversion libcurl"
  results.versions = ("Lua %s, %s, nginx %s, valgrind %s"):format(first "lua5.4 -v":match "[%d.]+",
    (first "luajit -v 2>&1 || echo no LuaJIT"):match "^(.-) %-%-" or "no LuaJIT",
    first "PATH=$PATH:/usr/sbin nginx -v 2>&1":match "[%d.]+", first "valgrind --version":match "[%d.]+")
end

local PARTS = { { "instructions", count_all, 240 }, { "TLS", count_tls }, { "newest", count_newest },
  { "system calls", count_system_calls }, { "steps", frames }, { "wall", time_wall }, { "memory", hold_all },
  { "processor", time_all }, { "in flight", count_in_flight } }

local function measure(part)
  local began = core.now()
  if time_left() > 30 then part[2](part[3]) else leave_out(part[1], "no time was left") end
  say("%s: %.0f s", part[1], core.now() - began)
end

-- Instructions are counted again while there is time, which shows how far they spread.
local function full()
  for _, part in ipairs(PARTS) do measure(part) end
  for _ = 2, 3 do
    if not count_all(15) then break end
  end
end

local function only(name)
  for _, part in ipairs(PARTS) do
    if part[1] == name then measure(part) end
  end
  print(page.tables(results))
end

local function main()
  clients = quick and { why = { node = "quick", python = "quick" } } or prepare.clients()
  shell.output(("mkdir -p %s/kept"):format(work))
  keeper = wire.start(work .. "/kept")
  http, tls = prepare.servers(work)
  prepare.build(work, agent())
  if mode == "--profile" then return profile(argument) end
  facts()
  if quick then rows.only { "reference", "create lua5.4" } end
  choose()
  if mode == "--only" then return only(argument) end
  if quick then
    count_all(0)
    count_all(0)
  else
    full()
  end
  page.write(results, quick and argument or "spec/bench")
end

local ok, why = xpcall(main, debug.traceback)
for _, server in ipairs { http or false, tls or false, keeper or false } do
  if server then server:stop() end
end
os.execute("rm -rf " .. work)
if not ok then error(why, 0) end
