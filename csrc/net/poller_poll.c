/*
** poll, and the list of sockets that it takes: for few sockets, while nobody else waits.
*/
#include "net/poller_system.h"

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


bool tw_list_watch(tw_Poller *p, int socket, int events) {
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


/* Drops sockets that were closed without tw_list_watch: poll would report them at once, each
** time. */
static void drop_closed(tw_Poller *p) {
  struct pollfd *sockets = p->sockets;
  size_t i = 0;
  while (i < p->count) {
    if ((sockets[i].revents & POLLNVAL) != 0) sockets[i] = sockets[--p->count];
    else i++;
  }
}


int tw_list_wait(tw_Poller *p, int ms, tw_Ready *ready, int max) {
  const struct pollfd *sockets = p->sockets;
  bool closed = false;
  size_t i;
  int n = 0;
  if (poll(p->sockets, (nfds_t)p->count, ms) <= 0) return 0;
  p->next++;
  for (i = 0; i < p->count && n < max; i++) {
    const int broken = POLLERR | POLLHUP | POLLNVAL;
    const struct pollfd *found = &sockets[(p->next + i) % p->count];
    if (found->revents == 0) continue;
    closed = closed || (found->revents & POLLNVAL) != 0;
    ready[n].socket = found->fd;
    ready[n++].events = ((found->revents & (POLLIN | broken)) != 0 ? TW_READABLE : 0) |
                        ((found->revents & (POLLOUT | broken)) != 0 ? TW_WRITABLE : 0);
  }
  if (closed) drop_closed(p);
  return n;
}


bool tw_list_hand_over(tw_Poller *p) {
  const struct pollfd *sockets = p->sockets;
  size_t i;
  for (i = 0; i < p->count; i++) {
    const int events = ((sockets[i].events & POLLIN) != 0 ? TW_READABLE : 0) |
                       ((sockets[i].events & POLLOUT) != 0 ? TW_WRITABLE : 0);
    if (!tw_system_watch(p, sockets[i].fd, events)) return false;
  }
  tw_list_free(p);
  return true;
}


void tw_list_free(tw_Poller *p) {
  free(p->sockets);
  p->sockets = NULL;
  p->count = p->size = 0;
}
