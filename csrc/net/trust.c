/*
** Keeps the open sockets in an array. There are few: connections that are kept or in use.
*/
#if defined(__linux__)
#define _GNU_SOURCE /* SOCK_CLOEXEC; NOLINT(bugprone-reserved-identifier): glibc names it so */
#endif

#include "net/trust.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/clock.h"

/* Seconds after which a request that still connects no longer delays others: its server is far or
** silent, and theirs may be neither. */
#define PATIENCE 0.1
/* Seconds between the moments at which two connections try a second address. */
#define APART 0.033


void tw_trust_init(tw_Trust *trust) {
  trust->sockets = NULL;
  trust->count = trust->size = 0;
  trust->doubted = 0;
  trust->connecting = trust->oldest = 0;
  trust->second_try = 0;
}


void tw_trust_free(tw_Trust *trust) {
  free(trust->sockets);
  tw_trust_init(trust);
}


/* ---- sockets ---- */

/* Close-on-exec from its birth if the system has SOCK_CLOEXEC, so that no child of another thread
** inherits it. */
static int open_socket(int family, int type, int protocol) {
#if defined(SOCK_CLOEXEC)
  return socket(family, type | SOCK_CLOEXEC, protocol);
#else
  const int descriptor = socket(family, type, protocol);
  if (descriptor >= 0) (void)fcntl(descriptor, F_SETFD, FD_CLOEXEC);
  return descriptor;
#endif
}


static bool make_room(tw_Trust *trust) {
  const size_t size = trust->size > 0 ? trust->size * 2 : 16;
  tw_Socket *sockets;
  if (trust->count < trust->size) return true;
  sockets = realloc(trust->sockets, size * sizeof *sockets);
  if (sockets == NULL) return false;
  trust->sockets = sockets;
  trust->size = size;
  return true;
}


/* Where the socket of that descriptor is; `count` where there is none. */
static size_t place_of(const tw_Trust *trust, int descriptor) {
  size_t i = 0;
  while (i < trust->count && trust->sockets[i].descriptor != descriptor) i++;
  return i;
}


/* A socket that failed to connect may be closed by libcurl without a word (7.88). The next one of its
** descriptor takes its place. */
int tw_trust_socket(tw_Trust *trust, int family, int type, int protocol) {
  int descriptor;
  size_t i;
  if (!make_room(trust)) {
    errno = ENOMEM;
    return -1;
  }
  descriptor = open_socket(family, type, protocol);
  if (descriptor < 0) return -1;
  i = place_of(trust, descriptor);
  if (i == trust->count) trust->count++;
  trust->sockets[i].descriptor = descriptor;
  trust->sockets[i].port = 0;
  trust->sockets[i].doubted = false;
  return descriptor;
}


int tw_trust_close(tw_Trust *trust, int descriptor) {
  const size_t i = place_of(trust, descriptor);
  if (i < trust->count) trust->sockets[i] = trust->sockets[--trust->count];
  if (trust->count == 0) { /* frees what many needed */
    free(trust->sockets);
    trust->sockets = NULL;
    trust->size = 0;
  }
  return close(descriptor);
}


/* ---- before a connection ---- */

void tw_trust_connect(tw_Trust *trust) {
  trust->connecting++;
  trust->begun[trust->oldest] = tw_clock_now();
  trust->oldest = (trust->oldest + 1) % TW_CONNECTING_MAX;
}


void tw_trust_connected(tw_Trust *trust) {
  trust->connecting--;
}


double tw_trust_room(const tw_Trust *trust) {
  return trust->connecting < TW_CONNECTING_MAX ? 0 : trust->begun[trust->oldest] + PATIENCE;
}


long tw_trust_second_try(tw_Trust *trust, long least, long most) {
  const double now = tw_clock_now();
  const double moment = trust->second_try + APART;
  const long ms = (long)((moment - now) * 1000);
  const bool fits = ms >= least && ms <= most;
  trust->second_try = fits ? moment : now + (double)least / 1000;
  return fits ? ms : least;
}


/* ---- before a request ---- */

typedef union Address {
  struct sockaddr any;
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
} Address;


/* 0 for an address that has none. */
static int port_of(const Address *address) {
  if (address->any.sa_family == AF_INET) return ntohs(address->v4.sin_port);
  return address->any.sa_family == AF_INET6 ? ntohs(address->v6.sin6_port) : 0;
}


/* The port, which a socket has once it is connected. */
static int local_port(tw_Socket *s) {
  Address address;
  socklen_t size = sizeof address;
  if (s->port != 0) return s->port;
  memset(&address, 0, sizeof address);
  if (getsockname(s->descriptor, &address.any, &size) != 0) return 0;
  s->port = port_of(&address);
  return s->port;
}


static bool is_quiet(int descriptor) {
  struct pollfd look;
  look.fd = descriptor;
  look.events = POLLIN;
  look.revents = 0;
  return poll(&look, 1, 0) == 0;
}


/* Is that the address of its other end? False if that cannot be told. */
static bool leads_to(const tw_Socket *s, const char *server, int port) {
  Address address;
  char text[INET6_ADDRSTRLEN];
  const void *bytes;
  socklen_t size = sizeof address;
  memset(&address, 0, sizeof address);
  if (getpeername(s->descriptor, &address.any, &size) != 0 || port_of(&address) != port) return false;
  bytes = address.any.sa_family == AF_INET ? (const void *)&address.v4.sin_addr
                                           : (const void *)&address.v6.sin6_addr;
  return inet_ntop(address.any.sa_family, bytes, text, sizeof text) != NULL && strcmp(text, server) == 0;
}


/* Are there any of that port, and if `server` is not NULL to that address, and all fit? */
static bool are_fit(tw_Trust *trust, int port, const char *server, int server_port) {
  bool known = false;
  size_t i;
  for (i = 0; i < trust->count; i++) {
    tw_Socket *s = &trust->sockets[i];
    if (local_port(s) != port || (server != NULL && !leads_to(s, server, server_port))) continue;
    if (s->doubted || !is_quiet(s->descriptor)) return false;
    known = true;
  }
  return known;
}


/* Several may have the same port, to different addresses. */
bool tw_trust_holds(tw_Trust *trust, int port, const char *server, int server_port) {
  return are_fit(trust, port, NULL, 0) || are_fit(trust, port, server, server_port);
}


void tw_trust_doubt(tw_Trust *trust) {
  size_t i;
  for (i = 0; i < trust->count; i++) trust->sockets[i].doubted = true;
  trust->doubted = tw_clock_now();
}


bool tw_trust_doubted(const tw_Trust *trust, double seconds) {
  return trust->doubted > 0 && tw_clock_now() - trust->doubted < seconds;
}
