/*
** A user's table to a request: every parameter is looked up in operation's
** tables, checked, and written in the contract's order. All that is wrong is
** found in one go, and nothing is sent then.
*/
#ifndef TW_PARAMS_H
#define TW_PARAMS_H

#include "exchange.h"
#include "operation.h"

/* Makes the request of the table at stack index `params`. False if any of it
** was refused: then `problems` says what. The request borrows strings that
** this leaves anchored on top of the stack (some forty slots), so leave them
** there until it was submitted. */
bool tw_params_request(lua_State *L, int params, const tw_Operation *operation,
                       tw_Request *request, tw_Problems *problems);

#endif
