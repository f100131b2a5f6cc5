/*
** The rows follow the published OpenAPI. Rules that only its prose has (the range of a retry
** count, the shape of a URL) are left to the server, since the API's own examples break them.
*/
#include "api/operation.h"

#include <string.h>

#define COUNT(rows) ((int)(sizeof(rows) / sizeof *(rows)))

enum {
  CREATE = 1, FETCH = 2, LIST = 4, UPDATE = 8, DELETE = 16, WRITE = CREATE | UPDATE, ALL = 31,
  LIST_CHANNELS = 32, LIST_CONVERSATIONS = 64,
  FETCH_SETTINGS = 128, UPDATE_SETTINGS = 256,
  FETCH_SERVICE = 512, UPDATE_SERVICE = 1024,
  LIST_ADDRESSES = 2048, FETCH_ADDRESS = 4096, UPDATE_ADDRESS = 8192
};

/* An update carries whole values, so that sending it twice does no harm. */
#define AGAIN .repeatable = true, .same_answer = true
#define FETCHES .method = "GET", .status = 200, .shape = TW_SHAPE_ITEM, AGAIN
#define LISTS .method = "GET", .status = 200, .shape = TW_SHAPE_PAGE, AGAIN
#define UPDATES .method = "POST", .status = 200, .shape = TW_SHAPE_ITEM, .clears = true, AGAIN

const tw_Operation tw_operations[] = {
  [TW_CREATE_WEBHOOK] =
  {.name = "create_webhook", .bit = CREATE, .method = "POST", .status = 201, .shape = TW_SHAPE_ITEM},
  {.name = "delete_webhook", .bit = DELETE, .method = "DELETE", .status = 204, .shape = TW_SHAPE_NONE,
   .on_item = true, .repeatable = true},
  {.name = "fetch_address", .bit = FETCH_ADDRESS, FETCHES, .on_item = true},
  {.name = "fetch_service_settings", .bit = FETCH_SERVICE, FETCHES},
  {.name = "fetch_webhook", .bit = FETCH, FETCHES, .on_item = true},
  {.name = "fetch_webhook_settings", .bit = FETCH_SETTINGS, FETCHES},
  {.name = "list_addresses", .bit = LIST_ADDRESSES, LISTS},
  {.name = "list_channels", .bit = LIST_CHANNELS, LISTS},
  {.name = "list_conversations", .bit = LIST_CONVERSATIONS, LISTS},
  {.name = "list_webhooks", .bit = LIST, LISTS},
  {.name = "update_address", .bit = UPDATE_ADDRESS, UPDATES, .on_item = true},
  {.name = "update_service_settings", .bit = UPDATE_SERVICE, UPDATES},
  {.name = "update_webhook", .bit = UPDATE, UPDATES, .on_item = true},
  {.name = "update_webhook_settings", .bit = UPDATE_SETTINGS, UPDATES}
};
const int tw_operation_count = COUNT(tw_operations);

static const char is_service[] = "IS and 32 hexadecimal digits";
static const char is_webhook[] = "WH and 32 hexadecimal digits";
static const char is_flow[] = "FW and 32 hexadecimal digits";
static const char is_string[] = "a string";
static const char is_integer[] = "an integer";
static const char is_boolean[] = "true or false";
static const char is_list[] = "a list of strings";
static const char is_page[] = "\"first\", or the next_page of another page's info";

static const char *const kinds[] = {"webhook", "trigger", "studio", NULL};
static const char *const service[] = {"IS", NULL};
static const char *const flow[] = {"FW", NULL};
static const char *const booleans[] = {"true", "false", NULL};
static const char *const upper_methods[] = {"GET", "POST", NULL};
static const char *const lower_methods[] = {"get", "post", NULL};

/* Sizes of pages. */
static const char is_to_5[] = "an integer from 1 to 5";
static const char is_to_50[] = "an integer from 1 to 50";
static const char is_to_100[] = "an integer from 1 to 100";
static const char *const to_5[] = {"1", "5", NULL};
static const char *const to_50[] = {"1", "50", NULL};
static const char *const to_100[] = {"1", "100", NULL};


/* ---- Chat (ip-messaging v2): a channel's webhooks ---- */

