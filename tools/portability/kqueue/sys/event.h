/*
** As much of kqueue's interface as csrc/net/poller_kqueue.c uses, so that a machine
** without kqueue can compile it. It declares and does nothing. The source is FreeBSD's
** manual page kqueue(2); the numbers are those of FreeBSD and macOS alike.
*/
#ifndef TW_SYS_EVENT_H
#define TW_SYS_EVENT_H

#include <stdint.h>
#include <time.h>

struct kevent {
  uintptr_t ident;
  short filter;
  unsigned short flags;
  unsigned int fflags;
  int64_t data;
  void *udata;
  uint64_t ext[4];
};

#define EVFILT_READ (-1)
#define EVFILT_WRITE (-2)
#define EVFILT_TIMER (-7)

#define EV_ADD 0x0001
#define EV_DELETE 0x0002
#define EV_ONESHOT 0x0010

#define EV_SET(kev, a, b, c, d, e, f) \
  (*(kev) = (struct kevent){(a), (b), (c), (d), (e), (f), {0, 0, 0, 0}})

int kqueue(void);
int kevent(int kq, const struct kevent *changelist, int nchanges, struct kevent *eventlist,
           int nevents, const struct timespec *timeout);

#endif
