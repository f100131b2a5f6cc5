/*
** Hints for a parameter that the operation does not take: where it belongs, or which known
** one it resembles.
*/
#ifndef TW_SUGGEST_H
#define TW_SUGGEST_H

#include "api/operation.h"
#include "api/problem.h"

/* Adds a problem for the parameter at `path`, as the user spelt it. Its value is not shown:
** under a misspelt name it may be a credential. `resource` is NULL for a client's options. */
void tw_suggest_refuse(tw_Problems *problems, const tw_Operation *operation,
                       const tw_Resource *resource, const char *path);

/* nearest(word, names): the name that a misspelt word resembles, from a list of names in
** snake_case; or nil. */
int tw_suggest_nearest(lua_State *L);

#endif
