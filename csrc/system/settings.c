/*
** Each field ends with the byte 0, and each value of a list with the byte 1. Tables are read raw.
*/
#include "system/settings.h"

#include <lauxlib.h>
#include <stdbool.h>
#include <stdio.h>

#include "compat.h"

static const char *const outer[] = {"type", "target", NULL};
static const char *const inner[] = {"url", "method", "retry_count", "flow_sid", "replay_after", "filters",
                                    "triggers", NULL};


static void push_field(lua_State *L, int table, const char *name) {
  lua_pushstring(L, name);
  lua_rawget(L, table);
}


static int count_all(lua_State *L, int table) {
  int count = 0;
  lua_pushnil(L);
  while (lua_next(L, table) != 0) {
    lua_pop(L, 1);
    count++;
  }
  return count;
}


static bool is_list_of_strings(lua_State *L, int table) {
  const int count = (int)lua_rawlen(L, table);
  int i;
  for (i = 1; i <= count; i++) {
    bool is_string;
    lua_rawgeti(L, table, i);
    is_string = lua_type(L, -1) == LUA_TSTRING;
    lua_pop(L, 1);
    if (!is_string) return false;
  }
  return count_all(L, table) == count;
}


static bool is_usual(lua_State *L, int index) {
  const int type = lua_type(L, index);
  if (type == LUA_TTABLE) return is_list_of_strings(L, index);
  return type == LUA_TNIL || type == LUA_TSTRING || type == LUA_TNUMBER;
}


/* Pushes the fields of these names. Returns how many there are; -1 if one has another type. */
static int push_fields(lua_State *L, int table, const char *const *names) {
  int count = 0;
  for (; *names != NULL; names++) {
    push_field(L, table, *names);
    if (!is_usual(L, lua_gettop(L))) return -1;
    if (!lua_isnil(L, -1)) count++;
  }
  return count;
}


static void add_list(luaL_Buffer *b, lua_State *L, int table) {
  const int count = (int)lua_rawlen(L, table);
  int i;
  for (i = 1; i <= count; i++) {
    lua_rawgeti(L, table, i);
    luaL_addvalue(b);
    luaL_addchar(b, '\1');
  }
}


/* Usually it is a number of retries. */
static void add_number(luaL_Buffer *b, lua_Number number) {
  int i;
  for (i = 0; i < 10 && number != (lua_Number)i; i++) {}
  if (i < 10) {
    luaL_addchar(b, (char)('0' + i));
  } else {
    char text[32];
    luaL_addlstring(b, text, (size_t)snprintf(text, sizeof text, "%.14g", (double)number));
  }
}


/* `value`: where the field's value is. */
static void add_field(luaL_Buffer *b, lua_State *L, int value) {
  switch (lua_type(L, value)) {
    case LUA_TTABLE: add_list(b, L, value); break;
    case LUA_TNUMBER: add_number(b, lua_tonumber(L, value)); break;
    case LUA_TSTRING:
      lua_pushvalue(L, value);
      luaL_addvalue(b);
      break;
    default: break;
  }
  luaL_addchar(b, '\0');
}


#define VALUES 3 /* where they begin on the stack: below the buffer, which uses the top */
#define COUNT ((int)(sizeof outer / sizeof *outer + sizeof inner / sizeof *inner - 2))

int tw_settings(lua_State *L) {
  luaL_Buffer b;
  int i;
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  push_field(L, 1, "configuration");
  if (!lua_istable(L, 2)) return 0;
  luaL_checkstack(L, COUNT + LUA_MINSTACK, NULL);
  if (push_fields(L, 1, outer) < 0 || push_fields(L, 2, inner) != count_all(L, 2)) return 0;
  luaL_buffinit(L, &b);
  for (i = 0; i < COUNT; i++) add_field(&b, L, VALUES + i);
  luaL_pushresult(&b);
  return 1;
}
