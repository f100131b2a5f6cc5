/*
** Sorting by bytes: table.sort compares by the locale's rules, for several times the cost.
*/
#ifndef TW_SYSTEM_SORT_H
#define TW_SYSTEM_SORT_H

#include <lua.h>

/* sort(list): another list, of the same strings in the order of their bytes. */
int tw_sort(lua_State *L);

#endif
