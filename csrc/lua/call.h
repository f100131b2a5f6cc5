/*
** One operation under way, from its parameters to its results; a list may take several
** requests, one for each page. It is a userdata with methods, which owns its request and its
** answer: a session only borrows them, and nobody else frees them. Collection cancels it.
**
** Any allocation may run a finalizer, which may close the client, cancel the call or ask for
** its results. C that works with the exchange of a call that Lua can reach sets `busy`
** meanwhile: then nobody gets its results, which would free the exchange.
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
  bool kept;      /* its request can be sent again: a list's always, another's after a failure */
  bool launched;  /* after its success nobody needs it, and it may be used again */
  bool one_page;  /* of a list: one page was asked for */
  tw_Buffer next; /* path of the next page to ask for; empty for the first */
  tw_Buffer first; /* path of the first page, once another was asked for */
  int pages;      /* that were read */
  int count;      /* items of these pages */
  int list;       /* reference to {items so far, first info, paths}, in the registry */
} tw_Call;

/* The operation whose name is at stack index `index`; raises an error if there is none. */
const tw_Operation *tw_call_check_operation(lua_State *L, int index);

/* Pushes a new one of the client at stack index `client`. */
tw_Call *tw_call_push(lua_State *L, int client, const tw_Operation *operation);

/* The same, but takes the call that the client has at rest, if it has one. A blocking method uses
** it, unseen by others, and then gives it back. After an error in between, the collector gets it. */
tw_Call *tw_call_take(lua_State *L, int client, const tw_Operation *operation);

/* Ends the one at stack index `index`, and puts it at rest. */
void tw_call_give_back(lua_State *L, int client, int index);

/* The one at stack index `index`; raises an error if that is something else. */
tw_Call *tw_call_check(lua_State *L, int index);

/* Makes its request, for the client at stack index `client` from the parameters at `params`
** (see tw_Defaults for `skip_unknown`). `seconds`, if positive, may shorten the attempt.
** `problems` has its L and name. False: it says why. True: the request can be sent; but if the
** client was closed meanwhile, the exchange is done. Leaves values on the stack. */
bool tw_call_prepare(lua_State *L, int client, tw_Call *call, int params, double seconds,
                     bool skip_unknown, tw_Problems *problems);

/* The same for a method with the arguments client, operation, params, [seconds, [skip_unknown,
** [name]]], where a refusal begins with `name` instead of the operation's; or client, call,
** [seconds]. This call comes from draft or list, or it failed and is sent again, or its next page is
** wanted. Leaves the call on top of the stack. NULL: it pushed `*results` values (nil, message,
** err). */
tw_Call *tw_call_begin(lua_State *L, int *results);

/* Begins a call again that is at rest, or whose next page is wanted. If the client was closed
** meanwhile, the exchange is done. */
void tw_call_go_on(lua_State *L, int client, tw_Call *call, double seconds);

/* For a call that was not sent yet, at stack index `index`: if it was canceled meanwhile, or its client
** closed, ends it, pushes its results and returns how many. Else returns 0. */
int tw_call_end_canceled(lua_State *L, int client, tw_Call *call, int index);

/* Pushes the aim of its request, a number of 52 bits at most. */
void tw_call_push_aim(lua_State *L, const tw_Call *call);

/* draft(operation, params, [skip_unknown, [name]]): a call, to give to perform, submit or prepare as
** often as it fails; and its aim: see tw_aim. Or nil, message, err. */
int tw_call_draft(lua_State *L);

/* list(call): the same for the list that would show a create's webhook; it may be sent any number
** of times. */
int tw_call_list(lua_State *L);

/* Pushes the request as plain data, without credentials: {method, url, body}. */
void tw_call_push_request(lua_State *L, const tw_Call *call);

/* Pushes its results and returns how many; 0 if another page has to be prepared. It is at
** stack index `index`, and its exchange is done. */
int tw_call_results(lua_State *L, tw_Call *call, int index);

/* After so many results: ends it, or puts it at rest until it is sent again. */
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
**     its results, as of the blocking function, once; false if another page has to be
**     submitted */

#endif
