/*
** Makes a request from a user's table: checks every parameter by the tables of operation.h, and
** writes them in the contract's order. Finds all mistakes at once, not only the first.
*/
#ifndef TW_PARAMS_H
#define TW_PARAMS_H

#include "net/request.h"
#include "api/operation.h"
#include "api/options.h"

/* What a client adds to the parameters of a call. */
typedef struct tw_Defaults {
  int table;                         /* stack index of parameters for any call; 0 for none */
  tw_Credentials *credentials; /* NULL for none */
  bool skip_unknown; /* skip what the operation does not take: another one's parameters */
} tw_Defaults;

/* The resource that the table at stack index `params` means: the first one with that operation
** whose parent is given, by the call or else by a default; else the first one. */
const tw_Resource *tw_params_resource(lua_State *L, int params, const tw_Defaults *defaults,
                                      const tw_Operation *operation);

/* Makes the request from that table. `*one_page`: only one page of a list is wanted. False:
** `problems` says what was refused. Leaves values on the stack. */
bool tw_params_request(lua_State *L, int params, const tw_Defaults *defaults,
                       const tw_Operation *operation, const tw_Resource *resource,
                       tw_Request *request, bool *one_page, tw_Problems *problems);

/* Checks a client's defaults, the table at stack index `table`. It may have any parameter of
** any operation. */
bool tw_params_check(lua_State *L, int table, tw_Request *request, tw_Problems *problems);

#endif
