/*
** The results in Lua of a failed system call.
*/
#ifndef TW_SYSTEM_FAILURE_H
#define TW_SYSTEM_FAILURE_H

#include <lua.h>

/* Pushes nil, "what: why" and the name of the error, such as "ENOSPC". Returns 3. */
int tw_failure_push(lua_State *L, const char *what, int error);

#endif
