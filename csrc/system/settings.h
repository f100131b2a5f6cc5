/*
** Of a webhook as the API lists it: its settings as a text, by which it is compared with itself at
** another time.
*/
#ifndef TW_SYSTEM_SETTINGS_H
#define TW_SYSTEM_SETTINGS_H

#include <lua.h>

/* settings(webhook): a text, the same for equal settings. Nil where some are not of the usual names
** or types. */
int tw_settings(lua_State *L);

#endif
