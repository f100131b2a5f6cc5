-- growth.lua: how work grows with what a user, or a server, may make large. Instructions of one
-- call at sizes of 1, 10, 100 and 1,000, and the slope between the last two: 1 is in proportion to
-- the size, 2 to its square. A table, and no verdict:
--
--   lua5.4 spec/bench/growth.lua [PATTERN]     after `make`; needs valgrind
--   lua5.4 spec/bench/growth.lua INPUT SIZE CALLS
--                                              only makes the calls, to be counted

package.path = "./?.lua;" .. package.path

local core = require "twilio.webhooks.core"
local webhooks = require "twilio.webhooks"
local count = require "spec.bench.count"
local shell = require "spec.support.shell"

local FORM = "application/x-www-form-urlencoded"
local ACCOUNT = { account_sid = "AC" .. ("a"):rep(32), auth_token = "x", service_sid = "IS" .. ("a"):rep(32) }
local HOOK = '{"sid":"WH%032d","type":"webhook","date_created":"2016-03-24T21:05:50Z",'
  .. '"configuration":{"url":"https://x/%d","method":"POST","filters":["a"]}}'

-- n texts, joined.
local function join(n, separator, make)
  local parts = {}
  for i = 1, n do parts[i] = make(i) end
  return table.concat(parts, separator)
end

-- A table with n fields.
local function fields(n, make)
  local all = {}
  for i = 1, n do
    local name, value = make(i)
    all[name] = value
  end
  return all
end

local function create(parameters)
  local all = { channel_sid = "c", type = "webhook", configuration = { url = "u" } }
  for _, given in ipairs { ACCOUNT, parameters } do
    for name, value in pairs(given) do all[name] = value end
  end
  return function() core.request("create_webhook", all) end
end

local function open(options)
  for name, value in pairs(ACCOUNT) do options[name] = value end
  return assert(webhooks.new(options))
end

-- A client of an API that lists n webhooks.
local function client_of_list(n)
  local list = '{"meta":{},"webhooks":[' .. join(n, ",", function(i) return HOOK:format(i, i) end) .. "]}"
  return open { transport = function(request)
    if request.method == "GET" then return { status = 200, headers = {}, body = list } end
    return { status = 201, headers = {}, body = HOOK:format(99999, 99999) }
  end }
end

-- A client of an API that answers each GET with the next of n pages.
local function client_of_pages(n)
  local page, text = 0, '{"meta":{"key":"channels","next_page_url":%s},"channels":[{"sid":"CH%032d"}]}'
  return open { transport = function()
    page = page % n + 1
    local following = page < n and ('"https://x/v2/Services?Page=%d"'):format(page) or "null"
    return { status = 200, headers = {}, body = text:format(following, page) }
  end }
end

-- A file that nothing is in yet.
local function new_path()
  local path = os.tmpname()
  os.remove(path)
  return path
end

-- A plan over n channels, and what is wanted there.
local function bulk_of(n)
  local client = client_of_list(1)
  local rows = fields(n, function(i)
    return i, { channel_sid = "c" .. i, type = "webhook", configuration = { url = "https://x/new", filters = { "a" } } }
  end)
  return client, function() return assert(webhooks.bulk.source { rows = rows }) end
end

local function verify(options)
  options.url, options.auth_token = options.url or "https://x/", "1"
  options.signature = ("A"):rep(27) .. "=" -- of the right form, and wrong
  return function() webhooks.verify(options) end
end