static const tw_Segment chat_segments[] = {
  {"/v2/Services/", "ServiceSid", "IS", is_service, TW_SEGMENT_ALWAYS},
  {"/Channels/", "ChannelSid", NULL, "the channel's sid or unique name", TW_SEGMENT_ALWAYS},
  {"/Webhooks", NULL, NULL, NULL, TW_SEGMENT_ALWAYS},
  {"/", "Sid", "WH", is_webhook, TW_SEGMENT_ITEM}
};

static const tw_Field chat_fields[] = {
  {"Type", TW_ENUM, "webhook, trigger or studio", kinds, CREATE, CREATE},
  {"Configuration.Url", TW_STRING, is_string, NULL, WRITE, 0},
  {"Configuration.Method", TW_ENUM_ANY_CASE, "GET or POST", upper_methods, WRITE, 0},
  {"Configuration.Filters", TW_NAMES, is_list, NULL, WRITE, 0},
  {"Configuration.Triggers", TW_LIST, is_list, NULL, WRITE, 0},
  {"Configuration.FlowSid", TW_SID, is_flow, flow, WRITE, 0},
  {"Configuration.RetryCount", TW_INTEGER, is_integer, NULL, WRITE, 0},
  {"PageSize", TW_RANGE, is_to_5, to_5, LIST, 0}
};


/* ---- Conversations (v1): a conversation's webhooks ---- */

static const tw_Segment conversation_segments[] = {
  {"/v1", NULL, NULL, NULL, TW_SEGMENT_ALWAYS},
  {"/Services/", "ChatServiceSid", "IS", is_service, TW_SEGMENT_OPTIONAL},
  {"/Conversations/", "ConversationSid", NULL, "the conversation's sid or unique name", TW_SEGMENT_ALWAYS},
  {"/Webhooks", NULL, NULL, NULL, TW_SEGMENT_ALWAYS},
  {"/", "Sid", "WH", is_webhook, TW_SEGMENT_ITEM}
};

static const tw_Field conversation_fields[] = {
  {"Target", TW_ENUM, "webhook, trigger or studio", kinds, CREATE, CREATE},
  {"Configuration.Url", TW_STRING, is_string, NULL, WRITE, 0},
  {"Configuration.Method", TW_ENUM_ANY_CASE, "get or post", lower_methods, WRITE, 0},
  {"Configuration.Filters", TW_NAMES, is_list, NULL, WRITE, 0},
  {"Configuration.Triggers", TW_LIST, is_list, NULL, WRITE, 0},
  {"Configuration.FlowSid", TW_SID, is_flow, flow, WRITE, 0},
  {"Configuration.ReplayAfter", TW_INTEGER, is_integer, NULL, CREATE, 0},
  {"PageSize", TW_RANGE, is_to_5, to_5, LIST, 0}
};


/* ---- lists of owners: a Chat service's channels, conversations ---- */

static const tw_Segment channel_segments[] = {
  {"/v2/Services/", "ServiceSid", "IS", is_service, TW_SEGMENT_ALWAYS},
  {"/Channels", NULL, NULL, NULL, TW_SEGMENT_ALWAYS}
};

static const char *const channel_types[] = {"public", "private", NULL};

static const tw_Field channel_fields[] = {
  {"Type", TW_ENUMS, "public, private, or a list of these", channel_types, LIST_CHANNELS, 0},
  {"PageSize", TW_RANGE, is_to_100, to_100, LIST_CHANNELS, 0},
  {"Page", TW_PAGE, is_page, NULL, LIST_CHANNELS, 0}
};

static const tw_Segment conversations_segments[] = {
  {"/v1", NULL, NULL, NULL, TW_SEGMENT_ALWAYS},
  {"/Services/", "ChatServiceSid", "IS", is_service, TW_SEGMENT_OPTIONAL},
  {"/Conversations", NULL, NULL, NULL, TW_SEGMENT_ALWAYS}
};

static const char *const states[] = {"initializing", "inactive", "active", "closed", NULL};

static const tw_Field conversations_fields[] = {
  {"StartDate", TW_STRING, is_string, NULL, LIST_CONVERSATIONS, 0},
  {"EndDate", TW_STRING, is_string, NULL, LIST_CONVERSATIONS, 0},
  {"State", TW_ENUM, "initializing, inactive, active or closed", states, LIST_CONVERSATIONS, 0},
  {"PageSize", TW_RANGE, is_to_100, to_100, LIST_CONVERSATIONS, 0},
  {"Page", TW_PAGE, is_page, NULL, LIST_CONVERSATIONS, 0}
};


