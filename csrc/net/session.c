/*
** One multi handle and its transfers. libcurl names the sockets that it waits for and the
** moment at which it wants to be called, and the poller waits; so no step scans transfers
** that have nothing to do. A forked child finds handles here that its parent still uses. It
** leaves them alone, with connections and memory, and makes its own.
*/
#include "net/session.h"

#include <stdlib.h>

#include "net/clock.h"
#include "net/process.h"
#include "net/sigpipe.h"

/* Idle handles, each with a TLS session, that are kept for another use even if fewer are in flight. */
#define IDLE_MIN 64
/* Exchanges that are kept with their memory even if fewer are in flight. */
#define SPARE_MIN 16
/* Sockets that one step handles. */
#define BATCH 64

/* Seconds by which libcurl may be late to end a request that connects. Its timer for that fires
** once, perhaps a moment too early. libcurl then waits for the timeout of the whole attempt. */
#define LATENESS 0.25

static const char TIMED_OUT[] = "timed out while queued";


static void forget(tw_Session *s) {
  s->multi = NULL;
  s->process = 0;
  s->due = s->expiry = s->overdue = 0;
  s->broken = s->concluded = s->behind = false;
  s->running = 0;
  s->in_flight_count = s->idle_count = 0;
  tw_queue_init(&s->queued);
  tw_queue_init(&s->in_flight);
  tw_queue_init(&s->idle);
}


void tw_session_open(tw_Session *s, long connections_max, long in_flight_max) {
  s->connections_max = connections_max > in_flight_max ? connections_max : in_flight_max;
  s->in_flight_max = in_flight_max;
  s->last_id = 0;
  s->awaited_count = 0;
  s->spare_count = 0;
  tw_queue_init(&s->held);
  tw_queue_init(&s->finished);
  tw_queue_init(&s->spare);
  tw_poller_init(&s->poller);
  tw_trust_init(&s->trust);
  tw_certificates_init(&s->certificates);
  forget(s);
}


/* ---- what libcurl asks for ---- */

static int on_socket(CURL *easy, curl_socket_t socket, int what, void *self, void *unused) {
  tw_Session *s = self;
  const int events = what == CURL_POLL_IN      ? TW_READABLE
                     : what == CURL_POLL_OUT   ? TW_WRITABLE
                     : what == CURL_POLL_INOUT ? TW_READABLE | TW_WRITABLE
                                               : 0;
  (void)easy;
  (void)unused;
  if (!tw_poller_watch(&s->poller, (int)socket, events)) s->broken = true;
  return 0;
}


static int on_timer(CURLM *multi, long ms, void *self) {
  (void)multi;
  ((tw_Session *)self)->due = ms < 0 ? 0 : tw_clock_now() + (double)ms / 1000;
  return 0;
}


/* ---- the life of an exchange ---- */

static void move(tw_Exchange *e, tw_Queue *to) {
  tw_queue_remove(&e->link);
  tw_queue_append(to, &e->link);
}


/* Removes its number: it was announced, or nobody waits for it any more. */
static void take_number(tw_Session *s, tw_Exchange *e) {
  if (e->id != 0) s->awaited_count--;
  e->id = 0;
}


/* Makes the response final, and queues the exchange to be announced if it has a number. */
static void conclude(tw_Session *s, tw_Exchange *e) {
  e->done = s->concluded = true;
  move(e, e->id != 0 ? &s->finished : &s->held);
}


/* Fails an exchange that is not in flight. */
static void fail_unsent(tw_Session *s, tw_Exchange *e, tw_Fault fault, const char *words) {
  tw_response_fail(&e->response, fault, words);
  conclude(s, e);
}


/* An idle transfer, or a new one; NULL: no memory. */
static tw_Transfer *acquire_transfer(tw_Session *s) {
  tw_Transfer *t = tw_queue_first(&s->idle);
  if (t == NULL) return tw_transfer_open(&s->trust, &s->certificates);
  tw_queue_remove(&t->idle);
  s->idle_count--;
  return t;
}


