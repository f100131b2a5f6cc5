---@meta twilio.webhooks.client
-- Definitions for lua-language-server, see ../webhooks.lua: a client, which the module's
-- `new` makes, and its tasks. (This is no module for users to require.)

--- Every parameter of an operation serves as a default for all calls.
---@class twilio.webhooks.Options: twilio.webhooks.CreateParams
---@field access_token? string|fun(): string a function is called before each attempt
---@field sid? string
---@field page_size? integer
---@field deadline? number seconds for a call, its attempts and waits together, 60
---@field max_attempts? integer 1 to 100, 4; those answered by 429 are not counted
---@field max_connections? integer 1 to 1000, 16
---@field max_in_flight? integer 1 to 10000, 128
---@field rate? number requests a second at most, evenly spread
---@field step_budget? number seconds that step works for, about, 0.002
---@field on_event? fun(event: twilio.webhooks.Event)
---@field wait? twilio.webhooks.Hook|twilio.webhooks.WaitFunction
---@field transport? twilio.webhooks.Transport|twilio.webhooks.TransportFunction

--- What only a client's calls take.
---@class twilio.webhooks.Call
---@field deadline? number seconds

---@class twilio.webhooks.client.CreateParams: twilio.webhooks.CreateParams, twilio.webhooks.Call
---@field baseline? boolean list before the create

---@class twilio.webhooks.client.FetchParams: twilio.webhooks.FetchParams, twilio.webhooks.Call
---@class twilio.webhooks.client.ListParams: twilio.webhooks.ListParams, twilio.webhooks.Call
---@class twilio.webhooks.client.UpdateParams: twilio.webhooks.UpdateParams, twilio.webhooks.Call
---@class twilio.webhooks.client.DeleteParams: twilio.webhooks.DeleteParams, twilio.webhooks.Call
---@class twilio.webhooks.client.ApplyParams: twilio.webhooks.ListParams, twilio.webhooks.Call
---@field webhooks table[] 0 to 5, each as for create_webhook, without whose it is
---@field prune? false|string|fun(webhook: twilio.webhooks.Webhook): boolean which others are to be deleted
---@field dry_run? boolean

---@class twilio.webhooks.client.ListChannelsParams: twilio.webhooks.ListChannelsParams, twilio.webhooks.Call
---@class twilio.webhooks.client.ListConversationsParams: twilio.webhooks.ListConversationsParams, twilio.webhooks.Call
---@class twilio.webhooks.client.WebhookSettingsParams: twilio.webhooks.WebhookSettingsParams, twilio.webhooks.Call
---@class twilio.webhooks.client.UpdateWebhookSettingsParams: twilio.webhooks.UpdateWebhookSettingsParams, twilio.webhooks.Call
---@class twilio.webhooks.client.ServiceSettingsParams: twilio.webhooks.ServiceSettingsParams, twilio.webhooks.Call
---@class twilio.webhooks.client.UpdateServiceSettingsParams: twilio.webhooks.UpdateServiceSettingsParams, twilio.webhooks.Call
---@class twilio.webhooks.client.ListAddressesParams: twilio.webhooks.ListAddressesParams, twilio.webhooks.Call
---@class twilio.webhooks.client.AddressParams: twilio.webhooks.AddressParams, twilio.webhooks.Call
---@class twilio.webhooks.client.UpdateAddressParams: twilio.webhooks.UpdateAddressParams, twilio.webhooks.Call

---@class twilio.webhooks.Event
---@field type "attempt"|"retry"|"reconcile"|"adopt"|"give up"|"error"|"warning"
---@field operation? string of the call; of all but "error" and "warning"
---@field attempts? integer made so far; of all but "error" and "warning"
---@field elapsed? number seconds since the call began; of all but "error" and "warning"
---@field attempted? string of "attempt": the operation of this one attempt
---@field kind? twilio.webhooks.ErrKind of "attempt", "reconcile", "give up"
---@field method? string of "attempt"
---@field url? string of "attempt", without a query
---@field duration? number of "attempt": seconds
---@field status? integer of "attempt", "retry", "reconcile"
---@field request_id? string of "attempt"
---@field delay? number of "retry": seconds until then
---@field reason? string of "retry": the kind of the error; of "give up": what ran out
---@field sid? string of "adopt"
---@field message? string of "error": the error and its traceback; of "warning": what to change

--- An iterator over a list: it is called, and gives an item.
---@class twilio.webhooks.Listing
---@field finished boolean was everything given?
---@field message? string why a page could not be had
---@field err? twilio.webhooks.Err
---@field info? twilio.webhooks.Info of the page that was read last

---@class twilio.webhooks.Client
local Client = {}

--- As the module's function, and tried again where that is safe.
---@param params twilio.webhooks.client.CreateParams
---@return twilio.webhooks.Webhook|nil webhook
---@return twilio.webhooks.Info|string info or the message
---@return twilio.webhooks.Err|nil err
function Client:create_webhook(params) end

--- As the module's function, and tried again where that is safe.
---@param params twilio.webhooks.client.FetchParams
---@return twilio.webhooks.Webhook|nil webhook
---@return twilio.webhooks.Info|string info or the message
---@return twilio.webhooks.Err|nil err
function Client:fetch_webhook(params) end

--- As the module's function, and tried again where that is safe.
---@param params twilio.webhooks.client.ListParams
---@return twilio.webhooks.Webhook[]|nil list
---@return twilio.webhooks.Info|string info or the message
---@return twilio.webhooks.Err|nil err
function Client:list_webhooks(params) end

--- As the module's function, and tried again where that is safe.
---@param params twilio.webhooks.client.UpdateParams
---@return twilio.webhooks.Webhook|nil webhook
---@return twilio.webhooks.Info|string info or the message
---@return twilio.webhooks.Err|nil err
function Client:update_webhook(params) end

