/*
** The API's tables as Lua values, for Lua code that uses them, and for tests that compare them
** with the published API and with the documents.
*/
#ifndef TW_DESCRIBE_H
#define TW_DESCRIBE_H

#include "compat.h"

/* describe(): {operations, resources, options}. The first two are as in operation.h, with names of
** parameters also in snake_case; the options are names only. */
int tw_describe(lua_State *L);

/* Pushes the operations' names: a list. */
void tw_describe_push_names(lua_State *L);

#endif
