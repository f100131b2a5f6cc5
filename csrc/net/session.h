/*
** Transfers in flight and the connections that they share, on libcurl's multi
** interface: submit, step, cancel, close. Every request goes this way, whether
** somebody waits for it here or in an event loop of their own. Knows neither Lua
** nor the API.
*/
#ifndef TW_SESSION_H
#define TW_SESSION_H

#include "net/poller.h"
#include "net/transfer.h"

typedef struct tw_Session {
  CURLM *multi;       /* made by the first use */
  long process;       /* the one that made it */
  tw_Poller poller;
  double due;         /* when libcurl wants to be called again; 0 for never */
  double patience;    /* when the time of one that waits for its turn is over, or before; 0 */
  bool broken;        /* libcurl or the poller refused to go on */
  int running;        /* transfers that libcurl goes on with */
  long in_flight;     /* transfers that libcurl has been given */
  tw_Queue taken;     /* all that callers hold */
  tw_Queue waiting;   /* submitted; their turn has not come */
  tw_Queue finished;  /* done, to be announced */
  tw_Queue idle;      /* ready for another use */
  long idle_count;
  unsigned long last_id;
  long connections_max; /* kept open while idle */
  long in_flight_max;
} tw_Session;

/* Whoever takes a transfer. */
typedef struct tw_Holder {
  tw_Transfer *transfer; /* NULL once it is given back, or the session is closed */
  bool begun;            /* its request may have left by then */
} tw_Holder;

/* open: no work and no memory until a transfer is taken */
void tw_session_open(tw_Session *session, long connections_max, long in_flight_max);

/* A transfer with an empty request; false: no memory. */
bool tw_session_take(tw_Session *session, tw_Holder *holder);

/* Queues it to be sent, by a later step; its timeout counts from now. The response is
** final once transfer->done is true, which may be at once where it cannot be sent.
** Nothing of the request is borrowed then. `announced`: it gets a number, which is
** returned, and is announced when it is done. */
unsigned long tw_session_submit(tw_Session *session, tw_Transfer *transfer, bool announced);

/* Moves transfers on. Waits at most `seconds` for the network, 0 for not at all,
** and never once something is done; works for `budget` seconds, 0 for as long as
** there is work, and then for what the last piece of it takes. True if it did
** something, so that there may be more. */
bool tw_session_step(tw_Session *session, double seconds, double budget);

/* The next transfer with a number that is done, or NULL. It is announced again until its
** number is `told`, or it is given back. */
tw_Transfer *tw_session_announce(tw_Session *session, unsigned long told);

/* Seconds until the next step has work to do if no socket becomes ready before; 0
** for now, negative for never. */
double tw_session_timeout(const tw_Session *session);

/* A descriptor that is readable when a step has work to do, and `seconds` (negative
** for never) from now at the latest; at once where there is something to announce.
** -1 where there is none. Ask before each wait. Who submits while somebody else waits
** has to step, too. */
int tw_session_share(tw_Session *session, double seconds);

/* Ends a transfer, whatever it is at, and takes it back. */
void tw_session_give(tw_Session *session, tw_Holder *holder);

/* Ends every transfer and connection; may be used again afterwards. With
** `leave_descriptor`, one that was shared stays open, and readable, until it is closed
** once more: for a loop that is waiting for it just now. */
void tw_session_close(tw_Session *session, bool leave_descriptor);

#endif
