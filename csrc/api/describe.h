/*
** The API's tables as Lua values: for Lua code that works by them, and for the tests that
** compare them with the published API and with the documents.
*/
#ifndef TW_DESCRIBE_H
#define TW_DESCRIBE_H

#include "compat.h"

/* describe(): {operations, resources, options}: the first two as in operation.h, names of
** parameters also in snake_case; of the options the names. */
int tw_describe(lua_State *L);

/* Pushes the operations' names: a list. */
void tw_describe_push_names(lua_State *L);

#endif
