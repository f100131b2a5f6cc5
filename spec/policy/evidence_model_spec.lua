-- A model of the API on a bad day, and the client's real policy over it: every order of what
-- can happen to one create. Never two webhooks from one call, unless it said that it cannot
-- tell. The clock is the model's own and moves when somebody waits.
--
-- MODEL_TABLE=1 prints how often it cannot tell, as doc/reliability.md has it.

local client = require "twilio.webhooks.client"
local example = require "spec.support.example"
local handles = require "spec.support.handles"

local EPOCH = 1795521600 -- 2026-11-24 12:00:00 UTC, when each call begins
local DEADLINE = 20

local URL = "https://example.com/hook"
local PARAMS = example.params { type = "webhook", deadline = DEADLINE,
  configuration = { url = URL, filters = { "onMessageSent" } } }
local BASELINE = {}
for name, value in pairs(PARAMS) do BASELINE[name] = value end
BASELINE.baseline = true

-- --- what can happen ----------------------------------------------------------------------

-- How the create's answer fails: what the client is told, seconds that it takes, and whether
-- the server may go on after it.
local ANSWERS = {
  closed = { { kind = "network", sent = "unknown" }, 0.1 },
  unusable = { { kind = "parse", sent = "yes", status = 200 }, 0.1 },
  busy = { { kind = "http", sent = "yes", status = 503, retry_after = 2 }, 0.1 },
  timeout = { { kind = "timeout", sent = "unknown" }, 5, running = true },
  gateway = { { kind = "http", sent = "yes", status = 504 }, 3, running = true },
}
-- Seconds after the answer's failure at which the create has its effect; false: never. One
-- that is over may be late by no more than the looks and the last check take.
local COMMITS = { over = { false, 0, 0.45, 1.2, 1.9 }, running = { false, 0, 3, 8, 30 } }
-- Lists in a row that are as they were before the call.
local STALE = { 0, 1, 2, 3, 5 }
-- Seconds by which date_created is behind the Date header.
local LAGS = { -5, -1, 0, 1, 3, 30, 59, 61, 65 }
local DATES = {
  imf = "!%a, %d %b %Y %H:%M:%S GMT", rfc850 = "!%A, %d-%b-%y %H:%M:%S GMT", asctime = "!%a %b %d %H:%M:%S %Y",
  missing = false,
}
local CREATED = { zulu = "!%Y-%m-%dT%H:%M:%SZ", offset = -5, missing = false }
-- What the server makes of the configuration.
local SHAPES = {
  equal = {}, filled = { method = "POST", retry_count = 0 }, normalised = { url = URL .. "/" },
}
-- Another program's webhook: seconds from the begin of the call, and whether it is equal.
local OTHERS = {
  none = false, old = { -86400, true }, lately = { -10, true }, meanwhile = { 0.2, true },
  different = { 0.2, false },
}

-- --- the server -------------------------------------------------------------------------------

local Server = {}
Server.__index = Server

function Server:stamp(moment)
  local format = CREATED[self.created]
  if not format then return nil end
  local created = EPOCH + math.floor(moment - self.lag)
  if format ~= -5 then return os.date(format, created) end
  return os.date("!%Y-%m-%dT%H:%M:%S-05:00", created - 5 * 3600)
end

function Server:date()
  local format = DATES[self.dates]
  return format and os.date(format, EPOCH + math.floor(self.clock))
end

