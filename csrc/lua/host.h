/*
** What the functions of the module, or those of one client, have in common. Each
** is a closure over the same values, so that two clients in one Lua state share
** nothing.
*/
#ifndef TW_HOST_H
#define TW_HOST_H

#include "api/options.h"
#include "net/session.h"

/* Upvalues of every function that works for a host. */
enum {
  TW_UP_HOST = 1,
  TW_UP_AGENT,    /* the User-Agent unless a call has another */
  TW_UP_DEFAULTS, /* parameters for every call, nil for the module's own functions */
  TW_UP_DECODER,  /* what tw_json_push_decoder pushed */
  TW_UP_TICK,     /* a Lua function that does nothing: see tw_host_notice */
  TW_UP_OWN       /* the function's own */
};

typedef struct tw_Host {
  tw_Session session;
  tw_Credentials credentials;
  bool closed;
} tw_Host;

/* Pushes a new one. */
tw_Host *tw_host_push(lua_State *L, long connections_max, long in_flight_max);

/* Pushes a function with the upvalues that stand from stack index `first` on (in
** the order above) and `own` more, which it pops from the top. */
void tw_host_push_function(lua_State *L, lua_CFunction f, int first, int own);

/* The host of the running function. Raises an error if it is closed. */
tw_Host *tw_host_check(lua_State *L);

/* Lets the interpreter's hook run, where a host's signal handler may have put an
** error: a hook is only called for Lua code. */
void tw_host_notice(lua_State *L);

/* Ends all that is under way and wipes the credentials; see tw_session_close. */
void tw_host_close(tw_Host *host, bool leave_descriptor);

#endif
