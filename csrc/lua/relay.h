/*
** A request for somebody else's HTTP client, and the answer that it brings back:
** the ends of the module's own way, with another transport in the middle.
*/
#ifndef TW_RELAY_H
#define TW_RELAY_H

#include "lua/host.h"

/* Sets the functions below into the table on top; the hosts' upvalues stand from stack
** index `first` on.
**
** prepare(operation, params, [seconds, [lenient, [call]]])
**     a call and its request: {method, url, headers, body, timeout, connect_timeout,
**     max_response_bytes}; or nil, message, err. The credentials are in the headers.
** answer(call, response, [message, [sent]])
**     what came of it: {status, headers, body}; or nil and why, and "no" where the
**     request did not leave. Its results are then had with the engine's result. */
void tw_relay_set_functions(lua_State *L, int first);

#endif
