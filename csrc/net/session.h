/*
** Requests in flight and the connections that they share, on libcurl's multi
** interface: submit, step, cancel, close. Every request uses it, whether the caller
** waits here or in another event loop. Knows neither Lua nor the API.
**
** A request and its answer are one exchange. Its owner holds it from acquire to release; the
** session only borrows it while it is in flight. close leaves each exchange with its owner,
** canceled if it was not done.
*/
#ifndef TW_SESSION_H
#define TW_SESSION_H

#include "net/poller.h"
#include "net/queue.h"
#include "net/transfer.h"

typedef struct tw_Session {
  CURLM *multi;       /* made by the first use */
  long process;       /* the one that made it */
  tw_Poller poller;
  tw_Trust trust;     /* in its connections */
  tw_Certificates certificates;
  double due;         /* when libcurl wants to be called again; 0 for never */
  double expiry;      /* no queued exchange expires before this moment; 0 for never */
  double overdue;     /* no transfer in flight is overdue before this moment; 0 for never */
  bool broken;        /* libcurl or the poller refused to go on */
  bool concluded;     /* an exchange was done since the last step */
  bool behind;        /* the last step left sockets that were ready */
  int running;        /* transfers that libcurl goes on with */
  /* each exchange is in one of these */
  tw_Queue held;      /* the session has nothing to do with it */
  tw_Queue queued;    /* submitted; its turn has not come */
  tw_Queue in_flight;
  tw_Queue finished;  /* done, to be announced */
  tw_Queue spare;     /* released, to be acquired again with its memory */
  tw_Queue idle;      /* transfers that are ready for another use */
  long in_flight_count, spare_count, idle_count;
  unsigned long last_id;
  long awaited_count; /* exchanges with a number, from submit until they were announced or ended */
  long connections_max; /* kept open while idle */
  long in_flight_max;
} tw_Session;

typedef struct tw_Exchange {
  tw_Request request;
  tw_Response response;
  bool submitted;   /* since it was acquired or reset */
  bool done;        /* the response is final, and nobody changes it any more */
  unsigned long id; /* its number, to announce it by; 0 for none */
  /* the session's */
  tw_Session *session; /* NULL once that is closed */
  tw_Link link;
  tw_Transfer *transfer; /* while it is in flight */
  double deadline;       /* of tw_clock_now */
} tw_Exchange;

/* open: allocates nothing until an exchange is acquired */
void tw_session_open(tw_Session *session, long connections_max, long in_flight_max);

/* An exchange with an empty request; NULL: no memory. With a NULL session it can only be canceled. */
tw_Exchange *tw_session_acquire(tw_Session *session);

/* Queues it to be sent by a later step, or announce; its timeout counts from now. The response is
** final once exchange->done is true. `announced`: it gets a number, which is returned,
** and is announced when it is done. Else returns 0. */
unsigned long tw_session_submit(tw_Session *session, tw_Exchange *exchange, bool announced);

/* Moves transfers on. Waits at most `seconds` for the network (0: not at all), and no longer once
** an exchange is done. Works for `budget` seconds (0: as long as there is work), and finishes the
** piece that it has begun. True if it did something; there may then be more to do. */
bool tw_session_step(tw_Session *session, double seconds, double budget);

/* The next exchange with a number that is done, or NULL. Repeats one until the caller passes its
** number back, so that an error in the caller loses none. Then it also starts the next queued exchange,
** usually the one that the caller has just submitted: its server works while the rest is announced. */
tw_Exchange *tw_session_announce(tw_Session *session, unsigned long announced);

/* Seconds until the next step has work to do if no socket becomes ready before; 0
** for now, negative for never. */
double tw_session_timeout(const tw_Session *session);

/* A descriptor that is readable when a step has work to do, and after `seconds` (negative:
** never) at the latest; at once if there is something to announce. -1 if there is none. Ask
** before each wait. Code that submits while another coroutine waits has to step. */
int tw_session_share(tw_Session *session, double seconds);

/* Ends it, queued or in flight. A response that is not final becomes final: canceled, with
** `why` as its text. */
void tw_exchange_cancel(tw_Exchange *exchange, const char *why);

/* Empties the response, so that its request can be submitted again. */
void tw_exchange_renew(tw_Exchange *exchange);

/* Empties request and response for another use by the same owner. */
void tw_exchange_reset(tw_Exchange *exchange);

/* Ends it, and hands it back to the session or frees it. */
void tw_exchange_release(tw_Exchange *exchange);

/* Ends every exchange and connection; the session may be used again afterwards. With
** `leave_descriptor`, a shared descriptor stays open and readable until the next close, for
** a loop that is waiting for it. */
void tw_session_close(tw_Session *session, bool leave_descriptor);

#endif
