/*
** Checks and writes the headers. No problem shows a value, which may be a secret.
*/
#include "api/headers.h"

#include <string.h>

#include "ascii.h"

#define VALUE_MAX 4096

/* Set by this module or by libcurl, or meant for a connection. */
static const char *const reserved[] = {
  "accept", "accept-encoding", "authorization", "connection", "content-encoding",
  "content-length", "content-type", "expect", "host", "http2-settings", "keep-alive",
  "proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
  "user-agent"
};


static bool is_reserved(const char *name) {
  size_t i;
  for (i = 0; i < sizeof reserved / sizeof *reserved; i++) {
    if (tw_ascii_equal(name, reserved[i])) return true;
  }
  return false;
}


/* A token of RFC 9110, 5.6.2. */
static bool is_name(const char *s, size_t n) {
  size_t i;
  if (n == 0 || n > TW_HEADER_NAME_MAX) return false;
  for (i = 0; i < n; i++) {
    if (!tw_ascii_is_alnum(s[i]) && (s[i] == '\0' || strchr("!#$%&'*+-.^_`|~", s[i]) == NULL)) return false;
  }
  return true;
}


/* Can a line hold it? It has no control character, which might begin another line, and no space at
** its ends, which would be lost. */
static bool is_value(const char *s, size_t n) {
  return n > 0 && n <= VALUE_MAX && s[0] != ' ' && s[n - 1] != ' ' && !tw_ascii_has_control(s, n);
}


/* Exchanges the names at two stack indices. */
static void swap(lua_State *L, int a, int b) {
  lua_pushvalue(L, a);
  lua_pushvalue(L, b);
  lua_replace(L, a);
  lua_replace(L, b);
}


/* Puts the names from `first` to the top into byte order. */
static void sort(lua_State *L, int first) {
  const int last = lua_gettop(L);
  int i, j;
  for (i = first + 1; i <= last; i++) {
    for (j = i; j > first; j--) {
      if (strcmp(lua_tostring(L, j - 1), lua_tostring(L, j)) <= 0) break;
      swap(L, j - 1, j);
    }
  }
}


/* Pushes the table's names. If there are other keys, or too many, adds a problem and returns
** false. */
static bool push_names(lua_State *L, int table, tw_Problems *problems) {
  const int top = lua_gettop(L);
  const char *refusal = NULL;
  lua_pushnil(L);
  while (refusal == NULL && lua_next(L, table)) {
    lua_pop(L, 1);
    if (lua_type(L, -1) != LUA_TSTRING) refusal = "a table of names and texts";
    else if (lua_gettop(L) - top > TW_HEADERS_MAX) refusal = "a table of 16 headers at most";
    else lua_pushvalue(L, -1); /* stays; the traversal uses the other copy */
  }
  if (refusal == NULL) return true;
  lua_settop(L, top);
  tw_problem_must(problems, "headers", refusal, 0);
  return false;
}


/* What is wrong with the header whose name and value are at the top, or NULL. */
static const char *refusal_of(lua_State *L) {
  size_t n;
  const char *s = lua_tolstring(L, -2, &n);
  if (!is_name(s, n)) return "must have a name of 1 to 128 letters, digits and hyphens";
  if (is_reserved(s)) return "is not for a call to set";
  if (lua_type(L, -1) != LUA_TSTRING) return "must be a string";
  s = lua_tolstring(L, -1, &n);
  return is_value(s, n) ? NULL
    : "must have 1 to 4096 bytes, no control character, and no space at its ends";
}


/* Writes, or refuses, the header whose name is at stack index `name`. */
static void read_header(lua_State *L, int table, int name, tw_Buffer *lines,
                        tw_Problems *problems) {
  const char *refusal;
  lua_pushvalue(L, name);
  lua_pushvalue(L, name);
  lua_rawget(L, table);
  refusal = refusal_of(L);
  if (refusal != NULL) {
    lua_pushfstring(L, "headers.%s", lua_tostring(L, name));
    tw_problem_add(problems, lua_tostring(L, -1), refusal, NULL);
    lua_pop(L, 3);
    return;
  }
  tw_buffer_text(lines, lua_tostring(L, -2));
  tw_buffer_text(lines, ": ");
  tw_buffer_append(lines, lua_tostring(L, -1), lua_rawlen(L, -1) + 1); /* with its NUL */
  lua_pop(L, 2);
}


/* Makes room for all lines at once: a buffer that moves leaves a copy of secrets behind. */
static void reserve(lua_State *L, int table, int first, int last, tw_Buffer *lines) {
  size_t n = 0;
  int name;
  for (name = first; name <= last; name++) {
    lua_pushvalue(L, name);
    lua_rawget(L, table);
    n += lua_rawlen(L, name) + sizeof ": ";
    if (lua_type(L, -1) == LUA_TSTRING) n += lua_rawlen(L, -1);
    lua_pop(L, 1);
  }
  (void)tw_buffer_reserve(lines, n);
}


/* Is the name at that index, in another case, among those from `first` on? */
static bool is_twice(lua_State *L, int first, int name) {
  int i;
  for (i = first; i < name; i++) {
    if (tw_ascii_equal(lua_tostring(L, i), lua_tostring(L, name))) return true;
  }
  return false;
}


void tw_headers_read(lua_State *L, int index, tw_Request *request, tw_Problems *problems) {
  const int first = lua_gettop(L) + 1;
  int name;
  luaL_checkstack(L, TW_HEADERS_MAX + 8, "headers");
  if (lua_type(L, index) != LUA_TTABLE) {
    tw_problem_must(problems, "headers", "a table of names and texts", 0);
  } else if (push_names(L, index, problems)) {
    const int last = lua_gettop(L);
    sort(L, first);
    reserve(L, index, first, last, &request->headers);
    for (name = first; name <= last; name++) {
      if (is_twice(L, first, name)) {
        tw_problem_add(problems, "headers", "has a name twice, in two spellings", NULL);
      }
      read_header(L, index, name, &request->headers, problems);
    }
    if (request->headers.state == TW_BUFFER_FULL) {
      tw_problem_add(problems, "headers", "have more than 16 KiB", NULL);
    }
  }
  lua_settop(L, first - 1);
}
