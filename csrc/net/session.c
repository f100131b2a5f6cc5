/*
** One multi handle and its transfers. libcurl says which sockets it waits for and
** when it wants to be called, the poller waits, and nothing is ever searched for
** among those that have nothing to do. A process that was forked off finds handles
** here that its parent goes on using: it leaves them alone, connections and memory,
** and makes its own.
*/
#include "net/session.h"

#include "net/clock.h"
#include "net/process.h"
#include "net/sigpipe.h"

/* Idle handles that are kept for another use, where no more may be in flight. */
#define IDLE_MIN 16
/* Sockets that are attended to between two looks at the clock and the queue. */
#define BATCH 64


static void forget(tw_Session *s) {
  s->multi = NULL;
  s->process = 0;
  s->due = s->patience = 0;
  s->broken = false;
  s->running = 0;
  s->in_flight = 0;
  s->idle_count = 0;
  tw_queue_init(&s->taken);
  tw_queue_init(&s->waiting);
  tw_queue_init(&s->finished);
  tw_queue_init(&s->idle);
}


void tw_session_open(tw_Session *s, long connections_max, long in_flight_max) {
  s->connections_max = connections_max > in_flight_max ? connections_max : in_flight_max;
  s->in_flight_max = in_flight_max;
  s->last_id = 0;
  tw_poller_init(&s->poller);
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


/* ---- processes ---- */

/* Queues a transfer that is done to be announced, if somebody wants to know. */
static void conclude(tw_Session *s, tw_Transfer *t) {
  tw_queue_remove(&t->queue);
  if (t->id != 0) tw_queue_append(&s->finished, &t->queue);
}


static void cancel_forked(tw_Session *s, tw_Transfer *t, bool begun) {
  tw_transfer_cancel(t, begun, "the process was forked meanwhile");
  conclude(s, t);
}


/* What the parent has in flight goes on there, and has ended here. Its memory is
** left as it is; who holds a transfer goes on holding it, to be told by close. */
static void abandon(tw_Session *s) {
  tw_Queue finished, taken;
  tw_Link *link;
  for (link = s->taken.ends.next; link != &s->taken.ends; link = link->next) {
    tw_Transfer *t = link->item;
    t->in_flight = false;
    t->abandoned = true;
    if (!t->done) cancel_forked(s, t, true);
  }
  tw_poller_forget(&s->poller);
  tw_queue_init(&finished);
  tw_queue_init(&taken);
  tw_queue_move(&s->finished, &finished);
  tw_queue_move(&s->taken, &taken);
  forget(s);
  tw_queue_move(&finished, &s->finished);
  tw_queue_move(&taken, &s->taken);
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
  return true;
}


/* ---- a transfer's way through ---- */

bool tw_session_take(tw_Session *s, tw_Holder *holder) {
  tw_Transfer *t;
  holder->transfer = NULL;
  holder->begun = false;
  if (!make_ready(s)) return false;
  t = tw_queue_first(&s->idle);
  if (t != NULL) {
    tw_queue_remove(&t->queue);
    s->idle_count--;
  } else {
    t = tw_transfer_open();
    if (t == NULL) return false;
  }
  tw_queue_append(&s->taken, &t->taken);
  t->holder = holder;
  holder->transfer = t;
  return true;
}


static bool may_feed(const tw_Session *s) {
  return s->in_flight < s->in_flight_max && tw_queue_first(&s->waiting) != NULL;
}


/* The moment at which a step has work to do in any case; 0 for never. */
static double due(const tw_Session *s) {
  if (may_feed(s)) return tw_clock_now();
  if (tw_queue_first(&s->waiting) == NULL) return s->due;
  return s->due > 0 && s->due < s->patience ? s->due : s->patience;
}


/* Tells a loop that waits on the descriptor for the next step. */
static void tell(tw_Session *s) {
  if (s->poller.shared) tw_poller_arm(&s->poller, due(s));
}


static void finish(tw_Session *s, tw_Transfer *t, CURLcode code) {
  tw_transfer_finish(t, code);
  conclude(s, t);
}


static void expire(tw_Session *s, tw_Transfer *t) {
  finish(s, t, CURLE_OPERATION_TIMEDOUT);
  t->response.error = "its time was over before its turn came";
}


unsigned long tw_session_submit(tw_Session *s, tw_Transfer *t, bool announced) {
  const bool ready = make_ready(s); /* which finds out about a fork */
  const CURLcode code = ready && !t->abandoned ? tw_transfer_prepare(t) : CURLE_OUT_OF_MEMORY;
  t->id = announced ? ++s->last_id : 0;
  t->response.body.limit = t->request.response_max;
  if (t->abandoned) {
    cancel_forked(s, t, false); /* the next page of a list that the parent goes on with */
  } else if (code != CURLE_OK) {
    finish(s, t, code);
  } else {
    tw_queue_append(&s->waiting, &t->queue);
    t->deadline = tw_clock_now() + (double)t->request.timeout_ms / 1000;
    if (s->patience <= 0 || t->deadline < s->patience) s->patience = t->deadline;
  }
  return t->id;
}


static void detach(tw_Session *s, tw_Transfer *t) {
  tw_Sigpipe pipe;
  if (!t->in_flight) return;
  tw_sigpipe_hold(&pipe); /* may close a connection, which TLS does in writing */
  curl_multi_remove_handle(s->multi, t->easy);
  tw_sigpipe_release(&pipe);
  t->in_flight = false;
  s->in_flight--;
}


void tw_session_give(tw_Session *s, tw_Holder *holder) {
  tw_Transfer *t = holder->transfer;
  if (t == NULL) return;
  holder->transfer = NULL;
  holder->begun = tw_transfer_begun(t);
  tw_queue_remove(&t->queue);
  tw_queue_remove(&t->taken);
  if (t->abandoned || is_foreign(s)) return;
  detach(s, t);
  tw_transfer_reset(t);
  if (s->idle_count >= IDLE_MIN && s->idle_count >= s->in_flight_max) {
    tw_transfer_close(t);
    return;
  }
  tw_queue_append(&s->idle, &t->queue);
  s->idle_count++;
}


/* ---- steps ---- */

/* Lets libcurl act upon a socket, or upon the time. */
static void act(tw_Session *s, curl_socket_t socket, int events) {
  const int mask = ((events & TW_READABLE) != 0 ? CURL_CSELECT_IN : 0) |
                   ((events & TW_WRITABLE) != 0 ? CURL_CSELECT_OUT : 0);
  if (socket == CURL_SOCKET_TIMEOUT) s->due = 0; /* it says the next moment itself */
  if (curl_multi_socket_action(s->multi, socket, mask, &s->running) != CURLM_OK) s->broken = true;
}


/* Gives libcurl one whose turn has come. */
static void begin(tw_Session *s, tw_Transfer *t, double now) {
  tw_queue_remove(&t->queue);
  if (now >= t->deadline) {
    expire(s, t);
    return;
  }
  tw_transfer_limit(t, t->deadline - now);
  if (curl_multi_add_handle(s->multi, t->easy) != CURLM_OK) {
    finish(s, t, CURLE_OUT_OF_MEMORY);
    return;
  }
  t->in_flight = true;
  s->in_flight++;
  act(s, CURL_SOCKET_TIMEOUT, 0);
}


/* Begins with as many as may be in flight, one after the other. */
static bool feed(tw_Session *s, double end) {
  bool any = false;
  while (may_feed(s) && !s->broken) {
    const double now = tw_clock_now();
    if (any && end > 0 && now >= end) break;
    begin(s, tw_queue_first(&s->waiting), now);
    any = true;
  }
  return any;
}


/* Ends those whose time is over before their turn has come. */
static bool lose_patience(tw_Session *s) {
  const double now = tw_clock_now();
  tw_Link *link, *next;
  bool any = false;
  if (s->patience <= 0 || now < s->patience) return false;
  s->patience = 0;
  for (link = s->waiting.ends.next; link != &s->waiting.ends; link = next) {
    tw_Transfer *t = link->item;
    next = link->next;
    if (now >= t->deadline) {
      expire(s, t);
      any = true;
    } else if (s->patience <= 0 || t->deadline < s->patience) {
      s->patience = t->deadline;
    }
  }
  return any;
}


/* Waits for sockets and for the time, and attends to both. */
static bool attend(tw_Session *s, double seconds, double end) {
  tw_Ready ready[BATCH];
  const double moment = due(s);
  const double left = moment - tw_clock_now();
  int i, n;
  bool any = false;
  n = tw_poller_wait(&s->poller, moment > 0 && left < seconds ? left : seconds, ready, BATCH);
  for (i = 0; i < n && !s->broken; i++) {
    if (any && end > 0 && tw_clock_now() >= end) break; /* the rest is there next time */
    act(s, (curl_socket_t)ready[i].socket, ready[i].events);
    any = true;
  }
  if (s->due > 0 && s->due <= tw_clock_now() && !s->broken) {
    act(s, CURL_SOCKET_TIMEOUT, 0);
    any = true;
  }
  return any;
}


/* Collects what has ended. True if anything has. */
static bool collect(tw_Session *s) {
  const CURLMsg *message;
  int left;
  bool any = false;
  while ((message = curl_multi_info_read(s->multi, &left)) != NULL) {
    const CURLcode code = message->data.result;
    char *self = NULL;
    if (message->msg != CURLMSG_DONE) continue;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &self);
    finish(s, (tw_Transfer *)(void *)self, code);
    detach(s, (tw_Transfer *)(void *)self); /* ends the life of `message` */
    any = true;
  }
  return any;
}