-- Name of what grows to a function of the size, which gives the call to be counted.
local INPUTS = {
  ["a body of verify: fields"] = function(n)
    return verify { content_type = FORM, body = join(n, "&", function(i) return "A" .. i * 7919 % 1000 .. "=b" end) }
  end,
  ["a body of verify: one field again and again"] = function(n)
    return verify { content_type = FORM, body = join(n, "&", function(i) return "A=b" .. i end) }
  end,
  ["a channel's name"] = function(n) return create { channel_sid = ("c"):rep(3 * n) } end,
  ["an event's fields"] = function(n)
    local body = "EventType=x&" .. join(n, "&", function(i) return "A.B" .. i .. "=c" end)
    return function() webhooks.event(body) end
  end,
  ["an event's fields, as JSON"] = function(n)
    local body = '{"EventType":"x",' .. join(n, ",", function(i) return ('"A%d":"c"'):format(i) end) .. "}"
    return function() webhooks.event(body, "application/json") end
  end,
  ["calls that are canceled"] = function(n)
    local client = open { base_url = "http://127.0.0.1:1", max_in_flight = 1 }
    return function()
      local tasks = fields(n, function(i) return i, client:go(client.list_webhooks, client, { channel_sid = "c" }) end)
      for i = n, 1, -1 do tasks[i]:cancel() end
      client:run()
    end
  end,
  ["defaults of a client"] = function(n)
    local client = open { extra = fields(n, function(i) return "field_" .. i, i end),
      transport = function() return { status = 201, headers = {}, body = HOOK:format(1, 1) } end }
    return function() client:create_webhook { channel_sid = "c", type = "webhook", configuration = { url = "u" } } end
  end,
  ["equal creates at once"] = function(n)
    local client = open { max_in_flight = n, transport = function()
      return { status = 201, headers = {}, body = HOOK:format(1, 1) }
    end }
    return function()
      for _ = 1, n do
        client:go(function()
          client:create_webhook { channel_sid = "c", type = "webhook", configuration = { url = "u" } }
        end)
      end
      client:run()
    end
  end,
  ["extra"] = function(n) return create { extra = fields(n, function(i) return "field_" .. i, i end) } end,
  ["filters"] = function(n)
    return create { configuration = { url = "u", filters = fields(n, function(i) return i, "on" .. i end) } }
  end,
  ["functions of go that sleep"] = function(n)
    local client = open {}
    return function()
      for _ = 1, n do client:go(function() client:sleep(0.001) end) end
      client:run()
    end
  end,
  ["headers"] = function(n) return create { headers = fields(n, function(i) return "X-H-" .. i, "v" end) } end,
  ["headers of an answer"] = function(n)
    local headers = fields(math.min(n, 240), function(i) return "X-H-" .. i, "v" end)
    local client = open { transport = function() return { status = 404, headers = headers, body = "" } end }
    return function() client:fetch_webhook { channel_sid = "c", sid = "WH" .. ("a"):rep(32) } end
  end,
  ["items of map"] = function(n)
    local client, items = open {}, fields(n, function(i) return i, i end)
    return function() client:map(items, 8, function() end) end
  end,
  ["nested tables"] = function(n)
    local nested = {}
    for _ = 1, n do nested = { a = nested } end
    return create { configuration = { url = "u", x = nested } }
  end,
  ["options of new that are not known"] = function(n)
    local options = fields(n, function(i) return "optiom_" .. i, 1 end)
    return function() webhooks.new(options) end
  end,
  ["pages of an iterator"] = function(n)
    local client = client_of_pages(n)
    return function()
      local found = 0
      for _ in client:channels {} do found = found + 1 end
      assert(found == n)
    end
  end,
  ["parameters of verify"] = function(n) return verify { params = fields(n, function(i) return "A" .. i, "b" end) } end,
  ["query of verify's URL"] = function(n)
    return verify { url = "https://x/?" .. join(n, "&", function(i) return "a" .. i .. "=b" end), body = "",
      content_type = FORM }
  end,
  ["rows of a plan"] = function(n)
    local client, source = bulk_of(n)
    return function()
      local plan = assert(webhooks.bulk.plan(source(), client))
      assert(plan.counts.update + plan.counts.create == n)
      plan:close()
    end
  end,
  ["rows of a plan and of its journal"] = function(n)
    local client, source = bulk_of(n)
    return function()
      local plan, path = assert(webhooks.bulk.plan(source(), client)), new_path()
      local journal = assert(webhooks.bulk.journal(path))
      assert(webhooks.bulk.apply(plan, client, journal, { rate = 1000000 }))
      journal:close()
      plan:close()
      os.remove(path)
    end
  end,
  ["unknown fields"] = function(n) return create(fields(n, function(i) return "servise_sid_" .. i, i end)) end,
  ["values of the wrong type"] = function(n)
    return create { configuration = { url = "u", filters = fields(n, function(i) return i, i end) } }
  end,
  ["webhooks listed"] = function(n)
    local client = client_of_list(n)
    return function() assert(#client:list_webhooks { channel_sid = "c" } == n) end
  end,
  ["webhooks listed, of ensure"] = function(n)
    local client = client_of_list(n)
    return function()
      client:ensure_webhook { channel_sid = "c", type = "webhook",
        configuration = { url = "https://x/none", filters = { "a" } } }
    end
  end,
  ["webhooks listed and wanted, of apply"] = function(n)
    local client = client_of_list(n)
    local wanted = fields(n, function(i)
      return i, { type = "webhook", configuration = { url = "https://x/" .. i, filters = { "a" } } }
    end)
    return function() client:apply_webhooks { channel_sid = "c", webhooks = wanted, dry_run = true } end
  end,
  ["a webhook's URL"] = function(n) return create { configuration = { url = "https://x/" .. ("a"):rep(20 * n) } } end,
}

if arg[2] then -- INPUT SIZE CALLS
  local call = INPUTS[arg[1]](tonumber(arg[2]))
  for _ = 1, tonumber(arg[3]) do call() end
  return
end

local SIZES = { 1, 10, 100, 1000 }
local CALLS = { 2, 6 }

local names = {}
for name in pairs(INPUTS) do
  if name:find(arg[1] or "", 1, true) then names[#names + 1] = name end
end
table.sort(names)

print("| instructions of one call, with so many | 1 | 10 | 100 | 1,000 | slope |\n|---|---:|---:|---:|---:|---:|")
for _, name in ipairs(names) do
  local costs = {}
  for i, size in ipairs(SIZES) do
    costs[i] = assert(count.instructions(function(calls, under)
      return ("%s %s spec/bench/growth.lua %s %d %d"):format(under, arg[-1], shell.quote(name), size, calls)
    end, CALLS))
  end
  print(("| %s | %.0f | %.0f | %.0f | %.0f | %.2f |"):format(name, costs[1], costs[2], costs[3], costs[4],
    math.log(costs[4] / costs[3]) / math.log(10)))
end
