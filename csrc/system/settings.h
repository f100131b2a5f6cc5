/*
** Writes a listed webhook's settings as a text, to compare the webhook with itself at another
** time.
*/
#ifndef TW_SYSTEM_SETTINGS_H
#define TW_SYSTEM_SETTINGS_H

#include <lua.h>

/* settings(webhook): a text, the same for equal settings; nil if some have other names or types
** than usual. */
int tw_settings(lua_State *L);

#endif
