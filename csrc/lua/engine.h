/*
** The session as functions for Lua code that waits in its own way: submit, step,
** announce, result. None of them waits for longer than it was told to, and none
** calls Lua.
*/
#ifndef TW_ENGINE_H
#define TW_ENGINE_H

#include "lua/host.h"

/* Sets the functions below into the table on top; the hosts' upvalues stand from stack
** index `first` on.
**
** submit(operation, params, [seconds, [lenient, [call]]])
**     a call and its number, or nil, message, err: it was refused. `call`, for the next
**     page of a list, is the one that has the pages before.
** step([seconds, [budget]])
**     moves all calls on: waits at most `seconds` (0) for the network, works for about
**     `budget` seconds. True if it did something.
** announce(_, told)
**     the number of a call that is done, or nil; again until it is `told`. Made for a loop:
**     for number in announce do
** result(call)
**     its results, as of the blocking function, once; false where another page is to be
**     submitted
** cancel(call)
** timeout()
**     seconds until step has work to do even if nothing comes, or nil
** pollfd([seconds])
**     a descriptor that is readable when step has work to do, and `seconds` from now at the
**     latest; nil where there is none. To be asked for before each wait; who submits while
**     somebody else waits has to step, too. */
void tw_engine_set_functions(lua_State *L, int first);

#endif
