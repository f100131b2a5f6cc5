---@meta twilio.webhooks.wait
-- Definitions for lua-language-server, see ../webhooks.lua: hooks for other event loops.

---@alias twilio.webhooks.WaitFunction fun(fd: integer, events: string, seconds: number, idle: integer)

---@class twilio.webhooks.Hook
---@field wait twilio.webhooks.WaitFunction
---@field gate? fun(clock: table): twilio.webhooks.Gate
---@field longest? number seconds, the most that wait takes
---@field cancel? fun(fd: integer)
---@field check? fun() raises an error where nobody can wait
---@field leaving? fun(): boolean is the host about to end?

---@class twilio.webhooks.Gate
local Gate = {}

--- Suspends the running coroutine until signal, for so many seconds at most.
---@param seconds number
function Gate:wait(seconds) end

--- Ends the wait, or the next one.
function Gate:signal() end

---@class twilio.webhooks.wait
---@field cqueues twilio.webhooks.Hook
---@field luv twilio.webhooks.Hook
---@field copas twilio.webhooks.WaitFunction
---@field openresty twilio.webhooks.Hook
local wait = {}

return wait
