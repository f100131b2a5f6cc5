/*
** Where a request goes: to the API's own host, perhaps in an edge and region, or to the
** user's base URL.
*/
#ifndef TW_ENDPOINT_H
#define TW_ENDPOINT_H

#include "net/request.h"

/* Sets request->base to https://PRODUCT[.EDGE][.REGION].twilio.com. A label that is not
** given is NULL; an edge without a region means us1, as with Twilio. */
void tw_endpoint_twilio(tw_Request *request, const char *product, const char *edge,
                        const char *region);

/* Sets request->base, plain and loopback from a base URL, and begins
** request->path with its prefix. Returns NULL, or what the URL must be. */
const char *tw_endpoint_custom(tw_Request *request, const char *url, size_t n, bool allow_http);

/* Sets the empty `path` to path and query of the next page's URL. Ignores the URL's host: all
** pages are asked of the host of the first page, whose path is `first`. False if it is no URL
** with a path, or does not fit; `path->state` tells which. */
bool tw_endpoint_next_page(const tw_Buffer *first, const char *url, size_t n, tw_Buffer *path);

/* Is it one DNS label: letters, digits and inner hyphens, 63 at most? */
bool tw_endpoint_is_label(const char *s, size_t n);

#endif
