/*
** Decodes JSON to Lua values as this module promises them: a null is nil, and left out of
** a list; a number without a fraction is an integer where Lua has them and lua-cjson gives it
** exactly; all text is UTF-8. The host's locale does not matter.
*/
#ifndef TW_JSON_H
#define TW_JSON_H

#include <stdbool.h>

#include "buffer.h"
#include "compat.h"

/* Levels of arrays and objects in an answer. The API's have three. */
#define TW_JSON_DEPTH_MAX 32

/* Pushes a decoder: an instance of lua-cjson of our own, which shares no setting with the
** host's. Raises an error where lua-cjson is not installed. */
void tw_json_push_decoder(lua_State *L);

/* Decodes an object or array and pushes it as a table, in which a null is lua-cjson's; else
** pushes why not, in words, and returns false. `decoder` is a stack index. */
bool tw_json_decode(lua_State *L, const tw_Buffer *body, int decoder);

/* Turns the table on top into what this module promises. False: replaces it by why it cannot. */
bool tw_json_mend(lua_State *L);

#endif
