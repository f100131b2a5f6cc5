---@meta twilio.webhooks.transport
-- Definitions for lua-language-server, see ../webhooks.lua: HTTP by other means than
-- libcurl.

---@class twilio.webhooks.Request
---@field method "GET"|"POST"|"DELETE"
---@field url string
---@field headers table<string, string> with the credentials
---@field body string "" for none
---@field timeout number seconds
---@field connect_timeout number seconds
---@field max_response_bytes number

---@class twilio.webhooks.Response
---@field status integer 100 to 599
---@field headers? table<string, string|number|(string|number)[]>
---@field body? string

---@alias twilio.webhooks.TransportFunction fun(request: twilio.webhooks.Request): twilio.webhooks.Response|nil, string|nil, string|nil

--- The same, and the hook that goes with it.
---@class twilio.webhooks.Transport
---@field perform twilio.webhooks.TransportFunction
---@field wait? twilio.webhooks.Hook|twilio.webhooks.WaitFunction

--- What the internal location of nginx runs, in the phases of those names.
---@class twilio.webhooks.transport.location
local phases = {}

function phases.rewrite() end

function phases.header_filter() end

function phases.body_filter() end

---@class twilio.webhooks.transport
---@field location twilio.webhooks.transport.location
local transport = {}

--- Subrequests to an internal location of nginx that leads to the API.
---@param location? string "/twilio"
---@return twilio.webhooks.Transport
function transport.openresty(location) end

return transport
