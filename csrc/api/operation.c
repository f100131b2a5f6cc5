/*
** The rows follow the published OpenAPI. What only its prose says (the range of a retry
** count, the shape of a URL) is left to the server, since the API's own published examples
** break it.
*/
#include "api/operation.h"

#include <string.h>

#define COUNT(rows) ((int)(sizeof(rows) / sizeof *(rows)))

enum { CREATE = 1, FETCH = 2, LIST = 4, UPDATE = 8, DELETE = 16, WRITE = CREATE | UPDATE, ALL = 31 };

/* An update carries whole values, so that sending it twice does no harm. */
const tw_Operation tw_operations[] = {
  {.name = "create_webhook", .bit = CREATE, .method = "POST", .status = 201, .shape = TW_SHAPE_ITEM},
  {.name = "delete_webhook", .bit = DELETE, .method = "DELETE", .status = 204, .shape = TW_SHAPE_NONE,
   .on_item = true, .repeatable = true},
  {.name = "fetch_webhook", .bit = FETCH, .method = "GET", .status = 200, .shape = TW_SHAPE_ITEM,
   .on_item = true, .repeatable = true, .same_answer = true},
  {.name = "list_webhooks", .bit = LIST, .method = "GET", .status = 200, .shape = TW_SHAPE_PAGE,
   .repeatable = true, .same_answer = true},
  {.name = "update_webhook", .bit = UPDATE, .method = "POST", .status = 200, .shape = TW_SHAPE_ITEM,
   .on_item = true, .repeatable = true, .same_answer = true, .clears = true}
};
const int tw_operation_count = COUNT(tw_operations);

static const char is_service[] = "IS and 32 hexadecimal digits";
static const char is_webhook[] = "WH and 32 hexadecimal digits";
static const char is_flow[] = "FW and 32 hexadecimal digits";
static const char is_list[] = "a list of strings";
static const char is_page_size[] = "an integer from 1 to 5";

static const char *const kinds[] = {"webhook", "trigger", "studio", NULL};
static const char *const flow[] = {"FW", NULL};
static const char *const page_sizes[] = {"1", "2", "3", "4", "5", NULL};


/* ---- Chat (ip-messaging v2): a channel's webhooks ---- */

static const tw_Segment chat_segments[] = {
  {"/v2/Services/", "ServiceSid", "IS", is_service, TW_SEGMENT_ALWAYS},
  {"/Channels/", "ChannelSid", NULL, "the channel's sid or unique name", TW_SEGMENT_ALWAYS},
  {"/Webhooks", NULL, NULL, NULL, TW_SEGMENT_ALWAYS},
  {"/", "Sid", "WH", is_webhook, TW_SEGMENT_ITEM}
};

static const char *const chat_methods[] = {"GET", "POST", NULL};

static const tw_Field chat_fields[] = {
  {"Type", TW_ENUM, "webhook, trigger or studio", kinds, CREATE, CREATE},
  {"Configuration.Url", TW_STRING, "a string", NULL, WRITE, 0},
  {"Configuration.Method", TW_ENUM_ANY_CASE, "GET or POST", chat_methods, WRITE, 0},
  {"Configuration.Filters", TW_NAMES, is_list, NULL, WRITE, 0},
  {"Configuration.Triggers", TW_LIST, is_list, NULL, WRITE, 0},
  {"Configuration.FlowSid", TW_SID, is_flow, flow, WRITE, 0},
  {"Configuration.RetryCount", TW_INTEGER, "an integer", NULL, WRITE, 0},
  {"PageSize", TW_ENUM, is_page_size, page_sizes, LIST, 0}
};


/* ---- Conversations (v1): a conversation's webhooks ---- */

static const tw_Segment conversation_segments[] = {
  {"/v1", NULL, NULL, NULL, TW_SEGMENT_ALWAYS},
  {"/Services/", "ChatServiceSid", "IS", is_service, TW_SEGMENT_OPTIONAL},
  {"/Conversations/", "ConversationSid", NULL, "the conversation's sid or unique name", TW_SEGMENT_ALWAYS},
  {"/Webhooks", NULL, NULL, NULL, TW_SEGMENT_ALWAYS},
  {"/", "Sid", "WH", is_webhook, TW_SEGMENT_ITEM}
};

static const char *const conversation_methods[] = {"get", "post", NULL};

static const tw_Field conversation_fields[] = {
  {"Target", TW_ENUM, "webhook, trigger or studio", kinds, CREATE, CREATE},
  {"Configuration.Url", TW_STRING, "a string", NULL, WRITE, 0},
  {"Configuration.Method", TW_ENUM_ANY_CASE, "get or post", conversation_methods, WRITE, 0},
  {"Configuration.Filters", TW_NAMES, is_list, NULL, WRITE, 0},
  {"Configuration.Triggers", TW_LIST, is_list, NULL, WRITE, 0},
  {"Configuration.FlowSid", TW_SID, is_flow, flow, WRITE, 0},
  {"Configuration.ReplayAfter", TW_INTEGER, "an integer", NULL, CREATE, 0},
  {"PageSize", TW_ENUM, is_page_size, page_sizes, LIST, 0}
};

const tw_Resource tw_resources[] = {
  {.item = "webhook", .list = "webhooks", .kind = "WH", .operations = ALL,
   .owner = "a channel's", .parent = "ChannelSid", .product = "ip-messaging",
   .segments = chat_segments, .segment_count = COUNT(chat_segments),
   .fields = chat_fields, .field_count = COUNT(chat_fields)},
  {.item = "webhook", .list = "webhooks", .kind = "WH", .operations = ALL,
   .owner = "a conversation's", .parent = "ConversationSid", .product = "conversations",
   .segments = conversation_segments, .segment_count = COUNT(conversation_segments),
   .fields = conversation_fields, .field_count = COUNT(conversation_fields)}
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
