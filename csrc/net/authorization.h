/*
** The header line with a request's only secret. This module makes it, since libcurl would
** keep copies of user name and password in its handle and with each connection. The line is
** wiped as soon as the transfer has ended.
*/
#ifndef TW_AUTHORIZATION_H
#define TW_AUTHORIZATION_H

#include "buffer.h"

/* Sets the buffer to "Authorization: Basic ..." (RFC 7617). False: no memory,
** or no room. */
bool tw_authorization_set(tw_Buffer *line, const char *username, const char *password);

/* The same for a bearer token: "Authorization: Bearer ...". */
bool tw_authorization_set_token(tw_Buffer *line, const char *token);

#endif
