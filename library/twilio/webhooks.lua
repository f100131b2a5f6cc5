---@meta twilio.webhooks
-- Definitions for lua-language-server; doc/reference.md says what each thing means. They
-- are checked against the module itself by spec/types_spec.lua. This file: what
-- `require "twilio.webhooks"` gives, the parameters of its operations, and their results.

-- --- parameters --------------------------------------------------------------------

--- Of every operation: credentials, host and bounds; the environment gives what is missing.
---@class twilio.webhooks.Access
---@field account_sid? string AC and 32 hexadecimal digits
---@field auth_token? string
---@field api_key? string instead of the account's sid and token
---@field api_secret? string
---@field access_token? string an OAuth bearer token instead of both
---@field edge? string such as "dublin"
---@field region? string such as "ie1", with its edge
---@field base_url? string where the API is, if not at TWILIO_WEBHOOKS_BASE_URL or at Twilio
---@field allow_http? boolean http to another machine than this
---@field timeout? number seconds for one request, 30
---@field connect_timeout? number seconds of them for connecting, 5
---@field max_response_bytes? integer 1 to 2^30, 2^20
---@field ca_file? string path of a file of CA certificates
---@field ca_path? string path of a directory of them
---@field proxy? string URL of a proxy, for https; "" for none
---@field user_agent? string
---@field headers? table<string, string> of your own, such as If-Match; 16 at most
---@field extra? table<string, any> fields newer than this module, sent unchecked

---@alias twilio.webhooks.Kind "webhook"|"trigger"|"studio"

-- made by tools/reference: parameters

--- Whose webhook: a Chat channel's, or a conversation's.
---@class twilio.webhooks.Owner: twilio.webhooks.Access
---@field service_sid? string IS and 32 hexadecimal digits; of a channel
---@field channel_sid? string the channel's sid or unique name; of a channel
---@field chat_service_sid? string IS and 32 hexadecimal digits; of a conversation
---@field conversation_sid? string the conversation's sid or unique name; of a conversation

---@class twilio.webhooks.Configuration
---@field url? string
---@field method? "GET"|"POST"|string in any case
---@field filters? string[]|string names of events
---@field triggers? string[]|string
---@field flow_sid? string FW and 32 hexadecimal digits
---@field retry_count? integer of a channel

---@class twilio.webhooks.CreateConfiguration: twilio.webhooks.Configuration
---@field replay_after? integer of a conversation

---@class twilio.webhooks.CreateParams: twilio.webhooks.Owner
---@field type? "webhook"|"trigger"|"studio" of a channel
---@field target? "webhook"|"trigger"|"studio" of a conversation
---@field configuration? twilio.webhooks.CreateConfiguration

---@class twilio.webhooks.ItemParams: twilio.webhooks.Owner
---@field sid string WH and 32 hexadecimal digits

---@class twilio.webhooks.FetchParams: twilio.webhooks.ItemParams

---@class twilio.webhooks.DeleteParams: twilio.webhooks.ItemParams

---@class twilio.webhooks.UpdateParams: twilio.webhooks.ItemParams
---@field configuration? twilio.webhooks.Configuration

---@class twilio.webhooks.ListParams: twilio.webhooks.Owner
---@field page_size? integer 1 to 5

---@class twilio.webhooks.ListChannelsParams: twilio.webhooks.Access
---@field service_sid? string IS and 32 hexadecimal digits
---@field type? "public"|"private"|("public"|"private")[]
---@field page_size? integer 1 to 100
---@field page? string "first", or the next_page of another page's info

---@class twilio.webhooks.ListConversationsParams: twilio.webhooks.Access
---@field chat_service_sid? string IS and 32 hexadecimal digits
---@field start_date? string
---@field end_date? string
---@field state? "initializing"|"inactive"|"active"|"closed"
---@field page_size? integer 1 to 100
---@field page? string "first", or the next_page of another page's info

--- Whose settings: a conversation service's, or without it the account's.
---@class twilio.webhooks.WebhookSettingsParams: twilio.webhooks.Access
---@field chat_service_sid? string IS and 32 hexadecimal digits; of a conversation service

---@class twilio.webhooks.UpdateWebhookSettingsParams: twilio.webhooks.WebhookSettingsParams
---@field method? string
---@field filters? string[]|string names of events
---@field pre_webhook_url? string
---@field post_webhook_url? string
---@field target? "webhook"|"flex" of an account

