/*
** Makes Lua results from status, headers and body. Only this file turns an outcome into
** `result, info` or `nil, message, err`. Knows no socket.
*/
#ifndef TW_REPLY_H
#define TW_REPLY_H

#include "net/request.h"
#include "api/operation.h"

/* Pushes the results of a response; returns how many. `decoder` is the stack index of the decoder
** of tw_json_push_decoder, `names` that of the names that tw_head_push keeps. */
int tw_reply_push(lua_State *L, const tw_Operation *operation, const tw_Resource *resource,
                  const tw_Response *response, int decoder, int names);

/* Pushes the results of a response that succeeded but cannot be used; `why` is the reason. Returns
** how many. */
int tw_reply_push_unusable(lua_State *L, const tw_Operation *operation, const tw_Response *response,
                           const char *why);

/* invalid(name, problems): the results of a call that Lua code refuses. `problems` is a list
** of tables that tw_problem_new made. */
int tw_reply_invalid(lua_State *L);

/* Pushes the results of a call that was refused; returns how many. */
int tw_reply_push_invalid(lua_State *L, tw_Problems *problems);

#endif
