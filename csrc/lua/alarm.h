/*
** A descriptor that becomes readable at a moment: for coroutines that wait in an event
** loop which knows descriptors and nothing else that could wake one of them.
*/
#ifndef TW_ALARM_H
#define TW_ALARM_H

#include "compat.h"

/* alarm(): a function
**
** set(seconds)
**     the descriptor becomes readable when so many seconds have passed, and not before,
**     whatever it was set to; returns the descriptor, which stays the same in one process, or
**     nil: there is none */
int tw_alarm_new(lua_State *L);

#endif
