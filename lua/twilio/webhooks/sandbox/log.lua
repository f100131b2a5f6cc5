-- The log: every request as a line of JSON, complete except for passwords, so that a test can ask
-- what was really sent, and what happened to it.

local cqueues = require "cqueues"
local decode = require "twilio.webhooks.sandbox.decode"
local json = require "twilio.webhooks.sandbox.json"

local log = {}

local Log = {}
Log.__index = Log

local BUFFER_BYTES = 65536 -- nearly every entry is then written in one piece

local KEYS = {
  "n", "time", "connection", "operation", "fault", "altered", "late", "processed", "status", "problem",
  "method", "target", "version", "user", "body", "body_hex", "headers", "header_list",
  "stored", "removed",
}

local DELIVERY_KEYS = {
  "delivery", "time", "event", "webhook", "method", "url", "attempt", "status", "problem",
  "signature", "settings", "idempotency_token", "body", "answer",
}

local function ignore() end

local function to_hex(bytes)
  return (bytes:gsub(".", function(byte) return ("%02x"):format(byte:byte()) end))
end

local function hide_credentials(name, value)
  if not name:lower():find("authorization$") then return value end
  return (value:match("^%a+") or "") .. " (not logged)"
end

local function without_credentials(request)
  local headers, list = {}, json.list()
  for name, value in pairs(request.headers) do headers[name] = hide_credentials(name, value) end
  for i, field in ipairs(request.header_list) do
    list[i] = { field[1], hide_credentials(field[1], field[2]) }
  end
  return headers, list
end

-- Seconds since 1970 with a fraction. os.time has none, and monotime another zero; the
-- largest difference of the two seen so far is the best guess at their distance.
function Log:now()
  local monotime = cqueues.monotime()
  self.epoch = math.max(self.epoch, os.time() - monotime)
  return self.epoch + monotime
end

-- Writes a line, and also gives it to `watch(kind, line, entry)`; the kind is "request", "late" or
-- "delivery".
local function put(self, kind, entry, keys)
  local line = json.encode(entry, keys)
  self.file:write(line, "\n")
  self.file:flush()
  self.watch(kind, line, entry)
end

-- Logs the outcome of request number `n`, which was processed after its answer.
function Log:complete(n, entry)
  entry.n, entry.time, entry.late = n, self:now(), true
  put(self, "late", entry, KEYS)
end

-- An attempt to deliver an event.
function Log:deliver(entry)
  self.deliveries = self.deliveries + 1
  entry.delivery, entry.time = self.deliveries, self:now()
  put(self, "delivery", entry, DELIVERY_KEYS)
end

-- Adds the request to `entry`, which has its outcome, and logs it; gives its number. A body that is
-- not UTF-8 is logged as body_hex instead.
function Log:write(entry, request)
  self.count = self.count + 1
  local is_text = utf8.len(request.body)
  entry.n, entry.time = self.count, self:now()
  entry.method, entry.target, entry.version = request.method, request.target, request.version
  entry.user = decode.credentials(request.headers.authorization)
  entry.body = is_text and request.body or nil
  entry.body_hex = not is_text and to_hex(request.body) or nil
  entry.headers, entry.header_list = without_credentials(request)
  put(self, "request", entry, KEYS)
  return entry.n
end

-- A log in the file of that path, or without one on standard output. Or nil and a message.
function log.open(path)
  local file, why = io.stdout, nil
  if path then file, why = io.open(path, "w") end
  if not file then return nil, "cannot write the log: " .. why end
  file:setvbuf("full", BUFFER_BYTES)
  return setmetatable({ file = file, watch = ignore, count = 0, deliveries = 0, epoch = -math.huge }, Log)
end

return log