/* Keeps it for another use. After a wave of requests, frees those that were idle for longest. */
static void keep_idle(tw_Session *s, tw_Transfer *t) {
  tw_queue_append(&s->idle, &t->idle);
  s->idle_count++;
  while (s->idle_count > IDLE_MIN && s->idle_count > s->in_flight_count) {
    t = tw_queue_first(&s->idle);
    tw_queue_remove(&t->idle);
    tw_transfer_close(t);
    s->idle_count--;
  }
}


static void release_transfer(tw_Session *s, tw_Transfer *t) {
  tw_Sigpipe pipe;
  tw_transfer_stop(t);
  if (t->in_flight) {
    tw_sigpipe_hold(&pipe); /* may close a connection, and TLS then writes */
    curl_multi_remove_handle(s->multi, t->easy);
    tw_sigpipe_release(&pipe);
    t->in_flight = false;
    s->in_flight_count--;
  }
  if (t->setup == CURLE_OK) keep_idle(s, t);
  else tw_transfer_close(t); /* half of its settings may be missing */
}


/* Ends an exchange that has a transfer, with libcurl's verdict. */
static void finish(tw_Session *s, tw_Exchange *e, CURLcode code) {
  tw_Transfer *t = e->transfer;
  tw_transfer_finish(t, code);
  e->transfer = NULL;
  release_transfer(s, t);
  conclude(s, e);
}


/* ---- processes ---- */

static void cancel_forked(tw_Session *s, tw_Queue *queue) {
  tw_Exchange *e;
  while ((e = tw_queue_first(queue)) != NULL) {
    tw_response_cancel(&e->response, true, "the process was forked meanwhile");
    e->transfer = NULL;
    conclude(s, e);
  }
}


/* In a forked child: cancels the exchanges that the parent has in flight, and forgets the parent's
** handles without closing them. Owners keep their exchanges. */
static void abandon(tw_Session *s) {
  cancel_forked(s, &s->in_flight);
  cancel_forked(s, &s->queued);
  tw_poller_forget(&s->poller);
  tw_trust_free(&s->trust);
  forget(s);
}


static bool is_foreign(const tw_Session *s) {
  return s->process != 0 && s->process != tw_process_id();
}


