-- The options of the sandbox, and what each must be: asked of a program that calls
-- sandbox.start, and of the command line of server.lua.

local faults = require "twilio.webhooks.sandbox.faults"
local plain = require "twilio.webhooks.plain"

local options = {}

-- --- what an option must be -------------------------------------------------

local function is_string(value)
  return type(value) == "string" and value ~= "" and not value:find("[%z\r\n]")
end

local function is_integer(value)
  return type(value) == "number" and value % 1 == 0 and math.abs(value) < 2 ^ 53
end

local function is_count(value)
  return is_integer(value) and value >= 0 and value <= 1e7
end

local function is_port(value)
  return is_integer(value) and value >= 0 and value <= 65535
end

local function is_seconds(value)
  return type(value) == "number" and value >= 0 and value < math.huge
end

local function is_some_seconds(value)
  return is_seconds(value) and value > 0
end

local function is_base(value)
  return type(value) == "string" and value:find("^https?://[%w%-._:%[%]]+$")
end

local function is_key_name(value)
  return type(value) == "string" and value:find("^[%w_-]+$")
end

local STRING = { is_string, "a string of one line" }
local COUNT = { is_count, "an integer from 0 to 10000000" }
local SECONDS = { is_some_seconds, "a number of seconds above 0" }

local OPTIONS = {
  addresses = COUNT,       -- that there are from the start, 0
  account_sid = STRING,    -- who may use the API; random when not given
  alias = { is_base, "a scheme and a host, such as https://chat.twilio.com" }, -- that answers name
  api_key = STRING,
  api_secret = STRING,
  auth_token = STRING,
  channels = COUNT,        -- of the service, from the start, 0
  conversations = COUNT,   -- of the account, from the start, 0
  faults = { faults.read, "a list of rules" }, -- see faults.lua; none
  host = STRING,           -- to listen on, "127.0.0.1"
  idle_timeout = SECONDS,  -- for a connection between two requests, 60
  latency = { is_seconds, "a number of seconds from 0" }, -- until a request is processed, 0
  log = STRING,            -- path of the log; a temporary file
  lua = STRING,            -- the interpreter; the first Lua 5.4 on the PATH
  port = { is_port, "an integer from 0 to 65535" }, -- 0, any that is free; by hand 8390
  read_timeout = SECONDS,  -- for a request to arrive in, 30
  shared_key = { is_key_name, "a name of letters, digits, _ and -" }, -- events are then signed by SHA-256
  shared_secret = STRING,  -- that key
  seed = { is_integer, "an integer" }, -- of the faults' chance, 1
}

local DEFAULTS = {
  host = "127.0.0.1", port = 8390, idle_timeout = 60, read_timeout = 30, latency = 0, seed = 1,
}

-- The options that can be sent to server.lua, or nil and what is wrong with one.
function options.read(given)
  local settings = {}
  for name, value in pairs(given) do
    local option = OPTIONS[name]
    if not option then
      return nil, ("unknown option %s%s"):format(tostring(name), faults.hint(name, OPTIONS))
    end
    local valid, problem = option[1](value)
    if not valid then return nil, problem or ("option %s must be %s"):format(name, option[2]) end
    settings[name] = name == "faults" and valid or value
  end
  if (settings.shared_key == nil) ~= (settings.shared_secret == nil) then
    return nil, "options shared_key and shared_secret go together"
  end
  return settings
end

-- With the defaults of what was not given.
function options.complete(settings)
  for name, value in pairs(DEFAULTS) do
    if settings[name] == nil then settings[name] = value end
  end
  settings.faults = settings.faults or {}
  return settings
end

-- --- the command line -------------------------------------------------------

-- Those that may stand there, and how their text is read. Not the credentials, which
-- everybody on the machine could then see.
local ARGUMENTS = {
  addresses = tonumber, alias = tostring, channels = tonumber, conversations = tonumber, fault = tostring,
  host = tostring, latency = tonumber, port = tonumber, seed = tonumber,
}

--- The names of those.
function options.names()
  return plain.names(ARGUMENTS)
end

-- "drop_after,probability=0.1,operation=create" as a rule.
local function parse_rule(text)
  local rule = {}
  for word in text:gmatch("[^,]+") do
    local name, value = word:match("^([^=]+)=(.*)$")
    if name then rule[name] = tonumber(value) or value else rule.name = word end
  end
  return rule
end

-- The options that words such as --port 8390 stand for. Or nil, and what is wrong if
-- they are options at all.
function options.parse(words)
  local given, rules = {}, {}
  for i = 1, #words, 2 do
    local name, text = words[i]:match("^%-%-(%l+)$"), words[i + 1]
    local value = text and ARGUMENTS[name] and ARGUMENTS[name](text)
    if not value then return nil end
    if name == "fault" then rules[#rules + 1] = parse_rule(value) else given[name] = value end
  end
  given.faults = rules
  return options.read(given)
end

return options
