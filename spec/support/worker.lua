-- What nginx's workers do in openresty_spec: each function is a location, or a part of one.
-- What it is to do stands in the query, what came of it is answered as JSON.

local cjson = require "cjson"
local example = require "spec.support.example"
local handles = require "spec.support.handles"
local webhooks = require "twilio.webhooks"

local worker = {}

-- How a client goes about it.
local WAYS = {
  wait = function() return { wait = webhooks.wait.openresty } end,
  block = function() return {} end,
  transport = function() return { transport = webhooks.transport.openresty() } end,
}

local clients = {}

-- A client with the options in the query; one for all that ask for the same.
local function client_for(query)
  local key = table.concat({ query.way, query.base or "", query.attempts or "", query.timeout or "" }, " ")
  if not clients[key] then
    local options = WAYS[query.way]()
    options.account_sid, options.auth_token = example.account_sid, example.auth_token
    options.service_sid = query.service or example.service_sid
    options.base_url, options.allow_http = query.base, true
    options.max_attempts = tonumber(query.attempts)
    options.timeout, options.deadline = tonumber(query.timeout), 20
    clients[key] = assert(webhooks.new(options))
  end
  return clients[key]
end

local function say(value)
  ngx.print(cjson.encode(value))
end

local function results(ok, result, info, err)
  if not ok then return { raised = tostring(result) } end
  return { result = result, info = not err and info or nil, message = err and info, err = err,
    worker = ngx.worker.pid() }
end

local function webhook(query)
  return { channel_sid = query.channel, type = "webhook",
    configuration = { url = "https://example.com/" .. query.channel, filters = { "onMessageSent" } } }
end

-- A create, as the query has it.
function worker.created()
  local query = ngx.req.get_uri_args()
  return results(pcall(function()
    local client = client_for(query)
    return client:create_webhook(webhook(query))
  end))
end

function worker.create()
  say(worker.created())
end

-- In a phase before the content's, which then says what came of it.
function worker.before()
  ngx.ctx.results = worker.created()
end

function worker.say_before()
  say(ngx.ctx.results)
end

-- In phases that answer nobody.
function worker.log_created()
  ngx.log(ngx.ERR, "in ", ngx.get_phase(), ": ", cjson.encode(worker.created()))
end

-- In a timer, for which the request waits.
function worker.timer()
  local query, outcome = ngx.req.get_uri_args(), nil
  local done = require "ngx.semaphore".new()
  assert(ngx.timer.at(0, function()
    outcome = results(pcall(function() return client_for(query):create_webhook(webhook(query)) end))
    done:post()
  end))
  done:wait(15)
  say(outcome or { raised = "the timer did not end" })
end

-- Waits by each of the client's own means, but for calls.
local WAITS = {
  map = function(client) client:map({ 1 }, 1, function() client:sleep(0.01) end) end,
  run = function(client)
    client:go(function() client:sleep(0.01) end)
    client:run()
  end,
  sleep = function(client) client:sleep(0.01) end,
  step = function(client) client:step(0.01) end,
}

function worker.waits()
  local query = ngx.req.get_uri_args()
  WAITS[query.by](client_for(query))
  say { result = "waited" }
end

-- All operations, one after the other.
function worker.all()
  local query = ngx.req.get_uri_args()
  local client, channel = client_for(query), query.channel
  local made = {}
  for i = 1, 3 do
    made[i] = assert(client:create_webhook { channel_sid = channel, type = "webhook",
      configuration = { url = "https://example.com/" .. i, filters = { "onMessageSent", "onMemberAdded" } } })
  end
  local sid = made[2].sid
  local fetched = assert(client:fetch_webhook { channel_sid = channel, sid = sid })
  local updated = assert(client:update_webhook { channel_sid = channel, sid = sid, configuration = { method = "GET" } })
  local listed, info = assert(client:list_webhooks { channel_sid = channel, page_size = 1 })
  say {
    made = made, fetched = fetched, updated = updated, listed = listed, date = info.headers.date,
    deleted = assert(client:delete_webhook { channel_sid = channel, sid = sid }),
    left = #assert(client:list_webhooks { channel_sid = channel }),
  }
end

-- Waits until a connection of that row of the fault server has done what it does.
local function await(control, name)
  for _ = 1, 500 do
    local connection = ngx.socket.tcp()
    assert(connection:connect("127.0.0.1", control))
    assert(connection:send(name .. "\n"))
    local ended = tonumber(assert(connection:receive()):match " (%d+)$")
    connection:close()
    ngx.sleep(0.01) -- nginx takes note of what has come
    if ended > 0 then return end
  end
  error("nothing happened: " .. name)
end

local outcomes

-- One attempt at each of many servers, all at the same time. The request lasts for as long as
-- its last subrequest; what came of the calls is told by another, and sooner.
function worker.attempts()
  ngx.req.read_body()
  local given, threads, all = cjson.decode(ngx.req.get_body_data()), {}, {}
  for name, fields in pairs(given) do
    threads[#threads + 1] = ngx.thread.spawn(function()
      local options = WAYS.transport()
      options.account_sid, options.auth_token, options.allow_http = example.account_sid, example.auth_token, true
      options.base_url, options.timeout = fields.base_url, fields.timeout
      local client = assert(webhooks.new(options))
      local params = example.webhook(fields.fields)
      if fields.warm then
        params.timeout = 20 -- as the other attempt may take less than a busy machine does
        assert(handles.attempt(client, "create_webhook", params, 20))
        params.timeout = nil
        if fields.pause then await(fields.control, name) end
      end
      all[name] = results(pcall(handles.attempt, client, "create_webhook", params, 10))
    end)
  end
  for _, thread in ipairs(threads) do ngx.thread.wait(thread) end
  outcomes = all
end

function worker.outcomes()
  while not outcomes do ngx.sleep(0.05) end
  say(outcomes)
end

-- A create amid the reading of a request of one's own.
function worker.outer()
  local query = ngx.req.get_uri_args()
  local before = ngx.req.get_headers(0)
  local outcome = results(pcall(function() return client_for(query):create_webhook(webhook(query)) end))
  local after = ngx.req.get_headers(0)
  ngx.req.read_body()
  say { outcome = outcome, before = before, after = after, body = ngx.req.get_body_data(), method = ngx.req.get_method() }
end

-- Goes away amid a call.
function worker.leave()
  local query = ngx.req.get_uri_args()
  ngx.thread.spawn(function() client_for(query):create_webhook(webhook(query)) end)
  ngx.sleep(0.05)
  ngx.print "left"
  ngx.exit(200)
end

return worker
