/*
** What the three ways have in common. Each reports a socket for as long as it is
** ready, so what one wait leaves over is there in the next.
*/
#include "poller.h"

#include <stddef.h>

#include "poller_system.h"

/* A day: a wait that is longer only begins again. */
#define WAIT_MAX 86400.0


void tw_poller_init(tw_Poller *p) {
  p->descriptor = p->timer = -1;
  p->open = p->shared = false;
  p->armed = 0;
  p->sockets = NULL;
  p->count = p->size = p->next = 0;
}


bool tw_poller_open(tw_Poller *p) {
  if (!p->open) p->open = tw_system_open(p);
  return p->open;
}


bool tw_poller_watch(tw_Poller *p, int socket, int events) {
  return tw_system_watch(p, socket, events);
}


int tw_poller_wait(tw_Poller *p, double seconds, tw_Ready *ready, int max) {
  if (seconds > WAIT_MAX) seconds = WAIT_MAX;
  /* rounded up: a wait that ends a moment too early would be begun again */
  return tw_system_wait(p, seconds > 0 ? (int)(seconds * 1000) + 1 : 0, ready, max);
}


int tw_poller_share(tw_Poller *p) {
  if (!p->shared && p->open) p->shared = tw_system_share(p);
  return p->shared ? p->descriptor : -1;
}


void tw_poller_arm(tw_Poller *p, double moment) {
  if (!p->shared || moment <= 0) return;
  if (p->armed > 0 && p->armed <= moment) return; /* it fires before, and is armed anew then */
  if (tw_system_arm(p, moment)) p->armed = moment;
}


void tw_poller_close(tw_Poller *p) {
  if (p->open) tw_system_close(p);
  tw_poller_init(p);
}


void tw_poller_forget(tw_Poller *p) {
  if (p->open) tw_system_forget(p);
  tw_poller_init(p);
}
