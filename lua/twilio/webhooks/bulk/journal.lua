--- The journal of an apply: its intents and their outcomes, so that after a kill the next run goes
-- on where the last one ended. It is JSON Lines, each with a checksum over the rest of the line and
-- written at once. Only one process at a time has the file.
--
-- Records, by `t`: "journal", the first: `input`, `account`. "intent": an action follows; a create's
-- intent is on the disk before a byte of the create leaves. Then its outcome: "done", "failed",
-- "unknown", or "absent" (a later look shows that it was not made).

local cjson = require "cjson"
local core = require "twilio.webhooks.loading".core()
local failure = require "twilio.webhooks.bulk.failure"
local lines = require "twilio.webhooks.bulk.lines"
local system = require "twilio.webhooks.loading".system()

local journal = {}

local Journal = {}
Journal.__index = Journal
Journal.__name = "twilio.webhooks.journal"

local VERSION = 1
local BEGIN = '{"sum":"'
-- Seconds for which others may append before a sync.
local LONGEST_PAUSE = 0.1
-- How often it opens a file that another process keeps removing.
local OPENINGS = 10

-- --- lines -----------------------------------------------------------------------------------

-- The line of a record.
local function write_line(self, record)
  local rest = self.json.encode(record):sub(2)
  return ('%s%s",%s'):format(BEGIN, system.checksum(rest), rest)
end

-- The record of a line; nil if it is damaged.
local function read_line(line)
  local sum, rest = line:match '^{"sum":"(%x+)",(.*)$'
  if not sum or system.checksum(rest) ~= sum then return nil end
  return core.decode("{" .. rest)
end

-- May it be what a crash left of one of our lines? After a power cut some file systems have null bytes
-- in place of the lost end of a file.
local function may_be_torn(line)
  return line:sub(1, #BEGIN) == BEGIN:sub(1, #line) or line == ("\0"):rep(#line)
end

-- --- opening -----------------------------------------------------------------------------------

local function fail(self, message, name)
  self.broken = self.broken or { failure("journal", message, { error_name = name }) }
  return nil, self.broken[2], self.broken[3]
end

-- Opens and locks the file of that name. Another process may remove it in between.
local function open_locked(path)
  for _ = 1, OPENINGS do
    local file, message, name = system.open(path, "append")
    if not file then return failure("journal", message, { error_name = name }) end
    local locked
    locked, message, name = file:lock()
    if locked and file:is_at(path) then return file end
    file:close()
    if not locked and name == "EWOULDBLOCK" then
      return failure("locked", path .. ": another apply is at work with this journal")
    elseif not locked then
      return failure("journal", message, { error_name = name })
    end
  end
  return failure("journal", path .. ": is removed again and again")
end

local NO_JOURNAL = "%s: is no journal of an apply: give another path"
local DAMAGED = "%s: line %d is damaged, and not the last one: see what happened to the file"

-- Reads all lines. Gives the length of the whole lines; or nil, message, err.
local function scan(self, size)
  local read, number, whole = lines.part(self.file, 0, size), 0, 0
  local damaged
  while true do
    local line, ended, name = read()
    if not line then
      if ended then return fail(self, ended, name) end
      return whole
    end
    number = number + 1
    if damaged then return failure("journal", DAMAGED:format(self.path, damaged)) end
    local record = ended and read_line(line)
    if not record then
      if not may_be_torn(line) then
        return failure("journal", (number == 1 and NO_JOURNAL or DAMAGED):format(self.path, number))
      end
      damaged = number
    else
      if number == 1 then self.header = record end
      self.count = number
      whole = whole + #line + 1
    end
  end
end

local function check_header(self)
  local header = self.header
  if not header then return true end
  if header.t ~= "journal" then return failure("journal", NO_JOURNAL:format(self.path)) end
  if header.version ~= VERSION then
    local message = "%s: version %s of the format is not known"
    return failure("journal", message:format(self.path, tostring(header.version)))
  end
  return true
end

-- Removes what a crash left of the last line.
local function repair(self, whole, size)
  if whole == size then return true end
  local done, message, name = self.file:truncate(whole)
  if done then done, message, name = self.file:sync() end
  if not done then return fail(self, message, name) end
  self.repaired = true
  return true
end

local function read(self)
  local size, message, name = self.file:size()
  if not size then return fail(self, message, name) end
  local whole, why, err = scan(self, size)
  if not whole then return nil, why, err end
  local done
  done, why, err = check_header(self)
  if not done then return nil, why, err end
  done, why, err = repair(self, whole, size)
  if not done then return nil, why, err end
  done, message, name = system.sync_name(self.path)
  if not done then return fail(self, message, name) end
  return true
end

--- Opens a journal, or makes one. It stays locked until it is closed or collected.
-- @tparam string path
-- @treturn[1] table
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] table err, of kind "locked", or "journal": cannot be read or written, is damaged
function journal.open(path)
  local file, message, err = open_locked(path)
  if not file then return nil, message, err end
  local self = setmetatable({ path = path, file = file, json = cjson.new(), header = nil, count = 0,
    broken = nil, written = 0, durable = 0, pause = 0, repaired = false,
    opened = core.now(), boot = system.boot(), -- who had the lock before sends nothing after it
  }, Journal)
  local done
  done, message, err = read(self)
  if done then return self end
  file:close()
  return nil, message, err
