/*
** Waits for many sockets and one moment at once, for this module. For another event loop
** it has one descriptor, which is readable when there is work. Uses poll while the sockets
** are few and nobody has asked for the descriptor; then epoll with a timerfd in it on
** Linux, or kqueue on the BSDs and macOS. Knows neither Lua nor libcurl.
*/
#ifndef TW_POLLER_H
#define TW_POLLER_H

#include <stdbool.h>
#include <stddef.h>

/* The kernel's way for many sockets; -DTW_POLLER=2 chooses it on an unknown system. */
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
  bool shared;   /* a loop waits for the descriptor, so it has to become readable in time, too */
  double armed;  /* the moment that it was told; 0 for none */
  int timer;     /* epoll: the timerfd in it; -1 for none */
  void *sockets; /* for poll: an array of struct pollfd */
  size_t count, size;
  size_t next; /* poll: where the next scan begins, so that each socket has its turn */
} tw_Poller;

typedef struct tw_Ready {
  int socket;
  int events; /* TW_READABLE | TW_WRITABLE; a broken socket is both */
} tw_Ready;

/* Allocates nothing until a socket is watched, and opens no descriptor until there are many
** sockets or tw_poller_share is called. */
void tw_poller_init(tw_Poller *poller);

/* Watches a socket for these events; 0 ends that. False: the system refuses. */
bool tw_poller_watch(tw_Poller *poller, int socket, int events);

/* Waits until a socket is ready or a signal comes, for at most `seconds` (0: not at all).
** Returns how many of `ready` it filled; those beyond `max` come next time. */
int tw_poller_wait(tw_Poller *poller, double seconds, tw_Ready *ready, int max);

/* Returns a descriptor that is readable while there is work, for other event loops; -1 if
** there is none. From then on tw_poller_arm has an effect. */
int tw_poller_share(tw_Poller *poller);

/* Makes the shared descriptor readable at that moment of tw_clock_now at the latest, perhaps
** earlier; 0 does nothing. */
void tw_poller_arm(tw_Poller *poller, double moment);

/* Closes the descriptors and frees the memory; it may be used again. */
void tw_poller_close(tw_Poller *poller);

/* The same in a forked child: the parent's sockets stay watched there. */
void tw_poller_forget(tw_Poller *poller);

#endif
