/*
** One request in flight: libcurl's easy handle, the data that it borrows, and what is known
** to have been sent. Knows neither Lua nor the API.
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
  bool stale;    /* libcurl is one of TW_CURL_STALE_HEADER, which needs the next four: */
  bool keeps;    /* it has kept a header of this answer, or of the proxy's */
  bool in_block; /* a status line has come, and the end of its headers has not */
  bool shown;    /* it shows lines before it keeps them */
  bool folded;   /* the first header began with a space */
  tw_Buffer url; /* what the handle has as its URL */
#if TW_CURL_URL_HANDLE
  CURLU *parsed; /* the same, parsed */
#endif
  struct curl_slist headers[4 + TW_HEADERS_MAX];
  tw_Buffer ca_source; /* what the handle's CA certificates come from */
  tw_Certificates *certificates; /* the session's */
  bool all_needed; /* fewer CA certificates were not enough */
  tw_Trust *trust; /* the session's: which connections may be used */
  bool head_ended; /* no header line follows, unless the answer is interim */
  bool opened;     /* a connection was opened for this request */
  bool connecting; /* that one may not carry a request yet; counted in tw_Trust */
  double overdue;  /* the moment by which it is past connecting, or ended by libcurl */
  bool kept;       /* the request was written to a kept connection */
  bool refused;    /* a kept connection was not trusted, and nothing was written */
  bool no_proxy;   /* the handle uses none */
  bool proxied;    /* a proxy is in use, or may be */
  long proxy_bytes; /* of the proxy's answer, or a few more */
  CURLcode setup; /* the first setting that libcurl refused */
  char error[CURL_ERROR_SIZE];
} tw_Transfer;

/* Makes a new one; NULL: no memory. Handles are used again, since making one costs as much as ten
** requests. Both arguments have to outlive every connection. */
tw_Transfer *tw_transfer_open(tw_Trust *trust, tw_Certificates *certificates);

/* Sets the easy handle for the request. Borrows the request, and the response, which it fills, until
** the next call of prepare: both must stay where they are while it is in flight. Returns CURLE_OK,
** or libcurl's code for what it refused. */
CURLcode tw_transfer_prepare(tw_Transfer *transfer, const tw_Request *request,
                             tw_Response *response);

/* After libcurl has ended it: may it begin again? It may if nothing was sent, and the kept connection
** could not be trusted or the handle had too few CA certificates; once for each reason. */
bool tw_transfer_may_renew(tw_Transfer *transfer, CURLcode code);

/* Prepares it again, on a fresh connection, after libcurl has released the handle. */
CURLcode tw_transfer_renew(tw_Transfer *transfer);

/* Limits it to that many seconds from now. */
void tw_transfer_limit(tw_Transfer *transfer, double seconds);

/* Ends it with libcurl's verdict: the response is final. */
void tw_transfer_finish(tw_Transfer *transfer, CURLcode code);

/* Says that it is no longer in flight. */
void tw_transfer_stop(tw_Transfer *transfer);

/* May its request have left already? */
bool tw_transfer_begun(const tw_Transfer *transfer);

void tw_transfer_close(tw_Transfer *transfer);

#endif
