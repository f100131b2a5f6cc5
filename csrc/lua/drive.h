/*
** Moves calls on: functions that wait here, and steps for Lua code that waits in its own
** way. No step waits longer than its argument allows, and none calls Lua.
*/
#ifndef TW_DRIVE_H
#define TW_DRIVE_H

#include "compat.h"

/* Sets a method for each operation into the table on top:
**
** create_webhook(params, [seconds, [skip_unknown]])
**     makes one attempt, waits for it, at most so many seconds, and gives its results */
void tw_drive_set_operations(lua_State *L);

/* The same as functions f(params) of the module, whose own client is at stack index `own`. */
void tw_drive_set_functions(lua_State *L, int own);

/* Methods of a client:
**
** perform(call, [seconds])
**     the same for a call of tw_call_draft */
int tw_drive_perform(lua_State *L);

/* submit(operation, params, [seconds, [skip_unknown]])
** submit(call, [seconds])
**     a call and its number; or nil, message, err if it was refused. See tw_call_begin */
int tw_drive_submit(lua_State *L);

/* step([seconds, [budget]])
**     moves all calls on: waits at most `seconds` (0) for the network, works for about
**     `budget` seconds. True if it did something */
int tw_drive_step(lua_State *L);

/* announce([number])
**     the number of a call that is done, or nil. Repeats a number until the caller passes it
**     back, so that an error loses none, and then sends the next queued request. Use it in a loop:
**     for number in client.announce, client do */
int tw_drive_announce(lua_State *L);

/* awaited()
**     how many calls have a number; they have one from submit until they are announced or canceled */
int tw_drive_awaited(lua_State *L);

/* timeout()
**     seconds until step has work to do even if nothing comes, or nil */
int tw_drive_timeout(lua_State *L);

/* pollfd([seconds])
**     a descriptor that is readable when step has work to do, and after `seconds` at the
**     latest; nil if there is none. Ask before each wait. Code that submits while another
**     coroutine waits has to call step */
int tw_drive_pollfd(lua_State *L);

/* Functions of the module, for waits without a request:
**
** sleep(seconds)
**     waits; a debug hook's error ends it. Upvalue: the module's own client. */
int tw_drive_sleep(lua_State *L);

/* alarm()
**     a function set(seconds), which gives a descriptor that becomes readable after so many
**     seconds, and not before, whatever was set last; nil if there is none. Within a process
**     it is the same each time. set() closes it. For an event loop that can wake a coroutine
**     only by a descriptor */
int tw_drive_alarm(lua_State *L);

#endif
