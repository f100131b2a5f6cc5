/*
** One operation under way, from its parameters to its results; for a list that is
** several requests, one for each page. A userdata owns the transfer while Lua
** works on it, so an error there, out of memory too, loses nothing, and one that is
** dropped cancels itself.
*/
#ifndef TW_CALL_H
#define TW_CALL_H

#include "api/params.h"
#include "lua/client.h"

typedef struct tw_Call {
  tw_Session *session; /* may be gone once holder.transfer is NULL */
  tw_Holder holder;
  const tw_Operation *operation; /* NULL once its results were taken */
  bool canceled;  /* by the caller */
  tw_Buffer next; /* path of the page to be asked for next; empty for the first */
  int pages;      /* that were read */
  int list;       /* reference to {webhooks so far, info}, in the registry */
} tw_Call;

/* The operation whose name is at stack index `index`; raises an error if there is none. */
const tw_Operation *tw_call_check_operation(lua_State *L, int index);

/* Pushes a new one of the client, which is at stack index `index`. */
tw_Call *tw_call_push(lua_State *L, tw_Client *client, int index, const tw_Operation *operation);

/* The one at stack index `index`; raises an error if that is something else. */
tw_Call *tw_call_check(lua_State *L, int index);

/* Makes the request of its first or its next page from the parameters at stack index
** `params` (see tw_Defaults for `skip_unknown`) for the client at `client`; leaves values on
** the stack, from which the request borrows until it is submitted. `seconds`, if positive,
** may shorten the attempt. False: `problems` says why. */
bool tw_call_prepare(lua_State *L, int client, tw_Call *call, int params, double seconds,
                     bool skip_unknown, tw_Problems *problems);

/* The same for a running method whose arguments are: client, operation, params, [seconds,
** [skip_unknown, [call]]]. The call, for another page of a list the one given, is then at stack index
** TW_CALL_ARGUMENT. NULL: `*results` values (nil, message, err) are pushed. */
#define TW_CALL_ARGUMENT 6
tw_Call *tw_call_begin(lua_State *L, int *results);

/* Pushes the request as plain data, without credentials: {method, url, body}. */
void tw_call_push_request(lua_State *L, const tw_Call *call);

/* Pushes what has become of it and returns how many values these are; or 0, where
** another page has to be prepared and submitted. It is at stack index `index`, and has to
** be done, or canceled. */
int tw_call_results(lua_State *L, tw_Call *call, int index);

/* Ends it. */
void tw_call_end(lua_State *L, tw_Call *call);

#endif
