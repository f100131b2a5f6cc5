-- An exchange: a request, and its outcome after faults and the API.
--
--   operation, fault, rules       its operation; the fault that it meets, and the rules that
--                                 alter its answer
--   processed, change             did it take effect, and what did it make or remove?
--   status, headers, body, text   the answer, and its body as it goes out
--   response                      the bytes of the answer; nil if there is none
--   more                          may another request follow on its connection?
--
-- endings.lua ends it on its connection. process.lua makes `server`.

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

-- A fault may keep a request from the API, and give another answer. A restart meanwhile also keeps it
-- from the API.
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

-- Processes a request after its answer; only the log shows the outcome.
local function process_late(server, made, number)
  cqueues.sleep(made.fault.seconds)
  process(server, made)
  local change = made.change or {}
  server.log:complete(number, {
    processed = made.processed, stored = change.stored, removed = change.removed,
  })
end

-- --- the answer, and the log --------------------------------------------------

-- Trailers that would mislead a client if it took them for headers.
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

-- Writes the log. The status is that of an answer that went out, at least in part. Gives the number
-- of the entry.
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

-- Performs a request, or refuses a malformed one with `refusal`; logs it; and gives the exchange.
-- `connection`: its number, and `lost`, a fault that has ended it meanwhile. `more`: does the client
-- allow another request?
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
