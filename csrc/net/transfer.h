/*
** One request in flight: libcurl's easy handle, what it borrows, and what is
** known to have been sent. Knows neither Lua nor the API.
*/
#ifndef TW_TRANSFER_H
#define TW_TRANSFER_H

#include "compat.h"
#include "net/certificates.h"
#include "net/queue.h"
#include "net/request.h"
#include "net/trust.h"

typedef struct tw_Transfer {
  const tw_Request *request; /* borrowed since prepare */
  tw_Response *response;
  /* the session's */
  tw_Link idle;   /* among those that are ready for another use */
  void *exchange; /* that it carries out */
  bool in_flight;
  /* this file's */
  CURL *easy;
  bool used;     /* the handle was given a request */
  bool stale;    /* it cannot be trusted with another one */
  tw_Buffer url; /* what the handle has as its URL */
#if TW_CURL_URL_HANDLE
  CURLU *parsed; /* the same, parsed */
#endif
  struct curl_slist headers[4 + TW_HEADERS_MAX];
  tw_Buffer ca_source; /* what the handle's CA certificates come from */
  tw_Certificates *certificates; /* the session's */
  bool all_needed; /* fewer CA certificates did not suffice */
  tw_Trust *trust; /* the session's: which connections may be used */
  bool head_ended; /* no header line is to come, unless the answer is interim */
  bool opened;     /* a connection was, for this request */
  bool kept;       /* the request was written to one that was there */
  bool refused;    /* that one was not trusted, and nothing was written */
  bool proxied;    /* a proxy is in use, or may be */
  CURLcode setup; /* the first setting that libcurl refused */
  char error[CURL_ERROR_SIZE];
} tw_Transfer;

/* A new one, or NULL: no memory. Handles are reused, since making one costs
** as much as ten requests. What it is given lives longer
** than every connection. */
tw_Transfer *tw_transfer_open(tw_Trust *trust, tw_Certificates *certificates);

/* Hands the request over to the easy handle. It and the response, which is filled, are
** borrowed until another takes their place; both must stay where they are while this is in
** flight. CURLE_OK, or why libcurl would not have it. */
CURLcode tw_transfer_prepare(tw_Transfer *transfer, const tw_Request *request,
                             tw_Response *response);

/* After libcurl has ended it, unsent: is it to be begun again, since the kept connection
** could not be trusted, or the handle had too few CA certificates? Once for either. */
bool tw_transfer_may_renew(tw_Transfer *transfer, CURLcode code);

/* Makes it ready for that, when libcurl has let it go. A fresh connection follows. */
CURLcode tw_transfer_renew(tw_Transfer *transfer);

/* Lets it take at most as many seconds as that from now on. */
void tw_transfer_limit(tw_Transfer *transfer, double seconds);

/* Ends it with libcurl's verdict: the response is final. */
void tw_transfer_finish(tw_Transfer *transfer, CURLcode code);

/* May its request have left already? */
bool tw_transfer_begun(const tw_Transfer *transfer);

void tw_transfer_close(tw_Transfer *transfer);

#endif
