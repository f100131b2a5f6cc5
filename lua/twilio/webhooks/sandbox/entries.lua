-- Reads the sandbox's log: requests, deliveries, and the webhooks that exist.

local cjson = require "cjson"

local entries = {}

local Entries = {}
Entries.__index = Entries

-- lua-cjson reads every number as a float where Lua has integers.
local function restore_integers(object)
  for key, value in pairs(object) do
    if type(value) == "table" then restore_integers(value) end
    if type(value) == "number" then object[key] = math.tointeger(value) or value end
  end
end

local function decode_entry(json, line)
  local entry = json.decode(line)
  if math.tointeger then restore_integers(entry) end
  if entry.body_hex then
    entry.body = entry.body_hex:gsub("%x%x", function(digits) return string.char(tonumber(digits, 16)) end)
    entry.body_hex = nil
  end
  return entry
end

-- Applies what a request changed: `stored` is a webhook as it then was, `removed` a webhook's sid.
local function apply_change(self, entry)
  if entry.stored then
    local sid = entry.stored.sid
    local known = self.stored[sid]
    self.changes = self.changes + 1
    self.stored[sid] = { webhook = entry.stored, made = known and known.made or self.changes }
  elseif entry.removed then
    self.stored[entry.removed] = nil
  end
end

-- An entry is a delivery, a request, or completes that of one which was processed late.
local function add(self, entry)
  if entry.delivery then
    table.insert(self.deliveries, entry)
    return
  elseif entry.late then
    local earlier = self.requests[entry.n]
    earlier.late, earlier.processed = true, entry.processed
    earlier.stored, earlier.removed = entry.stored, entry.removed
  else
    table.insert(self.requests, entry)
  end
  apply_change(self, entry)
end

-- Reads what was added to the log since the last read, into `requests` and `deliveries`. True, or
-- nil and a message.
function Entries:read()
  local log, why = io.open(self.path, "rb")
  if not log then return nil, why end
  log:seek("set", self.position)
  local text = log:read("*a"):match("^.*\n") or ""
  log:close()
  self.position = self.position + #text
  for line in text:gmatch("[^\n]+") do add(self, decode_entry(self.json, line)) end
  return true
end

-- The webhooks that existed when it was last read, the oldest first.
function Entries:webhooks()
  local all, webhooks = {}, {}
  for _, one in pairs(self.stored) do all[#all + 1] = one end
  table.sort(all, function(a, b) return a.made < b.made end)
  for i, one in ipairs(all) do webhooks[i] = one.webhook end
  return webhooks
end

-- Makes a reader of the log file at that path.
function entries.of(path)
  return setmetatable({
    path = path, position = 0, json = cjson.new(),
    requests = {}, deliveries = {}, stored = {}, changes = 0,
  }, Entries)
end

return entries
