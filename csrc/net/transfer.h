/*
** One request in flight: libcurl's easy handle, its buffers, and what is
** known to have been sent. Knows neither Lua nor the API.
*/
#ifndef TW_TRANSFER_H
#define TW_TRANSFER_H

#include "compat.h"
#include "net/request.h"
#include "net/queue.h"

typedef struct tw_Transfer {
  tw_Request request;
  tw_Response response;
  bool done; /* the response is final */
  unsigned long id; /* by which it is announced when it is done; 0 for not */
  /* the session's */
  bool abandoned; /* it is another process's: this one was forked off meanwhile */
  tw_Link taken; /* among all that are in use */
  tw_Link queue; /* for its turn to be sent, or to be announced */
  struct tw_Holder *holder;
  bool in_flight;
  double deadline; /* of tw_clock_now, since it was submitted */
  /* this file's */
  CURL *easy;
  tw_Buffer url; /* what the handle has as its URL */
#if TW_CURL_URL_HANDLE
  CURLU *parsed; /* the same, parsed */
#endif
  tw_Buffer agent;         /* header lines that differ from call to call */
  tw_Buffer authorization; /* the secret: wiped once it has served */
  struct curl_slist headers[4];
  CURLcode setup;     /* the first setting that libcurl refused */
  bool own_ca;        /* the handle has CA settings that are not libcurl's defaults */
  char error[TW_ERROR_SIZE];
} tw_Transfer;

/* A new one, or NULL: no memory. Handles are reused, since making one costs
** as much as ten requests. */
tw_Transfer *tw_transfer_open(void);

/* Empties request and response for another use, out of every queue, and wipes the secret. */
void tw_transfer_reset(tw_Transfer *transfer);

/* Hands the request over to the easy handle: nothing is borrowed after this.
** CURLE_OK, or why libcurl would not have it. */
CURLcode tw_transfer_prepare(tw_Transfer *transfer);

/* Lets it take at most as many seconds as that from now on. */
void tw_transfer_limit(tw_Transfer *transfer, double seconds);

/* Ends it with libcurl's verdict: the response is final, the secret is wiped. */
void tw_transfer_finish(tw_Transfer *transfer, CURLcode code);

/* Ends it because nobody wants it any more. `begun`: its request may have left.
** `why` has to live as long as the transfer. */
void tw_transfer_cancel(tw_Transfer *transfer, bool begun, const char *why);

/* May its request have left already? */
bool tw_transfer_begun(const tw_Transfer *transfer);

void tw_transfer_close(tw_Transfer *transfer);

#endif
