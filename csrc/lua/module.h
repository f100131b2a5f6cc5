/*
** The tables of functions: the module's own, and one for each client.
*/
#ifndef TW_MODULE_H
#define TW_MODULE_H

#include "compat.h"

/* Pushes the table of the module's functions: each operation, request (which gives a
** request as plain data) and open (the same for a client of its own). `agent` and
** `decoder` are absolute stack indices of the User-Agent and of what
** tw_json_push_decoder pushed. */
void tw_module_push(lua_State *L, int agent, int decoder);

#endif
