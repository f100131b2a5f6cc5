/*
** Where a request goes: the API's own host, in an edge and region where asked,
** or a base URL of the user's.
*/
#ifndef TW_ENDPOINT_H
#define TW_ENDPOINT_H

#include "net/request.h"

/* Sets request->base to https://PRODUCT[.EDGE][.REGION].twilio.com. Labels are
** NULL where not given; an edge without a region means us1, as Twilio has it. */
void tw_endpoint_twilio(tw_Request *request, const char *product, const char *edge,
                        const char *region);

/* Sets request->base, plain and loopback from a base URL, and begins
** request->path with its prefix. NULL for success, else what the URL must be. */
const char *tw_endpoint_custom(tw_Request *request, const char *url, size_t n, bool allow_http);

/* Sets `path`, which is empty, to path and query of the next page's URL. Ignores the URL's
** host: all pages are asked of the host of the first, whose path is `first`. False for what
** is no URL with a path, or does not fit; `path->state` says the latter. */
bool tw_endpoint_next_page(const tw_Buffer *first, const char *url, size_t n, tw_Buffer *path);

/* Is it one DNS label: letters, digits and inner hyphens, 63 at most? */
bool tw_endpoint_is_label(const char *s, size_t n);

#endif