---@class twilio.webhooks.ServiceSettingsParams: twilio.webhooks.Access
---@field service_sid? string IS and 32 hexadecimal digits

---@class twilio.webhooks.UpdateServiceSettingsParams: twilio.webhooks.ServiceSettingsParams
---@field pre_webhook_url? string
---@field post_webhook_url? string
---@field webhook_method? "GET"|"POST"|string in any case
---@field webhook_filters? string[]|string names of events
---@field pre_webhook_retry_count? integer
---@field post_webhook_retry_count? integer

---@class twilio.webhooks.ListAddressesParams: twilio.webhooks.Access
---@field type? string
---@field page_size? integer 1 to 50
---@field page? string "first", or the next_page of another page's info

---@class twilio.webhooks.AddressParams: twilio.webhooks.Access
---@field sid string the address, or the sid (IG...) of its configuration

---@class twilio.webhooks.AutoCreation
---@field enabled? boolean
---@field type? "webhook"|"studio"|"default"
---@field conversation_service_sid? string IS and 32 hexadecimal digits
---@field webhook_url? string
---@field webhook_method? "get"|"post"|string in any case
---@field webhook_filters? string[]|string names of events
---@field studio_flow_sid? string FW and 32 hexadecimal digits
---@field studio_retry_count? integer

---@class twilio.webhooks.UpdateAddressParams: twilio.webhooks.AddressParams
---@field auto_creation? twilio.webhooks.AutoCreation

-- made until here

-- --- results -----------------------------------------------------------------------

--- As the API answered: null is nil, and fields that it adds are there too.
---@class twilio.webhooks.Webhook
---@field sid string
---@field account_sid? string
---@field service_sid? string of a channel's
---@field channel_sid? string of a channel's
---@field type? twilio.webhooks.Kind of a channel's
---@field chat_service_sid? string of a conversation's that was addressed with it
---@field conversation_sid? string of a conversation's
---@field target? twilio.webhooks.Kind of a conversation's
---@field url? string of the webhook as a resource of the API
---@field configuration? table
---@field date_created? string such as "2016-03-24T21:05:50Z"
---@field date_updated? string

---@class twilio.webhooks.Channel
---@field sid string
---@field account_sid? string
---@field service_sid? string
---@field unique_name? string
---@field friendly_name? string
---@field attributes? string JSON
---@field type? "public"|"private"
---@field created_by? string
---@field members_count? integer
---@field messages_count? integer
---@field date_created? string
---@field date_updated? string
---@field url? string
---@field links? table

---@class twilio.webhooks.Conversation
---@field sid string
---@field account_sid? string
---@field chat_service_sid? string
---@field messaging_service_sid? string
---@field unique_name? string
---@field friendly_name? string
---@field attributes? string JSON
---@field state? "initializing"|"inactive"|"active"|"closed"
---@field timers? table
---@field bindings? table
---@field date_created? string
---@field date_updated? string
---@field url? string
---@field links? table

---@class twilio.webhooks.WebhookSettings
---@field account_sid? string
---@field chat_service_sid? string
---@field pre_webhook_url? string
---@field post_webhook_url? string
---@field method? string
---@field filters? string[]
---@field target? string
---@field url? string

---@class twilio.webhooks.ServiceSettings
---@field sid string
---@field account_sid? string
---@field pre_webhook_url? string
---@field post_webhook_url? string
---@field webhook_method? string
---@field webhook_filters? string[]
---@field pre_webhook_retry_count? integer
---@field post_webhook_retry_count? integer
---@field url? string

---@class twilio.webhooks.Address
---@field sid string
---@field account_sid? string
---@field type? string
---@field address? string
---@field friendly_name? string
---@field address_country? string
---@field auto_creation? table
---@field date_created? string
---@field date_updated? string
---@field url? string

---@class twilio.webhooks.Info
---@field status integer
---@field headers table<string, string> names in lower case
---@field request_id? string
---@field attempts integer
---@field adopted? boolean by a client: found after an ambiguous create
---@field created? boolean by ensure_webhook: was it made?
---@field updated? boolean by ensure_webhook: was it changed?
---@field next_page? string of a list of one page

---@alias twilio.webhooks.ErrKind "invalid"|"network"|"timeout"|"tls"|"http"|"parse"|"indeterminate"|"canceled"