static bool make_ready(tw_Session *s) {
  if (is_foreign(s)) abandon(s);
  if (s->multi != NULL) return true;
  s->process = tw_process_id();
  s->multi = curl_multi_init();
  if (s->multi == NULL) return false;
  curl_multi_setopt(s->multi, CURLMOPT_MAXCONNECTS, s->connections_max);
  curl_multi_setopt(s->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
  curl_multi_setopt(s->multi, CURLMOPT_SOCKETDATA, s);
  curl_multi_setopt(s->multi, CURLMOPT_TIMERFUNCTION, on_timer);
  curl_multi_setopt(s->multi, CURLMOPT_TIMERDATA, s);
#if TW_CURL_MULTI_QUICK_EXIT
  curl_multi_setopt(s->multi, CURLMOPT_QUICK_EXIT, 1L); /* do not wait for a resolver thread */
#endif
  return true;
}


/* ---- in ---- */

static tw_Exchange *new_exchange(void) {
  tw_Exchange *e = malloc(sizeof *e);
  if (e == NULL) return NULL;
  tw_request_init(&e->request);
  tw_response_init(&e->response);
  e->submitted = e->done = false;
  e->id = 0;
  tw_link_init(&e->link, e);
  e->transfer = NULL;
  e->deadline = 0;
  return e;
}


tw_Exchange *tw_session_acquire(tw_Session *s) {
  tw_Exchange *e = s != NULL ? tw_queue_first(&s->spare) : NULL;
  if (e != NULL) s->spare_count--;
  else e = new_exchange();
  if (e == NULL) return NULL;
  e->session = s;
  if (s != NULL) move(e, &s->held);
  return e;
}


/* May another request begin, which may need a new connection? Only a few connect at a time: a
** handshake costs a millisecond, and libcurl may do several in one piece. Requests that wait for their
** server delay others for a moment only; those that wait for us delay them as long as that takes. If
** more sockets are open than requests are in flight, a kept one may serve. */
static bool may_connect(const tw_Session *s) {
  const double room = tw_trust_room(&s->trust);
  return s->trust.count > (size_t)s->in_flight_count || room <= 0 || (!s->behind && room <= tw_clock_now());
}


static bool may_start_queued(const tw_Session *s) {
  return s->in_flight_count < s->in_flight_max && tw_queue_first(&s->queued) != NULL && may_connect(s);
}


/* The earlier of two moments; 0 means never. */
static double earlier(double a, double b) {
  return a > 0 && (b <= 0 || a < b) ? a : b;
}


/* The moment at which a step has work even if no socket is ready; 0 for never. */
static double due(const tw_Session *s) {
  double moment = s->in_flight_count > 0 ? earlier(s->due, s->overdue) : s->due;
  if (may_start_queued(s)) return tw_clock_now();
  if (tw_queue_first(&s->queued) == NULL) return moment;
  moment = earlier(moment, s->expiry);
  return s->in_flight_count < s->in_flight_max ? earlier(moment, tw_trust_room(&s->trust)) : moment;
}


/* Arms the shared descriptor for the moment at which the next step is due. */
static void rearm(tw_Session *s) {
  if (s->poller.shared) tw_poller_arm(&s->poller, due(s));
}


unsigned long tw_session_submit(tw_Session *s, tw_Exchange *e, bool announced) {
  const bool ready = make_ready(s);
  e->submitted = true;
  e->id = announced ? ++s->last_id : 0;
  if (announced) s->awaited_count++;
  e->response.body.limit = e->request.response_max;
  e->deadline = tw_clock_now() + (double)tw_request_time(&e->request) / 1000;
  move(e, &s->queued);
  if (!ready) fail_unsent(s, e, TW_FAULT_NETWORK, "not enough memory");
  else if (s->expiry <= 0 || e->deadline < s->expiry) s->expiry = e->deadline;
  return e->id;
}


/* ---- out ---- */

/* Removes it from the session's work. True if its request may have left. */
static bool detach(tw_Exchange *e) {
  tw_Session *s = e->session;
  bool begun = e->response.requests > 0;
  if (s == NULL) return begun;
  if (is_foreign(s)) abandon(s);
  if (e->transfer != NULL) {
    begun = tw_transfer_begun(e->transfer);
    release_transfer(s, e->transfer);
    e->transfer = NULL;
  }
  take_number(s, e);
  move(e, &s->held);
  return begun;
}


void tw_exchange_cancel(tw_Exchange *e, const char *why) {
  const bool begun = detach(e);
  if (e->done) return;
  tw_response_cancel(&e->response, begun, why);
  e->done = true;
}


void tw_exchange_renew(tw_Exchange *e) {
  (void)detach(e); /* it may not have been announced yet */
  tw_response_reset(&e->response, TW_RESPONSE_MAX);
  e->submitted = e->done = false;
}


void tw_exchange_reset(tw_Exchange *e) {
  tw_exchange_renew(e);
  tw_request_reset(&e->request);
}


static void free_exchange(tw_Exchange *e) {
  tw_queue_remove(&e->link);
  tw_request_free(&e->request);
  tw_response_free(&e->response);
  free(e);
}


void tw_exchange_release(tw_Exchange *e) {
  tw_Session *s = e->session;
  tw_exchange_reset(e);
  if (s == NULL) {
    free_exchange(e);
    return;
  }
  move(e, &s->spare);
  s->spare_count++;
  while (s->spare_count > SPARE_MIN && s->spare_count > s->in_flight_count) { /* after a wave */
    free_exchange(tw_queue_first(&s->spare));
    s->spare_count--;
  }
}


/* ---- steps ---- */

/* Lets libcurl handle a socket, or its timer. */
static void socket_action(tw_Session *s, curl_socket_t socket, int events) {
  const int mask = ((events & TW_READABLE) != 0 ? CURL_CSELECT_IN : 0) |
                   ((events & TW_WRITABLE) != 0 ? CURL_CSELECT_OUT : 0);
  if (socket == CURL_SOCKET_TIMEOUT) s->due = 0; /* it says the next moment itself */
  if (curl_multi_socket_action(s->multi, socket, mask, &s->running) != CURLM_OK) s->broken = true;
}


/* Notes the moment by which a transfer that begins now has to be connected. */
static void watch(tw_Session *s, tw_Transfer *t, double now) {
  t->overdue = now + (double)t->request->connect_timeout_ms / 1000 + LATENESS;
  s->overdue = earlier(s->overdue, t->overdue);
}


/* Hands an exchange to libcurl. */
static void start(tw_Session *s, tw_Exchange *e, double now) {
  CURLcode code;
  if (now >= e->deadline) {
    fail_unsent(s, e, TW_FAULT_TIMEOUT, TIMED_OUT);
    return;
  }
  e->transfer = acquire_transfer(s);
  if (e->transfer == NULL) {
    fail_unsent(s, e, TW_FAULT_NETWORK, "not enough memory");
    return;
  }
  e->transfer->exchange = e;
  code = tw_transfer_prepare(e->transfer, &e->request, &e->response);
  if (code == CURLE_OK) {
    tw_transfer_limit(e->transfer, e->deadline - now);
    if (curl_multi_add_handle(s->multi, e->transfer->easy) != CURLM_OK) code = CURLE_OUT_OF_MEMORY;
  }
  if (code != CURLE_OK) {
    finish(s, e, code);
    return;
  }
  move(e, &s->in_flight);
  e->transfer->in_flight = true;
  s->in_flight_count++;
  watch(s, e->transfer, now);
  socket_action(s, CURL_SOCKET_TIMEOUT, 0);
}


/* Starts queued ones in order, while there is room. */
static bool start_queued(tw_Session *s, double end) {
  bool any = false;
  while (may_start_queued(s) && !s->broken) {
    const double now = tw_clock_now();
    if (any && end > 0 && now >= end) break;
    start(s, tw_queue_first(&s->queued), now);
    any = true;
  }
  return any;
}


/* Fails the exchanges that timed out while queued. */
static bool expire_queued(tw_Session *s) {
  const double now = tw_clock_now();
  tw_Link *link, *next;
  bool any = false;
  if (s->expiry <= 0 || now < s->expiry) return false;
  s->expiry = 0;
  for (link = s->queued.ends.next; link != &s->queued.ends; link = next) {
    tw_Exchange *e = link->item;
    next = link->next;
    if (now >= e->deadline) {
      fail_unsent(s, e, TW_FAULT_TIMEOUT, TIMED_OUT);
      any = true;
    } else if (s->expiry <= 0 || e->deadline < s->expiry) {
      s->expiry = e->deadline;
    }
  }
  return any;
}


/* Ends transfers that still connect although libcurl should have ended them. */
static bool end_overdue(tw_Session *s) {
  const double now = tw_clock_now();
  tw_Link *link, *next;
  bool any = false;
  if (s->overdue <= 0 || now < s->overdue) return false;
  s->overdue = 0;
  for (link = s->in_flight.ends.next; link != &s->in_flight.ends; link = next) {
    tw_Exchange *e = link->item;
    next = link->next;
    if (tw_transfer_begun(e->transfer)) continue;
    if (now < e->transfer->overdue) {
      s->overdue = earlier(s->overdue, e->transfer->overdue);
    } else {
      finish(s, e, CURLE_OPERATION_TIMEDOUT);
      any = true;
    }
  }
  return any;
}


/* Waits for sockets and libcurl's timer, and handles both. */
static bool poll_sockets(tw_Session *s, double seconds, double end) {
  tw_Ready ready[BATCH];
  const double moment = due(s);
  const double left = moment - tw_clock_now();
  int i, n;
  bool any = false;
  n = tw_poller_wait(&s->poller, moment > 0 && left < seconds ? left : seconds, ready, BATCH);
  for (i = 0; i < n && !s->broken; i++) {
    if (any && end > 0 && tw_clock_now() >= end) break; /* the rest is there next time */
    socket_action(s, (curl_socket_t)ready[i].socket, ready[i].events);
    any = true;
  }
  s->behind = i < n || n == BATCH;
  if (s->due > 0 && s->due <= tw_clock_now() && !s->broken) {
    socket_action(s, CURL_SOCKET_TIMEOUT, 0);
    any = true;
  }
  return any;
}


/* Begins an exchange again that was not sent, with the time that it has left. */
static void restart(tw_Session *s, tw_Exchange *e) {
  tw_Transfer *t = e->transfer;
  const double now = tw_clock_now(), left = e->deadline - now;
  CURLcode code;
  curl_multi_remove_handle(s->multi, t->easy);
  code = tw_transfer_renew(t);
  tw_transfer_limit(t, left > 0 ? left : 0);
  if (code == CURLE_OK && curl_multi_add_handle(s->multi, t->easy) == CURLM_OK) {
    watch(s, t, now);
    socket_action(s, CURL_SOCKET_TIMEOUT, 0);
    return;
  }
  t->in_flight = false;
  s->in_flight_count--;
  finish(s, e, code != CURLE_OK ? code : CURLE_OUT_OF_MEMORY);
}


/* Collects the transfers that have ended. True if any has. */
static bool collect(tw_Session *s) {
  const CURLMsg *message;
  int left;
  bool any = false;
  while ((message = curl_multi_info_read(s->multi, &left)) != NULL) {
    const CURLcode code = message->data.result;
    char *self = NULL;
    tw_Transfer *t;
    if (message->msg != CURLMSG_DONE) continue;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &self);
    t = (tw_Transfer *)(void *)self;
    if (tw_transfer_may_renew(t, code)) restart(s, t->exchange); /* either invalidates `message` */
    else finish(s, t->exchange, code);
    any = true;
  }
  return any;
}


