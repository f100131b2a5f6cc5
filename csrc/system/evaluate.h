/*
** A file of data that is written as a Lua table.
*/
#ifndef TW_SYSTEM_EVALUATE_H
#define TW_SYSTEM_EVALUATE_H

#include <lua.h>

/* evaluate(text, name): the value that the text returns when it runs, a table; or nil and a
** message. Text alone, no bytecode; no library, no global, no metatable; a bounded number of
** instructions and bounded memory. Where the host itself has no more memory, raises that error. */
int tw_evaluate(lua_State *L);

/* Makes the metatable of what evaluate keeps of a state. */
void tw_evaluate_register(lua_State *L);

#endif
