--- Credentials from a file, standard input or a command. The module itself reads the environment. No
-- argument takes a credential: everybody on the machine can see arguments.

local loading = require "twilio.webhooks.loading"

local credentials = {}

local MAX_BYTES = 65536

-- Names in a file: as in the environment, or as the module's options.
local NAMES = { account_sid = true, auth_token = true, api_key = true, api_secret = true, access_token = true,
  shared_secret = true }

local function option_of(name)
  local option = name:lower():gsub("^twilio_", "")
  return NAMES[option] and option
end

local function unquote(value)
  return value:match '^"(.*)"$' or value:match "^'(.*)'$" or value
end

-- Lines NAME=value, as a shell or a .env file has them. Other names are skipped.
local function read_lines(text)
  local found = {}
  for line in text:gmatch "[^\r\n]+" do
    local name, value = line:gsub("^%s*export%s+", ""):match "^%s*([%w_]+)%s*=%s*(.-)%s*$"
    local option = name and option_of(name)
    if option then found[option] = unquote(value) end
  end
  return found
end

local function read_json(text)
  local object, why = loading.core().decode(text)
  if type(object) ~= "table" then return nil, "it is no JSON object: " .. tostring(why) end
  local found = {}
  for name, value in pairs(object) do
    local option = type(name) == "string" and type(value) == "string" and option_of(name)
    if option then found[option] = value end
  end
  return found
end

local function parse(text, where)
  if #text > MAX_BYTES then return nil, where .. ": it is too large to be credentials" end
  local found, why
  if text:find "^%s*{" then found, why = read_json(text) else found = read_lines(text) end
  if not found then return nil, where .. ": " .. why end
  if next(found) == nil then
    return nil, where .. ": it has none of TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN, TWILIO_API_KEY and "
      .. "TWILIO_API_SECRET: write lines such as TWILIO_AUTH_TOKEN=..., or a JSON object"
  end
  return found
end

--- What is wrong with a file's permissions, and how to fix it; nil if nothing is. `mode`: as
-- a file's mode() gives it, nine bits: rwxrwxrwx.
function credentials.find_exposure(path, mode)
  if mode % 64 == 0 then return nil end
  return ("others can read %s, or write it (mode %03o): chmod 600 %s"):format(path, mode, path)
end

-- All of a file's text, up to the most that a file of credentials can have.
local function read_all(file)
  local pieces, length = {}, 0
  repeat
    local piece, why = file:read()
    if not piece then return nil, why end
    pieces[#pieces + 1], length = piece, length + #piece
  until piece == "" or length > MAX_BYTES
  return table.concat(pieces)
end

local function read_file(path)
  if path == "-" then return parse(io.stdin:read(MAX_BYTES + 1) or "", "standard input") end
  local file, why = loading.system().open(path, "read")
  if not file then return nil, why end
  local exposure, text = credentials.find_exposure(path, file:mode()), nil
  if not exposure then text, why = read_all(file) end
  file:close()
  if not text then return nil, exposure or why end
  return parse(text, path)
end

-- The shell prints the status, since Lua 5.1's close does not give it.
local RUN = "sh -c '%s'; printf '\\n%%d' $?"

local OF_COMMAND = "the output of the command for credentials"

-- The user sees the command's standard error. SIGPIPE ends the command if its output is too long.
local function read_command(command)
  loading.system().heed_pipe()
  local pipe, why = io.popen(RUN:format((command:gsub("'", "'\\''"))), "r")
  loading.system().ignore_pipe()
  if not pipe then return nil, why end
  local output = pipe:read(MAX_BYTES + 1) or ""
  pipe:close()
  if #output > MAX_BYTES then return parse(output, OF_COMMAND) end
  local text, code = output:match "^(.*)\n(%d+)$"
  if code ~= "0" then
    return nil, ("the command for credentials failed%s"):format(code and " with status " .. code or "")
  end
  return parse(text, OF_COMMAND)
end

--- The credentials that flags name, as options of a client; an empty table if they name none.
-- Or nil and what is wrong.
function credentials.read(flags)
  if flags.credentials_file then return read_file(flags.credentials_file) end
  if flags.credentials_command then return read_command(flags.credentials_command) end
  return {}
end

return credentials
