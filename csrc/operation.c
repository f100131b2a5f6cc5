/*
** What the API knows. The contract is enforced where it states a thing; what
** only its prose says (the range of a retry count, the shape of a URL) is left
** to the server, since the API's own published examples break it.
*/
#include "operation.h"

#include <string.h>

#define COUNT(rows) ((int)(sizeof(rows) / sizeof *(rows)))

enum { CREATE = 1 };

const tw_Operation tw_operations[] = {
  {"create_webhook", CREATE, "POST", false, false, 201, TW_SHAPE_WEBHOOK}
};
const int tw_operation_count = COUNT(tw_operations);


/* ---- Chat: a channel's webhooks ---- */

static const tw_Segment chat_segments[] = {
  {"/v2/Services/", "ServiceSid", "IS", "IS and 32 hexadecimal digits", false},
  {"/Channels/", "ChannelSid", NULL, "the channel's sid or unique name", false},
  {"/Webhooks", NULL, NULL, NULL, false},
  {"/", "Sid", "WH", "WH and 32 hexadecimal digits", true}
};

static const char *const chat_types[] = {"webhook", "trigger", "studio", NULL};
static const char *const chat_methods[] = {"GET", "POST", NULL};
static const char *const flow[] = {"FW", NULL};
static const char list_of_strings[] = "a list of strings";

static const tw_Field chat_fields[] = {
  {"Type", TW_ENUM, "webhook, trigger or studio", chat_types, CREATE, CREATE},
  {"Configuration.Url", TW_STRING, "a string", NULL, CREATE, 0},
  {"Configuration.Method", TW_ENUM_ANY_CASE, "GET or POST", chat_methods, CREATE, 0},
  {"Configuration.Filters", TW_LIST, list_of_strings, NULL, CREATE, 0},
  {"Configuration.Triggers", TW_LIST, list_of_strings, NULL, CREATE, 0},
  {"Configuration.FlowSid", TW_SID, "FW and 32 hexadecimal digits", flow, CREATE, 0},
  {"Configuration.RetryCount", TW_INTEGER, "an integer", NULL, CREATE, 0}
};

const tw_Resource tw_chat = {
  "ip-messaging", chat_segments, COUNT(chat_segments), chat_fields, COUNT(chat_fields)
};


/* ---- looking things up ---- */

bool tw_operation_has(const tw_Operation *operation, const tw_Segment *segment) {
  return segment->wire != NULL && (operation->on_item || !segment->item);
}


int tw_resource_field(const tw_Resource *resource, const char *wire, size_t n) {
  int i;
  for (i = 0; i < resource->field_count; i++) {
    const char *name = resource->fields[i].wire;
    if (strncmp(name, wire, n) == 0 && name[n] == '\0') return i;
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