---@class twilio.webhooks.Err
---@field kind twilio.webhooks.ErrKind
---@field message string
---@field operation string
---@field sent "no"|"yes"|"unknown"
---@field retryable boolean
---@field attempts integer
---@field problems? twilio.webhooks.Problem[] of "invalid"
---@field status? integer
---@field code? integer Twilio's own
---@field more_info? string
---@field details? table
---@field request_id? string
---@field headers? table<string, string>
---@field retry_after? number seconds
---@field body? string at most 256 printable bytes
---@field curl_code? integer libcurl's
---@field result? twilio.webhooks.ApplyResult of apply_webhooks: what was done before the failure
---@field candidates? twilio.webhooks.Webhook[] of "indeterminate": those that it may be

--- What apply_webhooks did, or would do.
---@class twilio.webhooks.ApplyResult
---@field created table[] webhooks; with dry_run the tables that were given
---@field updated twilio.webhooks.Webhook[]
---@field deleted twilio.webhooks.Webhook[]
---@field kept twilio.webhooks.Webhook[]
---@field actions twilio.webhooks.Action[] in their order

---@class twilio.webhooks.Action
---@field action "keep"|"update"|"create"|"delete"
---@field row? integer the place in `webhooks`; nil of a delete
---@field webhook? twilio.webhooks.Webhook
---@field changes? table<string, any> of an update
---@field done? true

---@class twilio.webhooks.Problem
---@field field string
---@field message string
---@field expected? string
---@field given? any
---@field unknown? boolean true: what was called has no such parameter, or it is none of a row's

-- --- the module ----------------------------------------------------------------------

-- --- incoming requests -------------------------------------------------------------

--- A request that came in, and the keys that it may be signed with.
---@class twilio.webhooks.Incoming
---@field url string as it was received
---@field signature? any of the header X-Twilio-Signature
---@field settings? any of the header X-Twilio-Webhooks-Signature-Settings
---@field content_type? any of the header Content-Type
---@field body? string as it was received
---@field params? table<string, string|integer|true|(string|integer|true)[]> of a form, instead of the body
---@field auth_token? string
---@field auth_tokens? string[] any of them, 16 at most
---@field shared_keys? table<string, string> a key's name to the key

--- A request to be signed.
---@class twilio.webhooks.Outgoing
---@field url string
---@field content_type? string
---@field body? string
---@field params? table<string, string|integer|true|(string|integer|true)[]>
---@field auth_token? string
---@field key? string a name in shared_keys; then SHA-256
---@field shared_keys? table<string, string>

---@class twilio.webhooks.Signed
---@field url string to be requested; with bodySHA256 if the body is no form
---@field signature string for the header X-Twilio-Signature
---@field settings? string for the header X-Twilio-Webhooks-Signature-Settings

-- made by tools/reference: refusals

---@alias twilio.webhooks.Refusal "body_mismatch"|"failed"|"invalid"|"malformed_content_type"|"malformed_form"|"malformed_params"|"malformed_settings"|"malformed_signature"|"malformed_url"|"mismatch"|"missing_body"|"missing_body_hash"|"missing_settings"|"missing_signature"|"too_large"|"unconfigured"|"unknown_algorithm"|"unknown_key"

-- made until here

---@class twilio.webhooks
---@field _VERSION string
---@field bulk twilio.webhooks.bulk
---@field guard twilio.webhooks.guard
---@field wait twilio.webhooks.wait
---@field transport twilio.webhooks.transport
local webhooks = {}

--- Makes one attempt to create a webhook.
---@param params twilio.webhooks.CreateParams
---@return twilio.webhooks.Webhook|nil webhook
---@return twilio.webhooks.Info|string info or the message
---@return twilio.webhooks.Err|nil err
function webhooks.create_webhook(params) end

--- Makes one attempt to fetch a webhook.
---@param params twilio.webhooks.FetchParams
---@return twilio.webhooks.Webhook|nil webhook
---@return twilio.webhooks.Info|string info or the message
---@return twilio.webhooks.Err|nil err
function webhooks.fetch_webhook(params) end

--- Makes one attempt to list all webhooks of a channel or conversation.
---@param params twilio.webhooks.ListParams
---@return twilio.webhooks.Webhook[]|nil list
---@return twilio.webhooks.Info|string info or the message
---@return twilio.webhooks.Err|nil err
function webhooks.list_webhooks(params) end

