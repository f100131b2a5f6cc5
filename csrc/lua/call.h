/*
** One operation under way, from its parameters to its results; a list may be several
** requests, one for each page. A userdata with methods, which owns its request and its
** answer: a session only borrows them, and nobody else frees them. Collection cancels it.
**
** Whatever allocates may run a finalizer, and that may close the client, cancel the call or
** ask for its results. C that works with the exchange of a call that Lua can reach sets
** `busy` meanwhile: then nobody gets its results, which would free the exchange.
*/
#ifndef TW_CALL_H
#define TW_CALL_H

#include "api/params.h"
#include "lua/client.h"

typedef struct tw_Call {
  tw_Exchange *exchange; /* NULL once its results were taken */
  const tw_Operation *operation;
  const tw_Resource *resource; /* NULL until its parameters were read */
  bool busy;      /* C is working with the exchange */
  bool drafted;   /* its request is made, and not yet to be sent */
  bool one_page;  /* of a list, what was asked for is one page */
  tw_Buffer next; /* path of the page to be asked for next; empty for the first */
  int pages;      /* that were read */
  int count;      /* items of these pages */
  int list;       /* reference to {items so far, first info, paths}, in the registry */
} tw_Call;

/* The operation whose name is at stack index `index`; raises an error if there is none. */
const tw_Operation *tw_call_check_operation(lua_State *L, int index);

/* Pushes a new one of the client at stack index `client`. */
tw_Call *tw_call_push(lua_State *L, int client, const tw_Operation *operation);

/* The one at stack index `index`; raises an error if that is something else. */
tw_Call *tw_call_check(lua_State *L, int index);

/* Makes the request of its first or its next page, for the client at stack index `client`
** from the parameters at `params` (see tw_Defaults for `skip_unknown`). `seconds`, if
** positive, may shorten the attempt. False: `problems` says why. True: the request is to be
** sent, or, where the client was closed meanwhile, the exchange is done. Leaves values on
** the stack. */
bool tw_call_prepare(lua_State *L, int client, tw_Call *call, int params, double seconds,
                     bool skip_unknown, tw_Problems *problems);

/* The same for a method whose arguments are: client, operation, params, [seconds,
** [skip_unknown, [call]]]. Leaves the call on top of the stack: a new one, or the one given,
** which is a draft or a list of which another page is wanted. NULL: it pushed `*results` values (nil, message, err). */
tw_Call *tw_call_begin(lua_State *L, int *results);

/* draft(operation, params): a call, to be given to submit or prepare, and its aim, a text: see
** tw_aim_write. Or nil, message, err. */
int tw_call_draft(lua_State *L);

/* Pushes the request as plain data, without credentials: {method, url, body}. */
void tw_call_push_request(lua_State *L, const tw_Call *call);

/* Pushes its results and returns how many; 0 where another page has to be prepared. It is at
** stack index `index`, and its exchange is done. */
int tw_call_results(lua_State *L, tw_Call *call, int index);

/* Cancels it if it is under way, and frees what it holds. */
void tw_call_end(lua_State *L, tw_Call *call);

/* The methods of a call:
**
** answer(response, [message, [sent]])   see relay.h
** cancel()
**     ends it, if it is under way
** result()
**     its results, as of the blocking function, once; false where another page is to be
**     submitted */

#endif
