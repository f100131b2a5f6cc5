--- A journal's knowledge of one channel or conversation: which rows are done, which creates have no
-- outcome, and which webhooks the run has made or touched. Pure: records go in.

local states = {}

local States = {}
States.__index = States

function states.new()
  return setmetatable({
    rows = {},    -- digest of a row to { status, intent, counted }
    made = {},    -- sids of webhooks that the run made: the keys of a set
    touched = {}, -- sids of webhooks that it was about to change or delete
  }, States)
end

local function add_intent(self, record)
  self.rows[record.d] = { status = "open", intent = record, counted = false }
  if record.a ~= "create" then self.touched[record.sid] = true end
end

--- Adds a record, in the order of the journal.
function States:add(record)
  if record.t == "intent" then return add_intent(self, record) end
  local row = self.rows[record.d] or {}
  row.status = record.t
  self.rows[record.d] = row
  if record.t == "done" and record.a == "create" then self.made[record.sid] = true end
end

--- Is the row done, or may it be?
function States:is_settled(row)
  local known = self.rows[row]
  local status = known and known.status
  return status == "done" or known and known.intent and known.intent.a == "create"
    and (status == "open" or status == "unknown") or false
end

--- True for a row that an earlier run has done, once.
function States:count_skipped(row)
  local known = self.rows[row]
  if not known or known.status ~= "done" or known.counted then return false end
  known.counted = true
  return true
end

--- Notes that the row's outcome was counted.
function States:set_counted(row)
  self.rows[row].counted = true
end

--- The intents of creates that may have made an unknown webhook.
function States:open()
  local list = {}
  for _, row in pairs(self.rows) do
    local intent = row.intent
    if intent and intent.a == "create" and (row.status == "open" or row.status == "unknown") then
      list[#list + 1] = intent
    end
  end
  table.sort(list, function(a, b) return a.d < b.d end)
  return list
end

return states