-- Makes a webhook that is there from the moment on.
function Server:commit(moment, owner, configuration)
  local made = { sid = ("WH%032d"):format(#self.hooks + 1), type = "webhook", date_created = self:stamp(moment),
    configuration = configuration }
  self.hooks[#self.hooks + 1] = { webhook = made, moment = moment, owner = owner }
  return made
end

function Server:own_configuration()
  local configuration = { url = URL, filters = { "onMessageSent" } }
  for name, value in pairs(SHAPES[self.shape]) do configuration[name] = value end
  return configuration
end

function Server:create()
  self.posts = self.posts + 1
  local answer = ANSWERS[self.answer]
  if self.posts > self.failing then
    self.clock = self.clock + 0.1
    return self:commit(self.clock, "own", self:own_configuration()), { status = 201, headers = { date = self:date() } }
  end
  self.clock = self.clock + answer[2]
  if self.late then self:commit(self.clock + self.late, "own", self:own_configuration()) end
  local err = { retryable = false, message = "lost", attempts = 1, operation = "create_webhook" }
  for name, value in pairs(answer[1]) do err[name] = value end
  return nil, "lost", err
end

function Server:list()
  self.clock = self.clock + 0.05
  local until_moment = self.clock
  if self.posts > 0 then
    self.lists = self.lists + 1
    if self.lists <= self.stale then until_moment = 0 end
  end
  local listed = {}
  for _, hook in ipairs(self.hooks) do
    if hook.moment <= until_moment then listed[#listed + 1] = hook.webhook end
  end
  return listed, { status = 200, headers = { date = self:date() } }
end

local function new_server(world)
  local server = setmetatable({ clock = 0, hooks = {}, posts = 0, lists = 0, failing = 1 }, Server)
  for name, value in pairs(world) do server[name] = value end
  local other = OTHERS[world.other]
  if other then
    server:commit(other[1], "other", { url = other[2] and URL or "https://example.com/other", filters = { "onMessageSent" } })
  end
  return server
end

-- --- one call ------------------------------------------------------------------------------------

local function open(server)
  return assert(client.new({}, {
    now = function() return server.clock end,
    sleep = function(seconds) server.clock = server.clock + seconds end,
    random = function() return server.random end,
    open = function()
      return handles.new {
        create_webhook = function() return server:create() end,
        list_webhooks = function() return server:list() end,
      }
    end,
  }))
end

local CALLS = {
  create = function(c) return c:create_webhook(PARAMS) end,
  baseline = function(c) return c:create_webhook(BASELINE) end,
  ensure = function(c) return c:ensure_webhook(PARAMS) end,
}

-- What the call said: "created", "adopted", "found" or the kind of its error.
local function outcome(hook, info, err)
  if not hook then return err.kind end
  return info.adopted and "adopted" or info.created == false and "found" or "created"
end

local function describe_world(mode, world)
  local words = { mode }
  for name, value in pairs(world) do words[#words + 1] = name .. "=" .. tostring(value) end
  table.sort(words)
  return table.concat(words, " ")
end

local function check(mode, server, world, hook, said)
  local own, mine = 0, nil
  for _, made in ipairs(server.hooks) do
    if made.owner == "own" then own = own + 1 end
    if hook and made.webhook.sid == hook.sid then mine = made end
  end
  local function fail(why)
    error(("%s: said %s, %d made: %s"):format(why, said, own, describe_world(mode, world)), 0)
  end
  if said == "indeterminate" then return end
  if not hook then fail("ended with an error that says that nothing was made") end
  if own > 1 then fail("two webhooks") end
  if said == "created" and mine.owner ~= "own" then fail("gave another's for its own") end
  if mode ~= "ensure" and mine.owner == "other" and mine.moment < -1 then fail("gave one of before") end
end

local function run(mode, world)
  local server = new_server(world)
  local hook, info, err = CALLS[mode](open(server))
  local said = outcome(hook, info, err)
  check(mode, server, world, hook, said)
  return said
end

-- --- all of them -----------------------------------------------------------------------------------

local function sorted(set)
  local names = {}
  for name in pairs(set) do names[#names + 1] = name end
  table.sort(names)
  return names
end

-- Calls `visit` with each world in which all that is not named in `fixed` varies.
local function each_world(fixed, visit)
  local function values(name, all)
    return fixed[name] ~= nil and { fixed[name] } or all
  end
  for _, answer in ipairs(values("answer", sorted(ANSWERS))) do
    for _, late in ipairs(values("late", COMMITS[ANSWERS[answer].running and "running" or "over"])) do
      for _, stale in ipairs(values("stale", STALE)) do
        for _, lag in ipairs(values("lag", LAGS)) do
          for _, dates in ipairs(values("dates", sorted(DATES))) do
            for _, created in ipairs(values("created", sorted(CREATED))) do
              for _, shape in ipairs(values("shape", sorted(SHAPES))) do
                for _, other in ipairs(values("other", sorted(OTHERS))) do
                  visit { answer = answer, late = late, stale = stale, lag = lag, dates = dates, created = created,
                    shape = shape, other = other, random = fixed.random or 0, failing = fixed.failing or 1 }
                end
              end
            end
          end
        end
      end
    end
  end
end

-- Of so many worlds one is enough for a test; MODEL_ALL=1 has it go through all of them.
local SAMPLE = 23

local function tally(mode, fixed, sample)
  local counts, number = { calls = 0 }, 0
  each_world(fixed, function(world)
    number = number + 1
    if sample and number % sample ~= 0 then return end
    local said = run(mode, world)
    counts.calls = counts.calls + 1
    counts[said] = (counts[said] or 0) + 1
  end)
  return counts
end

-- A world without trouble but the lost answer, and one thing beside at a time.
local FINE = { stale = 0, lag = 0, dates = "imf", created = "zulu", shape = "equal", other = "none" }
local function fine_but(name)
  local fixed = {}
  for field, value in pairs(FINE) do fixed[field] = value end
  if name then fixed[name] = nil end
  return fixed
end

local ROWS = {
  { "nothing else", nil }, { "lists that lag", "stale" }, { "clocks that differ, -5 to 65 s", "lag" },
  { "Date in three forms, or missing", "dates" }, { "date_created with an offset, or missing", "created" },
  { "a configuration filled in, or normalised", "shape" }, { "another program's webhook", "other" },
}

local function share(counts, said)
  return ("%.0f %%"):format(100 * (counts[said] or 0) / counts.calls)
end

describe("a create whose answer is lost", function()
  for _, mode in ipairs(sorted(CALLS)) do
    for _, row in ipairs(ROWS) do
      it(("by %s, with %s: never two"):format(mode, row[1]), function()
        for _, random in ipairs { 0, 0.5, 1 } do
          for failing = 1, 2 do
            local fixed = fine_but(row[2])
            fixed.random, fixed.failing = random, failing
            assert.is_true(tally(mode, fixed).calls >= 25)
          end
        end
      end)
    end

    it(("by %s, in every order of everything #plain: never two"):format(mode), function()
      local counts = tally(mode, {}, not os.getenv "MODEL_ALL" and SAMPLE)
      assert.is_true(counts.calls > 5000)
      if os.getenv "MODEL_TABLE" then
        local said = {}
        for _, name in ipairs(sorted(counts)) do said[#said + 1] = ("%s %d"):format(name, counts[name]) end
        print(("\n%s, in every order: %s"):format(mode, table.concat(said, ", ")))
      end
    end)
  end

  it("is told from others as well as a list can tell", function()
    local lines = { "| beside the lost answer | `create_webhook` | with `baseline` | `ensure_webhook` |",
      "|---|---|---|---|" }
    for _, row in ipairs(ROWS) do
      local create, baseline, ensure = tally("create", fine_but(row[2])), tally("baseline", fine_but(row[2])),
        tally("ensure", fine_but(row[2]))
      lines[#lines + 1] = ("| %s | %s | %s | %s |"):format(row[1], share(create, "indeterminate"),
        share(baseline, "indeterminate"), share(ensure, "indeterminate"))
    end
    if os.getenv "MODEL_TABLE" then print("\n" .. table.concat(lines, "\n")) end
    local file = assert(io.open "doc/reliability.md")
    local page = file:read "*a"
    file:close()
    for _, line in ipairs(lines) do assert.truthy(page:find(line, 1, true), "doc/reliability.md lacks: " .. line) end
  end)

  it("is adopted or made in a world without other trouble, unless it may be running still", function()
    each_world(fine_but(nil), function(world)
      local said = run("create", world)
      if ANSWERS[world.answer].running then
        local seen = world.late and world.late < 12
        assert.equal(seen and "adopted" or "indeterminate", said, describe_world("create", world))
      elseif not world.late then
        assert.equal("created", said)
      elseif world.late < 1.5 then
        assert.equal("adopted", said)
      end
    end)
  end)
end)
