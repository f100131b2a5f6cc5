/*
** Finds a key that a JSON object has twice. Decoders do not report it: they give the last value.
*/
#ifndef TW_SYSTEM_KEYS_H
#define TW_SYSTEM_KEYS_H

#include <lua.h>

/* repeated_key(text): a key that an object of the JSON has twice; nil for none. The text must be
** valid JSON, so decode it first. Keys are compared as written: \u0061 is not a. */
int tw_repeated_key(lua_State *L);

#endif
