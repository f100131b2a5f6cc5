/*
** epoll, and a timerfd in it for loops that wait only for the descriptor.
*/
#define _POSIX_C_SOURCE 199506L /* NOLINT(bugprone-reserved-identifier): POSIX names it so */

#include "net/poller_system.h"

#if TW_POLLER == TW_POLLER_EPOLL

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

/* Sockets of one wait. */
#define BATCH 64


bool tw_system_open(tw_Poller *p) {
  p->descriptor = epoll_create1(EPOLL_CLOEXEC);
  return p->descriptor >= 0;
}


static bool control(const tw_Poller *p, int operation, int socket, unsigned events) {
  struct epoll_event event;
  memset(&event, 0, sizeof event); /* the union's other bytes too */
  event.events = events;
  event.data.fd = socket;
  return epoll_ctl(p->descriptor, operation, socket, &event) == 0;
}


bool tw_system_watch(tw_Poller *p, int socket, int events) {
  const unsigned wanted = ((events & TW_READABLE) != 0 ? EPOLLIN : 0U) |
                          ((events & TW_WRITABLE) != 0 ? EPOLLOUT : 0U);
  if (events == 0) {
    (void)control(p, EPOLL_CTL_DEL, socket, 0); /* one that is closed has left by itself */
    return true;
  }
  return control(p, EPOLL_CTL_ADD, socket, wanted) ||
         (errno == EEXIST && control(p, EPOLL_CTL_MOD, socket, wanted));
}


int tw_system_wait(tw_Poller *p, int ms, tw_Ready *ready, int max) {
  const unsigned broken = EPOLLERR | EPOLLHUP;
  struct epoll_event events[BATCH];
  int i, found, n = 0;
  found = epoll_wait(p->descriptor, events, max < BATCH ? max : BATCH, ms);
  for (i = 0; i < found; i++) {
    const unsigned happened = events[i].events;
    if (events[i].data.fd == p->timer) {
      uint64_t times;
      if (read(p->timer, &times, sizeof times) > 0) p->armed = 0;
      continue;
    }
    ready[n].socket = events[i].data.fd;
    ready[n++].events = ((happened & (EPOLLIN | broken)) != 0 ? TW_READABLE : 0) |
                        ((happened & (EPOLLOUT | broken)) != 0 ? TW_WRITABLE : 0);
  }
  return n;
}


bool tw_system_share(tw_Poller *p) {
  if (p->timer < 0) p->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  return p->timer >= 0 && control(p, EPOLL_CTL_ADD, p->timer, EPOLLIN);
}


bool tw_system_arm(tw_Poller *p, double moment) {
  struct itimerspec at;
  memset(&at, 0, sizeof at);
  at.it_value.tv_sec = (time_t)moment;
  at.it_value.tv_nsec = (long)((moment - (double)at.it_value.tv_sec) * 1e9);
  return timerfd_settime(p->timer, TFD_TIMER_ABSTIME, &at, NULL) == 0;
}


void tw_system_close(tw_Poller *p) {
  if (p->timer >= 0) close(p->timer);
  close(p->descriptor);
}


void tw_system_forget(tw_Poller *p) {
  tw_system_close(p); /* closes copies: the parent's own stay open, and go on watching */
}

#endif
