/*
** The common part of poll, epoll and kqueue, and the choice among them. Each reports a
** socket as long as it is ready, so the next wait reports what one has left over.
**
** libcurl starts and stops watching a socket with each request. That is free in our own
** list, and costs two system calls in a set that the kernel keeps; but poll scans the whole
** list at each wait. So a poller begins with a list, and changes to the kernel's set when
** there are many sockets, or when a caller asks for the descriptor.
*/
#include "net/poller.h"

#include <stddef.h>

#include "net/poller_system.h"

/* A day, in seconds. For a longer wait the caller calls again. */
#define WAIT_MAX 86400.0
/* Sockets up to which the list serves. */
#define FEW 64


void tw_poller_init(tw_Poller *p) {
  p->descriptor = p->timer = -1;
  p->shared = false;
  p->armed = 0;
  p->sockets = NULL;
  p->count = p->size = p->next = 0;
}


/* Changes from the list to the kernel's set. */
static bool open_system(tw_Poller *p) {
  if (p->descriptor >= 0) return true;
  if (!tw_system_open(p)) return false;
  if (tw_list_hand_over(p)) return true;
  tw_system_close(p);
  p->descriptor = -1;
  return false;
}


bool tw_poller_watch(tw_Poller *p, int socket, int events) {
  if (p->count > FEW) (void)open_system(p); /* or the list goes on, slowly */
  return p->descriptor >= 0 ? tw_system_watch(p, socket, events) : tw_list_watch(p, socket, events);
}


int tw_poller_wait(tw_Poller *p, double seconds, tw_Ready *ready, int max) {
  /* rounded up: a wait that ends too early would only begin again */
  const int ms = seconds > WAIT_MAX ? (int)(WAIT_MAX * 1000) : seconds > 0 ? (int)(seconds * 1000) + 1 : 0;
  return p->descriptor >= 0 ? tw_system_wait(p, ms, ready, max) : tw_list_wait(p, ms, ready, max);
}


int tw_poller_share(tw_Poller *p) {
  if (!p->shared && open_system(p)) p->shared = tw_system_share(p);
  return p->shared ? p->descriptor : -1;
}


void tw_poller_arm(tw_Poller *p, double moment) {
  if (!p->shared || moment <= 0) return;
  if (p->armed > 0 && p->armed <= moment) return; /* it fires before, and is armed anew then */
  if (tw_system_arm(p, moment)) p->armed = moment;
}


void tw_poller_close(tw_Poller *p) {
  if (p->descriptor >= 0) tw_system_close(p);
  tw_list_free(p);
  tw_poller_init(p);
}


void tw_poller_forget(tw_Poller *p) {
  if (p->descriptor >= 0) tw_system_forget(p);
  tw_list_free(p);
  tw_poller_init(p);
}
