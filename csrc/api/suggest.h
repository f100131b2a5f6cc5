/*
** What to say of a parameter that is not known: where the API does know it, or
** which known one it resembles.
*/
#ifndef TW_SUGGEST_H
#define TW_SUGGEST_H

#include "api/form.h"
#include "api/operation.h"

/* Adds a problem for the entry at which the walk stands. Its value is not shown:
** under a misspelt name it may be a credential. */
void tw_suggest_refuse(tw_Problems *problems, const tw_Operation *operation,
                       const tw_Resource *resource, const tw_Walk *walk);

/* nearest(word, names): of a list of names in snake_case the one that a misspelt word
** resembles, or nil. */
int tw_suggest_nearest(lua_State *L);

#endif
