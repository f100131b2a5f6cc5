/*
** Metatables of userdata that own what Lua does not free: memory, descriptors, connections.
*/
#ifndef TW_FINALIZER_H
#define TW_FINALIZER_H

#include "compat.h"

/* Sets the metatable of that name for the userdata on top, which must be ready for its finalizer.
** `finalizer` is its __gc; `set_methods`, unless NULL, sets its methods into the table on top. */
void tw_finalizer_set(lua_State *L, const char *name, lua_CFunction finalizer,
                      void (*set_methods)(lua_State *L));

#endif
