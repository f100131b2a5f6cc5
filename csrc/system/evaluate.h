/*
** Reads a file of data that is written as a Lua table.
*/
#ifndef TW_SYSTEM_EVALUATE_H
#define TW_SYSTEM_EVALUATE_H

#include <lua.h>

/* evaluate(text, name): the table that the text returns when it runs; or nil and a message. It
** takes no bytecode. The text has no library, no global and no metatable, and a limited number
** of instructions and amount of memory. If the host itself has no more memory, raises that error. */
int tw_evaluate(lua_State *L);

/* Makes the metatable of the userdata that holds evaluate's state. */
void tw_evaluate_register(lua_State *L);

#endif