/* Ends the multi handle. Nothing is in flight. */
static void drop_multi(tw_Session *s) {
  tw_Sigpipe pipe;
  tw_sigpipe_hold(&pipe);
  if (s->multi != NULL) curl_multi_cleanup(s->multi);
  tw_sigpipe_release(&pipe);
  s->multi = NULL;
  s->due = 0;
}


/* Fails all exchanges in flight if libcurl's state is broken or a socket cannot be watched, so that
** nobody waits for ever. Makes a new multi handle, since libcurl may crash on the state that a
** failed allocation left. If there is no memory for that, fails the queued ones too. */
static void fail_all(tw_Session *s) {
  tw_Exchange *e;
  while ((e = tw_queue_first(&s->in_flight)) != NULL) finish(s, e, CURLE_RECV_ERROR);
  drop_multi(s);
  s->broken = false;
  s->running = 0;
  if (make_ready(s)) return;
  while ((e = tw_queue_first(&s->queued)) != NULL) {
    fail_unsent(s, e, TW_FAULT_NETWORK, "not enough memory");
  }
}


/* Has libcurl given up a transfer without reporting it? */
static bool is_stuck(const tw_Session *s) {
  return s->broken || (s->in_flight_count > 0 && s->running == 0);
}


bool tw_session_step(tw_Session *s, double seconds, double budget) {
  const double end = budget > 0 ? tw_clock_now() + budget : 0;
  tw_Sigpipe pipe;
  bool worked;
  if (is_foreign(s)) abandon(s);
  if (s->multi == NULL) return false;
  tw_sigpipe_hold(&pipe);
  worked = start_queued(s, end);
  if (collect(s) || s->concluded || is_stuck(s)) seconds = 0;
  if (!s->broken) worked = poll_sockets(s, seconds, end) || worked;
  worked = expire_queued(s) || worked;
  collect(s);
  worked = end_overdue(s) || worked;
  tw_sigpipe_release(&pipe);
  if (is_stuck(s)) fail_all(s);
  s->concluded = false;
  rearm(s);
  return worked;
}


