/*
** A method of a client, for waiting/tasks.lua.
*/
#ifndef TW_LAUNCH_H
#define TW_LAUNCH_H

#include "compat.h"

/* launch(params, seconds, task, turns): drafts a create, takes the turn of its aim for the task, and
** submits the create. It sets turns[aim] to the task, the task's `turn` to the aim, and its `stop` to
** the moment by which it gives the turn back. Gives a call, its number and that moment. Gives nothing,
** and sends nothing, if the ordinary way is needed: `params` are refused or have an option of the
** client (`deadline`, `baseline`), or another task has the turn. */
int tw_launch(lua_State *L);

#endif
