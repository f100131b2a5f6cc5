/*
** What is sorted is an array of references: the list stays on the stack and holds the strings, and
** nothing of Lua runs between the first look at one and the last.
*/
#include "system/sort.h"

#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "compat.h"

typedef struct Line {
  const char *text; /* the list's */
  size_t length;
  int place; /* in the list */
} Line;


/* By bytes. Of equal ones nobody can tell which is which. */
static int compare(const void *left, const void *right) {
  const Line *a = left, *b = right;
  const size_t shorter = a->length < b->length ? a->length : b->length;
  const int order = memcmp(a->text, b->text, shorter);
  if (order != 0 || a->length == b->length) return order;
  return a->length < b->length ? -1 : 1;
}


static void read_lines(lua_State *L, Line *lines, int count) {
  int i;
  for (i = 0; i < count; i++) {
    lua_rawgeti(L, 1, i + 1);
    if (lua_type(L, -1) != LUA_TSTRING) luaL_error(L, "a list of strings expected");
    lines[i].text = lua_tolstring(L, -1, &lines[i].length);
    lines[i].place = i + 1;
    lua_pop(L, 1);
  }
}


int tw_sort(lua_State *L) {
  Line *lines;
  int count, i;
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  count = (int)lua_rawlen(L, 1);
  lua_createtable(L, count, 0);
  lines = lua_newuserdata(L, (size_t)count * sizeof *lines + 1); /* none is of a size, too */
  read_lines(L, lines, count);
  qsort(lines, (size_t)count, sizeof *lines, compare);
  for (i = 0; i < count; i++) {
    lua_rawgeti(L, 1, lines[i].place);
    lua_rawseti(L, 2, i + 1);
  }
  lua_settop(L, 2);
  return 1;
}
