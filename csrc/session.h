/*
** Transfers in flight and the connections that they share, on libcurl's multi
** interface: submit, step, cancel, close. Knows neither Lua nor the API.
*/
#ifndef TW_SESSION_H
#define TW_SESSION_H

#include "transfer.h"

typedef struct tw_Session {
  CURLM *multi;      /* made by the first use */
  long process;      /* the one that made it */
  tw_Transfer *taken; /* owned by callers, in flight or not */
  tw_Transfer *idle;  /* ready for another use */
  int idle_count;
  long connections_max; /* kept open while idle */
} tw_Session;

/* Idle connections that are kept open unless somebody says otherwise. */
#define TW_CONNECTIONS_MAX 16L

/* open: no work and no memory until a transfer is taken */
void tw_session_open(tw_Session *session, long connections_max);

/* A transfer with an empty request, or NULL: no memory. `*owner` is set to it,
** and cleared when the session is closed before the transfer was given back. */
tw_Transfer *tw_session_take(tw_Session *session, tw_Transfer **owner);

/* Starts it. The response is final once transfer->done is true, which may be
** at once where it cannot be started. Nothing of the request is borrowed then. */
void tw_session_submit(tw_Session *session, tw_Transfer *transfer);

/* Moves every transfer on as far as it goes. Waits at most `wait_ms` for the
** network, 0 for not at all, and never once something is done. */
void tw_session_step(tw_Session *session, int wait_ms);

/* Ends a transfer, in flight or done, and takes it back. */
void tw_session_give(tw_Session *session, tw_Transfer *transfer);

/* Ends every transfer and connection; may be used again afterwards. */
void tw_session_close(tw_Session *session);

#endif
