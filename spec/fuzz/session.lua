-- What has to hold of whole calls, against a server that does what the input says, one
-- line after the other:
--
--   create_webhook    (or another operation) begins a call; several lines in a row begin
--                     calls at the same time
--   wait              goes on once a whole request has come
--   answer 201        a right answer to any operation, with that status
--   page TEXT         a page of a list, whose next page is at TEXT behind this origin
--   send TEXT         these bytes, percent-encoded
--   shut, close, reset  of the connection
--   cancel            of the last call
--
-- All calls are one client's, so that connections are used again. What the script leaves
-- open is closed at its end, so each call ends.

local native = ...
local core = require "twilio.webhooks.core"
local percent = require "spec.fuzz.percent"
local results = require "spec.fuzz.results"

local OPERATIONS = { create_webhook = "POST", fetch_webhook = "GET", list_webhooks = "GET", update_webhook = "POST",
  delete_webhook = "DELETE" }
local SID = "WH" .. ("0"):rep(32)
local HOOK = ('{"sid":"%s"}'):format(SID)
local CALLS_MAX = 8
local OUT_OF_MEMORY = 27 -- CURLE_OUT_OF_MEMORY
-- Turns without an event: after which the next line has its turn, after which no request
-- comes, and after which a call hangs; the later ones of these wait for a millisecond.
local QUIET, PATIENCE, HANGS = 2, 4, 5000

local port, listener = native.listen()
local BASE = "http://127.0.0.1:" .. port

-- --- the server --------------------------------------------------------------------------

local Server = {}
Server.__index = Server

-- `bytes`: that came in all; `requests`: method and target of each that began.
local function new_server()
  return setmetatable({ bytes = 0, sent = 0, requests = {}, connections = {}, current = nil }, Server)
end

-- Takes the requests off the connection's unread bytes.
function Server:parse(connection)
  while connection.unread ~= "" do
    if not connection.begun then
      connection.begun = true
      connection.head = #self.requests + 1
      self.requests[connection.head] = "?"
    end
    local head, rest = connection.unread:match "^(.-\r\n\r\n)(.*)$"
    if not head then return end
    self.requests[connection.head] = assert(head:match "^(%u+ %S+) HTTP/1%.1\r\n", "no request: " .. head)
    local length = tonumber(head:match "\r\nContent%-Length: (%d+)\r\n" or "0")
    if #rest < length then return end
    connection.unread, connection.begun = rest:sub(length + 1), false
    connection.whole = connection.whole + 1
  end
end

