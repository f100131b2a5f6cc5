/*
** Reads the form of a create, and hashes it as it reads (FNV-1a, eight bytes at a time where
** that is possible). URLs that RFC 3986 calls equivalent differ in case, in a default port, in an
** empty path, and in escapes of letters and digits; servers also escape spaces and bytes of UTF-8.
** So the hash leaves out case, ports and slashes, and takes such escapes as their bytes.
*/
#include "api/aim.h"

#include <string.h>

#include "ascii.h"


/* The value of a hexadecimal digit; -1 for any other byte. */
static int hex_value(int c) {
  const char digit = tw_ascii_lower((char)c);
  if (!tw_ascii_is_hex(digit)) return -1;
  return tw_ascii_is_digit(digit) ? digit - '0' : digit - 'a' + 10;
}


/* Is it a space, or a byte beyond ASCII? A URL can hold these only as escapes. */
static bool is_foreign(int c) {
  return c <= ' ' || c > '~';
}


/* The next byte of a form's value; 0 at its end. In our forms each '%' begins an escape. */
static int next_of_form(const char **s) {
  const char *at = *s;
  if (*at == '&' || *at == '\0') return 0;
  if (*at == '%') {
    *s += 3;
    return hex_value(at[1]) * 16 + hex_value(at[2]);
  }
  *s += 1;
  return (unsigned char)*at;
}


/* The next byte of a URL in the form: an escape that means the same as its byte counts as that byte. */
static int next_of_url(const char **s) {
  const int c = next_of_form(s);
  const char *at = *s;
  int byte, high, low;
  if (c != '%' || (high = hex_value(next_of_form(&at))) < 0) return c;
  if ((low = hex_value(next_of_form(&at))) < 0) return c;
  byte = high * 16 + low;
  if (!is_foreign(byte) && !tw_ascii_is_alnum((char)byte) && strchr("-._~", byte) == NULL) return c;
  *s = at;
  return byte;
}


static uint64_t mix(uint64_t hash, uint64_t word) {
  hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
  return hash ^ (hash >> 29);
}


static uint64_t mix_bytes(uint64_t hash, const char *bytes, size_t n) {
  uint64_t word;
  for (; n >= sizeof word; n -= sizeof word, bytes += sizeof word) {
    memcpy(&word, bytes, sizeof word);
    hash = mix(hash, word);
  }
  word = 0;
  if (n > 0) memcpy(&word, bytes, n);
  return mix(hash, word ^ (uint64_t)n << 56);
}


static uint64_t mix_url(uint64_t hash, const char *value) {
  bool in_port = false;
  int c;
  while ((c = next_of_url(&value)) != 0) {
    in_port = c == ':' || (in_port && tw_ascii_is_digit((char)c));
    if (!in_port && c != '/') {
      hash = mix(hash, is_foreign(c) ? (uint64_t)'~' : (unsigned char)tw_ascii_lower((char)c));
    }
  }
  return hash;
}


/* What follows that text, such as a field's name; empty if it is not there. */
static const char *find(const char *in, const char *text) {
  const char *found = strstr(in, text);
  return found != NULL ? found + strlen(text) : "";
}


/* The length of "Type=webhook", if the form begins with it. */
static size_t type_length(const char *form) {
  size_t n = 0;
  while (tw_ascii_is_alnum(form[n])) n++;
  if (form[n] != '=') return 0;
  n++;
  while (tw_ascii_is_lower(form[n])) n++;
  return n;
}


/* Does the type `studio` end at that place? Only this type has a flow to search for. */
static bool is_studio(const char *form, size_t type) {
  static const char studio[] = "studio";
  const size_t n = sizeof studio - 1;
  return type > n && memcmp(form + type - n, studio, n) == 0;
}


static uint64_t mix_form(uint64_t hash, const tw_Request *request) {
  const char *form = request->body.length > 0 ? request->body.data : "";
  const size_t type = type_length(form);
  const char *flow = is_studio(form, type) ? find(form, "Configuration.FlowSid=") : "";
  hash = mix_bytes(hash, form, type);
  hash = mix_bytes(hash, flow, strcspn(flow, "&"));
  return mix_url(hash, find(form, "Configuration.Url="));
}


/* ---- whose webhook it is ---- */

typedef struct Name {
  const char *bytes;
  size_t length;
} Name;


/* The name of the channel or conversation in the path: what is before the last '/'. */
static Name name_of(const tw_Request *request) {
  const char *path = request->path.length > 0 ? request->path.data : "";
  const char *end = strrchr(path, '/');
  Name name = {path, 0};
  const char *at = end;
  if (end == NULL) return name;
  while (at > path && at[-1] != '/') at--;
  name.bytes = at;
  name.length = (size_t)(end - at);
  return name;
}


/* The service in the path; empty for the account's own conversations. */
static Name service_of(const tw_Request *request) {
  Name service = {find(request->path.length > 0 ? request->path.data : "", "/Services/"), 0};
  service.length = strcspn(service.bytes, "/");
  return service;
}


/* Is it "CH" and 32 hexadecimal digits, in either case? */
static bool is_sid(Name name) {
  size_t i;
  if (name.length != 34) return false;
  if (tw_ascii_lower(name.bytes[0]) != 'c' || tw_ascii_lower(name.bytes[1]) != 'h') return false;
  for (i = 2; i < name.length; i++) {
    if (!tw_ascii_is_hex(name.bytes[i])) return false;
  }
  return true;
}


/* A conversation is reached by the account and by its service: its sid says all. A unique name says
** something only with its service. */
static uint64_t mix_owner(uint64_t hash, const tw_Request *request) {
  const Name name = name_of(request);
  if (is_sid(name)) return mix_bytes(hash, name.bytes, name.length);
  return mix_bytes(hash, request->path.data, request->path.length);
}


uint64_t tw_aim(const tw_Request *request) {
  const uint64_t hash = mix_bytes(0, request->base.data, request->base.length);
  return mix_form(mix_owner(hash, request), request) >> 12;
}


/* ---- two names of one channel ---- */

static bool is_same(Name name, Name other) {
  size_t i;
  if (name.length != other.length) return false;
  for (i = 0; i < name.length; i++) {
    if (tw_ascii_lower(name.bytes[i]) != tw_ascii_lower(other.bytes[i])) return false;
  }
  return true;
}


/* May both paths name one channel or conversation? A channel has a sid and a name; a conversation is
** reached by the account and by its service. */
static bool may_be_one(const tw_Request *request, const tw_Request *other) {
  const Name one = name_of(request), two = name_of(other);
  const Name service = service_of(request), other_service = service_of(other);
  if (!is_same(one, two) && is_sid(one) == is_sid(two)) return false;
  return service.length == 0 || other_service.length == 0 || is_same(service, other_service);
}


bool tw_aim_may_meet(const tw_Request *request, const tw_Request *other) {
  return may_be_one(request, other) && mix_form(0, request) == mix_form(0, other);
}
