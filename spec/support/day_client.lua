-- day_client.lua KIND CALLS SECONDS BASE_URL DIRECTORY: one of the clients of spec/day.lua. KIND is
-- "tick", "cqueues" or "blocking": how it waits. Makes so many calls, or those that it has begun
-- within so many seconds. Writes into DIRECTORY what was told of each webhook (KIND.told), and
-- figures (KIND.json).

local cjson = require "cjson"
local core = require "twilio.webhooks.core"
local example = require "spec.support.example"
local process = require "spec.support.process"
local webhooks = require "twilio.webhooks"

local kind, calls, seconds, base_url, directory = arg[1], tonumber(arg[2]), tonumber(arg[3]), arg[4], arg[5]

-- Channels at work at a time, where the kind of client can. A restart fails a call of each, and a
-- client has 20 retries at once.
local CHANNELS = 20
-- Calls on a channel: see `visit`. Five webhooks at the most are there at a time.
local CALLS = 10
local TICK = 0.005 -- seconds between two steps
local SAMPLES = 100
local DEADLINE = 30

local now = core.now
local begin = now()
local made = 0 -- calls so far
local channels = math.max(math.floor(calls / CALLS), 1)
local visited, under_way, counted = 0, 0, 0 -- channels; calls at the last sample
local outcomes, requests = {}, 0
local told = assert(io.open(directory .. "/" .. kind .. ".told", "w"))
local figures = { kind = kind, worst_wall = 0, worst_own = 0, most = 0, kb = {}, complaints = {}, failures = {} }

local client = assert(webhooks.new {
  account_sid = example.account_sid, auth_token = example.auth_token, service_sid = example.service_sid,
  base_url = base_url, allow_http = true, timeout = 2, connect_timeout = 1, deadline = DEADLINE,
  max_in_flight = 32, wait = kind == "cqueues" and webhooks.wait.cqueues or nil,
  on_event = function(event)
    if event.type == "attempt" then requests = requests + 1 end
    if event.type == "error" then error(event.message) end
  end,
})

-- --- what is called ---------------------------------------------------------------------

local function complain(text)
  if #figures.complaints < 10 then table.insert(figures.complaints, text) end
end

local function call(method, params)
  made = made + 1
  local result, info, err = client[method](client, params)
  local outcome = err and err.kind or info.adopted and "adopted" or "ok"
  local name = method:match "^%l+" .. " " .. outcome
  outcomes[name] = (outcomes[name] or 0) + 1
  if err and #figures.failures < 10 then table.insert(figures.failures, info) end
  if err and err.status == 404 then complain(info) end
  if err then client:sleep(1) end
  return result, info, err
end

local function params_of(channel, letter)
  local name = ("%s-%d-%s"):format(kind, channel, letter)
  return name, { channel_sid = ("day %s %d"):format(kind, channel), type = "webhook",
    configuration = { url = "https://example.com/" .. name, filters = { "onMessageSent" } } }
end

-- Makes a webhook: what is known of it. `state` is "there", "indeterminate" or "failed".
local function make(method, channel, letter)
  local name, params = params_of(channel, letter)
  local hook, _, err = call(method, params)
  if hook then return { name = name, sid = hook.sid, state = "there", params = params } end
  return { name = name, sid = "-", state = err.kind == "indeterminate" and err.kind or "failed", params = params }
end

-- Those that were handed out and not deleted stand in every list.
local function list(channel, hooks)
  local listed = call("list_webhooks", { channel_sid = ("day %s %d"):format(kind, channel) })
  local sids = {}
  for _, hook in ipairs(listed or {}) do sids[hook.sid] = true end
  for _, hook in ipairs(listed and hooks or {}) do
    if hook.state == "there" and not sids[hook.sid] then complain(hook.name .. " is not in a list") end
    if hook.state == "gone" and sids[hook.sid] then complain(hook.name .. " was deleted, and is in a list") end
  end
end

-- A change of one that is there, or a list where there is none.
local function change(method, channel, hook, state, configuration)
  if hook.state ~= "there" then return list(channel, {}) end
  local ok = call(method, { channel_sid = hook.params.channel_sid, sid = hook.sid, configuration = configuration })
  hook.state = ok and state or state .. "?"
