/*
** One multi handle and its transfers. A process that was forked off finds
** handles here that its parent goes on using: it leaves them alone, connections
** and memory, and makes its own.
*/
#include "session.h"

#include <unistd.h>

#include "sigpipe.h"

/* Idle handles that are kept for another use. */
#define IDLE_MAX 16


void tw_session_open(tw_Session *s, long connections_max) {
  s->connections_max = connections_max;
  s->multi = NULL;
  s->process = 0;
  s->taken = NULL;
  s->idle = NULL;
  s->idle_count = 0;
}


static bool make_ready(tw_Session *s) {
  if (s->multi != NULL && s->process == (long)getpid()) return true;
  tw_session_open(s, s->connections_max); /* after a fork: abandoned, not closed */
  s->process = (long)getpid();
  s->multi = curl_multi_init();
  if (s->multi == NULL) return false;
  curl_multi_setopt(s->multi, CURLMOPT_MAXCONNECTS, s->connections_max);
  return true;
}


static void unlink_taken(tw_Session *s, const tw_Transfer *t) {
  tw_Transfer **link = &s->taken;
  while (*link != NULL && *link != t) link = &(*link)->next;
  if (*link != NULL) *link = t->next;
}


tw_Transfer *tw_session_take(tw_Session *s, tw_Transfer **owner) {
  tw_Transfer *t;
  if (!make_ready(s)) return NULL;
  t = s->idle;
  if (t != NULL) {
    s->idle = t->next;
    s->idle_count--;
  } else {
    t = tw_transfer_open();
    if (t == NULL) return NULL;
  }
  t->multi = s->multi;
  t->next = s->taken;
  s->taken = t;
  t->owner = owner;
  *owner = t;
  return t;
}


void tw_session_submit(tw_Session *s, tw_Transfer *t) {
  CURLcode code = tw_transfer_prepare(t);
  if (code == CURLE_OK && curl_multi_add_handle(s->multi, t->easy) != CURLM_OK) {
    code = CURLE_OUT_OF_MEMORY;
  }
  t->response.body.limit = t->request.response_max;
  if (code == CURLE_OK) t->in_flight = true;
  else tw_transfer_finish(t, code);
}


static void detach(tw_Session *s, tw_Transfer *t) {
  tw_Sigpipe pipe;
  if (!t->in_flight) return;
  tw_sigpipe_hold(&pipe); /* may close a connection, which TLS does in writing */
  curl_multi_remove_handle(s->multi, t->easy);
  tw_sigpipe_release(&pipe);
  t->in_flight = false;
}


/* Collects what has ended. True if anything has. */
static bool collect(tw_Session *s) {
  const CURLMsg *message;
  int left;
  bool any = false;
  while ((message = curl_multi_info_read(s->multi, &left)) != NULL) {
    CURLcode code = message->data.result;
    char *self = NULL;
    if (message->msg != CURLMSG_DONE) continue;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &self);
    tw_transfer_finish((tw_Transfer *)(void *)self, code);
    detach(s, (tw_Transfer *)(void *)self); /* ends the life of `message` */
    any = true;
  }
  return any;
}


/* Lets libcurl work. True while it has transfers to go on with. */
static bool perform(tw_Session *s) {
  int running = 0;
  CURLMcode code;
  tw_Sigpipe pipe;
  tw_sigpipe_hold(&pipe);
  code = curl_multi_perform(s->multi, &running);
  tw_sigpipe_release(&pipe);
  return code == CURLM_OK && running > 0;
}


/* Nobody waits for ever for a transfer that libcurl has given up without a
** word, which it does when its own state is broken. */
static void fail_all(tw_Session *s) {
  tw_Transfer *t;
  for (t = s->taken; t != NULL; t = t->next) {
    if (!t->in_flight) continue;
    tw_transfer_finish(t, CURLE_RECV_ERROR);
    detach(s, t);
  }
}


void tw_session_step(tw_Session *s, int wait_ms) {
  bool running = perform(s);
  if (collect(s) || (running && wait_ms == 0)) return;
  if (running && tw_multi_wait(s->multi, wait_ms) == CURLM_OK) {
    running = perform(s);
    if (collect(s)) return;
  }
  if (!running) fail_all(s);
}


void tw_session_give(tw_Session *s, tw_Transfer *t) {
  *t->owner = NULL;
  if (s->process != (long)getpid() || s->multi != t->multi) return; /* the parent's: abandoned */
  detach(s, t);
  unlink_taken(s, t);
  tw_transfer_reset(t);
  if (s->idle_count == IDLE_MAX) {
    tw_transfer_close(t);
    return;
  }
  t->next = s->idle;
  s->idle = t;
  s->idle_count++;
}


void tw_session_close(tw_Session *s) {
  tw_Sigpipe pipe;
  if (s->multi == NULL) return;
  if (s->process != (long)getpid()) {
    tw_session_open(s, s->connections_max);
    return;
  }
  while (s->taken != NULL) tw_session_give(s, s->taken);
  while (s->idle != NULL) {
    tw_Transfer *t = s->idle;
    s->idle = t->next;
    tw_transfer_close(t);
  }
  tw_sigpipe_hold(&pipe);
  curl_multi_cleanup(s->multi);
  tw_sigpipe_release(&pipe);
  tw_session_open(s, s->connections_max);
}
