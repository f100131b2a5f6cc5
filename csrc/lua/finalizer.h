/*
** Userdata whose memory is not Lua's alone.
*/
#ifndef TW_FINALIZER_H
#define TW_FINALIZER_H

#include "compat.h"

/* Gives the userdata on top the metatable of that name, with `finalizer` as its __gc. The
** userdata has to be ready for that. */
void tw_finalizer_set(lua_State *L, const char *name, lua_CFunction finalizer);

#endif