-- True if anything has happened.
function Server:look()
  local fd, any = native.accept(listener), false
  if fd then
    self.current = { fd = fd, unread = "", whole = 0, answered = 0 }
    self.connections[#self.connections + 1] = self.current
    any = true
  end
  for i = #self.connections, 1, -1 do
    local connection = self.connections[i]
    local bytes, closed = native.read(connection.fd)
    self.bytes = self.bytes + #bytes
    connection.unread = connection.unread .. bytes
    self:parse(connection)
    if closed then self:drop(connection, native.close) end
    any = any or bytes ~= "" or closed
  end
  return any
end

function Server:drop(connection, how)
  how(connection.fd)
  for i, other in ipairs(self.connections) do
    if other == connection then table.remove(self.connections, i) end
  end
  if self.current == connection then self.current = self.connections[#self.connections] end
end

function Server:send(text)
  if self.current then self.sent = self.sent + native.write(self.current.fd, text) end
end

function Server:answer(status, body)
  self:send(("HTTP/1.1 %s X\r\nContent-Length: %d\r\n\r\n%s"):format(status, #body, body))
end

function Server:has_whole_request()
  local connection = self.current
  if not connection or connection.whole <= connection.answered then return false end
  connection.answered = connection.answered + 1
  return true
end

function Server:drop_all(how)
  while self.connections[1] do self:drop(self.connections[1], how) end
end

-- --- the script --------------------------------------------------------------------------

local actions = {}

function actions.answer(server, status)
  status = tonumber(status) or 200
  server:answer(status, status == 204 and "" or HOOK:sub(1, -2) .. ',"webhooks":[' .. HOOK .. "]}")
end

function actions.page(server, text)
  local next_page = percent.decode(text):gsub("[%c\"\\]", ".")
  server:answer(200, ('{"webhooks":[%s],"meta":{"next_page_url":"%s%s"}}'):format(HOOK, BASE, next_page))
end

function actions.send(server, text) server:send(percent.decode(text)) end

function actions.shut(server) if server.current then native.shut(server.current.fd) end end

function actions.close(server) if server.current then server:drop(server.current, native.close) end end

function actions.reset(server) if server.current then server:drop(server.current, native.reset) end end

-- --- the client --------------------------------------------------------------------------

local function params_of(operation)
  local params = {}
  if operation == "create_webhook" then params.type = "webhook"
  elseif operation ~= "list_webhooks" then params.sid = SID end
  return params
end

local function begin(run, operation)
  local call = { operation = operation, before = run.server.bytes,
    first = #run.server.requests + 1 }
  call.handle, call.id = run.client:submit(operation, params_of(operation))
  assert(call.handle, call.id)
  run.calls[#run.calls + 1], run.by_id[call.id] = call, call
  run.left = run.left + 1
end

local function count_creates(run)
  local n = 0
  for i = 1, #run.server.requests do
    if run.server.requests[i]:find("^POST %S+/Webhooks$") then n = n + 1 end
  end
  return n
end

-- What the results say against what the server has seen. Where calls overlap, only their
-- sum is known.
local function check_truth(run, call, success, err)
  if run.overlapped then return end
  local server = run.server
  local arrived = server.bytes - call.before
  if call.operation == "create_webhook" then
    assert(#server.requests < call.first + 1, "a create was sent twice")
  end
  if success then
    assert(arrived > 0 and server.sent > 0, "a success out of nowhere")
  elseif err.sent == "no" then
    assert(err.curl_code ~= OUT_OF_MEMORY, "libcurl would not have the request")
    assert(arrived == 0, ("sent is no, and the server has %d bytes"):format(arrived))
  elseif err.sent == "yes" then
    assert(server.sent > 0, "an answer that nobody gave")
  end
end

local function finish(run, call)
  local result, info, err = call.handle:result()
  if result == false then
    assert(call.operation == "list_webhooks", "a page of no list")
    call.handle, call.id = run.client:submit(call.handle)
    run.by_id[call.id] = call
    return
  end
  assert(not call.ended, "two results of one call")
  call.ended = true
  run.left = run.left - 1
  run.server:look()
  if err then assert(err.kind ~= "invalid" and err.kind ~= "timeout", tostring(info)) end
  local success = results.check(call.operation, nil, result, info, err)
  check_truth(run, call, success, err)
end

local function cancel(run)
  local call = run.calls[#run.calls]
  if not call or call.ended then return end
  call.handle:cancel()
  local result, message, err = call.handle:result()
  results.check(call.operation, nil, result, message, err)
  assert(err.kind == "canceled", message)
  run.server:look()
  check_truth(run, call, false, err)
  call.ended, run.left = true, run.left - 1
end

-- One turn of everyone. True if something has happened.
local function turn(run, seconds)
  local any = run.client:step(seconds)
  any = run.server:look() or any
  for id in run.client.announce, run.client do
    local call = run.by_id[id]
    if not call.ended then finish(run, call) end
    any = true
  end
  return any
end

-- Until nothing happens any more.
local function settle(run)
  local quiet = 0
  while quiet < QUIET do quiet = turn(run, 0) and 0 or quiet + 1 end
end

local function wait(run)
  local quiet = 0
  while quiet < PATIENCE and not run.server:has_whole_request() do
    quiet = turn(run, quiet > 0 and 0.001 or 0) and 0 or quiet + 1
  end
end

local function play(run, line)
  local word, rest = line:match "^(%S*) ?(.*)$"
  if OPERATIONS[word] then
    if #run.calls == CALLS_MAX then return end
    if not OPERATIONS[run.last] then settle(run) end
    run.overlapped = run.overlapped or run.left > 0
    begin(run, word)
  elseif word == "wait" then
    wait(run)
  elseif word == "cancel" then
    cancel(run)
  elseif actions[word] then
    settle(run)
    actions[word](run.server, rest)
  end
  run.last = word
end

local function finish_all(run)
  local quiet = 0
  while run.left > 0 do
    if turn(run, quiet > QUIET and 0.001 or 0) then
      quiet = 0
    else
      quiet = quiet + 1
      if quiet > QUIET then run.server:drop_all(native.close) end
    end
    assert(quiet < HANGS, "a call does not end")
  end
end

return function(input)
  local client = core.open {
    account_sid = "AC" .. ("a"):rep(32), auth_token = "t", base_url = BASE, proxy = "",
    service_sid = "IS" .. ("a"):rep(32), channel_sid = "general", max_response_bytes = 20000,
    timeout = 600, connect_timeout = 600, -- a machine that is busy is no finding
  }
  local run = { client = client, server = new_server(), calls = {}, by_id = {}, left = 0, overlapped = false }
  for line in input:gmatch "[^\n]+" do play(run, line) end
  finish_all(run)
  local creates = 0
  for _, call in ipairs(run.calls) do
    assert(call.ended)
    if call.operation == "create_webhook" then creates = creates + 1 end
  end
  assert(count_creates(run) <= creates, "more creates than were asked for")
  -- Reset, so that thousands of connections a minute leave no port in TIME_WAIT.
  repeat run.server:drop_all(native.reset) until not run.server:look()
  client:close()
end
