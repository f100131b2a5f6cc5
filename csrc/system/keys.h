/*
** What decoders of JSON do not tell: of a key that an object has twice they give the last value.
*/
#ifndef TW_SYSTEM_KEYS_H
#define TW_SYSTEM_KEYS_H

#include <lua.h>

/* repeated_key(text): a key that an object of the JSON has twice; nil for none. The text has been
** decoded, so it is JSON. A key is compared as it is written: \u0061 is not a. */
int tw_repeated_key(lua_State *L);

#endif
