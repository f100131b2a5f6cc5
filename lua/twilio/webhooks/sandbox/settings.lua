-- The webhook settings of an account and its services, one resource each; and the addresses that
-- make conversations. All of them can be changed, and none can be made.

local errors = require "twilio.webhooks.sandbox.errors"
local json = require "twilio.webhooks.sandbox.json"
local owners = require "twilio.webhooks.sandbox.owners"

local settings = {}

local function default_of(field)
  if field.default == nil then return json.NULL end
  return field.default
end

local function defaults(fields)
  local values = {}
  for _, field in ipairs(fields) do values[field.key] = default_of(field) end
  return values
end

-- A field's value in the form; an empty one clears it. Or nil and the error.
local function read_value(field, texts)
  if table.concat(texts) == "" then return default_of(field) end
  local values = json.list()
  for i, text in ipairs(texts) do
    values[i] = field.read(text)
    if values[i] == nil then return nil, errors.new("invalid_parameter", field.name) end
  end
  return field.many and values or values[1]
end

-- A copy of the values, with what the form changes in them. Or nil and the error.
local function changed(fields, values, form)
  local result = {}
  for key, value in pairs(values) do result[key] = value end
  for _, field in ipairs(fields) do
    if form[field.name] then
      local value, problem = read_value(field, form[field.name])
      if problem then return nil, problem end
      result[field.key] = value
    end
  end
  return result
end

-- --- settings ---------------------------------------------------------------

local function path_of(call)
  return (call.resource.path:gsub("{(.-)}", call.path))
end

local function show_settings(self, call, values)
  local row, path = call.resource, path_of(call)
  local answer = { account_sid = self.account_sid, url = (self.alias or row.host) .. path }
  for key, value in pairs(values) do answer[key] = value end
  if row.sid then answer.sid = call.path[row.sid] end
  if row.service and not row.sid then answer[row.service] = call.path[row.service] end
  return answer
end

local function settings_of(self, call)
  return self.settings[path_of(call)] or defaults(call.resource.fields)
end

function settings.fetch_settings(self, call)
  return 200, show_settings(self, call, settings_of(self, call))
end

function settings.update_settings(self, call, form)
  local values, problem = changed(call.resource.fields, settings_of(self, call), form)
  if not values then return nil, problem end
  self.settings[path_of(call)] = values
  return 200, show_settings(self, call, values)
end

-- --- addresses ----------------------------------------------------------------

local function show_address(self, address)
  local answer = {
    sid = address.sid, account_sid = self.account_sid, address = address.address, type = address.type,
    friendly_name = address.address, address_country = "US", auto_creation = address.auto_creation,
    date_created = address.date_created, date_updated = address.date_updated,
  }
  answer.url = ("%s/v1/Configuration/Addresses/%s"):format(self.alias or "https://conversations.twilio.com",
    address.sid)
  return answer
end

-- By its sid or by itself. Or nil and the error.
local function find_address(self, call)
  for _, address in ipairs(self.addresses) do
    if address.sid == call.path.sid or address.address == call.path.sid then return address end
  end
  return nil, errors.new("no_such_path", call.path.sid)
end

function settings.list_addresses(self, call)
  return owners.answer(self, call, call.resource, self.addresses, function(address)
    return show_address(self, address)
  end)
end

function settings.fetch_address(self, call)
  local address, problem = find_address(self, call)
  if not address then return nil, problem end
  return 200, show_address(self, address)
end

function settings.update_address(self, call, form)
  local address, missing = find_address(self, call)
  if not address then return nil, missing end
  local values, problem = changed(call.resource.fields, address.auto_creation, form)
  if not values then return nil, problem end
  address.auto_creation, address.date_updated = values, self:timestamp()
  return 200, show_address(self, address)
end

-- Makes `count` addresses, by turns of text messages and of WhatsApp.
function settings.new_addresses(self, row, count)
  local addresses = { serials = {} }
  for i = 1, count do
    local whatsapp = i % 2 == 0
    local number = ("+1500555%04d"):format(i)
    addresses[i] = {
      sid = self:sid("IG"), address = whatsapp and "whatsapp:" .. number or number,
      type = whatsapp and "whatsapp" or "sms", auto_creation = defaults(row.fields),
      date_created = self:timestamp(), date_updated = self:timestamp(),
    }
    addresses.serials[i] = i
  end
  return addresses
end

return settings
