/*
** The session as functions for Lua code that waits in its own way: submit, step,
** announce, result. None of them waits for longer than it was told to, and none
** calls Lua.
*/
#ifndef TW_ENGINE_H
#define TW_ENGINE_H

#include "compat.h"

/* Sets these methods of a client into the table on top:
**
** submit(operation, params, [seconds, [skip_unknown, [call]]])
**     a call and its number, or nil, message, err: it was refused. `call`, for the next
**     page of a list, is the one that has the pages before.
** step([seconds, [budget]])
**     moves all calls on: waits at most `seconds` (0) for the network, works for about
**     `budget` seconds. True if it did something.
** announce(told)
**     the number of a call that is done, or nil; again until it is `told`. Made for a loop:
**     for number in client.announce, client do
** timeout()
**     seconds until step has work to do even if nothing comes, or nil
** pollfd([seconds])
**     a descriptor that is readable when step has work to do, and `seconds` from now at the
**     latest; nil where there is none. To be asked for before each wait; who submits while
**     somebody else waits has to step, too. */
void tw_engine_set_methods(lua_State *L);

/* The same for a call:
**
** result()
**     its results, as of the blocking function, once; false where another page is to be
**     submitted
** cancel() */
void tw_engine_set_call_methods(lua_State *L);

#endif