--- As the module's function, and tried again where that is safe.
---@param params twilio.webhooks.client.DeleteParams
---@return true|nil deleted
---@return twilio.webhooks.Info|string info or the message
---@return twilio.webhooks.Err|nil err
function Client:delete_webhook(params) end

--- As the module's function, and tried again where that is safe.
---@param params twilio.webhooks.client.ListChannelsParams
---@return twilio.webhooks.Channel[]|nil list
---@return twilio.webhooks.Info|string info or the message
---@return twilio.webhooks.Err|nil err
function Client:list_channels(params) end

--- As the module's function, and tried again where that is safe.
---@param params twilio.webhooks.client.ListConversationsParams
---@return twilio.webhooks.Conversation[]|nil list
---@return twilio.webhooks.Info|string info or the message
---@return twilio.webhooks.Err|nil err
function Client:list_conversations(params) end

--- As the module's function, and tried again where that is safe.
---@param params twilio.webhooks.client.WebhookSettingsParams
---@return twilio.webhooks.WebhookSettings|nil settings
---@return twilio.webhooks.Info|string info or the message
---@return twilio.webhooks.Err|nil err
function Client:fetch_webhook_settings(params) end

--- As the module's function, and tried again where that is safe.
---@param params twilio.webhooks.client.UpdateWebhookSettingsParams
---@return twilio.webhooks.WebhookSettings|nil settings
---@return twilio.webhooks.Info|string info or the message
---@return twilio.webhooks.Err|nil err
function Client:update_webhook_settings(params) end

--- As the module's function, and tried again where that is safe.
---@param params twilio.webhooks.client.ServiceSettingsParams
---@return twilio.webhooks.ServiceSettings|nil settings
---@return twilio.webhooks.Info|string info or the message
---@return twilio.webhooks.Err|nil err
function Client:fetch_service_settings(params) end

--- As the module's function, and tried again where that is safe.
---@param params twilio.webhooks.client.UpdateServiceSettingsParams
---@return twilio.webhooks.ServiceSettings|nil settings
---@return twilio.webhooks.Info|string info or the message
---@return twilio.webhooks.Err|nil err
function Client:update_service_settings(params) end

--- As the module's function, and tried again where that is safe.
---@param params twilio.webhooks.client.ListAddressesParams
---@return twilio.webhooks.Address[]|nil list
---@return twilio.webhooks.Info|string info or the message
---@return twilio.webhooks.Err|nil err
function Client:list_addresses(params) end

--- As the module's function, and tried again where that is safe.
---@param params twilio.webhooks.client.AddressParams
---@return twilio.webhooks.Address|nil address
---@return twilio.webhooks.Info|string info or the message
---@return twilio.webhooks.Err|nil err
function Client:fetch_address(params) end

--- As the module's function, and tried again where that is safe.
---@param params twilio.webhooks.client.UpdateAddressParams
---@return twilio.webhooks.Address|nil address
---@return twilio.webhooks.Info|string info or the message
---@return twilio.webhooks.Err|nil err
function Client:update_address(params) end

--- Makes the webhooks of one channel or conversation be those that are wanted: one list, then the
--- fewest changes.
---@param params twilio.webhooks.client.ApplyParams
---@return twilio.webhooks.ApplyResult|nil result
---@return twilio.webhooks.Info|string info or the message
---@return twilio.webhooks.Err|nil err `result` has what was done before the failure
function Client:apply_webhooks(params) end

--- All channels of a service, page by page: `for channel in channels do ... end`, and then look
--- at `channels.finished`.
---@param params twilio.webhooks.client.ListChannelsParams
---@return twilio.webhooks.Listing|fun(): twilio.webhooks.Channel|nil, string|nil, twilio.webhooks.Err|nil
function Client:channels(params) end

--- All conversations of an account or a service, page by page.
---@param params twilio.webhooks.client.ListConversationsParams
---@return twilio.webhooks.Listing|fun(): twilio.webhooks.Conversation|nil, string|nil, twilio.webhooks.Err|nil
function Client:conversations(params) end

--- Lists, and gives an equal webhook; else updates the one with the same type and URL or flow;
--- else creates it.
---@param params twilio.webhooks.client.CreateParams
---@return twilio.webhooks.Webhook|nil webhook
---@return twilio.webhooks.Info|string info or the message
---@return twilio.webhooks.Err|nil err
function Client:ensure_webhook(params) end

--- Starts a function as a coroutine in which the client's calls do not block.
---@param fn fun(...)
---@param ... any its arguments
---@return twilio.webhooks.Task
function Client:go(fn, ...) end

--- Goes on with all that can go on.
---@param seconds? number to wait at most for something to do, 0
---@return integer live functions that have not ended
function Client:step(seconds) end

--- Goes on until all functions have ended.
---@return true|nil ok
---@return string|nil message the first error, with its traceback
function Client:run() end

--- Calls a function with each item of a list or an iterator, several at a time, and waits for all.
---@param items any[]|fun(): any
---@param n integer so many at a time
---@param fn fun(...) takes what the iterator gave; of a list, an item and its place
---@return true|nil ok
---@return string|nil message the first error, with its traceback
function Client:map(items, n, fn) end

--- Waits.
---@param seconds number
function Client:sleep(seconds) end

--- A descriptor that is readable when step has work to do.
---@return integer|nil
function Client:pollfd() end

---@return string events "r"
function Client:events() end

--- Seconds until step has work to do even if the descriptor is not readable.
---@return number|nil
function Client:timeout() end

--- Ends the connections and wipes the credentials.
function Client:close() end

---@class twilio.webhooks.Task
local Task = {}

--- Ends what the task waits for: its calls fail with the kind "canceled".
function Task:cancel() end
