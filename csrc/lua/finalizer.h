/*
** Userdata whose memory is not Lua's alone.
*/
#ifndef TW_FINALIZER_H
#define TW_FINALIZER_H

#include "compat.h"

/* Gives the userdata on top the metatable of that name, with `finalizer` as its __gc and,
** unless it is NULL, what `set_methods` sets into the table on top as its methods. The
** userdata has to be ready to be finalized. */
void tw_finalizer_set(lua_State *L, const char *name, lua_CFunction finalizer,
                      void (*set_methods)(lua_State *L));

#endif
