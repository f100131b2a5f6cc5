/*
** Headers of the user's own: If-Match, X-Twilio-Webhook-Enabled, X-Request-Id. What this
** module or HTTP itself says stays as it is.
*/
#ifndef TW_HEADERS_H
#define TW_HEADERS_H

#include "api/problem.h"
#include "net/request.h"

/* Writes the headers of the value at stack index `index`, a table of names and texts, in the
** names' byte order into the request. */
void tw_headers_read(lua_State *L, int index, tw_Request *request, tw_Problems *problems);

#endif
