-- An exchange: a request, and what becomes of it between a fault that it may meet and the API.
--
--   operation, fault, rules       what it asks for; the fault that it meets, and the rules that
--                                 alter its answer
--   processed, change             whether it had its effect, and what this made or removed
--   status, headers, body, text   the answer, and its body as it goes out
--   response                      the bytes of all that; nil where there is no answer
--   more                          whether another request may follow on its connection
--
-- How it ends on its connection is in endings.lua. `server` is what process.lua puts together.

local alterations = require "twilio.webhooks.sandbox.alterations"
local api = require "twilio.webhooks.sandbox.api"
local cqueues = require "cqueues"
local http = require "twilio.webhooks.sandbox.http"
local json = require "twilio.webhooks.sandbox.json"

local exchange = {}

local FAULT_MESSAGES = {
  [429] = "Too many requests", [500] = "Internal server error", [504] = "Gateway timeout",
}

-- --- what becomes of the request ----------------------------------------------

local function refuse(server, made, status, message)
  made.status, made.headers, made.body = server.api:refuse(status, message)
end

local function process(server, made)
  local ok, status, headers, body, change =
    xpcall(server.api.handle, server.on_error, server.api, made.request, made.rules)
  made.processed = ok and status < 400
  if ok then
    made.status, made.headers, made.body, made.change = status, headers, body, change
  else
    made.more = false
    refuse(server, made, 500, "The sandbox failed, and said why on its stderr")
  end
end

-- A fault may keep a request from the API, and put an answer in the place of the API's. A
-- restart meanwhile keeps it from the API too.
local function decide(server, connection, made)
  local request = made.request
  made.operation = api.operation(request)
  made.fault, made.rules = server.faults:draw(made.operation, request.method)
  if server.latency > 0 then cqueues.sleep(server.latency) end
  if connection.lost then made.fault = connection.lost end
  local fault = made.fault
  if not fault or fault.processed then process(server, made) end
  if fault and fault.status then
    refuse(server, made, fault.status, FAULT_MESSAGES[fault.status] or "Service unavailable")
    made.headers["Retry-After"] = fault.retry_after and ("%d"):format(fault.retry_after)
  end
end

-- Processes a request of which nobody then learns more than the log says.
local function process_late(server, made, number)
  cqueues.sleep(made.fault.seconds)
  process(server, made)
  local change = made.change or {}
  server.log:complete(number, {
    processed = made.processed, stored = change.stored, removed = change.removed,
  })
end

-- --- the answer, and the log --------------------------------------------------

-- Fields that would mislead a client which took them for headers.
local function new_trailers(server)
  return {
    ["Date"] = alterations.http_date(0), ["Retry-After"] = "3600",
    ["Twilio-Request-Id"] = server.api:sid("RQ"),
  }
end

local function format_response(server, made)
  local rules = made.rules or {}
  made.text = made.body and json.encode(made.body) or ""
  alterations.of_headers(made.headers, rules, server.api.clock())
  local trailers = alterations.find(rules, "trailers") and new_trailers(server)
  made.response = http.format_response(made.request, made.status, made.headers, made.text,
    made.more, trailers)
end

local function names_of(rules)
  if not rules or #rules == 0 then return nil end
  local names = json.list()
  for i, rule in ipairs(rules) do names[i] = rule.name end
  return names
end

-- The status in the log is that of an answer which went out, be it in part. Gives the
-- number of the entry.
local function write_log(server, connection, made)
  local fault, change = made.fault or {}, made.change or {}
  local status = not fault.silent and made.status or nil
  return server.log:write({
    connection = connection.number, operation = made.operation,
    fault = fault.name, altered = names_of(made.rules), processed = made.processed,
    status = status, problem = status and status >= 400 and made.body.message or nil,
    stored = change.stored, removed = change.removed, answer = status and made.text,
  }, made.request)
end

-- --- the module ---------------------------------------------------------------

-- Decides what becomes of a request, or of what came in its place, for which there is a
-- `refusal`; logs it; and gives the exchange. `connection`: its number, and `lost`, a fault that
-- has ended it meanwhile. `more`: may another request follow, as far as the client is concerned.
function exchange.perform(server, connection, request, refusal, more)
  local made = { request = request, processed = false, more = more }
  if refusal then
    refuse(server, made, refusal.status, refusal.message)
  else
    decide(server, connection, made)
  end
  if made.status then format_response(server, made) end
  local number = write_log(server, connection, made)
  if made.fault and made.fault.late then server.go(process_late, server, made, number) end
  return made
end

return exchange
