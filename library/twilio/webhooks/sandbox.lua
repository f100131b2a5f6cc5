---@meta twilio.webhooks.sandbox
-- Definitions for lua-language-server, see ../webhooks.lua: the API on this machine.

---@class twilio.webhooks.sandbox.Options
---@field account_sid? string random
---@field auth_token? string random
---@field addresses? integer that there are from the start, 0
---@field channels? integer of service_sid, from the start, 0
---@field conversations? integer of the account, from the start, 0
---@field alias? string scheme and host that answers name in their own URLs
---@field api_key? string random
---@field api_secret? string random
---@field faults? twilio.webhooks.sandbox.Fault[]
---@field host? string to listen on, "127.0.0.1"
---@field port? integer 0 to 65535; 0, any that is free
---@field latency? number seconds until a request is processed, 0
---@field idle_timeout? number seconds for a connection between two requests, 60
---@field read_timeout? number seconds for a request to arrive in, 30
---@field log? string path of the log; a temporary file
---@field lua? string a Lua 5.4 interpreter; the first on the PATH
---@field seed? integer of the faults' chance, 1
---@field shared_key? string the name of a key, by which events are then signed (SHA-256)
---@field shared_secret? string that key

---@alias twilio.webhooks.sandbox.FaultName "close_idle"|"drop_after"|"drop_before"|"drop_late"|"fail_after"|"fail_before"|"fail_late"|"rate_limit"|"reset_after"|"restart"|"stall"|"stall_late"|"stray"|"throttle"|"truncate"|twilio.webhooks.sandbox.Alteration

--- What only alters an answer; several may act together, and with a fault.
---@alias twilio.webhooks.sandbox.Alteration "created_missing"|"created_off"|"date_missing"|"date_off"|"defaults_filled"|"stale"|"trailers"|"url_normalised"

--- One rule; the name of the fault is its first element, or its field `name`.
---@class twilio.webhooks.sandbox.Fault
---@field [1]? twilio.webhooks.sandbox.FaultName
---@field name? twilio.webhooks.sandbox.FaultName
---@field probability? number 0 to 1, 1
---@field operation? "create"|"fetch"|"list"|"update"|"delete"
---@field method? string such as "POST"
---@field after? integer not of the first so many requests
---@field times? integer at most so often
---@field status? integer of fail_before, fail_after, fail_late: 500 to 599, 500, late 504
---@field rate? integer of rate_limit: requests a second
---@field retry_after? integer of throttle, rate_limit: seconds
---@field seconds? number of stall, 3600; of those that end in _late and stale, 1; of close_idle, created_off, date_off, restart, stray, 0
---@field zone? string of created_off: "Z", "+02:00"
---@field share? number of truncate: 0 to 1, 0.5

---@class twilio.webhooks.sandbox.Entry
---@field n integer
---@field time number seconds since 1970
---@field connection integer
---@field operation? string
---@field fault? twilio.webhooks.sandbox.FaultName
---@field altered? twilio.webhooks.sandbox.Alteration[]
---@field late? true it was processed after its answer
---@field processed boolean
---@field status? integer
---@field problem? string
---@field method string
---@field target string
---@field version string
---@field user? string
---@field body string
---@field headers table<string, string>
---@field header_list string[][]
---@field stored? twilio.webhooks.Webhook
---@field removed? string

--- An attempt to deliver an event.
---@class twilio.webhooks.sandbox.Delivery
---@field delivery integer
---@field time number seconds since 1970
---@field event string
---@field webhook string its sid
---@field method "GET"|"POST"
---@field url string
---@field attempt integer from 0
---@field status? integer
---@field problem? string
---@field signature string
---@field settings? string
---@field idempotency_token string
---@field body? string
---@field answer? string the beginning of the answer's body

---@class twilio.webhooks.sandbox.Server
---@field base_url string
---@field account_sid string
---@field auth_token string
---@field api_key string
---@field api_secret string
---@field service_sid string
---@field channel_sid string
---@field conversation_sid string
---@field log string path of the log
---@field window? string the URL of the page that shows all of it
local Server = {}

--- Every request so far.
---@return twilio.webhooks.sandbox.Entry[]|nil
---@return string|nil message
function Server:requests() end

--- Every webhook that exists, the oldest first.
---@return twilio.webhooks.Webhook[]|nil
---@return string|nil message
function Server:webhooks() end

--- Sends an event, signed, to each webhook whose filters or triggers it matches.
---@param event string such as "onMessageSent"
---@param fields? table<string, string|integer|boolean|table> by their names on the wire
---@return true|nil
---@return string|nil message
function Server:emit(event, fields) end

--- Every attempt to deliver an event so far.
---@return twilio.webhooks.sandbox.Delivery[]|nil
---@return string|nil message
function Server:deliveries() end

--- Ends the process.
---@return true
function Server:stop() end

---@class twilio.webhooks.sandbox
local sandbox = {}

--- Starts a sandbox in a process of its own.
---@param options? twilio.webhooks.sandbox.Options
---@return twilio.webhooks.sandbox.Server|nil
---@return string|nil message
function sandbox.start(options) end

return sandbox