--- Makes one attempt to change a webhook's configuration.
---@param params twilio.webhooks.UpdateParams
---@return twilio.webhooks.Webhook|nil webhook
---@return twilio.webhooks.Info|string info or the message
---@return twilio.webhooks.Err|nil err
function webhooks.update_webhook(params) end

--- Makes one attempt to delete a webhook.
---@param params twilio.webhooks.DeleteParams
---@return true|nil deleted
---@return twilio.webhooks.Info|string info or the message
---@return twilio.webhooks.Err|nil err
function webhooks.delete_webhook(params) end

--- Makes one attempt to list a Chat service's channels.
---@param params twilio.webhooks.ListChannelsParams
---@return twilio.webhooks.Channel[]|nil list
---@return twilio.webhooks.Info|string info or the message
---@return twilio.webhooks.Err|nil err
function webhooks.list_channels(params) end

--- Makes one attempt to list the conversations of an account or a service.
---@param params twilio.webhooks.ListConversationsParams
---@return twilio.webhooks.Conversation[]|nil list
---@return twilio.webhooks.Info|string info or the message
---@return twilio.webhooks.Err|nil err
function webhooks.list_conversations(params) end

--- Makes one attempt to fetch the webhook settings of an account or a service.
---@param params twilio.webhooks.WebhookSettingsParams
---@return twilio.webhooks.WebhookSettings|nil settings
---@return twilio.webhooks.Info|string info or the message
---@return twilio.webhooks.Err|nil err
function webhooks.fetch_webhook_settings(params) end

--- Makes one attempt to change the webhook settings of an account or a service.
---@param params twilio.webhooks.UpdateWebhookSettingsParams
---@return twilio.webhooks.WebhookSettings|nil settings
---@return twilio.webhooks.Info|string info or the message
---@return twilio.webhooks.Err|nil err
function webhooks.update_webhook_settings(params) end

--- Makes one attempt to fetch a Chat service, and so its webhook settings.
---@param params twilio.webhooks.ServiceSettingsParams
---@return twilio.webhooks.ServiceSettings|nil settings
---@return twilio.webhooks.Info|string info or the message
---@return twilio.webhooks.Err|nil err
function webhooks.fetch_service_settings(params) end

--- Makes one attempt to change the webhook settings of a Chat service.
---@param params twilio.webhooks.UpdateServiceSettingsParams
---@return twilio.webhooks.ServiceSettings|nil settings
---@return twilio.webhooks.Info|string info or the message
---@return twilio.webhooks.Err|nil err
function webhooks.update_service_settings(params) end

--- Makes one attempt to list an account's addresses.
---@param params twilio.webhooks.ListAddressesParams
---@return twilio.webhooks.Address[]|nil list
---@return twilio.webhooks.Info|string info or the message
---@return twilio.webhooks.Err|nil err
function webhooks.list_addresses(params) end

--- Makes one attempt to fetch an address.
---@param params twilio.webhooks.AddressParams
---@return twilio.webhooks.Address|nil address
---@return twilio.webhooks.Info|string info or the message
---@return twilio.webhooks.Err|nil err
function webhooks.fetch_address(params) end

--- Makes one attempt to change what a message to an address makes.
---@param params twilio.webhooks.UpdateAddressParams
---@return twilio.webhooks.Address|nil address
---@return twilio.webhooks.Info|string info or the message
---@return twilio.webhooks.Err|nil err
function webhooks.update_address(params) end

--- Is an incoming request signed with the key?
---@param options twilio.webhooks.Incoming
---@return true|nil verified
---@return twilio.webhooks.Refusal|nil reason
---@return string|nil message
function webhooks.verify(options) end

--- Signs a request as Twilio would.
---@param options twilio.webhooks.Outgoing
---@return twilio.webhooks.Signed|nil signed
---@return twilio.webhooks.Refusal|nil reason
---@return string|nil message
function webhooks.sign(options) end

--- The event in a request's body: names in snake case, numbers, booleans and JSON read.
---@param body string a form; of a request by GET its query
---@return table<string, any>|nil event
---@return "malformed_form"|"missing_event_type"|"too_large"|nil reason
---@return string|nil message
function webhooks.event(body) end

--- Makes a client.
---@param options twilio.webhooks.Options
---@return twilio.webhooks.Client|nil client
---@return string|nil message
---@return twilio.webhooks.Err|nil err
function webhooks.new(options) end

return webhooks
