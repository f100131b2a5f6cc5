--- Brings the entries of a plan together with what a journal tells of each. A journal without
-- records has nothing to tell, and the plan's own order stays.

local core = require "twilio.webhooks.loading".core()
local digest = require "twilio.webhooks.bulk.digest"
local sorted = require "twilio.webhooks.bulk.sorted"
local states = require "twilio.webhooks.bulk.states"
local cjson = require "cjson"

local resume = {}

-- Sorts the records by channel. Gives the sorter; or nil, message.
local function sort_records(journal)
  local sorter, json = sorted.new(), cjson.new()
  local read, place = journal:records(), 0
  while true do
    local record, message = read()
    if not record then
      if message then return nil, message end
      return sorter
    end
    place = place + 1
    local added, why = sorter:add(("%s%012d"):format(record.k, place) .. json.encode(record))
    if not added then return nil, why end
  end
end

-- The same with the plan's entries.
local function sort_entries(plan)
  local sorter, read = sorted.new(), plan:texts()
  while true do
    local text, message = read()
    if not text then
      if message then return nil, message end
      return sorter
    end
    local url = core.decode(text).url
    local added, why = sorter:add(digest.key(url) .. text)
    if not added then return nil, why end
  end
end

-- A function that gives the states of the channel with that key; each key asked for has to be
-- larger than the one before. Or nil, message.
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

--- A function that gives an entry and its states, nil at the end; or nil, message. And a function
-- to be called at the end.
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
  if not entries then return nil, why end
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
