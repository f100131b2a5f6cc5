/*
** Makes Lua results of status, headers and body. Every outcome of an operation becomes
** `result, info` or `nil, message, err` here, and nowhere else. Knows no socket.
*/
#ifndef TW_REPLY_H
#define TW_REPLY_H

#include "net/request.h"
#include "api/operation.h"

/* Pushes the results of a response; returns how many. `decoder` is the stack index of what
** tw_json_push_decoder pushed, `names` that of what tw_head_push keeps. */
int tw_reply_push(lua_State *L, const tw_Operation *operation, const tw_Resource *resource,
                  const tw_Response *response, int decoder, int names);

/* Pushes the results of a response that succeeded but cannot be used; `why` is the reason. Returns
** how many. */
int tw_reply_push_unusable(lua_State *L, const tw_Operation *operation, const tw_Response *response,
                           const char *why);

/* invalid(operation, problems): the results of a call that Lua code refuses, from a list of
** tables that tw_problem_new makes. */
int tw_reply_invalid(lua_State *L);

/* Pushes the results of a call that was refused; returns how many. */
int tw_reply_push_invalid(lua_State *L, const tw_Operation *operation, tw_Problems *problems);

#endif
