/*
** The operations for a caller that waits, and requests as plain data.
*/
#ifndef TW_BLOCKING_H
#define TW_BLOCKING_H

#include "compat.h"

/* Sets these methods of a client into the table on top:
**
** create_webhook(params, [seconds, [skip_unknown]]), and each other operation
**     its results, of one attempt of at most so many seconds
** request(operation, params, [skip_unknown])
**     {method, url, body}, and nothing sent; no credentials are in it */
void tw_blocking_set_methods(lua_State *L);

/* Sets the same, f(params) and request(operation, params), into the table on top as
** functions of the module, whose own client is at stack index `own`. */
void tw_blocking_set_functions(lua_State *L, int own);

#endif