/* ---- webhooks of a whole account or service: each has one such resource, which always exists ---- */

static const tw_Segment account_settings_segments[] = {
  {"/v1/Configuration/Webhooks", NULL, NULL, NULL, TW_SEGMENT_ALWAYS}
};

static const char *const targets[] = {"webhook", "flex", NULL};

static const tw_Field account_settings_fields[] = {
  {"Method", TW_STRING, is_string, NULL, UPDATE_SETTINGS, 0},
  {"Filters", TW_NAMES, is_list, NULL, UPDATE_SETTINGS, 0},
  {"PreWebhookUrl", TW_STRING, is_string, NULL, UPDATE_SETTINGS, 0},
  {"PostWebhookUrl", TW_STRING, is_string, NULL, UPDATE_SETTINGS, 0},
  {"Target", TW_ENUM, "webhook or flex", targets, UPDATE_SETTINGS, 0}
};

static const tw_Segment service_settings_segments[] = {
  {"/v1/Services/", "ChatServiceSid", "IS", is_service, TW_SEGMENT_ALWAYS},
  {"/Configuration/Webhooks", NULL, NULL, NULL, TW_SEGMENT_ALWAYS}
};

static const tw_Field service_settings_fields[] = {
  {"PreWebhookUrl", TW_STRING, is_string, NULL, UPDATE_SETTINGS, 0},
  {"PostWebhookUrl", TW_STRING, is_string, NULL, UPDATE_SETTINGS, 0},
  {"Filters", TW_NAMES, is_list, NULL, UPDATE_SETTINGS, 0},
  {"Method", TW_STRING, is_string, NULL, UPDATE_SETTINGS, 0}
};

static const tw_Segment chat_service_segments[] = {
  {"/v2/Services/", "ServiceSid", "IS", is_service, TW_SEGMENT_ALWAYS}
};

/* The fields of a Chat service that concern its webhooks. */
static const tw_Field chat_service_fields[] = {
  {"PreWebhookUrl", TW_STRING, is_string, NULL, UPDATE_SERVICE, 0},
  {"PostWebhookUrl", TW_STRING, is_string, NULL, UPDATE_SERVICE, 0},
  {"WebhookMethod", TW_ENUM_ANY_CASE, "GET or POST", upper_methods, UPDATE_SERVICE, 0},
  {"WebhookFilters", TW_NAMES, is_list, NULL, UPDATE_SERVICE, 0},
  {"PreWebhookRetryCount", TW_INTEGER, is_integer, NULL, UPDATE_SERVICE, 0},
  {"PostWebhookRetryCount", TW_INTEGER, is_integer, NULL, UPDATE_SERVICE, 0}
};


/* ---- addresses: a message to one creates a conversation with its webhook ---- */

static const tw_Segment address_segments[] = {
  {"/v1/Configuration/Addresses", NULL, NULL, NULL, TW_SEGMENT_ALWAYS},
  {"/", "Sid", NULL, "the address, or the sid (IG...) of its configuration", TW_SEGMENT_ITEM}
};

static const char *const creation_types[] = {"webhook", "studio", "default", NULL};

static const tw_Field address_fields[] = {
  {"Type", TW_STRING, is_string, NULL, LIST_ADDRESSES, 0},
  {"AutoCreation.Enabled", TW_BOOLEAN, is_boolean, booleans, UPDATE_ADDRESS, 0},
  {"AutoCreation.Type", TW_ENUM, "webhook, studio or default", creation_types, UPDATE_ADDRESS, 0},
  {"AutoCreation.ConversationServiceSid", TW_SID, is_service, service, UPDATE_ADDRESS, 0},
  {"AutoCreation.WebhookUrl", TW_STRING, is_string, NULL, UPDATE_ADDRESS, 0},
  {"AutoCreation.WebhookMethod", TW_ENUM_ANY_CASE, "get or post", lower_methods, UPDATE_ADDRESS, 0},
  {"AutoCreation.WebhookFilters", TW_NAMES, is_list, NULL, UPDATE_ADDRESS, 0},
  {"AutoCreation.StudioFlowSid", TW_SID, is_flow, flow, UPDATE_ADDRESS, 0},
  {"AutoCreation.StudioRetryCount", TW_INTEGER, is_integer, NULL, UPDATE_ADDRESS, 0},
  {"PageSize", TW_RANGE, is_to_50, to_50, LIST_ADDRESSES, 0},
  {"Page", TW_PAGE, is_page, NULL, LIST_ADDRESSES, 0}
};


