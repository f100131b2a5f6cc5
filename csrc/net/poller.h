/*
** Waits for many sockets and one moment at a time: for this module's own waiting,
** and, as one descriptor that becomes readable when there is work, for somebody
** else's event loop. poll while the sockets are few and nobody else waits; then epoll
** with a timerfd in it on Linux, kqueue on the BSDs and macOS. Knows neither Lua nor
** libcurl.
*/
#ifndef TW_POLLER_H
#define TW_POLLER_H

#include <stdbool.h>
#include <stddef.h>

/* The ways for many; -DTW_POLLER=2 chooses, where the system is not known here. */
#define TW_POLLER_EPOLL 1
#define TW_POLLER_KQUEUE 2

#if !defined(TW_POLLER)
#if defined(__linux__)
#define TW_POLLER TW_POLLER_EPOLL
#elif defined(__APPLE__) || defined(__FreeBSD__) || defined(__NetBSD__) || \
  defined(__OpenBSD__) || defined(__DragonFly__)
#define TW_POLLER TW_POLLER_KQUEUE
#else
#error "this system is not known to have epoll or kqueue; -DTW_POLLER=1 or 2 says which"
#endif
#endif

enum { TW_READABLE = 1, TW_WRITABLE = 2 };

typedef struct tw_Poller {
  int descriptor; /* epoll's or kqueue's; -1 for none, so far */
  bool shared;   /* somebody waits on the descriptor: it has to know the time too */
  double armed;  /* the moment that it knows; 0 for none */
  int timer;     /* epoll: the timerfd in it; -1 for none */
  void *sockets; /* for poll: an array of struct pollfd */
  size_t count, size;
  size_t next; /* poll: where the next look begins, so that each has its turn */
} tw_Poller;

typedef struct tw_Ready {
  int socket;
  int events; /* TW_READABLE | TW_WRITABLE; a socket that broke is both */
} tw_Ready;

/* No work and no memory until a socket is watched, and no descriptor until there are many
** of them or one is shared. */
void tw_poller_init(tw_Poller *poller);

/* Watches a socket for these events, 0 for no longer. False: the system refuses. */
bool tw_poller_watch(tw_Poller *poller, int socket, int events);

/* Waits until a socket is ready, but no longer than `seconds` (0: not at all), or
** until a signal comes. How many of `ready` were filled; those beyond `max` come
** next time. */
int tw_poller_wait(tw_Poller *poller, double seconds, tw_Ready *ready, int max);

/* A descriptor that is readable while there is work, for other people's loops; -1
** where there is none. From then on tw_poller_arm has an effect. */
int tw_poller_share(tw_Poller *poller);

/* The shared descriptor becomes readable at that moment of tw_clock_now at the
** latest; 0 for never. It may also do so earlier. */
void tw_poller_arm(tw_Poller *poller, double moment);

/* Leaves nothing behind. */
void tw_poller_close(tw_Poller *poller);

/* The same in a process that was forked off, where nothing may change for the
** parent: its sockets stay watched. */
void tw_poller_forget(tw_Poller *poller);

#endif
