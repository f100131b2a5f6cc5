---@meta twilio.webhooks.bulk
-- Definitions for lua-language-server, see ../webhooks.lua: webhooks by the thousand. See
-- doc/bulk.md.

---@class twilio.webhooks.bulk.SourceOptions
---@field path? string a file; "-" is standard input
---@field format? "jsonl"|"json"|"csv"|"lua" where the path does not end in that
---@field rows? table[] instead of a file
---@field channels? fun(): table? instead of a file: an iterator, such as client:channels { … }
---@field row? table|fun(channel: table): table? with channels: the row of each
---@field defaults? table for each row that does not have them

---@class twilio.webhooks.bulk.Source
local Source = {}

--- Gives its file up.
function Source:close() end

---@class twilio.webhooks.bulk.PlanOptions
---@field prune? false|string|fun(webhook: twilio.webhooks.Webhook): boolean? which webhooks that no row asks for to delete
---@field workers? integer 1 to 1000, 16: channels at a time
---@field rate? number writes a second; the client's, or 25
---@field on_progress? fun(progress: table)
---@field stop? fun(): boolean?

---@class twilio.webhooks.bulk.Plan
---@field counts table<string, integer> create, update, delete, keep, failed
---@field writes integer
---@field seconds number at `rate`
---@field rows integer
---@field parents integer channels and conversations
---@field account? string
---@field errors table[] of lists, the first 100
local Plan = {}

---@return fun(): table?
function Plan:actions() end

---@return boolean
function Plan:is_empty() end

---@param path string
---@return true? written
---@return string? message
---@return table? err
function Plan:write(path) end

function Plan:close() end

---@class twilio.webhooks.bulk.Journal
local Journal = {}

--- Removes the file, whose run is over, and closes it.
---@return true? removed
---@return string? message
---@return table? err
function Journal:remove() end

function Journal:close() end

---@class twilio.webhooks.bulk.ApplyOptions
---@field rate? number writes a second; the plan's
---@field workers? integer 1 to 1000, 16: channels at a time
---@field recheck? boolean read all lists again first; true for a plan from a file
---@field margin? number seconds for which a request may go on after its time is over, 5
---@field on_progress? fun(progress: table)
---@field on_error? fun(problem: table)
---@field stop? fun(): boolean?

---@class twilio.webhooks.bulk.Outcome
---@field created integer
---@field adopted integer of those created: found after a create without an answer
---@field updated integer
---@field deleted integer
---@field kept integer
---@field skipped integer done by an earlier run
---@field failed integer
---@field indeterminate integer
---@field errors table[] the first 100
---@field complete boolean
---@field stopped boolean
---@field halted? table

---@class twilio.webhooks.bulk
local bulk = {}

---@param options twilio.webhooks.bulk.SourceOptions
---@return twilio.webhooks.bulk.Source? source
---@return string? message
---@return table? err
function bulk.source(options) end

---@param source twilio.webhooks.bulk.Source
---@param client twilio.webhooks.Client
---@param options? twilio.webhooks.bulk.PlanOptions
---@return twilio.webhooks.bulk.Plan? plan
---@return string? message
---@return table? err
function bulk.plan(source, client, options) end

---@param path string
---@return twilio.webhooks.bulk.Plan? plan
---@return string? message
---@return table? err
function bulk.read_plan(path) end

---@param path string
---@return twilio.webhooks.bulk.Journal? journal
---@return string? message
---@return table? err
function bulk.journal(path) end

---@param plan twilio.webhooks.bulk.Plan
---@param client twilio.webhooks.Client
---@param journal twilio.webhooks.bulk.Journal
---@param options? twilio.webhooks.bulk.ApplyOptions
---@return twilio.webhooks.bulk.Outcome? outcome
---@return string? message
---@return table? err
function bulk.apply(plan, client, journal, options) end

return bulk
