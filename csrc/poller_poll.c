/*
** poll: for any POSIX system. There is no descriptor that stands for all sockets,
** so another event loop has to ask from time to time.
*/
#include "poller_system.h"

#if TW_POLLER == TW_POLLER_POLL

#include <poll.h>
#include <stdlib.h>


static struct pollfd *find(tw_Poller *p, int socket) {
  struct pollfd *sockets = p->sockets;
  size_t i;
  for (i = 0; i < p->count; i++) {
    if (sockets[i].fd == socket) return &sockets[i];
  }
  return NULL;
}


static struct pollfd *add(tw_Poller *p, int socket) {
  struct pollfd *sockets = p->sockets;
  if (p->count == p->size) {
    size_t size = p->size > 0 ? p->size * 2 : 16;
    sockets = realloc(sockets, size * sizeof *sockets);
    if (sockets == NULL) return NULL;
    p->sockets = sockets;
    p->size = size;
  }
  sockets[p->count].fd = socket;
  return &sockets[p->count++];
}


bool tw_system_open(tw_Poller *p) {
  (void)p;
  return true;
}


bool tw_system_watch(tw_Poller *p, int socket, int events) {
  struct pollfd *entry = find(p, socket);
  if (events == 0) {
    if (entry != NULL) *entry = ((struct pollfd *)p->sockets)[--p->count];
    return true;
  }
  if (entry == NULL) entry = add(p, socket);
  if (entry == NULL) return false;
  entry->events = (short)(((events & TW_READABLE) != 0 ? POLLIN : 0) |
                          ((events & TW_WRITABLE) != 0 ? POLLOUT : 0));
  return true;
}


int tw_system_wait(tw_Poller *p, int ms, tw_Ready *ready, int max) {
  const struct pollfd *sockets = p->sockets;
  size_t i;
  int n = 0;
  if (poll(p->sockets, (nfds_t)p->count, ms) <= 0) return 0;
  p->next++;
  for (i = 0; i < p->count && n < max; i++) {
    const int broken = POLLERR | POLLHUP | POLLNVAL;
    const struct pollfd *found = &sockets[(p->next + i) % p->count];
    if (found->revents == 0) continue;
    ready[n].socket = found->fd;
    ready[n++].events = ((found->revents & (POLLIN | broken)) != 0 ? TW_READABLE : 0) |
                        ((found->revents & (POLLOUT | broken)) != 0 ? TW_WRITABLE : 0);
  }
  return n;
}


bool tw_system_share(tw_Poller *p) {
  (void)p;
  return false;
}


bool tw_system_arm(tw_Poller *p, double moment) {
  (void)p;
  (void)moment;
  return false;
}


void tw_system_close(tw_Poller *p) {
  free(p->sockets);
}


void tw_system_forget(tw_Poller *p) {
  tw_system_close(p);
}

#endif
