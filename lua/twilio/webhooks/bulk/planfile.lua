--- A plan as a file of JSON Lines. The first line says what it is, each entry has a line, and the
-- last line has a checksum over all others. It holds no credential.

local cjson = require "cjson"
local core = require "twilio.webhooks.loading".core()
local failure = require "twilio.webhooks.bulk.failure"
local lines = require "twilio.webhooks.bulk.lines"
local plans = require "twilio.webhooks.bulk.plan"
local system = require "twilio.webhooks.loading".system()

local planfile = {}

local VERSION = 1
-- The length of its first line.
local BEGIN_BYTES = 1000
local COUNTS = { "create", "update", "delete", "keep", "failed" }

-- --- writing ---------------------------------------------------------------------------------

-- Writes all lines. True; or nil, message, name.
local function write_lines(plan, writer)
  local sum = ""
  local function add(line)
    sum = system.checksum(sum .. line)
    return writer:add(line)
  end
  local done, message, name = add(cjson.new().encode {
    twilio_webhooks_plan = VERSION, input = plan.input, account = plan.account, counts = plan.counts,
    parents = plan.parents, rows = plan.rows, rate = plan.rate, mixed = plan.mixed or nil,
  })
  local read = plan:texts()
  while done do
    local text, why = read()
    if not text and why then return nil, why end
    if not text then break end
    done, message, name = add(text)
  end
  if done then done, message, name = writer:add(('{"sum":"%s"}'):format(sum)) end
  if done then done, message, name = writer:flush() end
  return done, message, name
end

-- Would the plan replace a file that is no plan, such as its own rows?
local function is_other(path)
  local file = system.open(path, "read")
  local text = file and file:read() or ""
  if file then file:close() end
  return text ~= "" and not text:sub(1, BEGIN_BYTES):find('"twilio_webhooks_plan"', 1, true)
end

-- Writes a new file. True; or nil, message, name.
local function write_file(plan, file)
  local done, message, name = write_lines(plan, lines.writer(file))
  if not done then return nil, message, name end
  return file:sync()
end

--- Writes all of the plan or nothing: an error leaves no file. True; or nil, message, err.
function planfile.write(plan, path)
  if is_other(path) then return failure("file", path .. ": is there, and is no plan: give another path") end
  local new = ("%s.%08x.new"):format(path, math.floor(core.random() * 2 ^ 32)) -- unique, if two write
  local file, message, name = system.open(new, "new")
  if not file then return failure("file", message, { error_name = name }) end
  local ok, done
  ok, done, message, name = pcall(write_file, plan, file)
  file:close()
  if ok and done then
    done, message = os.rename(new, path)
    if not done then message = path .. ": " .. message:match "[^: ][^:]*$" -- Lua 5.4 names no file there
    else done, message, name = system.sync_name(path) end
  end
  if ok and done then return true end
  os.remove(new)
  if not ok then error(done, 0) end
  return failure("file", tostring(message), { error_name = name })
end

-- --- reading -----------------------------------------------------------------------------------

local function is_header(header)
  if not header or header.twilio_webhooks_plan == nil or type(header.input) ~= "string" then return false end
  for _, name in ipairs(COUNTS) do
    if type(header.counts) ~= "table" or type(header.counts[name]) ~= "number" then return false end
  end
  return type(header.rate) == "number" and type(header.parents) == "number"
end

-- Reads all lines. Gives the header, and the offsets of the entries' beginning and end; or nil, message.
local function scan(file, size)
  local read = lines.part(file, 0, size)
  local first, ended = read()
  local header = first and core.decode(first)
  if not is_header(header) then return nil, type(ended) == "string" and ended or "is no plan" end
  if header.twilio_webhooks_plan ~= VERSION then return nil, "is a plan of a version that is not known" end
  local sum, from, offset = system.checksum(first), #first + 1, #first + 1
  while true do
    local line, whole = read()
    if not line then return nil, type(whole) == "string" and whole or "is not complete" end
    local said = line:match '^{"sum":"(%x+)"}$'
    if said then
      if said ~= sum then return nil, "is damaged: its checksum is another" end
      if offset + #line < size - 1 then return nil, "has text after its end" end
      return header, from, offset
    end
    sum, offset = system.checksum(sum .. line), offset + #line + 1
  end
end

--- Reads a plan. Nil, message, err if the file is no plan, or not a whole one.
function planfile.read(path)
  local file, message, name = system.open(path, "read")
  if not file then return failure("file", message, { error_name = name }) end
  local size, why, kind = file:size()
  if not size then return failure("file", why, { error_name = kind }) end
  local header, from, to = scan(file, size)
  if not header then
    file:close()
    return failure("invalid", ("%s: %s"):format(path, from))
  end
  local counts = header.counts
  local self = plans.new_plan {
    file = file, from_file = true, input = header.input, account = header.account, counts = counts,
    parents = header.parents, rows = header.rows, rate = header.rate, errors = {},
    mixed = header.mixed == true,
    writes = counts.create + counts.update + counts.delete,
    source_texts = function() return lines.part(file, from, to) end,
  }
  self.seconds = self.writes / self.rate
  return self
end

return planfile