/* Ends the multi handle. Its transfers have been detached. */
static void drop_multi(tw_Session *s) {
  tw_Sigpipe pipe;
  tw_sigpipe_hold(&pipe);
  if (s->multi != NULL) curl_multi_cleanup(s->multi);
  tw_sigpipe_release(&pipe);
  s->multi = NULL;
  s->due = 0;
}


/* Nobody waits for ever for a transfer that cannot go on, because libcurl's own
** state is broken or a socket cannot be watched. What libcurl leaves behind where
** memory fails it may crash on, so it begins anew, or, if even that fails, ends
** those whose turn has not come too. */
static void fail_all(tw_Session *s) {
  tw_Link *link = s->taken.ends.next;
  tw_Transfer *t;
  for (; link != &s->taken.ends; link = link->next) {
    t = link->item;
    if (!t->in_flight) continue;
    finish(s, t, CURLE_RECV_ERROR);
    detach(s, t);
  }
  drop_multi(s);
  s->broken = false;
  s->running = 0;
  if (make_ready(s)) return;
  while ((t = tw_queue_first(&s->waiting)) != NULL) finish(s, t, CURLE_OUT_OF_MEMORY);
}


bool tw_session_step(tw_Session *s, double seconds, double budget) {
  const double end = budget > 0 ? tw_clock_now() + budget : 0;
  tw_Sigpipe pipe;
  bool worked;
  if (is_foreign(s)) abandon(s);
  if (s->multi == NULL) return false;
  tw_sigpipe_hold(&pipe);
  worked = feed(s, end);
  if (collect(s)) seconds = 0;
  if (!s->broken) worked = attend(s, seconds, end) || worked;
  worked = lose_patience(s) || worked;
  tw_sigpipe_release(&pipe);
  collect(s);
  if (s->broken || (s->in_flight > 0 && s->running == 0)) fail_all(s);
  tell(s);
  return worked;
}


/* ---- for those who wait elsewhere ---- */

tw_Transfer *tw_session_announce(tw_Session *s, unsigned long told) {
  tw_Transfer *t = tw_queue_first(&s->finished);
  if (t == NULL || t->id != told) return t;
  tw_queue_remove(&t->queue);
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
  tell(s);
  if (seconds >= 0) tw_poller_arm(&s->poller, tw_clock_now() + seconds);
  return descriptor;
}


void tw_session_close(tw_Session *s, bool leave_descriptor) {
  tw_Transfer *t;
  if (is_foreign(s)) abandon(s);
  while ((t = tw_queue_first(&s->taken)) != NULL) tw_session_give(s, t->holder);
  while ((t = tw_queue_first(&s->idle)) != NULL) {
    tw_queue_remove(&t->queue);
    tw_transfer_close(t);
  }
  drop_multi(s);
  /* after libcurl, which speaks to it until then */
  if (leave_descriptor && s->poller.shared) tw_poller_arm(&s->poller, tw_clock_now());
  else tw_poller_close(&s->poller);
  forget(s);
}