end

-- To ensure what is there gives the same one and makes none.
local function ensure_again(channel, hook)
  if hook.state ~= "there" then return list(channel, {}) end
  local again, info = call("ensure_webhook", hook.params)
  if again and (again.sid ~= hook.sid or info.created) then complain("another webhook was ensured: " .. hook.name) end
end

-- The ten calls on a channel of its own.
local function visit(channel)
  local a = make("create_webhook", channel, "a")
  local b = make("create_webhook", channel, "b")
  local c = make("ensure_webhook", channel, "c")
  list(channel, { a, b, c })
  change("update_webhook", channel, a, "updated", { url = a.params.configuration.url .. "?updated" })
  change("delete_webhook", channel, b, "gone")
  local d = make("create_webhook", channel, "d")
  ensure_again(channel, c)
  local e = make("create_webhook", channel, "e")
  list(channel, { b, c, d, e })
  for _, hook in ipairs { a, b, c, d, e } do told:write(hook.name, " ", hook.state, " ", hook.sid, "\n") end
end

-- --- what is measured -------------------------------------------------------------------

local function count_descriptors()
  figures.last = process.descriptor_count() -- collects, too
  figures.most = math.max(figures.most, figures.last)
end

-- Not within a step that is measured.
local function sample()
  if (made - counted) * SAMPLES < calls then return end
  counted = made
  count_descriptors()
  local kb = process.resident_kb()
  local way = math.max(made / calls, (now() - begin) / seconds)
  for name, share in pairs { tenth = 0.1, half = 0.5 } do
    if not figures.kb[name] and way >= share then figures.kb[name] = kb end
  end
end

local function measure(step, ...)
  local wall, own = now(), os.clock()
  step(...)
  figures.worst_own = math.max(figures.worst_own, os.clock() - own)
  figures.worst_wall = math.max(figures.worst_wall, now() - wall)
end

-- --- the kinds of clients ---------------------------------------------------------------

local function next_channel()
  if visited >= channels or now() - begin >= seconds then return nil end
  visited = visited + 1
  return visited
end

local kinds = {}

-- A game: steps, and sleeps until the next tick.
function kinds.tick()
  local function task(channel)
    visit(channel)
    under_way = under_way - 1
  end
  local function step()
    while under_way < CHANNELS do
      local channel = next_channel()
      if not channel then break end
      under_way = under_way + 1
      client:go(task, channel)
    end
    client:step()
  end
  repeat
    measure(step)
    sample()
    core.sleep(TICK)
  until under_way == 0
end

-- A loop of cqueues, whose steps wait: by the wall clock it is a neighbour that tells how late
-- it was called.
function kinds.cqueues()
  local cqueues = require "cqueues"
  local loop, working = cqueues.new(), CHANNELS
  for _ = 1, CHANNELS do
    loop:wrap(function()
      for channel in next_channel do visit(channel) end
      working = working - 1
    end)
  end
  local asleep, sampled = false, false
  local late = 0
  loop:wrap(function()
    while working > 0 do
      local moment = now()
      asleep = true
      cqueues.sleep(TICK)
      asleep = false
      if not sampled then late = math.max(late, now() - moment - TICK) end
      sampled = false
    end
  end)
  while working > 0 do
    measure(function() assert(loop:step(1)) end)
    local before = counted
    sample()
    sampled = sampled or asleep and counted ~= before
  end
  figures.worst_wall = late
end

function kinds.blocking()
  for channel in next_channel do
    visit(channel)
    sample()
  end
  figures.worst_wall, figures.worst_own = nil, nil
end

figures.begin = process.descriptor_count()
kinds[kind]()
count_descriptors()
figures.kb["end"] = process.resident_kb()
client:close()
figures.closed = process.descriptor_count()
told:close()
figures.outcomes, figures.calls, figures.requests = outcomes, made, requests
figures.seconds, figures.own = now() - begin, os.clock()
local file = assert(io.open(directory .. "/" .. kind .. ".json", "w"))
file:write(cjson.encode(figures))
file:close()
