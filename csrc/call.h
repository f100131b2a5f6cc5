/*
** One operation from Lua, for a caller that waits for it: params, request,
** session, reply.
*/
#ifndef TW_CALL_H
#define TW_CALL_H

#include "compat.h"

/* Pushes the table of the module's functions: each operation, request (which
** gives a request as plain data) and open (the same for a client of its own).
** `agent` and `decoder` are absolute stack indices of the User-Agent and of what
** tw_json_push_decoder pushed. */
void tw_call_push_module(lua_State *L, int agent, int decoder);

#endif
