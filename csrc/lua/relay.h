/*
** Requests that another HTTP client (a transport) sends, and its answers. Sends nothing
** itself.
*/
#ifndef TW_RELAY_H
#define TW_RELAY_H

#include "compat.h"

/* A method of a client: prepare(operation, params, [seconds, [skip_unknown]]), or
** prepare(call, [seconds]) for one to send again: see tw_call_begin
**     a call and its request: {method, url, headers, body, timeout, connect_timeout,
**     max_response_bytes}; or nil, message, err. The credentials are in the headers. */
int tw_relay_prepare(lua_State *L);

/* A method of a call: answer(response, [message, [sent]])
**     sets the transport's answer: {status, headers, body}; or nil, the reason, and "no" if
**     the request did not leave. `result` then gives the results */
int tw_relay_answer(lua_State *L);

#endif
