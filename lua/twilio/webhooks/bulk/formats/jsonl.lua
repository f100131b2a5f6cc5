--- JSON Lines: one object a line. The first line may be the header, { "twilio_webhooks": 1 }, which
-- says the version of the format. Empty lines are skipped, but have a number.

local core = require "twilio.webhooks.loading".core()
local lines = require "twilio.webhooks.bulk.lines"
local system = require "twilio.webhooks.loading".system()

local VERSION = 1
local BOM = "\239\187\191"

local function read_row(text, number)
  local row, why = core.decode(text)
  if not row then return nil, "is no JSON object: " .. why end
  if row[1] ~= nil then return nil, "must be a JSON object, not an array" end
  local repeated = system.repeated_key(text)
  if repeated then return nil, ('has the key "%.64s" twice'):format(repeated) end
  local version = row.twilio_webhooks
  if version == nil then return row end
  if number > 1 then return nil, "the header must be the first line" end
  if version ~= VERSION then
    return nil, ("version %s of the format is not known, only %d"):format(tostring(version), VERSION)
  end
  return false
end

--- A function that gives the line's number and a row; or the number, nil and what is wrong with
-- the line; nil at the end, or nil, message.
return function(read)
  local next_line, number = lines.reader(read, lines.MOST), 0
  return function()
    while true do
      local text, message = next_line()
      if message == lines.TOO_LONG then return number + 1, nil, message end
      if not text then return nil, type(message) == "string" and message or nil end
      number = number + 1
      if number == 1 and text:sub(1, 3) == BOM then text = text:sub(4) end
      if text:find "%S" then
        local row, why = read_row(text, number)
        if row ~= false then return number, row, why end
      end
    end
  end
end
