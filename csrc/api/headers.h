/*
** The user's own headers: If-Match, X-Twilio-Webhook-Enabled, X-Request-Id. Refuses those
** that this module or HTTP itself sets.
*/
#ifndef TW_HEADERS_H
#define TW_HEADERS_H

#include "api/problem.h"
#include "net/request.h"

/* Writes the headers into the request, in the names' byte order. The table at stack index `index`
** has their names and values. */
void tw_headers_read(lua_State *L, int index, tw_Request *request, tw_Problems *problems);

#endif
