/*
** Reads the lines as libcurl passed them, with their ends, and folded ones too (RFC 9112, 5.2).
*/
#include "answer/head.h"

#include <stdint.h>
#include <string.h>

#include "ascii.h"

/* Larger values are cut to this; no client waits for longer. */
#define RETRY_AFTER_MAX 1e9
/* Bytes of a header's name that are kept. Real ones have 40 at most. */
#define HEADER_NAME_MAX 128


/* The names that a table may have: a bit for each of 256 hashes. Most names come once, and the bit
** then saves a look into the table. */
typedef struct Names {
  uint64_t bits[4];
  int kept;  /* see tw_head_push */
  int count; /* of headers so far */
} Names;


/* Pushes the name, which is in lower case. If the kept string is the same, pushes that one, which
** costs a third of a new string. Else keeps the new one. */
static void push_kept(lua_State *L, const char *name, size_t n, Names *names) {
  const int place = ++names->count;
  const bool keeps = names->kept != 0 && place <= TW_HEAD_NAMES;
  if (keeps) {
    size_t length;
    const char *known;
    lua_rawgeti(L, names->kept, place);
    known = lua_tolstring(L, -1, &length);
    if (known != NULL && length == n && memcmp(known, name, n) == 0) return;
    lua_pop(L, 1);
  }
  lua_pushlstring(L, name, n);
  if (!keeps) return;
  lua_pushvalue(L, -1);
  lua_rawseti(L, names->kept, place);
}


/* Pushes the name in lower case. True if the table may have it already. */
static bool push_name(lua_State *L, const char *s, size_t n, Names *names) {
  char name[HEADER_NAME_MAX];
  unsigned hash = (unsigned)n;
  uint64_t *bits, bit;
  bool seen;
  if (n > HEADER_NAME_MAX) n = HEADER_NAME_MAX;
  tw_ascii_lower_copy(name, s, n);
  if (n > 0) hash += (unsigned char)name[0] * 5U + (unsigned char)name[n / 2] * 17U + (unsigned char)name[n - 1] * 11U;
  bits = &names->bits[hash >> 6 & 3];
  bit = UINT64_C(1) << (hash & 63);
  seen = (*bits & bit) != 0;
  *bits |= bit;
  push_kept(L, name, n, names);
  return seen;
}


/* Pushes a value that is folded over several lines, without spaces at its ends. Each fold becomes a
** space (RFC 9112, 5.2). */
static void push_folded(lua_State *L, const char *s, const char *end) {
  const char *const begin = s;
  luaL_Buffer value;
  luaL_buffinit(L, &value);
  while (s < end) {
    const char *newline = memchr(s, '\n', (size_t)(end - s));
    const char *next = newline != NULL ? newline + 1 : end;
    const char *stop = next;
    const bool first = s == begin;
    while (s < stop && tw_ascii_is_space(*s)) s++;
    while (stop > s && tw_ascii_is_space(stop[-1])) stop--;
    if (!first && stop > s) luaL_addlstring(&value, " ", 1);
    luaL_addlstring(&value, s, (size_t)(stop - s));
    s = next;
  }
  luaL_pushresult(&value);
}


/* Pushes a value without the spaces around it. */
static void push_value(lua_State *L, const char *s, const char *end, bool folded) {
  while (s < end && tw_ascii_is_space(*s)) s++;
  while (end > s && tw_ascii_is_space(end[-1])) end--;
  if (folded) push_folded(L, s, end);
  else lua_pushlstring(L, s, (size_t)(end - s));
}


/* Adds one header to the table on top. Its first line ends at `newline`, its last at `end`. The values
** of a repeated name are joined with ", " (RFC 9110, 5.3). */
static void add_header(lua_State *L, const char *line, const char *newline, const char *end, Names *names) {
  const char *colon = memchr(line, ':', (size_t)(newline - line)); /* a name is not folded */
  const char *name_end = colon;
  if (colon == NULL || tw_ascii_is_space(*line)) return; /* a line that continues the status line */
  while (name_end > line && tw_ascii_is_space(name_end[-1])) name_end--;
  if (push_name(L, line, (size_t)(name_end - line), names)) {
    lua_pushvalue(L, -1);
    lua_rawget(L, -3);
    if (!lua_isnil(L, -1)) {
      lua_pushliteral(L, ", ");
      push_value(L, colon + 1, end, newline != end);
      lua_concat(L, 3);
      lua_rawset(L, -3);
      return;
    }
    lua_pop(L, 1);
  }
  push_value(L, colon + 1, end, newline != end);
  lua_rawset(L, -3);
}


/* The end of the line that begins at `line`. */
static const char *line_end(const char *line, const char *end) {
  const char *newline = memchr(line, '\n', (size_t)(end - line));
  return newline != NULL ? newline : end;
}


/* The end of the header whose first line ends at `newline`: a line that begins with a space continues it. */
static const char *header_end(const char *newline, const char *end) {
  while (newline + 1 < end && (newline[1] == ' ' || newline[1] == '\t')) newline = line_end(newline + 1, end);
  return newline;
}


void tw_head_push(lua_State *L, const tw_Buffer *head, int kept) {
  const char *end, *line, *last;
  Names names = {.kept = kept};
  lua_createtable(L, 0, 16);
  if (head->length == 0) return;
  end = head->data + head->length;
  line = memchr(head->data, '\n', head->length); /* of the status line, which may have a colon */
  if (line == NULL) return;
  for (line++; line < end; line = last + 1) {
    const char *newline = line_end(line, end);
    last = header_end(newline, end);
    add_header(L, line, newline, last, &names);
  }
}


/* ---- values with a grammar of their own ---- */

/* The length of a scheme and its colon (RFC 3986, 3.1); 0 if there is none. */
static size_t scheme_length(const char *s) {
  size_t n = 0;
  if (!tw_ascii_is_lower(tw_ascii_lower(*s))) return 0;
  while (tw_ascii_is_alnum(s[n]) || (s[n] != '\0' && strchr("+-.", s[n]) != NULL)) n++;
  return s[n] == ':' ? n + 1 : 0;
}


/* Is it a host, with or without a port? Any other text may be part of a password. */
static bool is_host(const char *s, size_t n) {
  const char *colon = memchr(s, ']', n);
  size_t i = colon != NULL ? (size_t)(colon - s) + 1 : 0;
  if (i > 0 && s[0] != '[') return false;
  for (; i < n && s[i] != ':'; i++) {
    if (colon != NULL || (!tw_ascii_is_alnum(s[i]) && strchr("-._~", s[i]) == NULL)) return false;
  }
  if (i == 0) return false;
  if (i < n) i++;
  while (i < n && tw_ascii_is_digit(s[i])) i++;
  return i == n;
}


bool tw_head_location(const char *value, tw_Location *location) {
  const size_t scheme = scheme_length(value);
  const char *authority = value + scheme + 2;
  size_t n, i;
  if (value[scheme] != '/' || value[scheme + 1] != '/') return false;
  n = strcspn(authority, "/?#");
  location->host = authority;
  for (i = 0; i < n; i++) {
    if (authority[i] == '@') location->host = authority + i + 1;
  }
  location->host_length = (size_t)(authority + n - location->host);
  location->scheme_length = scheme + 2;
  return is_host(location->host, location->host_length);
}


bool tw_head_retry_after(const char *value, double now, double *seconds) {
  double x = 0;
  const char *c;
  for (c = value; tw_ascii_is_digit(*c); c++) {
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
