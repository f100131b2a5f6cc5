/*
** JSON to Lua values as this module promises them: null is nil, a number
** without a fraction is an integer where Lua has them, all text is UTF-8.
*/
#ifndef TW_JSON_H
#define TW_JSON_H

#include <stdbool.h>

#include "buffer.h"
#include "compat.h"

/* Levels of arrays and objects in an answer. The API's have three. */
#define TW_JSON_DEPTH_MAX 32

/* Pushes a function that decodes: lua-cjson's, of an instance of our own, so
** that no setting of the host's has a say here, nor ours there. Raises an error
** where lua-cjson is not installed. */
void tw_json_push_decoder(lua_State *L);

/* Decodes an object or array and pushes it as a table; else pushes why not, in
** words, and returns false. An error that is not the decoder's own, a hook's or of memory,
** is raised. `decoder` is the stack index of that function. */
bool tw_json_decode(lua_State *L, const tw_Buffer *body, int decoder);

#endif
