/*
** A client as a userdata with methods: its connections, its credentials, and the default
** parameters of its calls. The module's own functions use a client without such parameters.
*/
#ifndef TW_CLIENT_H
#define TW_CLIENT_H

#include "api/options.h"
#include "net/session.h"

typedef struct tw_Client {
  tw_Session session;
  tw_Credentials credentials;
  bool closed;
} tw_Client;

/* The places of the one array that a client and its calls have as their user value. */
enum {
  TW_CLIENT_AGENT = 1, /* the line "User-Agent: ..." unless a call has another */
  TW_CLIENT_DECODER, /* what tw_json_push_decoder pushed */
  TW_CLIENT_NAMES,   /* what tw_head_push keeps */
  TW_CLIENT_NOTHING, /* a Lua function without a body: see tw_client_run_debug_hook */
  TW_CLIENT_DEFAULTS, /* parameters for every call; nil for the module's own client */
  TW_CLIENT_CALL, /* a call at rest: see tw_call_take; or false */
  TW_CLIENT_VALUES = TW_CLIENT_CALL
};

/* Pushes the module's own client, with the values on top of the stack: its User-Agent line and
** what tw_json_push_decoder pushed, which it pops. */
void tw_client_push_own(lua_State *L);

/* open(options, [connections, [in_flight]]): a client; or nil, message, err. Its upvalue
** is the module's own client. Methods of a client: the operations and what drive.h has;
**
** close([leave_descriptor])
**     see tw_session_close. Later calls are canceled and raise no error, since a finalizer may
**     close the client just after its user has checked that it is open
** draft(operation, params, [skip_unknown, [name]]), launch(params, seconds, task, turns), list(call)
**     see tw_call_draft, tw_launch, tw_call_list
** prepare(operation, params, ...)
**     see relay.h
** request(operation, params, [name])
**     see tw_client_request
** set_access_token(token)
**     for the requests that follow */
int tw_client_open(lua_State *L);

/* request(operation, params): {method, url, body}, without credentials; sends nothing. Its
** upvalue is the module's own client, which has a method of the same name. */
int tw_client_request(lua_State *L);

/* The client at stack index `index`. Raises an error if that is something else. */
tw_Client *tw_client_check(lua_State *L, int index);

/* Pushes one of the values above, of the client or call at stack index `index`. */
void tw_client_push_value(lua_State *L, int index, int value);

/* Calls a Lua function, so that a debug hook runs: a host's signal handler (Ctrl-C) may have
** set one, and Lua calls hooks only for Lua code. */
void tw_client_run_debug_hook(lua_State *L, int index);

#endif
