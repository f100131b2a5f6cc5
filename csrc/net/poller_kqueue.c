/*
** kqueue, which has its own timers.
*/
#include "net/poller_system.h"

#if TW_POLLER == TW_POLLER_KQUEUE

#include <stdint.h>
#include <sys/event.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include "net/clock.h"

/* Events of one wait; a socket may have two. */
#define BATCH 64
/* The timer's identity; its filter tells it from a socket of that number. */
#define TIMER 1


bool tw_system_open(tw_Poller *p) {
  p->descriptor = kqueue();
  return p->descriptor >= 0;
}


static bool control(const tw_Poller *p, int socket, short filter, bool wanted) {
  struct kevent change;
  EV_SET(&change, (uintptr_t)socket, filter, wanted ? EV_ADD : EV_DELETE, 0, 0, NULL);
  /* what is deleted may never have been there, or have left with its socket */
  return kevent(p->descriptor, &change, 1, NULL, 0, NULL) == 0 || !wanted;
}


bool tw_system_watch(tw_Poller *p, int socket, int events) {
  return control(p, socket, EVFILT_READ, (events & TW_READABLE) != 0) &&
         control(p, socket, EVFILT_WRITE, (events & TW_WRITABLE) != 0);
}


int tw_system_wait(tw_Poller *p, int ms, tw_Ready *ready, int max) {
  struct kevent events[BATCH];
  struct timespec wait;
  int i, found, n = 0;
  wait.tv_sec = ms / 1000;
  wait.tv_nsec = ms % 1000 * 1000000L;
  found = kevent(p->descriptor, NULL, 0, events, max < BATCH ? max : BATCH, &wait);
  for (i = 0; i < found; i++) {
    if (events[i].filter == EVFILT_TIMER) {
      p->armed = 0;
      continue;
    }
    ready[n].socket = (int)events[i].ident;
    ready[n++].events = events[i].filter == EVFILT_WRITE ? TW_WRITABLE : TW_READABLE;
  }
  return n;
}


bool tw_system_share(tw_Poller *p) {
  (void)p;
  return true;
}


bool tw_system_arm(tw_Poller *p, double moment) {
  const double left = moment - tw_clock_now();
  struct kevent change;
  /* the filter's unit without a flag is the millisecond */
  EV_SET(&change, TIMER, EVFILT_TIMER, EV_ADD | EV_ONESHOT, 0,
         left > 0 ? (intptr_t)(left * 1000) + 1 : 1, NULL);
  return kevent(p->descriptor, &change, 1, NULL, 0, NULL) == 0;
}


void tw_system_close(tw_Poller *p) {
  close(p->descriptor);
}


void tw_system_forget(tw_Poller *p) {
  (void)p; /* no child inherits a queue, and its number may be another's by now */
}

#endif
