--- Joins the entries of a plan with a journal's records about each. If the journal has no records,
-- the plan's own order stays.

local core = require "twilio.webhooks.loading".core()
local digest = require "twilio.webhooks.bulk.digest"
local sorted = require "twilio.webhooks.bulk.sorted"
local states = require "twilio.webhooks.bulk.states"
local cjson = require "cjson"

local resume = {}

-- Sorts the lines that `read` gives (nil at the end, or nil, message). Gives the sorter; or nil, message.
local function sort(read)
  local sorter = sorted.new()
  local line, message = read()
  while line do
    local added, why = sorter:add(line)
    if added then line, message = read() else line, message = nil, why end
  end
  if not message then return sorter end
  sorter:close()
  return nil, message
end

-- The journal's records by channel.
local function sort_records(journal)
  local json, read, place = cjson.new(), journal:records(), 0
  return sort(function()
    local record, message = read()
    if not record then return nil, message end
    place = place + 1
    return ("%s%012d"):format(record.k, place) .. json.encode(record)
  end)
end

-- The plan's entries by channel.
local function sort_entries(plan)
  local read = plan:texts()
  return sort(function()
    local text, message = read()
    if not text then return nil, message end
    return digest.key(core.decode(text).url) .. text
  end)
end

-- A function that gives the states of the channel with a key, or nil, message. Ask for the keys in
-- ascending order.
local function reader_of_states(sorter)
  local read = sorter:read()
  local line, problem = read()
  return function(key)
    local found = states.new()
    while line and line:sub(1, 32) <= key do
      if line:sub(1, 32) == key then found:add(core.decode(line:sub(45))) end
      line, problem = read()
    end
    if not line and problem then return nil, problem end
    return found
  end
end

--- Gives a function that gives an entry and its states, nil at the end, or nil, message; and a
-- function to call at the end.
function resume.entries(plan, journal)
  if journal.count <= 1 then
    local read = plan:entries()
    return function()
      local entry, message = read()
      if not entry then return nil, message end
      return entry, states.new()
    end, function() end
  end
  local records, message = sort_records(journal)
  if not records then return nil, message end
  local entries, why = sort_entries(plan)
  if not entries then
    records:close()
    return nil, why
  end
  local read, states_of = entries:read(), reader_of_states(records)
  return function()
    local line, problem = read()
    if not line then return nil, problem end
    local found, reason = states_of(line:sub(1, 32))
    if not found then return nil, reason end
    return core.decode(line:sub(33)), found
  end, function()
    entries:close()
    records:close()
  end
end

return resume