const tw_Resource tw_resources[] = {
  {.item = "webhook", .items = "webhooks", .list = "webhooks", .kind = "WH", .operations = ALL,
   .owner = "a channel's", .parent = "ChannelSid", .product = "ip-messaging", .has_defaults = true,
   .segments = chat_segments, .segment_count = COUNT(chat_segments),
   .fields = chat_fields, .field_count = COUNT(chat_fields)},
  {.item = "webhook", .items = "webhooks", .list = "webhooks", .kind = "WH", .operations = ALL,
   .owner = "a conversation's", .parent = "ConversationSid", .product = "conversations", .has_defaults = true,
   .segments = conversation_segments, .segment_count = COUNT(conversation_segments),
   .fields = conversation_fields, .field_count = COUNT(conversation_fields)},
  {.item = "channel", .items = "channels", .list = "channels", .kind = "CH", .operations = LIST_CHANNELS,
   .owner = "a Chat service's", .product = "ip-messaging",
   .segments = channel_segments, .segment_count = COUNT(channel_segments),
   .fields = channel_fields, .field_count = COUNT(channel_fields)},
  {.item = "conversation", .items = "conversations", .list = "conversations", .kind = "CH",
   .operations = LIST_CONVERSATIONS, .owner = "an account's", .product = "conversations",
   .segments = conversations_segments, .segment_count = COUNT(conversations_segments),
   .fields = conversations_fields, .field_count = COUNT(conversations_fields)},
  {.item = "settings", .items = "webhook settings", .operations = FETCH_SETTINGS | UPDATE_SETTINGS,
   .owner = "an account's", .product = "conversations",
   .segments = account_settings_segments, .segment_count = COUNT(account_settings_segments),
   .fields = account_settings_fields, .field_count = COUNT(account_settings_fields)},
  {.item = "settings", .items = "webhook settings", .operations = FETCH_SETTINGS | UPDATE_SETTINGS,
   .owner = "a conversation service's", .parent = "ChatServiceSid", .product = "conversations",
   .segments = service_settings_segments, .segment_count = COUNT(service_settings_segments),
   .fields = service_settings_fields, .field_count = COUNT(service_settings_fields)},
  {.item = "settings", .items = "settings", .kind = "IS", .operations = FETCH_SERVICE | UPDATE_SERVICE,
   .owner = "a Chat service's", .product = "ip-messaging",
   .segments = chat_service_segments, .segment_count = COUNT(chat_service_segments),
   .fields = chat_service_fields, .field_count = COUNT(chat_service_fields)},
  {.item = "address", .items = "addresses", .list = "address_configurations", .kind = "IG",
   .operations = LIST_ADDRESSES | FETCH_ADDRESS | UPDATE_ADDRESS,
   .owner = "an account's", .product = "conversations",
   .segments = address_segments, .segment_count = COUNT(address_segments),
   .fields = address_fields, .field_count = COUNT(address_fields)}
};
const int tw_resource_count = COUNT(tw_resources);


/* ---- looking things up ---- */

bool tw_operation_has(const tw_Operation *operation, const tw_Segment *segment) {
  return operation->on_item || segment->when != TW_SEGMENT_ITEM;
}


int tw_resource_segment(const tw_Resource *resource, const char *wire) {
  int i;
  for (i = 0; i < resource->segment_count; i++) {
    const char *name = resource->segments[i].wire;
    if (name != NULL && name[0] == wire[0] && strcmp(name, wire) == 0) return i;
  }
  return -1;
}


int tw_resource_field(const tw_Resource *resource, const char *wire, size_t n) {
  int i;
  for (i = 0; i < resource->field_count; i++) {
    const char *name = resource->fields[i].wire;
    if (name[0] == wire[0] && strncmp(name, wire, n) == 0 && name[n] == '\0') return i;
  }
  return -1;
}


bool tw_resource_has_group(const tw_Resource *resource, const char *wire, size_t n) {
  int i;
  for (i = 0; i < resource->field_count; i++) {
    const char *name = resource->fields[i].wire;
    if (strncmp(name, wire, n) == 0 && name[n] == '.') return true;
  }
  return false;
}
