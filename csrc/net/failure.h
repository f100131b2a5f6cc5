/*
** libcurl's verdict on a transfer, in our words: the kind of failure, and a text for the
** caller. It uses libcurl's own text only if that can hold no secret: with a proxy in use,
** libcurl may quote the proxy's URL with its password.
*/
#ifndef TW_FAILURE_H
#define TW_FAILURE_H

#include "compat.h"
#include "net/request.h"

/* What is known in addition to libcurl's code. */
typedef struct tw_Circumstances {
  bool plain;       /* http, and not https */
  bool proxied;     /* a proxy is in use, or may be */
  long refusal;     /* the status with which the proxy refused to connect; 0 for none */
  long socks;       /* the CURLPX_... with which a SOCKS proxy did; 0 for none */
  const char *text; /* libcurl's; "" for none */
} tw_Circumstances;

/* May a request go through a proxy: the option's, or the environment's? */
bool tw_failure_is_proxied(const tw_Request *request);

/* Sets fault, curl_code and error of a response. */
void tw_failure_set(tw_Response *response, CURLcode code, const tw_Circumstances *about);

#endif
