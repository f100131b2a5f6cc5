/*
** Header lines as libcurl handed them over, CRLF and all.
*/
#include "answer/head.h"

#include <string.h>

/* No wait of a client's is longer; larger numbers are cut to it. */
#define RETRY_AFTER_MAX 1e9
/* Bytes of a header's name that are kept. Real ones have 40 at most. */
#define HEADER_NAME_MAX 128


static bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}


/* Pushes the name in lower case. */
static void push_name(lua_State *L, const char *s, size_t n) {
  char name[HEADER_NAME_MAX];
  size_t i;
  if (n > HEADER_NAME_MAX) n = HEADER_NAME_MAX;
  for (i = 0; i < n; i++) {
    name[i] = (char)(s[i] >= 'A' && s[i] <= 'Z' ? s[i] - 'A' + 'a' : s[i]);
  }
  lua_pushlstring(L, name, n);
}


/* Adds one header line to the table on top. A repeated name's values are
** joined with ", " (RFC 9110, 5.3). */
static void add_header(lua_State *L, const char *line, const char *end) {
  const char *colon = memchr(line, ':', (size_t)(end - line));
  const char *value;
  if (colon == NULL) return;
  value = colon + 1;
  while (value < end && is_space(*value)) value++;
  while (end > value && is_space(end[-1])) end--;
  push_name(L, line, (size_t)(colon - line));
  lua_pushvalue(L, -1);
  lua_rawget(L, -3);
  if (lua_isnil(L, -1)) {
    lua_pop(L, 1);
    lua_pushlstring(L, value, (size_t)(end - value));
  } else {
    lua_pushliteral(L, ", ");
    lua_pushlstring(L, value, (size_t)(end - value));
    lua_concat(L, 3);
  }
  lua_rawset(L, -3);
}


void tw_head_push(lua_State *L, const tw_Buffer *head) {
  const char *end = head->data + head->length;
  const char *line = memchr(head->data, '\n', head->length); /* of the status line, which may have a colon */
  lua_createtable(L, 0, 16);
  if (line == NULL) return;
  line++;
  while (line < end) {
    const char *newline = memchr(line, '\n', (size_t)(end - line));
    const char *stop = newline != NULL ? newline : end;
    add_header(L, line, stop);
    line = stop + 1;
  }
}


bool tw_head_retry_after(const char *value, double now, double *seconds) {
  double x = 0;
  const char *c;
  for (c = value; *c >= '0' && *c <= '9'; c++) {
    if (x < RETRY_AFTER_MAX) x = x * 10 + (*c - '0');
  }
  if (c == value || *c != '\0') { /* no number of seconds: RFC 9110, 10.2.3 leaves a date */
    time_t date = *value >= 'A' && *value <= 'Z' ? curl_getdate(value, NULL) : -1;
    if (date == -1) return false;
    x = (double)date - now;
  }
  *seconds = x < 0 ? 0 : x > RETRY_AFTER_MAX ? RETRY_AFTER_MAX : x;
  return true;
}
