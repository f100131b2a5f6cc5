---@meta twilio.webhooks.guard

---@class twilio.webhooks.GuardOptions
---@field public_url? string scheme and host as Twilio knows them, and a path that a proxy takes away
---@field forwarded? boolean believe X-Forwarded-Proto, -Host and -Port; not together with public_url
---@field auth_token? string
---@field auth_tokens? string[] any of them, 16 at most
---@field shared_keys? table<string, string> a key's name to the key

--- In ngx.ctx.twilio, where a guard has let a request pass.
---@class twilio.webhooks.Received
---@field body string the bytes, wherever nginx has them
---@field event? table<string, any> as webhooks.event has it; nil where it is none
---@field idempotency_token? string not signed; the same where Twilio sends the event again

---@class twilio.webhooks.guard
local guard = {}

--- A function for access_by_lua, which lets pass what Twilio has signed. Raises an error where an
--- option is not right.
---@param options twilio.webhooks.GuardOptions
---@return fun() guard
function guard.openresty(options) end

return guard
