/*
** Keeps the problems in a Lua table, so that nothing leaks when Lua runs out of memory.
*/
#include "api/problem.h"

#include <string.h>

#define FIELD_SHOWN 128  /* bytes of a field's path */
#define GIVEN_SHOWN 64   /* bytes of a refused string */
#define MESSAGE_MAX 2048 /* bytes of all problems in one line */


static bool is_printable(char c) {
  return c >= 0x20 && c < 0x7f;
}


/* Does the text fit in `max` bytes, if each byte that is not printable takes four? */
static bool fits(const char *bytes, size_t n, size_t max) {
  size_t i, length = 0;
  for (i = 0; i < n && length <= max; i++) length += is_printable(bytes[i]) ? 1 : 4;
  return length <= max;
}


void tw_push_printable(lua_State *L, const char *bytes, size_t n, size_t max) {
  static const char hex[] = "0123456789ABCDEF";
  static const char rest[] = "...";
  const size_t room = fits(bytes, n, max) ? max : max - (sizeof rest - 1);
  luaL_Buffer out;
  size_t i, length = 0;
  luaL_buffinit(L, &out);
  for (i = 0; i < n; i++) {
    const unsigned char c = (unsigned char)bytes[i];
    const char escape[4] = {'\\', 'x', hex[c >> 4], hex[c & 15]};
    const size_t width = is_printable(bytes[i]) ? 1 : sizeof escape;
    if (length + width > room) {
      luaL_addstring(&out, rest);
      break;
    }
    luaL_addlstring(&out, width == 1 ? &bytes[i] : escape, width);
    length += width;
  }
  luaL_pushresult(&out);
}


void tw_problems_open(tw_Problems *p) {
  p->count = 0;
  lua_pushnil(p->L);
  p->list = lua_gettop(p->L);
}


/* Pushes a value as a person would name it. */
static void push_given(lua_State *L, int index) {
  size_t n;
  const char *s;
  switch (lua_type(L, index)) {
    case LUA_TSTRING:
      s = lua_tolstring(L, index, &n);
      if (memchr(s, '\0', n) != NULL) {
        lua_pushliteral(L, "a string with a NUL byte");
        return;
      }
      tw_push_printable(L, s, n, GIVEN_SHOWN);
      lua_pushfstring(L, "\"%s\"", lua_tostring(L, -1));
      lua_remove(L, -2);
      return;
    case LUA_TNUMBER:
      lua_pushvalue(L, index); /* lua_tolstring would change the original */
      s = lua_tolstring(L, -1, &n);
      tw_push_printable(L, s, n, GIVEN_SHOWN); /* a locale's decimal point may have any bytes */
      lua_remove(L, -2);
      return;
    case LUA_TBOOLEAN:
      lua_pushstring(L, lua_toboolean(L, index) ? "true" : "false");
      return;
    case LUA_TLIGHTUSERDATA: /* usually a JSON library's null */
      lua_pushstring(L, lua_touserdata(L, index) == NULL ? "null" : "a userdata");
      return;
    default:
      lua_pushfstring(L, "a %s", luaL_typename(L, index));
  }
}


/* Pops the message on top (and `given` below it, if there is one) into a new entry. */
static void record(tw_Problems *p, const char *field, const char *expected, bool given) {
  lua_State *L = p->L;
  int message = lua_gettop(L);
  p->count++;
  if (lua_isnil(L, p->list)) {
    lua_newtable(L);
    lua_replace(L, p->list);
  }
  lua_createtable(L, 0, 4);
  tw_push_printable(L, field, strlen(field), FIELD_SHOWN);
  lua_setfield(L, -2, "field");
  lua_pushvalue(L, message);
  lua_setfield(L, -2, "message");
  if (expected != NULL) {
    lua_pushstring(L, expected);
    lua_setfield(L, -2, "expected");
  }
  if (given) {
    lua_pushvalue(L, message - 1);
    lua_setfield(L, -2, "given");
  }
  lua_rawseti(L, p->list, p->count);
  lua_settop(L, message - (given ? 2 : 1));
}


/* If the list is full, only counts one more and returns true. */
static bool is_only_counted(tw_Problems *p) {
  if (p->count < TW_PROBLEMS_MAX) return false;
  p->count++;
  return true;
}


void tw_problem_must(tw_Problems *p, const char *field, const char *expected, int given) {
  lua_State *L = p->L;
  if (is_only_counted(p)) return;
  luaL_checkstack(L, 8, "problems");
  if (given == 0) {
    lua_pushfstring(L, "must be %s", expected);
  } else {
    push_given(L, given);
    lua_pushfstring(L, "must be %s, not %s", expected, lua_tostring(L, -1));
  }
  record(p, field, expected, given != 0);
}


void tw_problem_add(tw_Problems *p, const char *field, const char *message,
                    const char *expected) {
  if (is_only_counted(p)) return;
  luaL_checkstack(p->L, 8, "problems");
  lua_pushstring(p->L, message);
  record(p, field, expected, false);
}


void tw_problem_mark_unknown(const tw_Problems *p) {
  if (p->count > TW_PROBLEMS_MAX) return;
  lua_rawgeti(p->L, p->list, p->count);
  lua_pushboolean(p->L, 1);
  lua_setfield(p->L, -2, "unknown");
  lua_pop(p->L, 1);
}


void tw_problems_count(tw_Problems *p, int n) {
  p->count += n;
}


void tw_problems_message(tw_Problems *p) {
  lua_State *L = p->L;
  int n = p->count < TW_PROBLEMS_MAX ? p->count : TW_PROBLEMS_MAX;
  size_t length = 0;
  int i;
  lua_pushliteral(L, "");
  for (i = 1; i <= n && length < MESSAGE_MAX; i++) {
    lua_pushstring(L, i > 1 ? "; " : "");
    lua_rawgeti(L, p->list, i);
    lua_getfield(L, -1, "field");
    lua_pushliteral(L, ": ");
    lua_getfield(L, -3, "message");
    lua_remove(L, -4); /* the entry */
    lua_concat(L, 5);
    length = lua_rawlen(L, -1);
  }
  if (i <= p->count) {
    lua_pushfstring(L, "; and %d more", p->count - i + 1);
    lua_concat(L, 2);
  }
}


int tw_problem_new(lua_State *L) {
  enum { FIELD = 1, EXPECTED, GIVEN };
  const char *field = luaL_checkstring(L, FIELD);
  const char *expected = luaL_checkstring(L, EXPECTED);
  tw_Problems problems = {.L = L};
  lua_settop(L, GIVEN);
  tw_problems_open(&problems);
  tw_problem_must(&problems, field, expected, GIVEN);
  lua_rawgeti(L, problems.list, 1);
  return 1;
}