/* ---- for other event loops ---- */

/* Starts the first of those that are queued, if there is room. */
static void start_next(tw_Session *s) {
  tw_Sigpipe pipe;
  if (s->multi == NULL || s->broken || !may_start_queued(s) || is_foreign(s)) return;
  tw_sigpipe_hold(&pipe);
  start(s, tw_queue_first(&s->queued), tw_clock_now());
  (void)collect(s); /* it may have ended at once, as on a kept connection that is not trusted */
  tw_sigpipe_release(&pipe);
  if (is_stuck(s)) s->due = tw_clock_now(); /* the next step sees to it */
  rearm(s);
}


tw_Exchange *tw_session_announce(tw_Session *s, unsigned long announced) {
  tw_Exchange *e = tw_queue_first(&s->finished);
  if (e == NULL || e->id != announced) return e;
  take_number(s, e);
  move(e, &s->held);
  start_next(s);
  return tw_queue_first(&s->finished);
}


double tw_session_timeout(const tw_Session *s) {
  const double moment = due(s);
  const double left = moment - tw_clock_now();
  if (tw_queue_first(&s->finished) != NULL) return 0;
  return moment <= 0 ? -1 : left > 0 ? left : 0;
}


int tw_session_share(tw_Session *s, double seconds) {
  int descriptor;
  if (!make_ready(s)) return -1;
  descriptor = tw_poller_share(&s->poller);
  if (tw_queue_first(&s->finished) != NULL) seconds = 0;
  rearm(s);
  if (seconds >= 0) tw_poller_arm(&s->poller, tw_clock_now() + seconds);
  return descriptor;
}


