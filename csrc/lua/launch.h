/*
** A method of a client, for waiting/tasks.lua.
*/
#ifndef TW_LAUNCH_H
#define TW_LAUNCH_H

#include "compat.h"

/* launch(params, seconds, task, turns): drafts a create and submits it, for a task that takes the turn
** of its aim: turns[aim] is the task then, and the task's `turn` the aim, its `stop` the moment by
** which it gives that back. A call, its number and the moment; or nothing, and nothing is sent, where
** the ordinary way has to be gone: `params` are refused, or have an option of the client's
** (`deadline`, `baseline`), or another has the turn. */
int tw_launch(lua_State *L);

#endif
