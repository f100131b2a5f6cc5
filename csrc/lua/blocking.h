/*
** The operations as functions for a caller that waits, and requests as plain data.
*/
#ifndef TW_BLOCKING_H
#define TW_BLOCKING_H

#include "lua/host.h"

/* f(params) of the module; f(params, [seconds, [lenient]]) of a client. Has one
** upvalue of its own: the operation's index in tw_operations. */
int tw_blocking_call(lua_State *L);

/* request(operation, params): {method, url, body}, and nothing sent. No credentials
** are in it. */
int tw_blocking_request(lua_State *L);

#endif
