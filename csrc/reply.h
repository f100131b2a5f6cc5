/*
** Status, headers and body to Lua results. Every outcome of an operation
** becomes `result, info` or `nil, message, err` here, and nowhere else. Knows
** no socket.
*/
#ifndef TW_REPLY_H
#define TW_REPLY_H

#include "exchange.h"
#include "operation.h"

/* Levels of arrays and objects in an answer. The API's have three. */
#define TW_JSON_DEPTH_MAX 32

/* Pushes a function that decodes JSON: lua-cjson's, of an instance of our own,
** so that no setting of the host's has a say here, nor ours there. Raises an
** error where lua-cjson is not installed. */
void tw_reply_push_decoder(lua_State *L);

/* Pushes the results of a response; returns how many. `decoder` is the stack
** index of that function, a pseudo-index as a rule. */
int tw_reply_push(lua_State *L, const tw_Operation *operation, const tw_Response *response,
                  int decoder);

/* Pushes the results of a call that was refused; returns how many. */
int tw_reply_push_invalid(lua_State *L, const tw_Operation *operation, tw_Problems *problems);

#endif
