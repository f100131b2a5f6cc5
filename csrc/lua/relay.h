/*
** A request for somebody else's HTTP client, and the answer that it brings back:
** the ends of the module's own way, with another transport in the middle.
*/
#ifndef TW_RELAY_H
#define TW_RELAY_H

#include "compat.h"

/* A method of a client: prepare(operation, params, [seconds, [skip_unknown, [call]]])
**     a call and its request: {method, url, headers, body, timeout, connect_timeout,
**     max_response_bytes}; or nil, message, err. The credentials are in the headers. */
int tw_relay_prepare(lua_State *L);

/* A method of a call: answer(response, [message, [sent]])
**     what came of it: {status, headers, body}; or nil and why, and "no" where the
**     request did not leave. Its results are then had with result. */
int tw_relay_answer(lua_State *L);

#endif
