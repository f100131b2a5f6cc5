/*
** A user's table to a request: every parameter is looked up in operation's
** tables, checked, and written in the contract's order. All that is wrong is
** found in one go, and nothing is sent then.
*/
#ifndef TW_PARAMS_H
#define TW_PARAMS_H

#include "net/request.h"
#include "api/operation.h"
#include "api/options.h"

/* What a client adds to the parameters of a call. */
typedef struct tw_Defaults {
  int table;                         /* stack index of parameters for any call; 0 for none */
  const tw_Credentials *credentials; /* NULL for none */
  bool skip_unknown; /* skip what the operation does not take: the parameters are another's */
} tw_Defaults;

/* Whose parameters the table at stack index `params` has: of the resources with that
** operation the first whose parent is given, by the call or else by a default. */
const tw_Resource *tw_params_resource(lua_State *L, int params, const tw_Defaults *defaults,
                                      const tw_Operation *operation);

/* Makes the request of that table. False if any of it was refused: then `problems` says what.
** Leaves values on the stack. */
bool tw_params_request(lua_State *L, int params, const tw_Defaults *defaults,
                       const tw_Operation *operation, const tw_Resource *resource,
                       tw_Request *request, tw_Problems *problems);

/* Checks a client's defaults, the table at stack index `table`: any parameter of
** any operation may be among them. */
bool tw_params_check(lua_State *L, int table, tw_Request *request, tw_Problems *problems);

#endif