/* Detaches each exchange, which its owner keeps, and wipes its secrets. */
static void let_go(tw_Queue *queue) {
  tw_Exchange *e;
  while ((e = tw_queue_first(queue)) != NULL) {
    tw_request_wipe(&e->request);
    take_number(e->session, e);
    tw_queue_remove(&e->link);
    e->session = NULL;
  }
}


static void cancel_all(tw_Queue *queue) {
  tw_Exchange *e;
  while ((e = tw_queue_first(queue)) != NULL) {
    tw_exchange_cancel(e, "the client was closed meanwhile");
  }
}


static void free_unused(tw_Session *s) {
  tw_Exchange *e;
  tw_Transfer *t;
  while ((e = tw_queue_first(&s->spare)) != NULL) free_exchange(e);
  s->spare_count = 0;
  while ((t = tw_queue_first(&s->idle)) != NULL) {
    tw_queue_remove(&t->idle);
    tw_transfer_close(t);
  }
}


void tw_session_close(tw_Session *s, bool leave_descriptor) {
  if (is_foreign(s)) abandon(s);
  cancel_all(&s->queued);
  cancel_all(&s->in_flight);
  let_go(&s->finished);
  let_go(&s->held);
  free_unused(s);
  drop_multi(s);
  /* after libcurl, which calls the poller until then */
  if (leave_descriptor && s->poller.shared) tw_poller_arm(&s->poller, tw_clock_now());
  else tw_poller_close(&s->poller);
  tw_trust_free(&s->trust);
  tw_certificates_free(&s->certificates);
  forget(s);
}
