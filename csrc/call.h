/*
** One operation from Lua, for a caller that waits for it: params, request,
** session, reply.
*/
#ifndef TW_CALL_H
#define TW_CALL_H

#include "compat.h"

/* Pushes the Lua function of tw_operations[operation]. `session`, `decoder` and
** `agent` are absolute stack indices of what tw_call_push_session, tw_reply and
** core made. */
void tw_call_push(lua_State *L, int operation, int session, int decoder, int agent);

/* Pushes a Lua function request(operation, params): the request as a table
** (method, url, body) and nothing sent. No credentials are in it. */
void tw_call_push_request(lua_State *L, int session, int agent);

/* Pushes a new session, which its last function keeps alive. */
void tw_call_push_session(lua_State *L);

#endif
