/*
** Decodes JSON to Lua values as this module promises them: a null is nil, and leaves no place
** in a list; a number without a fraction is an integer, if Lua has integers and lua-cjson gives
** it exactly; all text is UTF-8. The host's locale does not matter.
*/
#ifndef TW_JSON_H
#define TW_JSON_H

#include <stdbool.h>

#include "buffer.h"
#include "compat.h"

/* Levels of arrays and objects in an answer. The API's have three. */
#define TW_JSON_DEPTH_MAX 32

/* Pushes a decoder: our own instance of lua-cjson, which shares no setting with the host's.
** Raises an error if lua-cjson is not installed. */
void tw_json_push_decoder(lua_State *L);

/* Decodes an object or array and pushes it as a table, whose nulls are still lua-cjson's. If it
** cannot, pushes the reason and returns false. `decoder` is a stack index. */
bool tw_json_decode(lua_State *L, const tw_Buffer *body, int decoder);

/* Changes the table on top to what this module promises. If it cannot, replaces it by the reason
** and returns false. */
bool tw_json_mend(lua_State *L);

#endif