end

-- --- records ---------------------------------------------------------------------------------

--- A function that gives the records after the first, nil at the end; or nil, message: then nothing
-- may be sent any more.
function Journal:records()
  local size, problem, name = self.file:size()
  if not size then return function() return fail(self, problem, name) end end
  local next_line = lines.part(self.file, 0, size)
  next_line()
  return function()
    local line, message, error_name = next_line()
    if not line and message then return fail(self, message, error_name) end
    local record = line and read_line(line)
    if line and not record then return fail(self, self.path .. ": has changed since it was opened") end
    return record
  end
end

--- Writes a record. True; or nil, message, err, and then the run must not send anything more.
function Journal:append(record)
  if self.broken then return nil, self.broken[2], self.broken[3] end
  if not self.file then return fail(self, self.path .. ": the journal is closed") end
  local done, message, name = self.file:write(write_line(self, record) .. "\n")
  if not done then return fail(self, message, name) end
  self.count, self.written = self.count + 1, self.written + 1
  return true
end

--- Returns once all appended records are on the disk: true; or nil, message, err. One sync serves all
-- records before it, so `wait(seconds)` first lets others append, for as long as the last sync took.
-- So at most half of the time goes into syncs, during which nothing else runs.
function Journal:commit(wait)
  local wanted = self.written
  if self.durable < wanted and wait then wait(self.pause) end
  if self.broken then return nil, self.broken[2], self.broken[3] end
  if self.durable >= wanted then return true end
  local covered, begun = self.written, core.now()
  local done, message, name = self.file:sync()
  if not done then return fail(self, message, name) end
  self.durable, self.pause = covered, math.min(core.now() - begun, LONGEST_PAUSE)
  return true
end

-- Empties a file that holds only a header: its run has sent nothing, so another input may use it.
local function forget(self)
  local done, message, name = self.file:truncate(0)
  if not done then return fail(self, message, name) end
  self.header, self.count = nil, 0
  return true
end

--- Begins the journal of an input, or goes on with it. True; or nil, message, err: "changed".
function Journal:begin(input, account)
  if not self.file then return fail(self, self.path .. ": the journal is closed") end
  if self.header and self.count == 1 then
    local done, message, err = forget(self)
    if not done then return nil, message, err end
  end
  local header = self.header
  if not header then
    header = { t = "journal", version = VERSION, input = input, account = account,
      at = math.floor(system.time() * 1000) }
    local done, message, err = self:append(header)
    if done then done, message, err = self:commit() end
    if not done then return nil, message, err end
    self.header = header
    return true
  end
  if header.account and account and header.account ~= account then
    local message = "%s: is of the account %s, and not of %s"
    return failure("changed", message:format(self.path, header.account, account))
  elseif header.input ~= input then
    return failure("changed", self.path .. ": was begun with other rows: give them, or another journal")
  end
  return true
end

--- Does it record nothing that was sent? Then nobody needs it.
function Journal:is_blank()
  return not self.broken and self.count <= 1 -- the header
end

--- Removes and closes the file, once its run is over. True; or nil, message, err.
function Journal:remove()
  local done, message = os.remove(self.path)
  if done then done, message = system.sync_name(self.path) end
  self:close()
  if not done then return failure("journal", tostring(message)) end
  return true
end

function Journal:close()
  if self.file then self.file:close() end
  self.file = nil
end

Journal.__close = Journal.close

return journal
