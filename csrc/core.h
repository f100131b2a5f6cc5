/*
** The opener, for programs that link the module in. Use it with luaL_requiref or
** package.preload, under the name "twilio.webhooks.core".
*/
#ifndef TW_CORE_H
#define TW_CORE_H

#include <lua.h>

#if defined(__cplusplus)
extern "C" {
#endif

int luaopen_twilio_webhooks_core(lua_State *L);

#if defined(__cplusplus)
}
#endif

#endif
