/*
** JSON to Lua values as this module promises them: null is nil, and no place in a list;
** a number without a fraction is an integer where Lua has them and lua-cjson can tell it;
** all text is UTF-8. The host's locale has no say.
*/
#ifndef TW_JSON_H
#define TW_JSON_H

#include <stdbool.h>

#include "buffer.h"
#include "compat.h"

/* Levels of arrays and objects in an answer. The API's have three. */
#define TW_JSON_DEPTH_MAX 32

/* Pushes a decoder: lua-cjson's, of instances of our own, so that no setting of the host's
** has a say here, nor ours there. Raises an error where lua-cjson is not installed. */
void tw_json_push_decoder(lua_State *L);

/* Decodes an object or array and pushes it as a table, with a null as lua-cjson has it;
** else pushes why not, in words, and returns false. `decoder` is a stack index. */
bool tw_json_decode(lua_State *L, const tw_Buffer *body, int decoder);

/* Makes of the table on top what this module promises. False: why it cannot is on top
** instead. */
bool tw_json_mend(lua_State *L);

#endif
