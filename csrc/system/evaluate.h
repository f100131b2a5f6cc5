/*
** A file of data that is written as a Lua table.
*/
#ifndef TW_SYSTEM_EVALUATE_H
#define TW_SYSTEM_EVALUATE_H

#include <lua.h>

/* evaluate(text, name): the value that the text returns when it runs, a table; or nil and a
** message. Text alone, no bytecode; no library, no global, no metatable; a bounded number of
** instructions and bounded memory. */
int tw_evaluate(lua_State *L);

#endif
