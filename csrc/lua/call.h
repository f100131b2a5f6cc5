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
  bool kept;      /* after a failure its request can be sent again, and a list's always */
  bool launched;  /* once it has succeeded, nobody needs it, and it may serve again */
  bool one_page;  /* of a list: one page was asked for */
  tw_Buffer next; /* path of the page to be asked for next; empty for the first */
  tw_Buffer first; /* path of the first page, where another was asked for */
  int pages;      /* that were read */
  int count;      /* items of these pages */
  int list;       /* reference to {items so far, first info, paths}, in the registry */
} tw_Call;

/* The operation whose name is at stack index `index`; raises an error if there is none. */
const tw_Operation *tw_call_check_operation(lua_State *L, int index);

/* Pushes a new one of the client at stack index `client`. */
tw_Call *tw_call_push(lua_State *L, int client, const tw_Operation *operation);

/* The same of the one that the client has at rest, where it has: a blocking method makes its call
** of it, which nobody else sees, and then gives it back. An error between the two leaves it to the
** collector. */
tw_Call *tw_call_take(lua_State *L, int client, const tw_Operation *operation);

/* Ends the one at stack index `index`, and puts it at rest. */
void tw_call_give_back(lua_State *L, int client, int index);

/* The one at stack index `index`; raises an error if that is something else. */
tw_Call *tw_call_check(lua_State *L, int index);

/* Makes its request, for the client at stack index `client`
** from the parameters at `params` (see tw_Defaults for `skip_unknown`). `seconds`, if
** positive, may shorten the attempt. False: `problems` says why. True: the request is to be
** sent, or, where the client was closed meanwhile, the exchange is done. Leaves values on
** the stack. */
bool tw_call_prepare(lua_State *L, int client, tw_Call *call, int params, double seconds,
                     bool skip_unknown, tw_Problems *problems);

/* The same for a method whose arguments are: client, operation, params, [seconds, [skip_unknown]];
** or: client, call, [seconds], for a call that draft or list gave, that failed and is to be sent
** again, or whose next page is wanted. Leaves the call on top of the stack. NULL: it pushed
** `*results` values (nil, message, err). */
tw_Call *tw_call_begin(lua_State *L, int *results);

/* Has one that is at rest, or whose next page is wanted, begin again. The exchange is done where the
** client was closed meanwhile. */
void tw_call_go_on(lua_State *L, int client, tw_Call *call, double seconds);

/* Where a call that was not sent yet was canceled meanwhile, or its client closed: ends it, pushes its
** results and returns how many. Else 0. It is at stack index `index`. */
int tw_call_end_canceled(lua_State *L, int client, tw_Call *call, int index);

/* Pushes the aim of its request, a number of 52 bits at most. */
void tw_call_push_aim(lua_State *L, const tw_Call *call);

/* draft(operation, params, [skip_unknown]): a call, to be given to perform, submit or prepare, as
** often as it fails; and its aim: see tw_aim. Or nil, message, err. */
int tw_call_draft(lua_State *L);

/* list(call): the same for the list that a create's webhook would be in, as often as it is wanted. */
int tw_call_list(lua_State *L);

/* Pushes the request as plain data, without credentials: {method, url, body}. */
void tw_call_push_request(lua_State *L, const tw_Call *call);

/* Pushes its results and returns how many; 0 where another page has to be prepared. It is at
** stack index `index`, and its exchange is done. */
int tw_call_results(lua_State *L, tw_Call *call, int index);

/* What follows so many results: the end, or a rest until it is sent again. */
void tw_call_settle(lua_State *L, tw_Call *call, int results);

/* Cancels it if it is under way, and frees what it holds. */
void tw_call_end(lua_State *L, tw_Call *call);

/* The methods of a call:
**
** answer(response, [message, [sent]])   see relay.h
** cancel()
**     ends it, if it is under way
** request()
**     {method, url, body}, without credentials; nil once its results were taken
** result()
**     its results, as of the blocking function, once; false where another page is to be
**     submitted */

#endif
