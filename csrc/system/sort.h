/*
** Sorts by bytes. table.sort compares by the locale's rules, and costs several times as much.
*/
#ifndef TW_SYSTEM_SORT_H
#define TW_SYSTEM_SORT_H

#include <lua.h>

/* sort(list): a new list of the same strings, in byte order. */
int tw_sort(lua_State *L);

#endif
